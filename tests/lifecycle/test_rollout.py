"""The way from a commit to applied, as a table: what stands, and what is asked for next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.lifecycle.effects import AnnotateSource, AnnotateTerraform, ClearLastPlanAt
from bot.lifecycle.platform import Deployment, deployment, repository_of
from bot.lifecycle.rollout import (
    Asked,
    RolloutObserved,
    Stand,
    asked,
    decide_rollout,
    standing,
)
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
    requested: str = ""
    handled: str = ""
    approve: str = "auto"
    plan_only: bool = False
    suspended: bool = False
    source_suspended: bool = False
    last_plan_at: datetime | None = LONG_AGO

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
                },
                "status": {
                    "lastAttemptedRevision": f"main@sha1:{self.attempted}",
                    "lastAppliedRevision": f"main@sha1:{self.applied}",
                    "lastHandledReconcileAt": self.handled,
                    **({"lastPlanAt": stamp(self.last_plan_at)} if self.last_plan_at else {}),
                    "conditions": [self.condition or ready("True", "NoDrift", "No drift")],
                },
            }
        )
        found = deployment(terraform, source)
        assert isinstance(found, Deployment)
        return found

    def observed(self, reached: frozenset[str] = frozenset()) -> RolloutObserved:
        return RolloutObserved(self.deployment(), NEW, NOW, 8.0, reached)


def request(step: int, seconds_ago: float, commit: str = NEW) -> str:
    return str(Asked(commit, step, NOW - timedelta(seconds=seconds_ago)))


FETCHED = {"artifact": NEW, "stored_at": LONG_AGO}


@pytest.mark.parametrize(
    ("world", "stand"),
    [
        (World(), Stand.FETCHING),
        (World(suspended=True), Stand.SUSPENDED),
        (World(source_suspended=True), Stand.SUSPENDED),
        (
            World(source_condition=ready("False", "GitOperationFailed", "no")),
            Stand.SOURCE_FAILED,
        ),
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
            Stand.FAILED,
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
            [AnnotateSource],
            8,
            id="somebody else's request is not ours",
        ),
        pytest.param(
            World(artifact=NEW, stored_at=NOW - timedelta(seconds=2)),
            [],
            6,
            id="a pass may begin by itself",
        ),
        pytest.param(World(**FETCHED), [AnnotateTerraform], 8, id="no pass began: asked for"),
        pytest.param(
            World(**FETCHED, requested=request(1, 3), handled=request(1, 3)),
            [],
            5,
            id="handled proves nothing, patience",
        ),
        pytest.param(
            World(**FETCHED, requested=request(1, 9), handled=request(1, 9)),
            [ClearLastPlanAt, AnnotateTerraform],
            16,
            id="swallowed: cleared and asked again",
        ),
        pytest.param(
            World(**FETCHED, requested=request(1, 9), last_plan_at=None),
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
            [],
            8,
            id="a clock that is ahead makes nobody wait for an hour",
        ),
    ],
)
def test_what_is_asked_for_next(world: World, kinds: list[type], wait: float | None) -> None:
    decision = decide_rollout(world.observed())
    assert [type(effect) for effect in decision.effects] == kinds
    assert decision.requeue.after == (None if wait is None else pytest.approx(wait))


def test_a_request_can_be_read_back() -> None:
    made = Asked(NEW[:12], 2, NOW)
    assert asked(str(made)) == made
    for other in ("", "2026-01-01T00:00:00Z", "lotus/x/y/z", "lotus/a/1/never"):
        assert asked(other) is None


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
