"""Buttons on the checks, end to end: pressed once, acted on once, answered like the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from day import CONNECTIONS, QUICK, Day, begun, stage_at

from bot.demo.stage import BOT, REPOSITORY, Stage, step
from bot.simulators.github.state import CheckRun
from bot.simulators.github.webhooks import Json, Policy, deliver, double, fail

pytestmark = pytest.mark.slow


def check(stage: Stage, sha: str, name: str) -> CheckRun | None:
    found = [run for run in stage.github.check_runs(REPOSITORY, sha) if run.name == name]
    return found[-1] if found else None


def offered(stage: Stage, sha: str, name: str = "lotus / plan") -> set[str]:
    run = check(stage, sha, name)
    return {str(action["identifier"]) for action in run.actions} if run else set()


async def offering(day: Day, button: str) -> tuple[int, str]:
    """A pull request and its head, on whose check this button is now."""
    number = day.propose("add-recharge", dict(step("add-recharge")))
    head = day.stage.github.tip(REPOSITORY, "add-recharge") or ""
    await day.until(lambda: button in offered(day.stage, head), "the button")
    return number, head


def press(stage: Stage, sha: str, button: str, login: str, name: str = "lotus / plan") -> None:
    run = check(stage, sha, name)
    assert run is not None
    stage.github.press(run.id, button, login=login)


def presses(stage: Stage, number: int) -> list[tuple[str, set[str]]]:
    """The presses that are written down, each with our reactions."""
    return [
        (item.body, {r.content for r in item.reactions if r.author == BOT})
        for item in stage.github.comments(REPOSITORY, number)
        if item.author == BOT and "lotus:press" in item.body
    ]


def over(stage: Stage, number: int) -> bool:
    return any(told & {"rocket", "confused"} for _, told in presses(stage, number))


def only_presses(policy: Policy) -> Policy:
    """Everything else arrives."""

    def chosen(event: str, payload: Json) -> list[float]:
        pressed = payload.get("action") == "requested_action"
        return policy(event, payload) if pressed else deliver(event, payload)

    return chosen


@pytest.mark.parametrize("policy", [deliver, double, fail], ids=lambda p: p.__name__)
async def test_refresh_means_reconcile_however_the_press_comes(
    tmp_path: Path, policy: Policy
) -> None:
    async with stage_at(tmp_path) as stage:
        stage.github.webhooks.policy = only_presses(policy)
        async with stage.service(**QUICK):
            day = Day(stage)
            day.push(day.edited(CONNECTIONS, "units = 15", "units = 1"))
            await day.until(day.at_rest, "the platform is applied")
            number, head = await offering(day, "refresh")
            press(stage, head, "refresh", "anna")
            await day.until(lambda: over(stage, number), "it is answered")
            await stage.github.webhooks.settled()
            await stage.clock.sleep(20)
            ((body, told),) = presses(stage, number)
            assert "`anna` pressed **Refresh**" in body
            assert told == {"eyes", "rocket"}
            replies = [
                item.body
                for item in stage.github.comments(REPOSITORY, number)
                if "lotus:reply" in item.body
            ]
            assert len(replies) == 1


async def test_who_lost_the_right_between_seeing_the_button_and_the_act_is_refused(
    tmp_path: Path,
) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number, head = await offering(day, "confirm")
        press(stage, head, "confirm", "anna")
        stage.github.add_collaborator(REPOSITORY, "anna", "read")
        await day.until(lambda: over(stage, number), "it is answered")
        ((_, told),) = presses(stage, number)
        assert "confused" in told
        said = [item.body for item in stage.github.comments(REPOSITORY, number)]
        assert any("needs the permission to write" in body for body in said)


async def test_a_button_of_an_older_commit_does_nothing_and_says_so(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number, old = await offering(day, "confirm")
        stage.github.push(REPOSITORY, "add-recharge", {"README.md": b"more\n"}, login="anna")
        press(stage, old, "confirm", "anna")
        await day.until(lambda: bool(presses(stage, number)), "it is answered")
        await stage.clock.sleep(10)
        ((body, told),) = presses(stage, number)
        assert "Nothing was done" in body
        assert told == set()


async def test_a_crash_after_the_press_was_written_down_loses_nothing(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage:
        async with stage.service(**QUICK):
            day = await begun(stage)
            number, head = await offering(day, "refresh")
            stage.github.webhooks.policy = only_presses(deliver)
            press(stage, head, "refresh", "anna")
            await day.until(lambda: bool(presses(stage, number)), "it is written down")
        async with stage.service(**QUICK):
            await day.until(lambda: over(stage, number), "it is answered after the start")
        assert len(presses(stage, number)) == 1


async def test_what_failed_after_the_merge_offers_a_refresh_that_is_reported(
    tmp_path: Path,
) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        broken = day.edited(CONNECTIONS, "airbyte_source.klaviyo.", "airbyte_source.k.")
        number = day.propose("broken", broken)
        await day.until(lambda: bool(day.comments(number)), "a comment")
        merged = day.merge(number)
        await day.until(lambda: offered(stage, merged, "lotus / apply") == {"refresh"}, "a button")
        press(stage, merged, "refresh", "anna", "lotus / apply")
        await day.until(lambda: over(stage, number), "it is answered")
        ((_, told),) = presses(stage, number)
        assert "confused" in told, "the commit is broken still"


async def test_confirm_is_the_controllers_own_plan_and_then_its_button_goes(
    tmp_path: Path,
) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number, head = await offering(day, "confirm")
        press(stage, head, "confirm", "anna")
        await day.until(lambda: over(stage, number), "it is answered", 1500)
        await day.until(lambda: day.rung(number) == "confirmed", "the comment says so")
        ((_, told),) = presses(stage, number)
        assert told == {"eyes", "rocket"}
        await day.until(lambda: "confirm" not in offered(stage, head), "nothing is to be confirmed")
