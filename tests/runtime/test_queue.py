"""The queues' promises: coalescing, one worker a key, patience that grows and is forgotten.

One suite for both: the one in memory, and the one that replicas share (marked `postgres`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from queues import Bench, Record, drained, key, name_of
from queues import bench as made

from bot.clients.errors import Throttled
from bot.lifecycle.keys import Key
from bot.runtime.loop.queue import Closed
from bot.runtime.loop.workers import Workers

KINDS = ["memory", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with made(request.param) as found:
        yield found


async def test_added_often_taken_once(bench: Bench) -> None:
    for name in ("a", "b", "a", "a"):
        bench.queue.add(key(name))
    assert await drained(bench) == ["a", "b"]


async def test_news_while_it_is_worked_on_brings_it_back_once(bench: Bench) -> None:
    bench.queue.add(key("a"))
    taken = await bench.queue.take()
    bench.queue.add(key("a"))
    bench.queue.add(key("a"))
    assert (await bench.depth()).ready == 0, "a second worker must not get it"
    bench.queue.done(taken)
    assert await drained(bench) == ["a"]


async def test_later_comes_at_its_time_and_the_earlier_plan_wins(bench: Bench) -> None:
    for seconds in (100, 10, 50):
        bench.queue.add_after(key("a"), seconds)
    await bench.advance(9)
    assert (await bench.depth()).ready == 0
    await bench.advance(1)
    assert await drained(bench) == ["a"]
    bench.queue.done(key("a"))
    await bench.advance(1000)
    assert (await bench.depth()).ready == 0, "one plan, one look"


async def test_an_earlier_plan_replaces_a_later_one_that_is_known_already(bench: Bench) -> None:
    bench.queue.add_after(key("a"), 100)
    assert (await bench.depth()).waiting == 1
    bench.queue.add_after(key("a"), 10)
    bench.queue.add_after(key("a"), 50)
    await bench.advance(10)
    assert await drained(bench) == ["a"]


async def test_news_make_a_plan_for_later_needless(bench: Bench) -> None:
    bench.queue.add_after(key("a"), 10)
    assert (await bench.depth()).waiting == 1
    bench.queue.add(key("a"))
    assert await drained(bench) == ["a"]
    bench.queue.done(key("a"))
    await bench.advance(20)
    assert (await bench.depth()).ready == 0


async def test_done_looks_again_after_its_time_with_jitter(bench: Bench) -> None:
    bench.queue.add(key("a"))
    bench.queue.done(await bench.queue.take(), again_after=100)
    await bench.advance(89)
    assert (await bench.depth()).ready == 0
    await bench.advance(22)
    assert await drained(bench) == ["a"]


async def test_patience_doubles_and_a_success_forgets_it(bench: Bench) -> None:
    waits = []
    for _ in range(8):
        bench.queue.add(key("a"))
        waits.append(bench.queue.retry(await bench.queue.take()))
        assert (await bench.depth()).failing == 1
    for wait, expected in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60), strict=True):
        assert expected * 0.9 <= wait <= expected * 1.1
    assert bench.queue.failures(key("a")) == 8
    bench.queue.add(key("a"))
    bench.queue.done(await bench.queue.take())
    assert (await bench.depth()).failing == 0
    assert bench.queue.failures(key("a")) == 0
    bench.queue.add(key("a"))
    assert bench.queue.retry(await bench.queue.take()) <= 1.1


async def test_a_failing_key_is_not_hurried_by_news(bench: Bench) -> None:
    bench.queue.add(key("a"))
    taken = await bench.queue.take()
    bench.queue.add(key("a"))
    await bench.depth()
    bench.queue.add(key("a"))
    bench.queue.retry(taken)
    assert (await bench.depth()).ready == 0
    await bench.advance(1.2)
    assert await drained(bench) == ["a"]


async def test_closed_gives_nothing(bench: Bench) -> None:
    bench.queue.add(key("a"))
    bench.queue.close()
    bench.queue.add(key("b"))
    with pytest.raises(Closed):
        await bench.queue.take()


async def test_one_worker_a_key_and_others_go_on(bench: Bench) -> None:
    running: list[str] = []
    seen, begun = Record(), Record()
    gate = asyncio.Event()

    async def handler(key: Key) -> None:
        name = name_of(key)
        assert name not in running, "two workers on one key"
        running.append(name)
        begun.add(name)
        if name == "slow":
            await gate.wait()
        running.remove(name)
        seen.add(name)

    workers = Workers(bench.queue, handler, deadline=60)
    workers.start(3)
    bench.queue.add(key("slow"))
    await begun.until(lambda names: "slow" in names)
    bench.queue.add(key("slow"))
    bench.queue.add(key("other"))
    await seen.until(lambda names: "other" in names)
    assert seen.names == ["other"]
    gate.set()
    await seen.until(lambda names: len(names) == 3)
    assert seen.names == ["other", "slow", "slow"]
    await workers.stop(1)


async def test_errors_stay_with_their_key_and_obey_retry_after(bench: Bench) -> None:
    asked = Record()

    async def handler(key: Key) -> None:
        asked.add(name_of(key))
        if name_of(key) == "throttled":
            raise Throttled("GitHub", "secondary limit", after=40)
        if name_of(key) == "bug":
            raise RuntimeError("password=hush")

    workers = Workers(bench.queue, handler, deadline=60)
    workers.start(2)
    for name in ("throttled", "bug", "fine"):
        bench.queue.add(key(name))
    await asked.until(lambda names: {"throttled", "bug", "fine"} <= set(names))
    assert (await bench.depth()).failing == 2
    assert set(workers.failures) == {key("throttled"), key("bug")}
    assert "hush" not in workers.failures[key("bug")].message
    await bench.advance(30)
    await asked.until(lambda names: names.count("bug") == 2)
    assert asked.names.count("throttled") == 1
    await bench.advance(15)
    await asked.until(lambda names: names.count("throttled") == 2)
    assert asked.names.count("fine") == 1
    await workers.stop(1)


async def test_stopping_lets_what_has_begun_end_and_cuts_off_what_hangs(bench: Bench) -> None:
    ended, begun = Record(), Record()
    leaving = asyncio.Event()

    async def handler(key: Key) -> None:
        begun.add(name_of(key))
        await (asyncio.Event() if name_of(key) == "hangs" else leaving).wait()
        ended.add(name_of(key))

    workers = Workers(bench.queue, handler, deadline=60)
    workers.start(2)
    bench.queue.add(key("hangs"))
    bench.queue.add(key("quick"))
    await begun.until(lambda names: len(names) == 2)
    bench.queue.add(key("never begun"))
    stopping = asyncio.create_task(workers.stop(0.05))
    leaving.set()
    await stopping
    assert ended.names == ["quick"]
    assert "never begun" not in begun.names
