"""Root outputs: created, changed, deleted.

Beside `planner` in `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.plan.engine.planner import Planner
from bot.plan.framework import differs
from bot.plan.prediction import Action, OutputChange
from bot.plan.values import CONFIDENTIAL, SENSITIVE, Value
from bot.plan.values.value import NO_MARKS


def output_changes(planner: Planner, before: Mapping[str, Value]) -> tuple[OutputChange, ...]:
    """Each output's change; what stays is listed as such."""
    changes = []
    for name in planner.root.module.outputs:
        after, old = planner.root.output(name), before.get(name)
        doubt = ""
        if old is None:
            action = Action.NO_OP if after.is_null else Action.CREATE
        else:
            action, doubt = _action(old, after)
            secret = SENSITIVE if old.is_sensitive or after.is_sensitive else NO_MARKS
            old, after = old.with_marks(secret), after.with_marks(secret)
        changes.append(OutputChange(name, action, old, after, doubt))
    for name, old in before.items():
        if name not in planner.root.module.outputs:
            changes.append(OutputChange(name, Action.DELETE, old))
    return tuple(changes)


def _action(old: Value, after: Value) -> tuple[Action, str]:
    if after.is_null and after.type == old.type:
        return (Action.NO_OP if old.is_null else Action.UPDATE), ""
    bare_old, old_marks = old.unmarked_deep()
    bare_after, after_marks = after.unmarked_deep()
    different = differs(bare_old, bare_after)
    if different is None:
        return Action.UPDATE, "it hangs on a value that is not given whether this changes"
    same = (
        different is False
        and bare_old.type == bare_after.type
        and old_marks == after_marks - CONFIDENTIAL
    )
    return (Action.NO_OP if same else Action.UPDATE), ""
