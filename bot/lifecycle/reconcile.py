"""`/lotus reconcile`: a pass now, also where nothing is new, followed to its end. PURE.

First the branch's tip has to be applied, by the same steps as after a merge; then, where no pass
has been since the comment, one is asked for. The proof of a pass is a time in the status that is
later than our request (`facts/tofu-controller.md`); that it was "handled" proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.lifecycle.effects import (
    AnnotateSource,
    AnnotateTerraform,
    ClearLastPlanAt,
    Decision,
    Effect,
    Requeue,
)
from bot.lifecycle.rollout import (
    Asked,
    RolloutObserved,
    Stand,
    asked,
    decide_rollout,
    standing,
)
from bot.render.markdown import code, plain

_PATIENCE = timedelta(minutes=15)


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
    """One object's next step towards a pass that began after `since`."""
    seen = target.rollout
    source, terraform = seen.deployment.source, seen.deployment.terraform
    current = standing(seen)
    if current.stand is Stand.SUSPENDED:
        return Reconciled(report=f"{code(target.title)}: {plain(current.words)}", well=False)
    request = asked(source.requested)
    if request is None or request.at < since:
        value = str(Asked(seen.wanted, 1, now))
        effect = AnnotateSource(source.name.namespace, source.name.name, value)
        return Reconciled(Decision((effect,), Requeue(escalate, "the source is asked")))
    if not current.stand.done and not current.stand.needs_person:
        return Reconciled(decide_rollout(seen))
    if _passed(target, since):
        return _report(target)
    if now - since > _PATIENCE:
        words = f"{code(target.title)}: no pass was to be seen. {plain(terraform.ready.message)}"
        return Reconciled(report=words, well=False)
    return Reconciled(_ask(target, since, now, escalate))


def _ask(target: Target, since: datetime, now: datetime, escalate: float) -> Decision:
    seen = target.rollout
    name = seen.deployment.terraform.name
    request = asked(seen.deployment.terraform.requested)
    step = 1
    effects: tuple[Effect, ...] = ()
    if request is not None and request.at >= since:
        left = escalate * 2.0 ** (request.step - 1) - (now - request.at).total_seconds()
        if left > 0:
            return Decision(requeue=Requeue(left, "the controller was asked"))
        step = request.step + 1
        effects = (ClearLastPlanAt(name.namespace, name.name),)
    value = str(Asked(seen.wanted, step, now))
    effects = (*effects, AnnotateTerraform(name.namespace, name.name, value))
    return Decision(effects, Requeue(escalate * 2.0 ** (step - 1), "the controller is asked"))


def _passed(target: Target, since: datetime) -> bool:
    """Whether a pass ended since: the status has whole seconds, so the same second counts."""
    terraform = target.rollout.deployment.terraform
    if terraform.ready.status == "Unknown":
        return False
    begun = since.replace(microsecond=0)
    times = (terraform.last_success_at, terraform.ready.since, terraform.last_plan_at)
    return any(time is not None and time >= begun for time in times)


def _report(target: Target) -> Reconciled:
    current = standing(target.rollout)
    revision = target.rollout.deployment.terraform.attempted or ""
    words = f"{code(target.title)}: {current.stand.value} at {code(revision[:10] or 'none')}"
    if current.stand.needs_person:
        words += f". {plain(current.words)}"
    return Reconciled(report=words, well=current.stand.done)
