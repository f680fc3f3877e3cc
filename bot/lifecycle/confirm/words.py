"""What a confirmation says in the comment, as Markdown. PURE."""

from __future__ import annotations

from bot.lifecycle.confirm.comparison import NO_PREDICTION, fingerprint
from bot.lifecycle.confirm.plan import Beside
from bot.lifecycle.confirm.record import Confirmation, Stage
from bot.model.plan_copy import POOL
from bot.plan.prediction import Action, Prediction
from bot.render.markdown import code, fenced, plain

_NOTHING = "nothing"
_BUG = (
    "Either something was changed outside since the last apply (`/lotus drift`), or this is a bug "
    "of mine. If it is: a report needs this comment, the module's folder at {head} and what "
    "`lotus plan --json` prints there. No state, no variable's value, no plan file: they hold "
    "secrets."
)


def told(confirmation: Confirmation, prediction: Prediction | None) -> str:
    """Of the head, and of what a merge would bring where that is predicted to be the same."""
    head = code(confirmation.head[:10])
    match confirmation.stage:
        case Stage.WAITING:
            return (
                f"Confirming {head}: in line for one of the {len(POOL)} places where "
                "tofu-controller can plan a pull request; I go on when one is free."
            )
        case Stage.RUNNING:
            return f"Confirming {head}: tofu-controller makes its own plan of it."
        case Stage.CONFIRMED:
            return _confirmed(confirmation, prediction, head)
        case Stage.DIFFERENT:
            return _different(confirmation, head)
        case Stage.FAILED:
            return _failed(confirmation, head)
        case Stage.REFUSED:
            return f"Not confirmed. {confirmation.words}"
        case Stage.SUPERSEDED:
            return (
                f"Not confirmed: a push came after {head}, which was to be planned. `/lotus plan` "
                "asks for the new commit."
            )


def covers(confirmation: Confirmation, prediction: Prediction | None) -> bool:
    """Whether what is confirmed of the head is all that is predicted of the merge."""
    if confirmation.stage is not Stage.CONFIRMED or not confirmation.fingerprint:
        return False
    return confirmation.fingerprint == fingerprint(prediction)


def disputes(confirmation: Confirmation) -> bool:
    """Whether the controller planned, and otherwise: also where its plan fails unforetold."""
    failed = confirmation.stage is Stage.FAILED and bool(confirmation.fingerprint)
    return failed or confirmation.stage is Stage.DIFFERENT


def _confirmed(confirmation: Confirmation, prediction: Prediction | None, head: str) -> str:
    said = f"Confirmed: tofu-controller's own plan of {head} is as predicted."
    if confirmation.words:
        said = f"Confirmed: tofu-controller cannot plan {head} either, as predicted."
    if not covers(confirmation, prediction):
        said += (
            f" That is {head} alone ({confirmation.counts or 'the plan fails'}); what is "
            "predicted here is the merge, and something else was merged or applied meanwhile."
        )
    block = f"\n\n{fenced(confirmation.words)}" if confirmation.words else ""
    return said + block


def _different(confirmation: Confirmation, head: str) -> str:
    said = [
        f"**⚠ Not as predicted.** tofu-controller's own plan of {head}: {confirmation.counts}.",
        _table(confirmation),
    ]
    if confirmation.left_out:
        said.append(f"_{confirmation.left_out} more are left out here._")
    said.append(_why(confirmation, head))
    return "\n\n".join(part for part in said if part)


def _failed(confirmation: Confirmation, head: str) -> str:
    if not confirmation.fingerprint:
        return f"**⚠ Not confirmed.** {head} was not planned:\n\n{fenced(confirmation.words)}"
    said = f"**⚠ The controller's plan fails.** tofu-controller on {head}:"
    return f"{said}\n\n{fenced(confirmation.words)}\n\n{_why(confirmation, head)}"


def _why(confirmation: Confirmation, head: str) -> str:
    if confirmation.words == NO_PREDICTION:
        return NO_PREDICTION
    if not confirmation.certain:
        return "The prediction was uncertain, as said here; the controller knows more."
    return _BUG.format(head=head)


def _table(confirmation: Confirmation) -> str:
    if not confirmation.rows:
        return ""
    head = "| | resource | predicted | planned |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(_row(row) for row in confirmation.rows)


def _row(row: Beside) -> str:
    mark = "≠" if row.differs else ""
    return f"| {mark} | {code(row.address)} | {_action(row.predicted)} | {_action(row.planned)} |"


def _action(action: Action | None) -> str:
    return plain(action.value.replace("/", ", then ")) if action else _NOTHING
