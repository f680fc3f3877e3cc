"""Where a commit stands on its way to applied, and what a person does about it, as tables."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rollout_world import (
    DENIED,
    FAILING,
    FETCHED,
    NEW,
    NOW,
    OLD,
    OURS,
    STALLED,
    WAITS_FOR_APPROVAL,
    World,
    at_new,
    ready,
    request,
    stamp,
)

from bot.lifecycle.next_step import next_step
from bot.lifecycle.rollout import Stand, Standing, standing


@pytest.mark.parametrize(
    ("world", "stand"),
    [
        (World(), Stand.FETCHING),
        (World(suspended=True), Stand.SUSPENDED),
        (World(source_suspended=True), Stand.SUSPENDED),
        (World(source_condition=ready("False", "GitOperationFailed", "no")), Stand.FETCHING),
        (World(artifact=NEW), Stand.WAITING),
        (World(artifact=NEW, condition=ready("Unknown", "Progressing")), Stand.RUNNING),
        (World(artifact=NEW, condition=ready("False", "LockHeld")), Stand.BLOCKED),
        (
            World(artifact=NEW, requested=request(4, 10)),
            Stand.WAITING,
        ),
        (World(artifact=NEW, requested=request(4, 100)), Stand.IGNORED),
        (World(artifact=NEW, requested=request(4, 100, OLD)), Stand.WAITING),
        (
            World(artifact=NEW, attempted=NEW, condition=ready("Unknown", "Progressing")),
            Stand.RUNNING,
        ),
        (
            World(
                artifact=NEW, attempted=NEW, condition=ready("Unknown", "TerraformAppliedSucceed")
            ),
            Stand.RUNNING,
        ),
        (World(artifact=NEW, attempted=NEW, applied=NEW), Stand.APPLIED),
        (World(artifact=NEW, attempted=NEW), Stand.UNCHANGED),
        (
            World(artifact=NEW, attempted=NEW, condition=ready("False", "TFExecPlanFailed")),
            Stand.FAILED,
        ),
        (
            World(artifact=NEW, attempted=NEW, condition=ready("False", "DriftDetected")),
            Stand.RUNNING,
        ),
        (
            World(
                artifact=NEW,
                attempted=NEW,
                approve="disable",
                condition=ready("False", "DriftDetected"),
            ),
            Stand.COMPARED,
        ),
        (
            World(
                artifact=NEW,
                attempted=NEW,
                approve="",
                condition=ready("Unknown", "TerraformPlannedWithChanges"),
            ),
            Stand.APPROVAL,
        ),
        (
            World(
                artifact=NEW,
                attempted=NEW,
                plan_only=True,
                approve="",
                condition=ready("Unknown", "TerraformPlannedWithChanges"),
            ),
            Stand.PLAN_ONLY,
        ),
        (
            World(
                artifact=NEW,
                attempted=NEW,
                condition=ready(
                    "False", "TFExecPlanFailed", "Error: Error acquiring the state lock"
                ),
            ),
            Stand.BLOCKED,
        ),
    ],
)
def test_where_the_commit_stands(world: World, stand: Stand) -> None:
    assert standing(world.observed()).stand is stand


@pytest.mark.parametrize(
    ("world", "stand"),
    [
        pytest.param(
            World(source_condition=FAILING, source_requested=request(1, 3)),
            Stand.FETCHING,
            id="a source that failed before we asked says nothing of this commit",
        ),
        pytest.param(
            World(
                source_condition=FAILING,
                source_requested=request(1, 3),
                source_handled=request(1, 3),
            ),
            Stand.SOURCE_FAILED,
            id="it was asked, and fails",
        ),
        pytest.param(
            World(source_condition=FAILING, source_requested=request(3, 1)),
            Stand.SOURCE_FAILED,
            id="asked again it still fails, whether it has answered this time or not",
        ),
        pytest.param(World(source_requested=request(3, 60)), Stand.FETCHING, id="not answered yet"),
        pytest.param(World(source_requested=request(4, 1)), Stand.UNFETCHED, id="never answered"),
        pytest.param(
            World(source_requested=request(4, 1), source_handled=request(4, 1)),
            Stand.UNFETCHED,
            id="answered, and something else was fetched",
        ),
        pytest.param(World(stalled=STALLED), Stand.FETCHING, id="an older commit's retries"),
        pytest.param(World(stalled=DENIED), Stand.STALLED, id="no commit changes that"),
        pytest.param(
            at_new("False", "TFExecPlanFailed", stalled=STALLED), Stand.STALLED, id="ours"
        ),
        pytest.param(
            at_new("Unknown", "Progressing", "Reconciliation in progress", stalled=STALLED),
            Stand.STALLED,
            id="ours, as the controller leaves it: the retry was begun and not made",
        ),
        pytest.param(
            World(**FETCHED, condition=WAITS_FOR_APPROVAL, approve=""),
            Stand.WAITING,
            id="the plan of an older commit waits for approval, which says nothing of this one",
        ),
        pytest.param(
            World(**FETCHED, condition={**WAITS_FOR_APPROVAL, "message": OURS}, approve=""),
            Stand.APPROVAL,
            id="the condition tells of our plan before the revision does",
        ),
        pytest.param(
            World(**FETCHED, condition=WAITS_FOR_APPROVAL),
            Stand.RUNNING,
            id="and one that applies by itself is at work",
        ),
        pytest.param(
            World(
                artifact=NEW,
                stored_at=NOW,
                condition=ready("False", "LockHeld"),
            ),
            Stand.WAITING,
            id="the lock was held before this commit came",
        ),
        pytest.param(at_new("False", "DependencyNotReady"), Stand.DEPENDENCY, id="dependsOn"),
        pytest.param(at_new("False", "RunnerQuotaExhausted"), Stand.BLOCKED, id="quota"),
        pytest.param(at_new("False", "VarsGenerationFailed"), Stand.FAILED, id="variables"),
        pytest.param(at_new("False", "ArtifactFailed"), Stand.FAILED, id="artifact"),
        pytest.param(at_new("False", "NeverHeardOf"), Stand.FAILED, id="an unknown reason"),
        pytest.param(at_new("", ""), Stand.RUNNING, id="no condition yet"),
        pytest.param(at_new("Odd", "Odd"), Stand.RUNNING, id="a status that is none"),
        pytest.param(
            at_new("Unknown", "TerraformPlannedWithChanges", approve="plan-main-0123456789"),
            Stand.APPROVAL,
            id="another plan was approved by its id",
        ),
        pytest.param(
            at_new("Unknown", "TerraformPlannedWithChanges", approve="", force=True),
            Stand.RUNNING,
            id="force applies without being asked",
        ),
        pytest.param(
            at_new("Unknown", "TerraformPlannedWithChanges", plan_only=True, force=True),
            Stand.RUNNING,
            id="force overrides planOnly",
        ),
        pytest.param(
            at_new("False", "DriftDetected", approve=""), Stand.FAILED, id="drift, by hand"
        ),
        pytest.param(
            at_new("True", "NoDrift", applied=NEW, suspended=True),
            Stand.APPLIED,
            id="suspended after it was applied",
        ),
        pytest.param(
            at_new("False", "TFExecPlanFailed", suspended=True),
            Stand.SUSPENDED,
            id="suspended after it failed",
        ),
    ],
)
def test_where_a_commit_stands_in_the_less_usual_cases(world: World, stand: Stand) -> None:
    assert standing(world.observed()).stand is stand


def test_a_failure_of_a_later_commit_takes_nothing_back() -> None:
    later = "c" * 40
    world = World(
        artifact=later,
        attempted=later,
        applied=NEW,
        condition=ready("False", "TFExecPlanFailed", "broken"),
    )
    assert standing(world.observed(frozenset({later}))).stand is Stand.APPLIED


def test_a_commit_that_a_force_push_took_away_is_waited_for_no_more() -> None:
    now = standing(World().observed(gone=True))
    assert now.stand is Stand.REPLACED
    assert now.words == f"main was force-pushed: it does not contain {NEW[:10]}"


@pytest.mark.parametrize(
    ("message", "reason", "words"),
    [
        ("Terraform Planning", "TakesLong", "more than 15 minutes"),
        ("Reconciliation in progress", "NoRunner", "no runner has started"),
    ],
)
def test_a_pass_that_takes_long_says_so_once(message: str, reason: str, words: str) -> None:
    now = standing(at_new("Unknown", "Progressing", message).observed())
    assert (now.stand, now.reason) == (Stand.RUNNING, reason)
    assert words in now.words


def test_a_pass_that_has_just_begun_waits_for_no_runner_yet() -> None:
    just_now = {"lastTransitionTime": stamp(NOW - timedelta(minutes=1))}
    condition = {**ready("Unknown", "Progressing", "Reconciliation in progress"), **just_now}
    now = standing(World(artifact=NEW, attempted=NEW, condition=condition).observed())
    assert (now.stand, now.reason) == (Stand.RUNNING, "Progressing")


def test_a_commit_that_contains_the_wanted_one_will_do() -> None:
    later = "c" * 40
    world = World(artifact=later, attempted=later, applied=later)
    assert standing(world.observed()).stand is Stand.FETCHING
    assert standing(world.observed(frozenset({later}))).stand is Stand.APPLIED


@pytest.mark.parametrize("stand", [s for s in Stand if s.needs_person])
def test_whatever_needs_a_person_says_what_to_do(stand: Stand) -> None:
    assert next_step(Standing(stand))


@pytest.mark.parametrize(
    ("stand", "reason", "words"),
    [
        (Stand.BLOCKED, "LockHeld", "/lotus unlock"),
        (Stand.BLOCKED, "RunnerQuotaExhausted", "ResourceQuota"),
        (Stand.STALLED, "RetryLimitReached", "spec.remediation.retries"),
        (Stand.STALLED, "AccessDenied", "--no-cross-namespace-refs"),
        (Stand.FAILED, "VarsGenerationFailed", "spec.varsFrom"),
        (Stand.FAILED, "ArtifactFailed", "source-controller"),
        (Stand.FAILED, "NeverHeardOf", "A fix that is pushed is taken up at once."),
        (Stand.RUNNING, "TakesLong", "kubectl get pods"),
        (Stand.RUNNING, "NoRunner", "ResourceQuota"),
        (Stand.RUNNING, "Progressing", ""),
    ],
)
def test_the_next_step_fits_the_controllers_reason(stand: Stand, reason: str, words: str) -> None:
    said = next_step(Standing(stand, reason=reason))
    assert words in said
    assert bool(words) is bool(said)


@pytest.mark.parametrize(
    ("interval", "by"),
    [("10m", "12:09"), ("1h30m", "13:29"), ("90s", "12:00"), ("odd", ""), ("9" * 400 + "h", "")],
)
def test_what_is_not_taken_up_says_what_helps_and_by_when_it_ends_by_itself(
    interval: str, by: str
) -> None:
    world = World(artifact=NEW, requested=request(4, 100), interval=interval)
    said = next_step(standing(world.observed()))
    assert "`/lotus suspend`, then `/lotus resume`" in said
    assert said.endswith(f"That is by 2026-01-01 {by} UTC." if by else "interval is over.")
