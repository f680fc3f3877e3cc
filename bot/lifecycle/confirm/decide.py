"""The next step of a confirmation, from what is seen. PURE.

A source copy pinned to branch and commit; its artifact verified; suspended, so that it cannot
move; the plan-only copy; its plan held against the prediction of the same head; all taken away.
No step rests on what was done before: a crash, a push, a lost permission come out of looking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.lifecycle.confirm.comparison import compared, failed
from bot.lifecycle.confirm.copy_effects import (
    CopyEffect,
    CreateSourceCopy,
    CreateTerraformCopy,
    SuspendSourceCopy,
)
from bot.lifecycle.confirm.documents import impossible, source_copy, terraform_copy
from bot.lifecycle.confirm.observed import ConfirmObserved
from bot.lifecycle.confirm.plan import Planned
from bot.lifecycle.confirm.record import WORDS, Confirmation, Stage
from bot.lifecycle.confirm.removal import removal
from bot.lifecycle.confirm.request import Request
from bot.lifecycle.confirm.slots import Slot, SourceCopy, TerraformCopy
from bot.model.github import Permission
from bot.model.plan_copy import BY_PUSH, Intent
from bot.render.markdown import redacted

PATIENCE = timedelta(minutes=10)  # providers are fetched anew, and an apply may hold the lock
_SOON, _LATER = 2.0, 6.0  # seconds; a watch tells sooner
_PASSING = frozenset(
    {"ArtifactFailed", "DependencyNotReady", "LockHeld", "RunnerQuotaExhausted", "DriftDetected"}
)
_LOCKED = ("error acquiring the state lock", "state blob is already locked")


@dataclass(frozen=True, slots=True)
class Confirming:
    """What is to be told (None: nothing new), what to do, and when to look again."""

    confirmation: Confirmation | None = None
    effects: tuple[CopyEffect, ...] = ()
    after: float | None = None


def decide_confirm(seen: ConfirmObserved) -> Confirming:
    """One step."""
    request, recorded = seen.request, seen.recorded
    if request is None:
        return _ended(seen, None)
    if recorded is not None and recorded.stage.over and _is_of(recorded, request):
        return _ended(seen, recorded)
    refusal = _refusal(seen, request)
    if refusal is not None:
        return _ended(seen, refusal)
    fitting = [slot for slot in seen.ours if slot.intent and slot.intent.head == request.head]
    others = tuple(slot for slot in seen.ours if slot not in fitting[:1])
    if others:
        return _again(request, Stage.WAITING, removal(others, seen.now))
    return _go_on(seen, request, fitting[0]) if fitting else _begin(seen, request)


def _is_of(recorded: Confirmation, request: Request) -> bool:
    return (recorded.head, recorded.asked_by) == (request.head, request.asked_by)


def _ended(seen: ConfirmObserved, confirmation: Confirmation | None) -> Confirming:
    """It is told; its copies go, and are looked at until they are gone."""
    if not seen.ours:
        return Confirming(confirmation)
    return Confirming(confirmation, removal(seen.ours, seen.now), _SOON)


def _again(
    request: Request,
    stage: Stage = Stage.RUNNING,
    effects: tuple[CopyEffect, ...] = (),
    after: float = _SOON,
) -> Confirming:
    return Confirming(Confirmation(request.head, request.asked_by, stage), effects, after)


# Whether it may be


def _refusal(seen: ConfirmObserved, request: Request) -> Confirmation | None:
    """Looked at before each step, for each may be the one that runs somebody's code."""
    if request.head != seen.pull_request.head_sha:
        return Confirmation(request.head, request.asked_by, Stage.SUPERSEDED)
    words = _why_not(seen, request)
    return Confirmation(request.head, request.asked_by, Stage.REFUSED, words) if words else None


def _why_not(seen: ConfirmObserved, request: Request) -> str:
    if seen.pull_request.from_fork:
        return (
            "It comes from a fork, and a plan runs its code with the platform's credentials. "
            "Nobody's command changes that."
        )
    if not seen.permission.allows(Permission.WRITE):
        who = "The author" if request.asked_by == BY_PUSH else "Who asked"
        return f"{who} may not write here now, and a plan runs code with credentials."
    if not seen.reviewed:
        return (
            "`.lotus.yaml` wants an approving review of this very commit first (`confirm: "
            "approved`), by somebody with write."
        )
    words = impossible(seen.original) if seen.original else ""
    if words:
        return f"The controller cannot be asked here: {words}."
    return seen.forbidden


# The steps


