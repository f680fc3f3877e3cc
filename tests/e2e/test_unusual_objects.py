"""Terraform objects that are set up otherwise: each is told as it is, with what to do, to its end.

One story for each way: a merge meets it, the comment says what stands and what helps, somebody does
that, and it goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from day import CONNECTIONS, NAMESPACE, QUICK, TERRAFORM, Day, stage_at
from grounds import Ground

from bot.demo.stage import REPOSITORY, Stage
from bot.simulators.flux import manifests

pytestmark = pytest.mark.slow

Json = dict[str, Any]
Act = Callable[[Stage], None]
PLACE = ("Terraform", NAMESPACE, TERRAFORM)
LOCK = "11111111-2222-3333-4444-555555555555"
LEASE = f"lock-tfstate-default-{TERRAFORM}"


def spec(**changes: Any) -> Act:
    return lambda stage: stage.cluster.patch(*PLACE, {"spec": changes})


def nothing(stage: Stage) -> None:
    """Nobody can do anything, and nobody has to."""


# What it depends on


def waits_for_another(stage: Stage) -> None:
    other = manifests.terraform(name="net", suspend=True)
    other["spec"]["sourceRef"] = {"kind": "OCIRepository", "name": "net"}
    stage.cluster.put(other)
    spec(dependsOn=[{"name": "net"}])(stage)


def the_other_is_ready(stage: Stage) -> None:
    found = stage.cluster.get("Terraform", NAMESPACE, "net")
    ready = {"type": "Ready", "status": "True", "reason": "NoDrift", "message": "No drift"}
    ready["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    status = {"observedGeneration": found["metadata"]["generation"], "conditions": [ready]}
    stage.cluster.put({**found, "status": status})


# Approval


def approved(stage: Stage) -> None:
    plan = stage.terraform()["status"]["plan"]["pending"]
    spec(approvePlan=plan)(stage)


# Lock


def lock(stage: Stage) -> None:
    info = {"ID": LOCK, "Operation": "OperationTypeApply", "Who": "somebody@laptop"}
    held(stage, LOCK, {"app.terraform.io/lock-info": json.dumps(info)})


def free(stage: Stage) -> None:
    held(stage, None, {"app.terraform.io/lock-info": None})


def held(stage: Stage, holder: str | None, notes: Json) -> None:
    patch = {"metadata": {"annotations": notes}, "spec": {"holderIdentity": holder}}
    stage.cluster.patch("Lease", NAMESPACE, LEASE, patch)


# Room


def no_room(stage: Stage) -> None:
    stage.flux.room = False


def room(stage: Stage) -> None:
    stage.flux.room = True


@dataclass(frozen=True)
class Story:
    """`before` the merge, what the comment says of it then, and what somebody does about it."""

    before: Act
    rung: str
    words: tuple[str, ...]
    then: Act = nothing
    end: tuple[str, ...] = ("applied", "arrived")


STORIES = {
    "dependsOn": Story(
        waits_for_another,
        "on its way",
        ("Waiting for a dependency", "net' is not ready", "goes on by itself"),
        the_other_is_ready,
    ),
    "approval by hand": Story(
        spec(approvePlan=""),
        "failed",
        ("Waiting for approval", "`spec.approvePlan`", "plan-main-"),
        approved,
    ),
    "another plan is approved by its id": Story(
        spec(approvePlan="plan-main-0123456789"),
        "failed",
        ("`spec.approvePlan`", "plan-main-"),
        approved,
    ),
    "planOnly": Story(
        spec(planOnly=True, approvePlan=""),
        "planned, and not applied",
        ("Planned only", "`spec.planOnly` is set: nothing is applied."),
    ),
    "drift detection only": Story(
        spec(approvePlan="disable"),
        "planned, and not applied",
        ("Compared only", "looked at and not applied."),
    ),
    "a lock that is held": Story(
        lock, "failed", ("error acquiring the state lock", "/lotus unlock"), free
    ),
    "no room for a runner": Story(
        no_room, "on its way", ("waits for its runner", "ResourceQuota"), room
    ),
    "suspended": Story(
        spec(suspend=True), "failed", ("suspended", "/lotus resume"), spec(suspend=False)
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_it_is_told_as_it_is_and_goes_on_when_somebody_does_what_is_said(
    tmp_path: Path, on: Ground, story: Story
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        story.before(stage)
        await stage.clock.sleep(5.0)
        number = day.propose("schedule", day.edited(CONNECTIONS, "units = 6", "units = 8"))
        await day.until(lambda: bool(day.comments(number)), "it is predicted")
        merged = day.merge(number)
        told = lambda: day.said(number).replace("\\", "")  # noqa: E731
        told_so = lambda: all(words in told() for words in story.words)  # noqa: E731
        await day.until(told_so, f"the comment says {story.words}")
        assert day.rung(number) == story.rung, told()
        if story.then is nothing:
            check = lambda: stage.github.check_runs(REPOSITORY, merged)[-1].conclusion  # noqa: E731
            await day.until(lambda: check() == "neutral", "the check ends")
            return
        story.then(stage)
        await day.until(lambda: day.rung(number) in story.end, "it is applied")
        assert len(day.comments(number)) == 1


async def test_retries_that_are_used_up_are_told_and_a_fix_starts_them_anew(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        spec(remediation={"retries": 1}, retryInterval="5s")(stage)
        broken = day.edited(CONNECTIONS, "airbyte_source.klaviyo.", "airbyte_source.k.")
        number = day.propose("broken", broken)
        await day.until(lambda: bool(day.comments(number)), "it is predicted")
        day.merge(number)
        words = "`spec.remediation.retries`"
        await day.until(lambda: words in day.said(number), "its retries are used up")
        assert "Reference to undeclared resource" in day.said(number)
        fix = day.push(day.edited(CONNECTIONS, "airbyte_source.k.", "airbyte_source.klaviyo."))
        await day.until(lambda: day.attempted(fix) and day.ready(), "the fix is applied")
