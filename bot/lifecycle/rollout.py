"""From a commit on the branch to applied: what stands, and what to ask for next. PURE.

What counts is the revision that the controller attempted (`facts/tofu-controller.md`); that a
request was "handled" proves nothing. What was asked before is read from the annotations, whose
values are ours: no memory outside the objects is needed, and a restart asks nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.lifecycle.effects import (
    AnnotateSource,
    AnnotateTerraform,
    ClearLastPlanAt,
    Decision,
    Effect,
    Requeue,
)
from bot.lifecycle.platform import Deployment
from bot.model.cluster import Condition

_LAST_STEP = 4
_BLOCKED = frozenset({"LockHeld", "DependencyNotReady", "RunnerQuotaExhausted", "AccessDenied"})
_LOCKED = ("error acquiring the state lock", "state blob is already locked")


class Stand(StrEnum):
    """Where a commit is on its way to applied."""

    SUSPENDED = "suspended"
    FETCHING = "fetching"
    SOURCE_FAILED = "source failed"
    WAITING = "waiting for a pass"
    RUNNING = "running"
    APPROVAL = "waiting for approval"
    PLAN_ONLY = "planned only"
    APPLIED = "applied"
    UNCHANGED = "nothing to apply"
    FAILED = "failed"
    BLOCKED = "blocked"
    STALLED = "stalled"
    IGNORED = "not taken up"

    @property
    def done(self) -> bool:
        """Whether the controller is through with the commit, and well."""
        return self in (Stand.APPLIED, Stand.UNCHANGED, Stand.PLAN_ONLY)

    @property
    def needs_person(self) -> bool:
        """Whether nothing goes on by itself."""
        return self in _NEEDS_PERSON


_NEEDS_PERSON = frozenset(
    {
        Stand.SUSPENDED,
        Stand.SOURCE_FAILED,
        Stand.APPROVAL,
        Stand.FAILED,
        Stand.BLOCKED,
        Stand.STALLED,
        Stand.IGNORED,
    }
)


@dataclass(frozen=True, slots=True)
class RolloutObserved:
    """`wanted` is the branch's tip. `reached`: commits known to be `wanted` or to contain it.

    `escalate`: seconds that a request may show no effect before a harder one is made.
    """

    deployment: Deployment
    wanted: str
    now: datetime
    escalate: float
    reached: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """`words` are the controller's own where it failed; `since` is when that began."""

    stand: Stand
    words: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of ours, as an annotation's value has it: for which commit, how hard, when."""

    commit: str
    step: int
    at: datetime

    def __str__(self) -> str:
        return f"lotus/{self.commit[:12]}/{self.step}/{self.at.isoformat(timespec='microseconds')}"


def asked(value: str) -> Asked | None:
    """The reverse; None for anybody else's request."""
    try:
        mark, commit, step, at = value.split("/")
        return Asked(commit, int(step), datetime.fromisoformat(at)) if mark == "lotus" else None
    except ValueError:
        return None


def standing(seen: RolloutObserved) -> Standing:
    """Where the wanted commit stands now."""
    terraform, source = seen.deployment.terraform, seen.deployment.source
    ready = terraform.ready
    if terraform.suspended:
        return Standing(Stand.SUSPENDED, f"Terraform {terraform.name} is suspended")
    if _reached(seen, terraform.attempted):
        return _attempted(seen)
    if source.suspended:
        return Standing(Stand.SUSPENDED, f"GitRepository {source.name} is suspended")
    if terraform.stalled.status == "True":
        return Standing(Stand.STALLED, terraform.stalled.message, terraform.stalled.since)
    if not _reached(seen, source.revision):
        if source.ready.status == "False":
            return Standing(Stand.SOURCE_FAILED, source.ready.message, source.ready.since)
        return Standing(Stand.FETCHING)
    if ready.status == "Unknown":
        return _between(seen)
    if _is_blocked(ready):
        return Standing(Stand.BLOCKED, ready.message, ready.since)
    request = _our_request(seen)
    if request and request.step >= _LAST_STEP and _idle(seen, request):
        return Standing(Stand.IGNORED, f"{ready.reason}: {ready.message}", request.at)
    return Standing(Stand.WAITING, since=source.stored_at)