def _begin(seen: ConfirmObserved, request: Request) -> Confirming:
    """The number of names is the limit; who finds none free waits in line, and says so."""
    free = [slot for slot in seen.slots if slot.free][_ahead(seen, request) :]
    if not free:
        return _again(request, Stage.WAITING, after=_LATER)
    workspace = (seen.original.get("spec") or {}).get("workspace") or "default"
    intent = Intent(
        repository=seen.pull_request.repository,
        number=seen.pull_request.number,
        head=request.head,
        terraform=seen.terraform,
        workspace=str(workspace),
        asked_by=request.asked_by,
        began=seen.now,
    )
    document = source_copy(seen.source, free[0].name, intent, seen.pull_request.head_branch)
    return _again(request, effects=(CreateSourceCopy(document),))


def _ahead(seen: ConfirmObserved, request: Request) -> int:
    """How many are served first: who asked earlier, and people before pushes."""
    asked_by = request.asked_by
    return len([each for each in seen.waiting if asked_by == BY_PUSH or each < asked_by])


def _go_on(seen: ConfirmObserved, request: Request, slot: Slot) -> Confirming:
    source, copy = slot.source, slot.terraform
    if source is None or source.deleting or (copy and not slot.crossed and copy.deleting):
        return _again(request, effects=removal((slot,), seen.now))
    if slot.intent is not None and seen.now - slot.intent.began > PATIENCE:
        return _failed(seen, request, _timeout(slot))
    if copy is None or slot.crossed:
        return _fetch(seen, request, slot, source)
    if not copy.harmless:
        words = "Somebody changed the plan-only copy so that it could apply. It is deleted."
        return _failed(seen, request, words)
    return _plan(seen, request, copy)


def _fetch(seen: ConfirmObserved, request: Request, slot: Slot, source: SourceCopy) -> Confirming:
    """The copy is created only where, in one look, the artifact is the head and cannot move."""
    if source.revision is None:
        if source.stalled:
            return _failed(seen, request, f"Flux cannot fetch the commit: {source.ready.message}")
        return _again(request)
    if source.revision != request.head:
        words = f"Flux fetched {source.revision[:10]} where {request.head[:10]} was wanted."
        return _failed(seen, request, words)
    if not source.suspended:
        return _again(request, effects=(SuspendSourceCopy(source.name),))
    if slot.crossed or source.intent is None:
        return _again(request, after=_LATER)
    document = terraform_copy(seen.original, slot.name, source.intent, source.name)
    return _again(request, effects=(CreateTerraformCopy(document),))


def _plan(seen: ConfirmObserved, request: Request, copy: TerraformCopy) -> Confirming:
    ready = copy.ready
    if ready.status == "False":
        if _is_passing(copy):
            return _again(request)
        return _ended(seen, failed(_blank(request), seen.prediction, _words(seen, ready.message)))
    if copy.attempted != request.head:
        return _again(request)
    if ready.status == "True" and ready.reason == "TerraformPlannedNoChanges":
        return _ended(seen, _compared(seen, request, Planned()))
    if ready.reason == "TerraformPlannedWithChanges" and seen.plan is not None:
        if seen.plan.plan is None:
            return _failed(seen, request, f"Its plan cannot be read: {seen.plan.problem}.")
        return _ended(seen, _compared(seen, request, seen.plan.plan))
    return _again(request)


def _compared(seen: ConfirmObserved, request: Request, plan: Planned) -> Confirmation:
    found = compared(_blank(request), seen.prediction, plan)
    rows = tuple(replace(row, address=_words(seen, row.address)) for row in found.rows)
    return replace(found, rows=rows)


def _failed(seen: ConfirmObserved, request: Request, words: str) -> Confirming:
    """No plan came of it: nothing is known that was not before."""
    blank = replace(_blank(request), stage=Stage.FAILED, words=_words(seen, words))
    return _ended(seen, blank)


def _blank(request: Request) -> Confirmation:
    return Confirmation(request.head, request.asked_by, Stage.RUNNING)


def _words(seen: ConfirmObserved, text: str) -> str:
    """Before it is put anywhere, the marker too: a marker is only encoded."""
    return redacted(text, seen.secrets)[:WORDS]


def _is_passing(copy: TerraformCopy) -> bool:
    """What ends by itself is waited for: the lock of an apply that runs, say."""
    message = copy.ready.message.lower()
    return copy.ready.reason in _PASSING or any(text in message for text in _LOCKED)


def _timeout(slot: Slot) -> str:
    seen = slot.terraform or slot.source
    ready = seen.ready if seen else None
    said = f"{ready.reason}: {ready.message}" if ready and ready.message else "nothing"
    what = "the copy" if slot.terraform else "the copy of the source"
    return f"No plan within {PATIENCE.seconds // 60} minutes; {what} says: {said}"
