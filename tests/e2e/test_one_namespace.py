"""Installed for one namespace: the bot sees that one, under its own account, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from day import CONNECTIONS, QUICK, Day, stage_at
from grounds import ground

from bot.demo.stage import step

pytestmark = pytest.mark.cluster


async def test_a_change_is_told_merged_and_applied_with_the_rights_of_one_namespace(
    tmp_path: Path,
) -> None:
    on = ground("one namespace")
    settings = QUICK | {"namespaces": on.namespaces}
    async with stage_at(tmp_path, on=on) as stage, stage.service(**settings):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        number = day.propose("add-recharge", dict(step("add-recharge")))
        await day.until(lambda: "2 to add, 0 to change" in day.said(number), "a comment")
        day.merge(number)
        await day.until(lambda: day.rung(number) in ("applied", "arrived"), "applied")
        pushed = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        await day.until(lambda: day.attempted(pushed) and day.ready(), "it is applied", 240)
