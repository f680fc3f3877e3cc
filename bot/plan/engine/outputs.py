"""Root outputs: created, changed, deleted.

Beside `planner` in `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.plan.engine.planner import Planner
from bot.plan.prediction import Action, OutputChange
from bot.plan.values import Value, compare


def output_changes(planner: Planner, before: Mapping[str, Value]) -> tuple[OutputChange, ...]:
    """Each output's change; what stays is listed as such."""
    changes = []
    for name in planner.root.module.outputs:
        after = planner.root.output(name)
        old = before.get(name)
        if old is None:
            action = Action.NO_OP if after.is_null else Action.CREATE
        else:
            action = _action(old, after)
        changes.append(OutputChange(name, action, old, after))
    for name, old in before.items():
        if name not in planner.root.module.outputs:
            changes.append(OutputChange(name, Action.DELETE, old))
    return tuple(changes)


def _action(old: Value, after: Value) -> Action:
    if after.is_null and after.type == old.type:
        return Action.NO_OP if old.is_null else Action.UPDATE
    marks_differ = old.unmarked_deep()[1] != after.unmarked_deep()[1]
    bare_old, bare_after = old.unmarked_deep()[0], after.unmarked_deep()[0]
    same = compare(bare_old, bare_after) is True and bare_old.type == bare_after.type
    return Action.NO_OP if same and not marks_differ else Action.UPDATE
