"""`/lotus reconcile`: a pass now, also where nothing is new, followed to its end. PURE.

First the branch's tip has to be applied, by the same steps as after a merge; then, where no pass
has been since the comment, one is asked for. The proof of a pass is a status that moved after our
request (`requests`); that it was "handled" proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.lifecycle.effects import AnnotateSource, Decision, Requeue
from bot.lifecycle.next_step import next_step
from bot.lifecycle.requests import Asked, asked, has_moved, is_swallowed, mark_of
from bot.lifecycle.rollout import (
    RolloutObserved,
    Stand,
    Standing,
    ask,
    decide_rollout,
    standing,
)
from bot.model.cluster import Terraform
from bot.render.markdown import code, plain

_PATIENCE = timedelta(minutes=15)
_BUSY = "busy"  # in place of a mark: the pass that runs began before we asked
_UNFETCHED = (Stand.SOURCE_FAILED, Stand.UNFETCHED)


@dataclass(frozen=True, slots=True)
class Target:
    """A Terraform object with its branch's tip, as the rollout sees it."""

    rollout: RolloutObserved

    @property
    def title(self) -> str:
        """How people call it."""
        return self.rollout.deployment.title


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What to do next; or, at the end, a `report` in a line of Markdown, and whether it is well."""

    decision: Decision = field(default_factory=Decision)
    report: str = ""
    well: bool = True


def decide_reconcile(target: Target, since: datetime, now: datetime, escalate: float) -> Reconciled:
    """One object's next step towards a pass that began after `since`, GitHub's time."""
    seen = replace(target.rollout, now=max(now, since), escalate=escalate)
    source, terraform = seen.deployment.source, seen.deployment.terraform
    current = standing(seen)
    if terraform.suspended or current.stand is Stand.SUSPENDED:
        words = current.words or f"Terraform {terraform.name} is suspended"
        return Reconciled(report=f"{code(target.title)}: {plain(words)}", well=False)
    fetched = asked(source.requested)
    if fetched is None or fetched.at < since:
        mark = _BUSY if _is_at_work(terraform) else mark_of(terraform)
        value = str(Asked(seen.wanted, 1, seen.now, mark))
        place = (source.name.namespace, source.name.name)
        effect = AnnotateSource(*place, value, source.resource_version)
        return Reconciled(Decision((effect,), Requeue(escalate, "the source is asked")))
    if current.stand in _UNFETCHED or not (current.stand.done or current.stand.needs_person):
        return _towards(target, seen, current)
    if _has_passed(terraform, fetched, since) or _waits_for_a_person(terraform, current):
        return _report(target)
    if now - since > _PATIENCE:
        words = f"{code(target.title)}: no pass was to be seen. {plain(terraform.ready.message)}"
        return Reconciled(report=words, well=False)
    return Reconciled(_ask(seen, since))


def _towards(target: Target, seen: RolloutObserved, current: Standing) -> Reconciled:
    """The tip is not applied yet: as after a merge. What cannot be fetched is said."""
    source = seen.deployment.source
    if current.stand in _UNFETCHED and source.handled == source.requested:
        return _report(target)
    return Reconciled(decide_rollout(seen))


def _ask(seen: RolloutObserved, since: datetime) -> Decision:
    """Ask; harder where that was swallowed or shows nothing."""
    terraform = seen.deployment.terraform
    request = asked(terraform.requested)
    if request is None or request.at < since:
        return ask(seen, 1)
    patience = seen.escalate * 2.0 ** (request.step - 1)
    left = patience - (seen.now - request.at).total_seconds()
    if left > 0 and not is_swallowed(terraform, request):
        return Decision(requeue=Requeue(left, "the controller was asked"))
    return ask(seen, request.step + 1, request)


def _has_passed(terraform: Terraform, fetched: Asked, since: datetime) -> bool:
    """Whether a pass ended that began after we asked."""
    if _is_at_work(terraform):
        return False
    request = asked(terraform.requested)
    if request is not None and request.at >= since:
        return has_moved(terraform, request)
    return fetched.mark != _BUSY and has_moved(terraform, replace(fetched, at=since))


def _is_at_work(terraform: Terraform) -> bool:
    ready = terraform.ready
    return ready.status == "Unknown" and ready.reason != "TerraformPlannedWithChanges"


def _waits_for_a_person(terraform: Terraform, current: Standing) -> bool:
    """A plan that waits is not made anew by a request: it was answered, and that is all."""
    waits = current.stand in (Stand.APPROVAL, Stand.PLAN_ONLY)
    return waits and terraform.handled == terraform.requested != ""


def _report(target: Target) -> Reconciled:
    current = standing(target.rollout)
    revision = target.rollout.deployment.terraform.attempted or ""
    words = f"{code(target.title)}: {current.stand.value} at {code(revision[:10] or 'none')}"
    if current.stand.needs_person:
        words += f". {plain(current.words)} {next_step(current)}".rstrip()
    return Reconciled(report=words, well=current.stand.done)
