"""The second rung, end to end: the controller's own plan of a head, held against the prediction."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confirming import (
    SECRETS,
    Contrary,
    adding_recharge,
    answered,
    ask,
    cluster,
    copies,
    everything_told,
    left,
    without,
)
from day import CONNECTIONS, NAMESPACE, QUICK, TERRAFORM, Day, begun, stage_at
from grounds import Ground

from bot.demo.stage import ADAM, ANNA, REPOSITORY, RITA, step
from bot.model.plan_copy import LABEL, POOL
from bot.simulators.flux import V0_16_0_RC7, V0_16_5, Version

pytestmark = pytest.mark.slow

SLOW = 40.0  # of the stage's seconds: long enough for somebody to do something meanwhile


async def nothing_is_left(day: Day) -> None:
    await day.until(lambda: not left(day.stage), f"nothing is left of {left(day.stage)}")


@pytest.mark.parametrize("version", [V0_16_5, V0_16_0_RC7], ids=lambda version: version.name)
async def test_as_predicted_and_nothing_is_left_and_no_secret_is_told(
    tmp_path: Path, version: Version, capfd: pytest.CaptureFixture[str]
) -> None:
    async with stage_at(tmp_path, version) as stage:
        async with stage.service(**QUICK | {"log_level": "debug"}):
            day = await begun(stage)
            before = stage.terraform()
            number = adding_recharge(day)
            assert await answered(day, number) == {"rocket"}
            assert day.rung(number) == "confirmed"
            assert "own plan of" in day.said(number)
            assert len(day.comments(number)) == 1
            await nothing_is_left(day)
            assert stage.terraform()["spec"] == before["spec"]
            assert await stage.sources() == ["Klaviyo", "Shopify"]
        told, logged = everything_told(stage), capfd.readouterr()
    assert "CreateTerraformCopy" in logged.out + logged.err, "what is searched is the log"
    for secret in SECRETS:
        assert secret not in told + unmarked(told) + logged.out + logged.err


def unmarked(text: str) -> str:
    """What markers and the records in them say, decoded: encoding hides nothing."""
    found = []
    for packed in re.findall(r"[A-Za-z0-9+/_=-]{40,}", text):
        data = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        found.append(data.decode(errors="replace"))
        records = re.findall(rb"[A-Za-z0-9+/=]{40,}", data)
        found += [zlib.decompress(base64.b64decode(record)).decode() for record in records]
    return "\n".join(found)


async def test_what_the_controller_plans_otherwise_is_told_side_by_side(
    tmp_path: Path, on: Ground
) -> None:
    planner = Contrary(without("airbyte_connection.recharge_to_lake"))
    async with stage_at(tmp_path, planner=planner, on=on) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number = adding_recharge(day)
        assert await answered(day, number) == {"rocket"}
        said = day.said(number)
        assert day.rung(number) == "predicted, and planned otherwise"
        assert "1 to add, 0 to change, 0 to destroy" in said
        assert "| ≠ | `airbyte_connection.recharge_to_lake` | create | nothing |" in said
        assert "|  | `airbyte_source.recharge` | create | create |" in said
        head = stage.github.tip(REPOSITORY, "add-recharge") or ""
        checks = stage.github.check_runs(REPOSITORY, head)
        assert [check.conclusion for check in checks][-1] == "neutral"
        await nothing_is_left(day)


async def test_a_plan_that_fails_unforetold_is_told_in_the_controllers_words(
    tmp_path: Path,
) -> None:
    words = "Error: the provider does not like it\n\n  on recharge.tf line 3:"
    planner = Contrary(lambda plan: replace(plan, error=f"{words}\n  token sk-recharge-42"))
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number = adding_recharge(day)
        assert await answered(day, number) == {"confused"}
        assert "the provider does not like it" in day.said(number)
        assert "a bug of mine" in day.said(number)
        assert "sk-recharge-42" not in everything_told(stage) + unmarked(everything_told(stage))
        await nothing_is_left(day)


async def test_a_broken_commit_fails_as_predicted(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        broken = day.edited(CONNECTIONS, "airbyte_source.klaviyo.", "airbyte_source.k.")
        number = day.propose("broken", broken)
        assert await answered(day, number) == {"rocket"}
        assert "cannot plan" in day.said(number)
        assert "as predicted" in day.said(number)
        await nothing_is_left(day)


# Who may not


async def test_a_fork_is_never_planned_whoever_asks(tmp_path: Path) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        fork = stage.github.fork(REPOSITORY, "eve")
        stage.github.push(fork, "theirs", dict(step("add-recharge")), login="eve")
        number = stage.github.open_pull_request(
            REPOSITORY, "eve:theirs", title="Better", login="eve"
        )
        assert await answered(day, number, ADAM) == {"confused"}
        assert "from a fork" in day.said(number)
        assert (planner.of_pull_requests, left(stage)) == ([], [])


async def test_who_may_not_write_gets_no_plan(tmp_path: Path) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number = adding_recharge(day)
        assert await answered(day, number, RITA) == {"confused"}
        assert (planner.of_pull_requests, left(stage)) == ([], [])


async def test_a_permission_that_is_lost_before_the_act_stops_it(tmp_path: Path) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number = adding_recharge(day)
        stage.flux.timing.fetch = SLOW
        reactions = ask(day, number, ANNA)
        await day.until(lambda: bool(copies(stage)), "its source is being fetched")
        stage.github.add_collaborator(REPOSITORY, ANNA, "read")
        await day.until(lambda: bool(reactions()), "the command is answered")
        assert reactions() == {"confused"}
        await nothing_is_left(day)
        assert planner.of_pull_requests == []
        assert "may not write" in day.said(number)


async def test_an_approving_review_of_that_very_commit_is_wanted_where_the_base_says_so(
    tmp_path: Path,
) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        day.push({".lotus.yaml": b"confirm: approved\n"})
        await day.until(day.at_rest, "the platform is applied")
        number = adding_recharge(day)
        assert await answered(day, number) == {"confused"}
        assert "wants an approving review" in day.said(number)
        stage.github.review(REPOSITORY, number, login=ANNA)
        stage.github.review(REPOSITORY, number, login=RITA)
        assert await answered(day, number) == {"confused"}, "of oneself, or without write"
        stage.github.review(REPOSITORY, number, login=ADAM)
        assert planner.of_pull_requests == []
        assert await answered(day, number) == {"rocket"}
        assert day.rung(number) == "confirmed"


async def test_every_push_is_confirmed_where_the_base_says_so(tmp_path: Path) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        mine = {".lotus.yaml": b"confirm: every-push\n"}
        number = day.propose("mine", {**step("add-recharge"), **mine})
        await day.until(lambda: bool(day.comments(number)), "a comment")
        assert day.rung(number) == "predicted", "what a pull request brings itself counts for none"
        day.push({".lotus.yaml": b"confirm: every-push\n"})
        await day.until(day.at_rest, "the platform is applied")
        other = adding_recharge(day)
        await day.until(lambda: day.rung(other) == "confirmed", "the first push is confirmed")
        more = day.edited(CONNECTIONS, "units = 6", "units = 8")
        head = stage.github.push(REPOSITORY, "add-recharge", more, login=ANNA)
        await day.until(
            lambda: day.rung(other) == "confirmed" and f"own plan of `{head[:10]}`" in day.said(other),
            "the second push is confirmed",
        )  # fmt: skip
        await nothing_is_left(day)


# What comes between


async def test_a_push_during_it_supersedes_it_and_is_not_planned_by_itself(tmp_path: Path) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number = adding_recharge(day)
        planner.goes_on.clear()
        reactions = ask(day, number)
        await day.until(lambda: bool(copies(stage, "Terraform")), "it is being planned")
        more = day.edited(CONNECTIONS, "units = 6", "units = 8")
        newer = stage.github.push(REPOSITORY, "add-recharge", more, login=ANNA)
        await day.until(lambda: bool(reactions()), "the command is answered")
        assert reactions() == {"confused"}
        assert "a push came after" in day.said(number)
        assert day.rung(number) == "predicted"
        planner.goes_on.set()
        await nothing_is_left(day)
        assert not [revision for revision in planner.revisions if newer in revision]


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "closed"])
async def test_what_is_merged_or_closed_meanwhile_leaves_nothing(
    tmp_path: Path, merged: bool
) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number = adding_recharge(day)
        planner.goes_on.clear()
        ask(day, number)
        await day.until(lambda: bool(copies(stage, "Terraform")), "it is being planned")
        if merged:
            day.merge(number)
        else:
            stage.github.close_pull_request(REPOSITORY, number, login=ANNA)
        await day.until(lambda: any(going(item) for item in copies(stage)), "its copies go")
        planner.goes_on.set()
        await nothing_is_left(day)


def going(item: dict[str, Any]) -> bool:
    return "deletionTimestamp" in item["metadata"]


async def test_more_pull_requests_than_places_wait_and_say_so(tmp_path: Path) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        planner.goes_on.clear()
        numbers = [adding_recharge(day, f"work-{n}") for n in range(len(POOL) + 1)]
        reactions = [ask(day, number) for number in numbers]
        await day.until(
            lambda: any("in line for one of" in day.said(number) for number in numbers),
            "one waits",
            250,
        )
        assert len(copies(stage, "GitRepository")) == len(POOL)
        planner.goes_on.set()
        await day.until(
            lambda: all(each() == {"rocket"} for each in reactions), "all are answered", 1500
        )
        assert {day.rung(number) for number in numbers} == {"confirmed"}
        await nothing_is_left(day)


async def test_who_asked_first_is_served_first_also_after_a_crash(tmp_path: Path) -> None:
    """More wait than there are places: nobody is served while as many are before them."""
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage:
        async with stage.service(**QUICK):
            day = await begun(stage)
            planner.goes_on.clear()
            numbers = [adding_recharge(day, f"work-{n}") for n in range(2 * len(POOL) + 2)]
            first, later = numbers[: len(POOL)], numbers[len(POOL) :]
            reactions = [ask(day, number) for number in first]
            await day.until(lambda: len(copies(stage, "Terraform")) == len(POOL), "all is taken")
            reactions += [ask(day, number) for number in reversed(later)]
            await day.until(lambda: all(in_line(day, n) for n in later), "they wait", 800)
        planner.goes_on.set()
        async with stage.service(**QUICK):
            asked = later[::-1]
            served: list[int] = []

            def done() -> bool:
                held = {number_of(item) for item in copies(stage, "GitRepository")}
                served.extend(sorted(held & set(asked) - set(served), key=asked.index))
                return all(each() == {"rocket"} for each in reactions)

            await day.until(done, "all are answered", 1500)
            assert set(served) == set(asked)
            for at, number in enumerate(served):
                before = set(asked[: asked.index(number)]) - set(served[:at])
                assert len(before) < len(POOL), f"#{number} was served before {before}"


def in_line(day: Day, number: int) -> bool:
    return "in line for one of" in day.said(number)


def number_of(item: dict[str, Any]) -> int:
    """The pull request that a copy is for."""
    noted = item["metadata"]["annotations"]["lotus-bot.github.io/pull-request"]
    return int(noted.rpartition("#")[2])


async def test_a_copy_that_cannot_go_loses_its_finalizer(tmp_path: Path) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage, stage.service(**QUICK):
        day = await begun(stage)
        number = adding_recharge(day)
        planner.goes_on.clear()
        ask(day, number)
        await day.until(lambda: bool(copies(stage, "Terraform")), "it is being planned")
        (source,) = copies(stage, "GitRepository")
        place = source["metadata"]["namespace"], source["metadata"]["name"]
        cluster(stage).patch("GitRepository", *place, {"metadata": {"finalizers": None}})
        cluster(stage).delete("GitRepository", *place)
        stage.github.close_pull_request(REPOSITORY, number, login=ANNA)
        await nothing_is_left(day)


async def test_the_sweep_finds_what_a_crash_left_and_nobody_elses(tmp_path: Path) -> None:
    planner = Contrary()
    async with stage_at(tmp_path, planner=planner) as stage:
        async with stage.service(**QUICK):
            day = await begun(stage)
            number = adding_recharge(day)
            planner.goes_on.clear()
            ask(day, number)
            await day.until(lambda: bool(copies(stage, "Terraform")), "it is being planned")
        theirs = cluster(stage).get("GitRepository", "flux-system", "lotus-lake")
        named = {"namespace": "flux-system", "name": POOL[2]}
        cluster(stage).put({**theirs, "metadata": named, "status": {}})
        stage.github.close_pull_request(REPOSITORY, number, login=ANNA)
        planner.goes_on.set()
        async with stage.service(**QUICK):
            await nothing_is_left(day)
            assert LABEL not in str(cluster(stage).get("GitRepository", "flux-system", POOL[2]))


# Whatever the original says


@pytest.mark.parametrize(
    "spec",
    [
        {"force": True},
        {"plan": {"lock": True}},
        {"approvePlan": "", "storeReadablePlan": "none"},
        {"suspend": True},
    ],
    ids=lambda spec: "+".join(spec),
)
async def test_nothing_is_applied_by_a_copy_whatever_the_original_says(
    tmp_path: Path, spec: dict[str, object]
) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        cluster(stage).patch("Terraform", NAMESPACE, TERRAFORM, {"spec": spec})
        number = adding_recharge(day)
        assert await answered(day, number) == {"rocket"}
        assert day.rung(number) == "confirmed"
        await nothing_is_left(day)
        assert await stage.sources() == ["Klaviyo", "Shopify"]
        assert stage.terraform()["spec"].items() >= spec.items()


# What was applied


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("human", "its plan: 2 to add, 0 to change, 0 to destroy"),
        ("json", "its plan: 2 to add, 0 to change, 0 to destroy"),
        ("none", "not known: no readable plan is stored"),
    ],
)
async def test_what_was_applied_is_counted_by_the_plan_that_was(
    tmp_path: Path, form: str, said: str
) -> None:
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = await begun(stage)
        readable = {"spec": {"storeReadablePlan": form}}
        cluster(stage).patch("Terraform", NAMESPACE, TERRAFORM, readable)
        number = adding_recharge(day)
        await day.until(lambda: bool(day.comments(number)), "a comment")
        day.merge(number)
        await day.until(lambda: said in day.said(number), "the counts", 1500)