def _attempted(seen: RolloutObserved) -> Standing:
    terraform = seen.deployment.terraform
    ready = terraform.ready
    match ready.status:
        case "True":
            applied = _reached(seen, terraform.applied)
            return Standing(
                Stand.APPLIED if applied else Stand.UNCHANGED, ready.message, ready.since
            )
        case "False" if ready.reason == "DriftDetected" and terraform.approve_plan == "auto":
            return Standing(Stand.RUNNING, ready.message, ready.since)
        case "False" if _is_blocked(ready):
            return Standing(Stand.BLOCKED, ready.message, ready.since)
        case "False" if terraform.stalled.status == "True":
            return Standing(Stand.STALLED, terraform.stalled.message, ready.since)
        case "False":
            return Standing(Stand.FAILED, ready.message, ready.since)
        case _:
            return _between(seen)


def _between(seen: RolloutObserved) -> Standing:
    """Ready is Unknown: at work, or waiting for a person."""
    terraform = seen.deployment.terraform
    ready = terraform.ready
    if ready.reason == "TerraformPlannedWithChanges":
        if terraform.plan_only:
            return Standing(Stand.PLAN_ONLY, ready.message, ready.since)
        if terraform.approve_plan != "auto":
            return Standing(Stand.APPROVAL, ready.message, ready.since)
    return Standing(Stand.RUNNING, ready.message, ready.since)


def decide_rollout(seen: RolloutObserved) -> Decision:
    """What to ask the controllers for next; nothing where they are at it already."""
    now = standing(seen)
    match now.stand:
        case Stand.FETCHING | Stand.SOURCE_FAILED:
            return _fetch(seen)
        case Stand.WAITING:
            return _start(seen)
        case Stand.RUNNING:
            return Decision(requeue=Requeue(_patience(seen, 3), "a pass is running"))
        case _:
            return Decision(requeue=Requeue(None, str(now.stand)))


def _fetch(seen: RolloutObserved) -> Decision:
    """Ask source-controller for the commit; again, ever less often, while it fails."""
    source = seen.deployment.source
    request = asked(source.requested)
    step = 1
    if request is not None and seen.wanted.startswith(request.commit):
        left = _left(seen, request)
        if left > 0:
            return Decision(requeue=Requeue(left, "the source was asked"))
        step = min(request.step + 1, _LAST_STEP)
    value = str(Asked(seen.wanted, step, seen.now))
    effect = AnnotateSource(source.name.namespace, source.name.name, value)
    return Decision((effect,), Requeue(_patience(seen, step), "the source is asked"))


def _start(seen: RolloutObserved) -> Decision:
    """The artifact is there and no pass has begun: wait a little, ask, ask harder."""
    request = _our_request(seen)
    if request is None:
        left = _until(seen, seen.deployment.source.stored_at, seen.escalate)
        if left > 0:
            return Decision(requeue=Requeue(left, "a pass may begin by itself"))
        return _ask(seen, 1)
    left = _left(seen, request)
    if left > 0:
        return Decision(requeue=Requeue(left, "the controller was asked"))
    return _ask(seen, min(request.step + 1, _LAST_STEP))


def _ask(seen: RolloutObserved, step: int) -> Decision:
    """From the second time on `lastPlanAt` is cleared first: old controllers swallow the first."""
    name = seen.deployment.terraform.name
    value = str(Asked(seen.wanted, step, seen.now))
    effects: tuple[Effect, ...] = (AnnotateTerraform(name.namespace, name.name, value),)
    if step > 1 and seen.deployment.terraform.last_plan_at is not None:
        effects = (ClearLastPlanAt(name.namespace, name.name), *effects)
    return Decision(effects, Requeue(_patience(seen, step), "the controller is asked"))


def _our_request(seen: RolloutObserved) -> Asked | None:
    request = asked(seen.deployment.terraform.requested)
    if request is None or not seen.wanted.startswith(request.commit):
        return None
    return request


def _patience(seen: RolloutObserved, step: int) -> float:
    """Each harder request is given twice the time of the one before."""
    return seen.escalate * 2.0 ** (step - 1)


def _left(seen: RolloutObserved, request: Asked) -> float:
    return _until(seen, request.at, _patience(seen, request.step))


def _idle(seen: RolloutObserved, request: Asked) -> bool:
    return _left(seen, request) <= 0


def _until(seen: RolloutObserved, start: datetime | None, seconds: float) -> float:
    """Seconds left; a start in the future (clocks differ) counts as now."""
    if start is None:
        return 0.0
    begun = min(start, seen.now)
    return (begun + timedelta(seconds=seconds) - seen.now).total_seconds()


def _reached(seen: RolloutObserved, revision: str | None) -> bool:
    return revision is not None and (revision == seen.wanted or revision in seen.reached)


def _is_blocked(ready: Condition) -> bool:
    if ready.status != "False":
        return False
    return ready.reason in _BLOCKED or any(text in ready.message.lower() for text in _LOCKED)
