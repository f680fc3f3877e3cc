"""A module at its branch's tip, predicted in the ways that tell what differs from what. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.plan.prediction import Action, Prediction, ResourceChange


@dataclass(frozen=True, slots=True)
class Tip:
    """One Terraform object's module at the tip of its branch, with its variables' true values.

    `stored`: against the state as it stands. `live`: against the state as reading Airbyte's
    objects would leave it, None where Airbyte was not listed. `perpetual`: what every pass would
    update even when all is applied. `applied`: the controller is through with this very tip.
    `problem`: why it could not be predicted. `sha`: the tip, in `repository`.
    """

    holder: str
    title: str
    stored: Prediction | None = None
    live: Prediction | None = None
    perpetual: frozenset[str] = frozenset()
    applied: bool = False
    problem: str = ""
    repository: str = ""
    sha: str = ""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def changes(prediction: Prediction | None) -> tuple[ResourceChange, ...]:
    """What a plan would do something about; () where it would fail."""
    if prediction is None or not prediction.ok:
        return ()
    quiet = (Action.NO_OP, Action.READ)
    return tuple(c for c in prediction.changes if c.action not in quiet and c.mode == "managed")
