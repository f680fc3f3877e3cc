"""What only replicas can do to each other: share, vanish, leave, come back, start at once."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from database import database
from manual_clock import ManualClock
from queues import OnPostgres, drained, key, name_of, replica

from bot.clients.errors import Unavailable
from bot.clients.postgres import SCHEMA, job_table
from bot.runtime.loop.postgres_queue import PostgresQueue

VANISHES = """
import asyncio, sys
from bot.clients.clock import SystemClock
from bot.lifecycle.keys import RepositoryKey, text
from bot.runtime.loop.postgres_queue import postgres_queue
from bot.runtime.loop.queue import Backoff

async def main():
    async with postgres_queue(sys.argv[1], SystemClock(), Backoff(1, 60), 5) as queue:
        queue.add(RepositoryKey("octo/a"))
        print(text(await queue.take()), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
IMPORTS = """
import asyncio, sys
from bot.app import queue_for
from bot.clients.clock import SystemClock
from bot.config import Settings

async def main():
    pem = "-----BEGIN PRIVATE KEY-----"
    given = dict(github_app_id="7", github_private_key=pem, github_webhook_secret="hush")
    given |= dict(item.split("=") for item in sys.argv[1:])
    try:
        async with queue_for(Settings(**given), SystemClock()) as queue:
            print(type(queue).__name__)
    except Exception as error:
        print(error)

%s
asyncio.run(main())
print(*(name for name in sys.modules if name in ("procrastinate", "psycopg")))
"""


@pytest.fixture
async def bench() -> AsyncIterator[OnPostgres]:
    clock = ManualClock()
    async with database(clock) as found, replica(found, clock) as queue:
        yield OnPostgres(clock, queue, found)


@pytest.fixture
async def other(bench: OnPostgres) -> AsyncIterator[PostgresQueue]:
    async with replica(bench.database, bench.clock) as queue:
        yield queue


@pytest.mark.postgres
async def test_what_both_add_one_takes_once(bench: OnPostgres, other: PostgresQueue) -> None:
    for queue in (bench.queue, other):
        queue.add(key("a"))
        await queue.written()
    assert name_of(await other.take()) == "a"
    assert await drained(bench) == []
    bench.queue.add(key("a"))
    assert await drained(bench) == [], "the other one is still at it"
    other.done(key("a"))
    await other.written()
    assert await drained(bench) == ["a"]


@pytest.mark.postgres
async def test_failures_are_counted_over_replicas(bench: OnPostgres, other: PostgresQueue) -> None:
    bench.queue.add(key("a"))
    bench.queue.retry(await bench.queue.take())
    await bench.advance(2)
    assert other.retry(await other.take()) > 1.7, "the second failure in a row"
    await other.written()
    await bench.queue.measure()
    assert bench.queue.failures(key("a")) == 2
    await bench.advance(3)
    other.done(await other.take())
    await other.written()
    await bench.queue.measure()
    assert bench.queue.failures(key("a")) == 0, "another one has done it since"


@pytest.mark.postgres
async def test_who_is_killed_in_the_middle_leaves_its_key_to_the_others(bench: OnPostgres) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VANISHES, bench.database.url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    taken = await process.stdout.readline()
    process.kill()
    await process.communicate()
    assert taken == b"repository octo/a\n"
    await bench.advance(29)
    await bench.queue.sweep()
    assert (await bench.depth()).working == 1, "it may be alive"
    await bench.advance(2)
    await bench.queue.sweep()
    assert await drained(bench) == [], "what killed it may kill again: not at once"
    await bench.advance(1.2)
    assert await drained(bench) == ["a"]
    assert bench.queue.failures(key("a")) == 1


@pytest.mark.postgres
async def test_who_leaves_in_the_middle_hands_its_key_back_at_once(bench: OnPostgres) -> None:
    async with replica(bench.database, bench.clock) as leaving:
        leaving.add(key("a"))
        assert name_of(await leaving.take()) == "a"
        leaving.close()
        leaving.add(key("late-news"))
    assert await drained(bench) == ["a", "late-news"]


@pytest.mark.postgres
async def test_who_was_thought_dead_neither_ends_nor_takes_what_another_does(
    bench: OnPostgres, other: PostgresQueue
) -> None:
    other.add(key("a"))
    await other.take()
    execute = bench.database.connection.execute
    await execute(f"UPDATE {SCHEMA}.procrastinate_workers SET last_heartbeat = '2020-01-01'")
    await bench.queue.sweep()
    await bench.advance(2)
    assert await drained(bench) == ["a"]
    other.done(key("a"))
    await other.written()
    bench.queue.add(key("a"))
    assert (await bench.depth()).working == 1, "still ours"
    bench.queue.done(key("a"))
    assert await drained(bench) == ["a"]


@pytest.mark.postgres
async def test_who_was_forgotten_signs_on_again(bench: OnPostgres) -> None:
    await bench.database.connection.execute(f"DELETE FROM {SCHEMA}.procrastinate_workers")
    bench.queue.add(key("a"))
    taking = asyncio.create_task(bench.queue.take())
    while not taking.done():
        await bench.advance(1)
    assert name_of(taking.result()) == "a"


@pytest.mark.postgres
async def test_replicas_that_start_at_once_make_one_set_of_tables() -> None:
    async with database(ManualClock()) as found:
        async with contextlib.AsyncExitStack() as exits:
            opened = [exits.enter_async_context(job_table(found.url, 5)) for _ in range(4)]
            tables = await asyncio.gather(*opened)
            await tables[0].plan("installations", None)
            assert [e.key for e in await tables[3].entries()] == ["installations"]
        schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'lotus%'"
        made = await (await found.connection.execute(schemas)).fetchall()
        assert made == [(SCHEMA,)]
        async with job_table(found.url, 5) as later:
            assert len(await later.entries()) == 1, "a later start finds what is there"


@pytest.mark.postgres
async def test_while_the_database_is_away_hints_wait_and_people_are_told(bench: OnPostgres) -> None:
    await bench.database.cut_off()
    bench.queue.add(key("a"))
    while not bench.queue.problem:
        await bench.clock.advance(1)
        await asyncio.sleep(0.01)
    assert bench.queue.problem.startswith("Postgres: ")
    assert "postgresql://" not in bench.queue.problem
    await bench.database.let_in()
    while bench.queue.problem:
        await bench.clock.advance(1)
        await asyncio.sleep(0.01)
    assert await drained(bench) == ["a"]


@pytest.mark.postgres
async def test_a_key_of_another_version_is_left_to_its_resync(bench: OnPostgres) -> None:
    async with job_table(bench.database.url, 5) as table:
        await table.plan("moon octo/a 7", None)
    bench.queue.add(key("a"))
    assert name_of(await bench.queue.take()) == "a"
    await bench.queue.written()
    assert (await bench.depth()).working == 1


@pytest.mark.parametrize(
    "url",
    ["postgresql://bot:se/same@127.0.0.1:1/db", "postgresql://bot:sesame@127.0.0.1:1/db?port=x"],
)
async def test_where_there_is_no_database_it_is_said_without_its_url(url: str) -> None:
    with pytest.raises(Unavailable) as raised:
        async with job_table(url, 1):
            pass
    assert str(raised.value).startswith("Postgres: ")
    assert "same" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("before", "settings", "printed"),
    [
        ("", [], "MemoryQueue\n\n"),
        ('sys.modules["procrastinate"] = None', ["database_url=postgresql://nowhere"], "Postgres: no procrastinate: pip install 'lotus-bot[postgres]', or no database\nprocrastinate psycopg\n"),
    ],
    ids=["no database", "no extra"],
)  # fmt: skip
def test_one_replica_imports_nothing_of_it_and_several_must_have_it(
    before: str, settings: list[str], printed: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS % before, *settings], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (printed, "")
