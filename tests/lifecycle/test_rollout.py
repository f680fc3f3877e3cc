"""The way from a commit to applied, as a table: what stands, and what is asked for next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.lifecycle.effects import AnnotateSource, AnnotateTerraform, ClearLastPlanAt
from bot.lifecycle.next_step import next_step
from bot.lifecycle.platform import Deployment, deployment, repository_of
from bot.lifecycle.requests import Asked, asked, mark_of
from bot.lifecycle.rollout import RolloutObserved, Stand, Standing, decide_rollout, standing
from bot.model.cluster import source_from, terraform_from

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD, NEW = "a" * 40, "b" * 40
LONG_AGO = NOW - timedelta(hours=1)


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def ready(status: str, reason: str, message: str = "") -> dict[str, Any]:
    return {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": stamp(LONG_AGO),
    }


@dataclass
class World:
    """The two objects, all well at OLD; a test changes what it is about."""

    artifact: str = OLD
    stored_at: datetime = LONG_AGO
    attempted: str = OLD
    applied: str = OLD
    condition: dict[str, Any] | None = None
    source_condition: dict[str, Any] | None = None
    source_requested: str = ""
    source_handled: str = ""
    requested: str = ""
    handled: str = ""
    approve: str = "auto"
    plan_only: bool = False
    suspended: bool = False
    source_suspended: bool = False
    last_plan_at: datetime | None = LONG_AGO
    stalled: dict[str, Any] | None = None
    force: bool = False
    interval: str = "10m"

    def deployment(self) -> Deployment:
        source = source_from(
            {
                "metadata": {
                    "namespace": "flux-system",
                    "name": "lake",
                    "annotations": {"reconcile.fluxcd.io/requestedAt": self.source_requested},
                },
                "spec": {
                    "url": "https://github.com/Octo/Lake.git",
                    "ref": {"branch": "main"},
                    "suspend": self.source_suspended,
                },
                "status": {
                    "artifact": {
                        "revision": f"main@sha1:{self.artifact}",
                        "lastUpdateTime": stamp(self.stored_at),
                    },
                    "lastHandledReconcileAt": self.source_handled,
                    "conditions": [self.source_condition or ready("True", "Succeeded")],
                },
            }
        )
        terraform = terraform_from(
            {
                "metadata": {
                    "namespace": "lake",
                    "name": "lake-airbyte",
                    "annotations": {"reconcile.fluxcd.io/requestedAt": self.requested},
                },
                "spec": {
                    "path": "./airbyte/terraform",
                    "sourceRef": {
                        "kind": "GitRepository",
                        "name": "lake",
                        "namespace": "flux-system",
                    },
                    "approvePlan": self.approve,
                    "planOnly": self.plan_only,
                    "suspend": self.suspended,
                    "force": self.force,
                    "interval": self.interval,
                },
                "status": {
                    "lastAttemptedRevision": f"main@sha1:{self.attempted}",
                    "lastAppliedRevision": f"main@sha1:{self.applied}",
                    "lastHandledReconcileAt": self.handled,
                    **({"lastPlanAt": stamp(self.last_plan_at)} if self.last_plan_at else {}),
                    "conditions": [
                        self.condition or ready("True", "NoDrift", "No drift"),
                        *([self.stalled] if self.stalled else []),
                    ],
                },
            }
        )
        found = deployment(terraform, source)
        assert isinstance(found, Deployment)
        return found

    def observed(
        self, reached: frozenset[str] = frozenset(), *, gone: bool = False
    ) -> RolloutObserved:
        return RolloutObserved(self.deployment(), NEW, NOW, 8.0, reached, gone)


def request(step: int, seconds_ago: float, commit: str = NEW, mark: str = "", **more: Any) -> str:
    return str(Asked(commit, step, NOW - timedelta(seconds=seconds_ago), mark, **more))


def asked_of(world: World, step: int, seconds_ago: float, *, cleared: bool = False) -> World:
    """The controller was asked, said that it handled it, and the status is as it was then."""
    mark = mark_of(world.deployment().terraform)
    value = request(step, seconds_ago, mark=mark, cleared=cleared)
    return replace(world, requested=value, handled=value)


FETCHED = {"artifact": NEW, "stored_at": LONG_AGO}
STALLED = {**ready("True", "RetryLimitReached", "no retries left"), "type": "Stalled"}
DENIED = {**ready("True", "AccessDenied", "cross-namespace"), "type": "Stalled"}
WAITS_FOR_APPROVAL = ready("Unknown", "TerraformPlannedWithChanges")
OURS = f'Plan generated: set approvePlan: "plan-main-{NEW[:10]}" to approve this plan.'
FAILING = ready("False", "GitOperationFailed", "no")


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


def at_new(status: str, reason: str, message: str = "", **more: Any) -> World:
    return World(artifact=NEW, attempted=NEW, condition=ready(status, reason, message), **more)


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


def test_a_commit_that_contains_the_wanted_one_will_do() -> None:
    later = "c" * 40
    world = World(artifact=later, attempted=later, applied=later)
    assert standing(world.observed()).stand is Stand.FETCHING
    assert standing(world.observed(frozenset({later}))).stand is Stand.APPLIED


@pytest.mark.parametrize(
    ("world", "kinds", "wait"),
    [
        pytest.param(World(), [AnnotateSource], 8, id="the source is asked first"),
        pytest.param(
            World(source_requested=request(1, 3)), [], 5, id="and not asked twice while it works"
        ),
        pytest.param(
            World(source_requested=request(1, 9)), [AnnotateSource], 16, id="but again later"
        ),
        pytest.param(
            World(source_requested=request(1, 1, OLD)),
            [AnnotateSource],
            8,
            id="another push meanwhile is asked for at once",
        ),
        pytest.param(
            World(source_requested="2026-01-01T11:59:59Z"),
            [],
            7,
            id="somebody else's request that is not answered yet is left to its end",
        ),
        pytest.param(
            World(source_requested="2026-01-01T11:59:59Z", source_handled="2026-01-01T11:59:59Z"),
            [AnnotateSource],
            8,
            id="somebody else's request that brought something else is not ours",
        ),
        pytest.param(
            World(source_requested="by hand"), [AnnotateSource], 8, id="nobody knows since when"
        ),
        pytest.param(
            World(artifact=NEW, stored_at=NOW - timedelta(seconds=0.5)),
            [],
            1.5,
            id="a pass may begin by itself",
        ),
        pytest.param(
            World(**FETCHED, condition={**ready("False", "X"), "lastTransitionTime": stamp(NOW)}),
            [],
            2,
            id="a pass has just ended, and the revision is not written yet",
        ),
        pytest.param(
            World(**FETCHED, requested="2026-01-01T11:59:58Z"),
            [],
            6,
            id="somebody has asked the controller: the pass is theirs",
        ),
        pytest.param(World(**FETCHED), [AnnotateTerraform], 8, id="no pass began: asked for"),
        pytest.param(
            World(**FETCHED, requested=request(1, 3, mark="other"), handled=""),
            [],
            5,
            id="not answered yet: patience",
        ),
        pytest.param(
            replace(asked_of(World(**FETCHED), 1, 3), attempted="d" * 40),
            [],
            5,
            id="answered, and the status moved: a pass of an older commit, and nothing was swallowed",
        ),
        pytest.param(
            asked_of(World(**FETCHED), 1, 0.5),
            [ClearLastPlanAt, AnnotateTerraform],
            16,
            id="answered and nothing moved: swallowed, so cleared and asked again at once",
        ),
        pytest.param(
            World(**FETCHED, requested=request(1, 9, mark="other"), handled=""),
            [AnnotateTerraform],
            16,
            id="no answer at all: asked again, and nothing is cleared",
        ),
        pytest.param(
            asked_of(World(**FETCHED), 2, 17, cleared=True),
            [AnnotateTerraform],
            32,
            id="cleared once for a commit, and never again",
        ),
        pytest.param(
            asked_of(World(**FETCHED, last_plan_at=None), 1, 9),
            [AnnotateTerraform],
            16,
            id="nothing to clear",
        ),
        pytest.param(
            World(**FETCHED, requested=request(4, 100)), [], None, id="the end is the end"
        ),
        pytest.param(
            World(artifact=NEW, condition=ready("Unknown", "Progressing")),
            [],
            32,
            id="a pass that runs is waited for",
        ),
        pytest.param(World(artifact=NEW, attempted=NEW, applied=NEW), [], None, id="applied"),
        pytest.param(World(suspended=True), [], None, id="suspended is respected"),
        pytest.param(
            World(artifact=NEW, stored_at=NOW + timedelta(hours=1)),
            [AnnotateTerraform],
            8,
            id="a clock that is ahead makes nobody wait for an hour",
        ),
        pytest.param(
            World(artifact=NEW, stored_at=LONG_AGO, source_requested=request(1, 1)),
            [],
            1,
            id="a clock that is behind: counted from our own request",
        ),
        pytest.param(
            World(artifact=NEW, attempted=NEW, condition=ready("False", "DependencyNotReady")),
            [AnnotateTerraform],
            8,
            id="a dependency: asked for, its own interval is longer",
        ),
        pytest.param(
            asked_of(
                World(artifact=NEW, attempted=NEW, condition=ready("False", "DependencyNotReady")),
                1,
                9,
            ),
            [AnnotateTerraform],
            16,
            id="a dependency: nothing was swallowed, nothing is cleared",
        ),
        pytest.param(
            World(stalled=STALLED),
            [AnnotateSource],
            8,
            id="retries used up by an older commit: a new one is fetched all the same",
        ),
        pytest.param(
            World(**FETCHED, condition=WAITS_FOR_APPROVAL, approve=""),
            [AnnotateTerraform],
            8,
            id="the plan that waits is of an older commit",
        ),
    ],
)
def test_what_is_asked_for_next(world: World, kinds: list[type], wait: float | None) -> None:
    decision = decide_rollout(world.observed())
    assert [type(effect) for effect in decision.effects] == kinds
    assert decision.requeue.after == (None if wait is None else pytest.approx(wait))


@pytest.mark.parametrize("mark", ["", "0123456789abcdef"])
@pytest.mark.parametrize("cleared", [False, True])
def test_a_request_can_be_read_back(mark: str, cleared: bool) -> None:
    made = Asked(NEW[:12], 2, NOW, mark, cleared)
    assert asked(str(made)) == made


@pytest.mark.parametrize(
    "other",
    [
        "",
        "2026-01-01T00:00:00Z",
        "lotus/x/y/z",
        "lotus/a/1/never",
        "lotus/a/1/2026-01-01T00:00:00",
        "lotus/a/1/2026-01-01T00:00:00+00:00/b/c",
        "lotus",
    ],
)
def test_a_request_of_anybody_else_or_edited_by_hand_is_not_ours(other: str) -> None:
    assert asked(other) is None


@pytest.mark.parametrize(
    ("ref", "branch"),
    [
        ({}, "master"),
        ({"branch": "main"}, "main"),
        ({"name": "refs/heads/main"}, "main"),
        ({"name": "refs/heads/main", "branch": "other"}, "main"),
        ({"name": "refs/pull/7/head"}, None),
        ({"name": "refs/tags/v1"}, None),
        ({"tag": "v1"}, None),
        ({"semver": ">=1"}, None),
        ({"commit": NEW}, None),
        ({"branch": "main", "commit": NEW}, None),
    ],
)
def test_the_branch_that_a_reference_follows(ref: dict[str, str], branch: str | None) -> None:
    assert source_from({"spec": {"ref": ref}}).branch == branch


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/Octo/Lake.git", "octo/lake"),
        ("https://github.com/octo/lake", "octo/lake"),
        ("https://token@github.com/octo/lake.git", "octo/lake"),
        ("ssh://git@github.com/octo/lake.git", "octo/lake"),
        ("ssh://git@github.com:22/octo/lake", "octo/lake"),
        ("git@github.com:octo/lake.git", "octo/lake"),
        ("http://127.0.0.1:4242/html/octo/lake.git", "octo/lake"),
        ("https://github.com/octo", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_repository_of_a_url(url: str, repository: str | None) -> None:
    assert repository_of(url) == repository


def test_objects_with_nothing_in_them_are_read() -> None:
    assert terraform_from({}).attempted is None
    assert source_from({"status": {"conditions": "odd", "artifact": 7}}).revision is None
    assert source_from({"status": {"artifact": {"revision": f"main/{OLD}"}}}).revision == OLD
