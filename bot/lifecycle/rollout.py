"""From a commit on the branch to applied: what stands, and what to ask for next. PURE.

What counts is the revision that the controller attempted (`facts/tofu-controller.md`); that a
request was "handled" proves nothing. What was asked before is read from the annotations
(`requests`), so that a restart asks nothing twice.
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
from bot.lifecycle.requests import Asked, asked, is_pending, is_swallowed, mark_of
from bot.model.cluster import Condition

_LAST_STEP = 4
_BLOCKED = frozenset({"LockHeld", "RunnerQuotaExhausted"})
_LOCKED = ("error acquiring the state lock", "state blob is already locked")
_DEPENDENCY = "DependencyNotReady"
_PLANNED = "TerraformPlannedWithChanges"
# A new revision or source frees these (`Stalled` by any other reason needs a person).
_FREED = frozenset({"RetryLimitReached", "ArtifactFailed"})
_BEGINS = 0.25  # of `escalate`: a pass that begins by itself does so within a second
_SKEW = 5.0  # seconds that clocks may differ before a time is not believed any more
_LONG = timedelta(minutes=15)
_START = timedelta(minutes=2)  # that a controller itself waits for a runner
_NO_RUNNER = "Reconciliation in progress"  # what Ready says until a runner has started


class Stand(StrEnum):
    """Where a commit is on its way to applied."""

    SUSPENDED = "suspended"
    FETCHING = "fetching"
    SOURCE_FAILED = "source failed"
    UNFETCHED = "not fetched"
    REPLACED = "no longer on the branch"
    WAITING = "waiting for a pass"
    DEPENDENCY = "waiting for a dependency"
    RUNNING = "running"
    APPROVAL = "waiting for approval"
    PLAN_ONLY = "planned only"
    COMPARED = "compared only"
    APPLIED = "applied"
    UNCHANGED = "nothing to apply"
    FAILED = "failed"
    BLOCKED = "blocked"
    STALLED = "stalled"
    IGNORED = "not taken up"

    @property
    def done(self) -> bool:
        """Whether the controller is through with the commit, and well."""
        return self in _DONE

    @property
    def applies(self) -> bool:
        """Whether the cluster is as the commit wants it: it is not by being planned only."""
        return self in (Stand.APPLIED, Stand.UNCHANGED)

    @property
    def needs_person(self) -> bool:
        """Whether nothing goes on by itself."""
        return self in _NEEDS_PERSON


_DONE = frozenset({Stand.APPLIED, Stand.UNCHANGED, Stand.PLAN_ONLY, Stand.COMPARED})
_NEEDS_PERSON = frozenset(
    {
        Stand.SUSPENDED,
        Stand.SOURCE_FAILED,
        Stand.UNFETCHED,
        Stand.REPLACED,
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

    `escalate`: seconds that a request may show no effect before a harder one is made. `gone`: the
    branch does not contain `wanted` any more.
    """

    deployment: Deployment
    wanted: str
    now: datetime
    escalate: float
    reached: frozenset[str] = frozenset()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """`words` are the controller's own where it failed; `since` is when that began.

    `reason` is the condition's, in the controller's one word; `next_step` reads it. `ends`: by then
    it goes on by itself, where that can be known.
    """

    stand: Stand
    words: str = ""
    since: datetime | None = None
    reason: str = ""
    ends: datetime | None = None


def standing(seen: RolloutObserved) -> Standing:
    """Where the wanted commit stands now."""
    terraform, source = seen.deployment.terraform, seen.deployment.source
    attempted = _attempted(seen) if _reached(seen, terraform.attempted) else None
    if attempted is not None and (attempted.stand.done or not terraform.suspended):
        return attempted
    if seen.gone:
        words = f"{seen.deployment.branch} was force-pushed: it does not contain {seen.wanted[:10]}"
        return Standing(Stand.REPLACED, words)
    if terraform.suspended:
        return Standing(Stand.SUSPENDED, f"Terraform {terraform.name} is suspended")
    if source.suspended:
        return Standing(Stand.SUSPENDED, f"GitRepository {source.name} is suspended")
    if terraform.stalled.status == "True" and terraform.stalled.reason not in _FREED:
        return _as(Stand.STALLED, terraform.stalled)
    if not _reached(seen, source.revision):
        return _fetching(seen)
    return _waiting(seen)


def _fetching(seen: RolloutObserved) -> Standing:
    """The artifact is another one. A failure from before we asked says nothing of this commit."""
    source, request = seen.deployment.source, asked(seen.deployment.source.requested)
    if request is None or request.is_for(source.revision or ""):
        return Standing(Stand.FETCHING)
    if source.ready.status == "False" and (request.step > 1 or source.handled == source.requested):
        return _as(Stand.SOURCE_FAILED, source.ready)
    if request.step >= _LAST_STEP:
        held = f"its artifact is {source.revision[:10]}" if source.revision else "no artifact"
        words = f"GitRepository {source.name} was asked several times: {held}."
        return Standing(Stand.UNFETCHED, f"{words} {source.ready.message}".strip())
    return Standing(Stand.FETCHING)


