"""Two services that share a queue in a Postgres end a day as one does, and one of them may vanish.

The database lives on the stage's clock (tests/support/database.py); so that clock is one that
another process can follow.
"""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest
from database import Database, database
from day import CONNECTIONS, QUICK, SPEED, Day, stage_at

from bot.app import Running
from bot.clients.postgres import SCHEMA
from bot.demo.stage import BOT, REPOSITORY
from bot.simulators.airbyte.jobs import JobStatus
from bot.simulators.clock import Clock
from bot.simulators.faults import Fault

pytestmark = pytest.mark.postgres
PATIENCE = 3000.0


async def test_a_backfill_ends_the_same_with_two_that_share_the_work(tmp_path: Path) -> None:
    async with (
        stage_at(tmp_path, clock=Clock(SPEED)) as stage,
        database(stage.clock, SPEED) as found,
    ):
        quick = {**QUICK, "database_url": found.url}
        async with stage.service(**quick) as one, stage.service(**quick) as two:
            day = Day(stage)
            await begun(day)
            number = day.propose("backfill", day.flag("true"))
            follow_up = await backfilled(day, number)
            assert_nothing_doubled(day, number, follow_up)
            assert await looks_by(one) > 10
            assert await looks_by(two) > 10


async def test_one_that_vanishes_in_the_middle_of_a_key_leaves_it_to_the_other(
    tmp_path: Path,
) -> None:
    async with (
        stage_at(tmp_path, clock=Clock(SPEED)) as stage,
        database(stage.clock, SPEED) as found,
    ):
        quick = {**QUICK, "database_url": found.url}
        day = Day(stage)
        async with stage.service(**quick, grace_seconds=0.01):
            await begun(day)
            hangs = Fault(r"/pulls/\d+(/files)?$", "GET", delay=200)
            stage.github.faults.append(hangs)
            number = day.propose("backfill", day.flag("true"))
            await day.until(lambda: hangs.times == 0, "it is in the middle")
            assert f"pull-request {REPOSITORY} {number}" in await worked_on(found)
            await found.cut_off()
        await found.let_in()
        assert f"pull-request {REPOSITORY} {number}" in await worked_on(found), "not handed back"
        async with stage.service(**quick):
            follow_up = await backfilled(day, number)
            assert_nothing_doubled(day, number, follow_up)


async def begun(day: Day) -> None:
    day.push(day.edited(CONNECTIONS, "units = 15", "units = 1"))
    await day.until(day.at_rest, "the platform is applied")


async def backfilled(day: Day, number: int) -> int:
    """From the flag's pull request to the end; the number of the follow-up."""
    await day.until(lambda: "**Backfill.**" in day.said(number), "a comment", PATIENCE)
    day.merge(number)
    await day.until(lambda: bool(day.follow_ups()), "the follow-up", PATIENCE)
    follow_up = day.follow_ups()[0]
    day.merge(follow_up)
    await day.until(lambda: day.rung(number) == "arrived" and day.at_rest(), "the end", PATIENCE)
    ends = ("applied", "arrived")
    await day.until(lambda: day.rung(follow_up) in ends, "the follow-up's end", PATIENCE)
    return follow_up


def assert_nothing_doubled(day: Day, number: int, follow_up: int) -> None:
    github = day.stage.github
    assert day.resets() == [JobStatus.SUCCEEDED]
    assert day.follow_ups() == [follow_up]
    assert not day.flagged()
    for told in (number, follow_up):
        ours = [c for c in github.comments(REPOSITORY, told) if c.author == BOT]
        assert len(ours) == 1, [c.body[:60] for c in ours]
    merged = github.pull_requests(REPOSITORY)[0].merge_commit or ""
    checks = github.check_runs(REPOSITORY, merged)
    assert [(c.name, c.conclusion) for c in checks] == [("lotus / apply", "success")]


async def looks_by(running: Running) -> float:
    """How many keys this replica has worked on."""
    async with aiohttp.ClientSession() as session, session.get(f"{running.url}/metrics") as answer:
        counted = re.findall(
            r"^lotus_reconcile_seconds_count\{.*\} (.+)$", await answer.text(), re.M
        )
    return sum(map(float, counted))


async def worked_on(found: Database) -> set[str]:
    """The keys that some replica is at, as the database has it."""
    rows = await found.connection.execute(
        f"SELECT lock FROM {SCHEMA}.procrastinate_jobs WHERE status = 'doing'"
    )
    return {key for (key,) in await rows.fetchall()}
