"""The queue's promises: coalescing, one worker a key, patience that grows and is forgotten."""

from __future__ import annotations

import asyncio

import pytest
from manual_clock import ManualClock, settle

from bot.clients.errors import Throttled
from bot.runtime.queue import Backoff, Closed, Queue
from bot.runtime.workers import Workers

BACKOFF = Backoff(first=1.0, longest=60.0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def queue(clock: ManualClock) -> Queue[str]:
    return Queue(clock, BACKOFF)


async def drained(queue: Queue[str]) -> list[str]:
    """What can be taken now, in order."""
    taken = []
    while queue.depth.ready:
        taken.append(await queue.take())
    return taken


async def test_added_often_taken_once(queue: Queue[str]) -> None:
    for key in ("a", "b", "a", "a"):
        queue.add(key)
    assert await drained(queue) == ["a", "b"]


async def test_news_while_it_is_worked_on_brings_it_back_once(queue: Queue[str]) -> None:
    queue.add("a")
    key = await queue.take()
    queue.add("a")
    queue.add("a")
    assert queue.depth.ready == 0, "a second worker must not get it"
    queue.done(key)
    assert await drained(queue) == ["a"]


async def test_later_comes_at_its_time_and_the_earlier_plan_wins(
    queue: Queue[str], clock: ManualClock
) -> None:
    queue.add_after("a", 100)
    queue.add_after("a", 10)
    queue.add_after("a", 50)
    await clock.advance(9)
    assert queue.depth.ready == 0
    await clock.advance(1)
    assert await drained(queue) == ["a"]
    queue.done("a")
    await clock.advance(1000)
    assert queue.depth.ready == 0, "one plan, one look"


async def test_news_make_a_plan_for_later_needless(queue: Queue[str], clock: ManualClock) -> None:
    queue.add_after("a", 10)
    queue.add("a")
    queue.done(await queue.take())
    await clock.advance(20)
    assert queue.depth.ready == 0


async def test_patience_doubles_and_a_success_forgets_it(queue: Queue[str]) -> None:
    waits = []
    for _ in range(8):
        queue.add("a")
        waits.append(queue.retry(await queue.take()))
    for wait, expected in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60), strict=True):
        assert expected * 0.9 <= wait <= expected * 1.1
    queue.add("a")
    queue.done(await queue.take())
    queue.add("a")
    assert queue.retry(await queue.take()) <= 1.1


async def test_a_failing_key_is_not_hurried_by_news(queue: Queue[str], clock: ManualClock) -> None:
    queue.add("a")
    key = await queue.take()
    queue.add("a")
    queue.retry(key)
    await settle()
    assert queue.depth.ready == 0
    await clock.advance(1.2)
    assert await drained(queue) == ["a"]


async def test_closed_gives_nothing_and_takes_nothing(queue: Queue[str]) -> None:
    queue.add("a")
    queue.close()
    queue.add("b")
    with pytest.raises(Closed):
        await queue.take()


async def test_one_worker_a_key_and_others_go_on(queue: Queue[str]) -> None:
    running: list[str] = []
    seen: list[str] = []
    gate = asyncio.Event()

    async def handler(key: str) -> None:
        assert key not in running, "two workers on one key"
        running.append(key)
        if key == "slow":
            await gate.wait()
        running.remove(key)
        seen.append(key)

    workers = Workers(queue, handler, deadline=60)
    workers.start(3)
    queue.add("slow")
    await settle()
    queue.add("slow")
    queue.add("other")
    await settle()
    assert seen == ["other"]
    gate.set()
    await settle()
    assert seen == ["other", "slow", "slow"]
    await workers.stop(1)


async def test_errors_stay_with_their_key_and_obey_retry_after(
    queue: Queue[str], clock: ManualClock
) -> None:
    asked: list[str] = []

    async def handler(key: str) -> None:
        asked.append(key)
        if key == "throttled":
            raise Throttled("GitHub", "secondary limit", after=40)
        if key == "bug":
            raise RuntimeError("password=hush")

    workers = Workers(queue, handler, deadline=60)
    workers.start(2)
    for key in ("throttled", "bug", "fine"):
        queue.add(key)
    await settle()
    assert set(workers.failures) == {"throttled", "bug"}
    assert "hush" not in workers.failures["bug"].message
    await clock.advance(30)
    assert asked.count("throttled") == 1
    await clock.advance(15)
    assert asked.count("throttled") == 2
    assert asked.count("fine") == 1
    await workers.stop(1)


async def test_stopping_lets_what_has_begun_end_and_cuts_off_what_hangs(queue: Queue[str]) -> None:
    ended: list[str] = []

    async def handler(key: str) -> None:
        await (asyncio.Event().wait() if key == "hangs" else asyncio.sleep(0.01))
        ended.append(key)

    workers = Workers(queue, handler, deadline=60)
    workers.start(2)
    queue.add("hangs")
    queue.add("quick")
    await settle()
    queue.add("never begun")
    await workers.stop(0.05)
    assert ended == ["quick"]
