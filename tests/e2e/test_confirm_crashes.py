"""A crash before or after each step of a confirmation: it is told once, and nothing is left."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from confirming import adding_recharge, ask, cluster, left
from crashes import crashing
from day import QUICK, begun, stage_at

from bot.demo.stage import BOT, REPOSITORY
from bot.simulators.faults import Fault

pytestmark = pytest.mark.slow

WRITES = (
    ("POST", r"/gitrepositories(\?|$)"),
    ("PATCH", r"/gitrepositories/lotus-plan"),
    ("POST", r"/terraforms(\?|$)"),
    ("DELETE", r"/terraforms/lotus-plan"),
    ("DELETE", r"/secrets/tfplan-default-lotus-plan-\d\.json$"),
    ("DELETE", r"/gitrepositories/lotus-plan"),
)
TELLINGS = (("POST", r"/issues/\d+/comments$"), ("PATCH", r"/issues/comments/\d+$"))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_at_each_step_leaves_nothing_behind(tmp_path: Path, after: bool) -> None:
    async with stage_at(tmp_path) as stage:
        faults = [Fault(path, method, drop=True, after=after) for method, path in WRITES]
        tellings = [Fault(path, method, drop=True, after=after) for method, path in TELLINGS]
        over = asyncio.Event()
        async with stage.service(**QUICK):
            day = await begun(stage)
        cluster(stage).faults += faults
        stage.github.faults += tellings
        service = asyncio.create_task(crashing(stage, [*faults, *tellings], over))
        try:
            number = adding_recharge(day)
            reactions = ask(day, number)
            await day.until(lambda: bool(reactions()), "the command is answered", 3000)
            await day.until(lambda: not left(stage), "nothing is left", 1500)
        finally:
            over.set()
            await service
        assert [fault.path for fault in (*faults, *tellings) if fault.times] == []
        assert reactions() == {"rocket"}
        assert day.rung(number) == "confirmed"
        ours = [c for c in stage.github.comments(REPOSITORY, number) if c.author == BOT]
        assert len(ours) == 1
