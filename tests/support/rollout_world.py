"""A source and a Terraform object as the cluster tells of them, and a commit on its way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.lifecycle.platform import Deployment, deployment
from bot.lifecycle.requests import Asked, mark_of
from bot.lifecycle.rollout import RolloutObserved
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


def at_new(status: str, reason: str, message: str = "", **more: Any) -> World:
    return World(artifact=NEW, attempted=NEW, condition=ready(status, reason, message), **more)


FETCHED = {"artifact": NEW, "stored_at": LONG_AGO}
STALLED = {**ready("True", "RetryLimitReached", "no retries left"), "type": "Stalled"}
DENIED = {**ready("True", "AccessDenied", "cross-namespace"), "type": "Stalled"}
WAITS_FOR_APPROVAL = ready("Unknown", "TerraformPlannedWithChanges")
OURS = f'Plan generated: set approvePlan: "plan-main-{NEW[:10]}" to approve this plan.'
FAILING = ready("False", "GitOperationFailed", "no")
