"""A crash before or after any effect, at every effect in turn: the end is the same, nothing doubled.

The crash is made where the effect happens: the request is cut off before it is carried out, or
its answer after it was, and in that moment the service is stopped and started anew.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from crashes import PATIENCE, crashing
from day import CONNECTIONS, Day, stage_at
from grounds import Ground

from bot.demo.stage import BOT, REPOSITORY, Stage
from bot.simulators.airbyte.jobs import JobStatus
from bot.simulators.faults import Fault
from bot.simulators.flux import V0_16_0_RC7, V0_16_5, Version
from bot.simulators.kubernetes import Kubernetes

pytestmark = pytest.mark.slow

GITHUB = (
    ("POST", r"/issues/\d+/comments$"),
    ("PATCH", r"/issues/comments/\d+$"),
    ("POST", r"/check-runs$"),
    ("PATCH", r"/check-runs/\d+$"),
    ("POST", r"/git/blobs$"),
    ("POST", r"/git/trees$"),
    ("POST", r"/git/commits$"),
    ("POST", r"/git/refs$"),
    ("POST", r"/pulls$"),
)
CLUSTER = (("PATCH", r"/gitrepositories/"), ("PATCH", r"/terraforms/[^/?]+(\?|$)"))
STATUS = ("PATCH", r"/terraforms/[^/]+/status")


def crashes_at(stage: Stage, *, after: bool) -> list[Fault]:
    """One crash at the first of each kind of write; a real API server cuts nothing off."""

    def fault(method: str, path: str) -> Fault:
        return Fault(path, method, drop=True, after=after)

    ours = [fault(*each) for each in GITHUB]
    stage.github.faults += ours
    if not isinstance(stage.cluster, Kubernetes):
        return ours
    theirs = [fault(*each) for each in (STATUS, *CLUSTER)]
    stage.cluster.faults += theirs
    return [*ours, *theirs]


@pytest.mark.parametrize("version", [V0_16_5, V0_16_0_RC7], ids=lambda version: version.name)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_at_each_effect_leaves_nothing_doubled_and_nothing_undone(
    tmp_path: Path, on: Ground, version: Version, after: bool
) -> None:
    async with stage_at(tmp_path, version, on=on) as stage:
        day = Day(stage)
        day.push(day.edited(CONNECTIONS, "units = 15", "units = 1"))
        faults = crashes_at(stage, after=after)
        over = asyncio.Event()
        service = asyncio.create_task(crashing(stage, faults, over))
        try:
            await day.until(day.at_rest, "the platform is applied")
            number = day.propose("backfill", day.flag("true"))
            await day.until(lambda: "**Backfill.**" in day.said(number), "a comment")
            day.merge(number)
            await day.until(lambda: bool(day.follow_ups()), "the follow-up", PATIENCE)
            day.merge(day.follow_ups()[0])
            await day.until(
                lambda: day.rung(number) == "arrived" and day.at_rest(), "the end", PATIENCE
            )
            follow_up = day.follow_ups()[0]
            await day.until(lambda: day.rung(follow_up) in ("applied", "arrived"), "its end")
        finally:
            over.set()
            crashes = await service
        fired = [fault for fault in faults if fault.times == 0]
        assert 0 < crashes <= len(fired), "two writes at once can be cut off by one crash"
        assert len(fired) >= len(GITHUB), "every kind of write was cut off once"
        assert day.resets() == [JobStatus.SUCCEEDED]
        assert day.follow_ups() == [follow_up]
        assert not day.flagged()
        for told in (number, follow_up):
            ours = [c for c in stage.github.comments(REPOSITORY, told) if c.author == BOT]
            assert len(ours) == 1, [c.body[:60] for c in ours]
        merged = stage.github.pull_requests(REPOSITORY)[0].merge_commit or ""
        checks = stage.github.check_runs(REPOSITORY, merged)
        assert [(c.name, c.conclusion) for c in checks] == [("lotus / apply", "success")]
