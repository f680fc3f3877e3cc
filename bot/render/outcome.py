"""What a prediction comes to: whether anything changes, and the line that says how much. PURE."""

from __future__ import annotations

from bot.plan.diagnostics import Severity
from bot.plan.prediction import Action, Prediction, ResourceChange


def is_told(change: ResourceChange) -> bool:
    """Whether it is one that the tool would show, or that nobody can be sure of."""
    beside = change.previous_address or change.importing or change.uncertain
    return change.action is not Action.NO_OP or bool(beside)


def changes_anything(prediction: Prediction) -> bool:
    """Whether the tool would call it a plan with changes, or nobody can tell."""
    return (
        any(is_told(change) for change in prediction.changes)
        or _outputs_change(prediction)
        or bool(prediction.uncertain)
    )


def summary(prediction: Prediction) -> str:
    """The last line of the tool's plan, in its own words where it has such."""
    if not prediction.ok:
        errors = sum(item.severity is Severity.ERROR for item in prediction.diagnostics)
        return f"The plan would fail: {errors} error{'s' if errors > 1 else ''}."
    if any(is_told(change) for change in prediction.changes):
        return _counted(prediction)
    if _outputs_change(prediction):
        return "No changes of resources; outputs change."
    if prediction.uncertain:
        return "No changes, as far as can be told."
    return "No changes. Your infrastructure matches the configuration."


def _outputs_change(prediction: Prediction) -> bool:
    return any(output.action is not Action.NO_OP for output in prediction.outputs)


def _counted(prediction: Prediction) -> str:
    counts = prediction.counts
    imported = f"{counts.imported} to import, " if counts.imported else ""
    forgotten = f", {counts.forget} to forget" if counts.forget else ""
    figures = f"{counts.add} to add, {counts.change} to change, {counts.destroy} to destroy"
    return f"Plan: {imported}{figures}{forgotten}."
