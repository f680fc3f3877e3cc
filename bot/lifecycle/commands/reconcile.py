"""`/lotus reconcile`: a pass of each Terraform object now, followed to its end."""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.effects import Requeue
from bot.lifecycle.reconcile import Target, decide_reconcile
from bot.model.github import Permission


def passes(call: Call) -> Answer:
    """The next step of each object towards a pass that began after the comment."""
    seen = call.seen
    outcomes = [
        decide_reconcile(Target(item.rollout), seen.comment.created_at, seen.now, seen.escalate)
        for item in seen.ladder
    ]
    effects = tuple(effect for outcome in outcomes for effect in outcome.decision.effects)
    waiting = [outcome.decision.requeue.after for outcome in outcomes if not outcome.report]
    if waiting:
        after = min((seconds for seconds in waiting if seconds), default=seen.escalate)
        return Answer(effects=effects, again=Requeue(after, "reconcile is followed"))
    report = "\n".join(f"- {outcome.report}" for outcome in outcomes)
    return Answer(report, all(outcome.well for outcome in outcomes), effects)


RECONCILE = Command(
    "reconcile",
    Permission.WRITE,
    "refresh source and Terraform now, follow it to the end, report",
    passes,
    frozenset({Need.LADDER}),
)