def _waiting(seen: RolloutObserved) -> Standing:
    """The artifact is there, and the status tells of no attempt at it yet."""
    terraform, source = seen.deployment.terraform, seen.deployment.source
    ready = terraform.ready
    if ready.status == "Unknown":
        begun = _begun(seen)
        if begun is not None:
            return begun
    since = source.stored_at
    if _is_blocked(ready) and (since is None or ready.since is None or ready.since >= since):
        return _as(Stand.BLOCKED, ready)
    request = asked(terraform.requested)
    if request is None or request.is_for(terraform.attempted or ""):
        return Standing(Stand.WAITING, since=_ended(seen))
    if request.step >= _LAST_STEP and _left(seen, request) <= 0:
        return _ignored(seen, request)
    return Standing(Stand.WAITING, since=_ended(seen))


def _ignored(seen: RolloutObserved, request: Asked) -> Standing:
    """What may hold it up began before the last request, so it ends an interval after that."""
    terraform = seen.deployment.terraform
    ready = terraform.ready
    ends = request.at + terraform.interval if terraform.interval else None
    words = f"{ready.reason}: {ready.message}"
    return Standing(Stand.IGNORED, words, request.at, ready.reason, ends)


def _begun(seen: RolloutObserved) -> Standing | None:
    """Ready is Unknown: a pass; or its plan, which may be an older commit's (then None).

    The controller writes the condition a moment before the revision.
    """
    terraform = seen.deployment.terraform
    at_work = terraform.ready.reason != _PLANNED or terraform.approve_plan == "auto"
    return _planned(seen) if at_work or seen.wanted[:10] in terraform.ready.message else None


def _ended(seen: RolloutObserved) -> datetime | None:
    """When the wait for a pass begins: with the artifact, or where a pass has just ended.

    Its conditions tell of that a moment before `lastAttemptedRevision` does.
    """
    ready, stored_at = seen.deployment.terraform.ready, seen.deployment.source.stored_at
    ended = ready.since if ready.status != "Unknown" else None
    return max((at for at in (stored_at, ended) if at), default=None)


def _attempted(seen: RolloutObserved) -> Standing:
    terraform = seen.deployment.terraform
    ready = terraform.ready
    applied = _reached(seen, terraform.applied)
    if applied and terraform.attempted not in (terraform.applied, seen.wanted):
        return Standing(Stand.APPLIED, f"{terraform.name} is at work on a later commit")
    stalled = terraform.stalled
    if stalled.status == "True" and ready.status not in ("True", "False"):
        return _as(Stand.STALLED, stalled)  # the retry that was not made left Ready at its start
    match ready.status:
        case "True":
            return _as(Stand.APPLIED if applied else Stand.UNCHANGED, ready)
        case "False":
            return _as(_failed(seen), _stalled_too(terraform.stalled, ready))
        case _:
            return _planned(seen)


def _failed(seen: RolloutObserved) -> Stand:
    """What Ready False comes to, at the wanted commit."""
    terraform = seen.deployment.terraform
    ready = terraform.ready
    if ready.reason == "DriftDetected" and terraform.approve_plan == "auto":
        return Stand.RUNNING
    if ready.reason == "DriftDetected" and terraform.approve_plan == "disable":
        return Stand.COMPARED
    if terraform.stalled.status == "True":
        return Stand.STALLED
    if ready.reason == _DEPENDENCY:
        return Stand.DEPENDENCY
    return Stand.BLOCKED if _is_blocked(ready) else Stand.FAILED


def _stalled_too(stalled: Condition, ready: Condition) -> Condition:
    """Why it does not go on, with why it came to that."""
    if stalled.status != "True" or stalled.message == ready.message:
        return ready
    words = f"{stalled.message}\n{ready.message}"
    return Condition(ready.status, stalled.reason, words, ready.since)


def _planned(seen: RolloutObserved) -> Standing:
    """Ready is Unknown: at work, or waiting for a person."""
    terraform = seen.deployment.terraform
    ready = terraform.ready
    if ready.reason == _PLANNED:
        if terraform.plan_only:
            return _as(Stand.PLAN_ONLY, ready)
        if terraform.approve_plan != "auto":
            return _as(Stand.APPROVAL, ready)
    return _running(seen)


def _running(seen: RolloutObserved) -> Standing:
    """A runner that cannot start is told of by no condition, only by a pass that takes long."""
    ready = seen.deployment.terraform.ready
    took = seen.now - ready.since if ready.since is not None else timedelta()
    if took > _START and ready.message == _NO_RUNNER:
        words = "for more than 2 minutes no runner has started"
        return Standing(Stand.RUNNING, words, ready.since, "NoRunner")
    if took > _LONG:
        words = f"for more than 15 minutes: {ready.message}"
        return Standing(Stand.RUNNING, words, ready.since, "TakesLong")
    return _as(Stand.RUNNING, ready)


def _as(stand: Stand, condition: Condition) -> Standing:
    return Standing(stand, condition.message, condition.since, condition.reason)


