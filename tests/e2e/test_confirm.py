"""The second rung, end to end: the controller's own plan of a pull request's head, held against ours."""

from __future__ import annotations

from pathlib import Path

from day import QUICK, Day, stage_at

from bot.demo.stage import REPOSITORY, step


async def test_a_plan_as_predicted_is_confirmed_and_nothing_is_left(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        number = day.propose("add-recharge", dict(step("add-recharge")))
        await day.until(lambda: bool(day.comments(number)), "a comment")
        asked = stage.github.comment(REPOSITORY, number, "/lotus plan", login="anna")
        reactions = stage.github.world.comments[asked].reactions
        await day.until(lambda: {r.content for r in reactions} & {"rocket", "confused"}, "the end")
        assert day.rung(number) == "confirmed"
