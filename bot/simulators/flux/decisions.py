"""What tofu-controller decides about a Terraform object: pure functions, tested as tables.

A simulator: imports nothing of the bot. The rules are `facts/tofu-controller.md`'s, by version.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.simulators.flux import durations
from bot.simulators.flux.terraform import DEPENDANT, Terraform
from bot.simulators.flux.versions import Version

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a pass goes on; if not, in how many seconds the next look is due."""

    opens: bool
    why: str
    after: float = 0.0


def gate(terraform: Terraform, revision: str, now: datetime, version: Version) -> Gate:
    """`revision` is the artifact's; a version that `swallows` asks before it knows one ("")."""
    if terraform.spec.get("force"):
        return Gate(True, "force is set")
    if terraform.deleting:
        return Gate(True, "it is being deleted")
    if version.swallows:
        return _swallowing(terraform, now)
    return _current(terraform, revision, now) if version.records_success else Gate(True, "always")


def _swallowing(terraform: Terraform, now: datetime) -> Gate:
    status = terraform.status
    if not status.get("lastPlanAt"):
        return Gate(True, "it was never planned")
    if terraform.generation != status.get("observedGeneration"):
        return Gate(True, "its generation changed")
    if terraform.pending or should_apply(terraform):
        return Gate(True, "a plan waits")
    return _waited(status["lastPlanAt"], terraform.interval, now, "the interval since the plan")


def _current(terraform: Terraform, revision: str, now: datetime) -> Gate:
    status = terraform.status
    if terraform.requested_at and status.get("lastHandledReconcileAt") != terraform.requested_at:
        return Gate(True, "it was asked for")
    if not status.get("lastPlanAt"):
        return Gate(True, "it was never planned")
    if status.get("observedGeneration") and terraform.generation != status["observedGeneration"]:
        return Gate(True, "its generation changed")
    if terraform.pending or should_apply(terraform):
        return Gate(True, "a plan waits")
    if terraform.attempted != revision:
        return Gate(True, "the source has another revision")
    if terraform.conditions.reason("Ready") == "DependencyNotReady":
        return Gate(True, "it waited for a dependency")
    if terraform.failures and terraform.conditions.status("Ready") != "True":
        retry = terraform.retry_interval
        return _waited(status["lastPlanAt"], retry, now, "the retry interval since the plan")
    if not status.get("lastSuccessfulReconcileAt"):
        return Gate(True, "it never succeeded")
    last = status["lastSuccessfulReconcileAt"]
    return _waited(last, terraform.interval, now, "the interval since the last success")


def _waited(since: str, interval: float, now: datetime, what: str) -> Gate:
    left = interval - (now - durations.parse(since)).total_seconds()
    return Gate(False, f"{what} has not passed", left) if left > 0 else Gate(True, f"{what} passed")


def auto(terraform: Terraform) -> bool:
    """Whether a plan is applied without being asked."""
    return bool(terraform.spec.get("force")) or terraform.approve == "auto"


def should_apply(terraform: Terraform) -> bool:
    """Whether the plan that waits is to be applied; an approval matches by prefix."""
    if terraform.spec.get("force"):
        return True
    if terraform.spec.get("planOnly") or not terraform.approve:
        return False
    if terraform.approve == "auto":
        return bool(terraform.pending)
    return terraform.pending.startswith(terraform.approve)


def should_plan(terraform: Terraform) -> bool:
    """Whether a plan is to be made."""
    return bool(terraform.spec.get("force")) or not terraform.pending


def should_detect_drift(terraform: Terraform, revision: str) -> bool:
    """Whether the pass only looks whether anything differs."""
    spec, status = terraform.spec, terraform.status
    if spec.get("disableDriftDetection") or spec.get("destroy"):
        return False
    if terraform.approve == "disable":
        return True
    if terraform.generation != status.get("observedGeneration") or terraform.pending:
        return False
    return terraform.attempted == revision == status.get("lastPlannedRevision")


def outdated(terraform: Terraform, revision: str, version: Version) -> bool:
    """Whether the plan that waits for approval is to be thrown away and made anew."""
    if not terraform.pending:
        return False
    moved = terraform.attempted != revision
    if moved and terraform.spec.get("planOnly"):
        return True
    if should_apply(terraform):
        return False
    if moved and terraform.approve.startswith("replan"):
        return ("re" + terraform.pending).startswith(terraform.approve)
    planned = terraform.status.get("lastPlannedGeneration")
    changed = bool(planned) and planned != terraform.generation
    return version.records_success and (moved or changed)


def waits_for_approval(terraform: Terraform) -> bool:
    """Whether nothing happens until somebody approves."""
    return bool(terraform.pending) and not auto(terraform) and not should_apply(terraform)


def approves_by_hand(terraform: Terraform) -> bool:
    """Whether the plan is made once more before it is applied, lest it be another by now."""
    return not auto(terraform) and terraform.approve not in ("", "auto")


def forced_lock(terraform: Terraform) -> str:
    """The lock that is to be broken, "" for none."""
    asked = terraform.spec.get("tfstate") or {}
    force = str(asked.get("forceUnlock", ""))
    if force == "auto" or (force == "yes" and asked.get("lockIdentifier") == terraform.lock):
        return terraform.lock
    return ""


def may_retry(terraform: Terraform) -> bool:
    """Whether `remediation.retries` leaves another try."""
    limit = (terraform.spec.get("remediation") or {}).get("retries")
    return limit is None or limit < 0 or terraform.failures < limit


def dependants(terraform: Terraform) -> list[str]:
    """Those that are to be deleted first."""
    return [
        name.removeprefix(DEPENDANT) for name in terraform.finalizers if name.startswith(DEPENDANT)
    ]


def taken(
    terraform: Terraform, revision: str, broken: datetime | None, now: datetime, version: Version
) -> str:
    """The revision that a pass works on; `broken` is since when the attempted one fails."""
    if not version.keeps_broken or broken is None or not terraform.failures:
        return revision
    if terraform.generation != terraform.status.get("observedGeneration"):
        return revision
    cached = (now - broken).total_seconds() < terraform.interval
    return terraform.attempted if cached else revision


def blocked_by(
    terraform: Terraform, revision: str, dependencies: Iterable[tuple[str, Json | None]]
) -> str:
    """Why a dependency (`namespace/name`, the object) does not let it go on; "" where all do."""
    for name, found in dependencies:
        if found is None:
            return f"unable to get '{name}' dependency: not found"
        status = found.get("status") or {}
        ready = any(
            item["type"] == "Ready" and item["status"] == "True"
            for item in status.get("conditions") or ()
        )
        if not ready or found["metadata"].get("generation", 1) != status.get("observedGeneration"):
            return f"dependency '{name}' is not ready"
        same = found["spec"]["sourceRef"] == terraform.spec["sourceRef"]
        done = (status.get("lastAppliedRevision"), status.get("lastPlannedRevision"))
        if same and revision not in done:
            return f"dependency '{name}' is not updated yet"
    return ""