def decide_rollout(seen: RolloutObserved) -> Decision:
    """What to ask the controllers for next; nothing where they are at it already."""
    now = standing(seen)
    match now.stand:
        case Stand.FETCHING | Stand.SOURCE_FAILED | Stand.UNFETCHED:
            return _fetch(seen)
        case Stand.WAITING | Stand.DEPENDENCY:
            return _start(seen, now)
        case Stand.RUNNING:
            return Decision(requeue=Requeue(_patience(seen, 3), "a pass is running"))
        case _:
            return Decision(requeue=Requeue(None, str(now.stand)))


def _fetch(seen: RolloutObserved) -> Decision:
    """Ask source-controller for the commit; again, ever less often, while it fails."""
    source, request = seen.deployment.source, _source_request(seen)
    step = 1
    if request is not None:
        left = _left(seen, request)
        if left > 0:
            return Decision(requeue=Requeue(left, "the source was asked"))
        step = min(request.step + 1, _LAST_STEP)
    elif is_pending(source.requested, source.handled):
        left = _others(seen, source.requested)
        if left > 0:
            return Decision(requeue=Requeue(left, "somebody has asked the source"))
    mark = mark_of(seen.deployment.terraform)
    value = str(Asked(seen.wanted, step, seen.now, mark))
    place = (source.name.namespace, source.name.name)
    effect = AnnotateSource(*place, value, source.resource_version)
    return Decision((effect,), Requeue(_patience(seen, step), "the source is asked"))


def _start(seen: RolloutObserved, now: Standing) -> Decision:
    """The artifact is there and no pass has begun: wait a little, ask, ask harder."""
    terraform, request = seen.deployment.terraform, _our_request(seen)
    if request is None:
        left = _until(seen, _latest(seen, now.since), seen.escalate * _BEGINS)
        if is_pending(terraform.requested, terraform.handled):
            left = max(left, _others(seen, terraform.requested))
        if left > 0:
            return Decision(requeue=Requeue(left, "a pass may begin by itself"))
        return ask(seen, 1)
    if request.step >= _LAST_STEP:
        return Decision(requeue=Requeue(None, str(now.stand)))
    waits = now.stand is Stand.DEPENDENCY  # such a pass moves nothing either
    left = 0.0 if is_swallowed(terraform, request) and not waits else _left(seen, request)
    if left > 0:
        return Decision(requeue=Requeue(left, "the controller was asked"))
    return ask(seen, request.step + 1, None if waits else request)


def ask(seen: RolloutObserved, step: int, before: Asked | None = None) -> Decision:
    """A request; where the one `before` was swallowed, `lastPlanAt` is cleared first, but once."""
    terraform = seen.deployment.terraform
    place = (terraform.name.namespace, terraform.name.name)
    clear = (
        before is not None
        and not before.cleared
        and terraform.last_plan_at is not None
        and is_swallowed(terraform, before)
    )
    cleared = clear or (before is not None and before.cleared)
    mark = mark_of(terraform, clearing=clear)
    value = str(Asked(seen.wanted, step, seen.now, mark, cleared))
    effects: tuple[Effect, ...] = (AnnotateTerraform(*place, value, terraform.resource_version),)
    if clear:  # which makes another version of it
        effects = (ClearLastPlanAt(*place), AnnotateTerraform(*place, value))
    return Decision(effects, Requeue(_patience(seen, step), "the controller is asked"))


def _our_request(seen: RolloutObserved) -> Asked | None:
    request = asked(seen.deployment.terraform.requested)
    return request if request is not None and request.is_for(seen.wanted) else None


def _source_request(seen: RolloutObserved) -> Asked | None:
    request = asked(seen.deployment.source.requested)
    return request if request is not None and request.is_for(seen.wanted) else None


def _latest(seen: RolloutObserved, since: datetime | None) -> datetime | None:
    """When the wait for a pass begins: by our clock too, where we asked for the artifact."""
    request = _source_request(seen)
    return max((at for at in (since, request.at if request else None) if at), default=None)


def _patience(seen: RolloutObserved, step: int) -> float:
    """Each harder request is given twice the time of the one before."""
    return seen.escalate * 2.0 ** (step - 1)


def _left(seen: RolloutObserved, request: Asked) -> float:
    return _until(seen, request.at, _patience(seen, request.step))


def _others(seen: RolloutObserved, requested: str) -> float:
    """How long somebody else's request is left alone: theirs says when it was made, as a rule."""
    try:
        at = datetime.fromisoformat(requested)
    except ValueError:
        return 0.0
    return _until(seen, at, seen.escalate) if at.tzinfo else 0.0


def _until(seen: RolloutObserved, start: datetime | None, seconds: float) -> float:
    """Seconds left; none where the start lies so far ahead that a clock must be wrong."""
    if start is None:
        return 0.0
    left = (start + timedelta(seconds=seconds) - seen.now).total_seconds()
    return left if left <= seconds + _SKEW else 0.0


def _reached(seen: RolloutObserved, revision: str | None) -> bool:
    return revision is not None and (revision == seen.wanted or revision in seen.reached)


def _is_blocked(ready: Condition) -> bool:
    if ready.status != "False":
        return False
    return ready.reason in _BLOCKED or any(text in ready.message.lower() for text in _LOCKED)
