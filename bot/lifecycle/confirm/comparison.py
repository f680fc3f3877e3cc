"""The controller's plan held against the prediction of the same head. PURE."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.lifecycle import marker
from bot.lifecycle.confirm.plan import Planned, counts_of, predicted, side_by_side
from bot.lifecycle.confirm.record import ROWS, WORDS, Confirmation, Stage
from bot.plan.prediction import Prediction

_FAILS = "the plan fails"
# Under an error's line the tool lists what the names in it stand for: whatever was made of a value.
_VALUES = re.compile(r"^[│| \t]{0,20}├─+[^\n]*\n(?:[│| \t]{0,20}│[^\n]*(?:\n|$))+", re.MULTILINE)
NO_PREDICTION = "This commit could not be predicted, so there is nothing to compare with."


def fingerprint(prediction: Prediction | None) -> str:
    """A name for what is predicted: equal ones do the same to the same resources."""
    if prediction is None:
        return ""
    if not prediction.ok:
        return marker.fingerprint(_FAILS)
    rows = predicted(prediction).rows
    return marker.fingerprint("\n".join(f"{row.address} {row.action}" for row in rows))


def compared(blank: Confirmation, prediction: Prediction | None, plan: Planned) -> Confirmation:
    """The plan was made: address by address, what is done to it."""
    ok = prediction is not None and prediction.ok
    plan = _told(plan, prediction) if prediction is not None else plan
    expected = predicted(prediction) if prediction is not None and ok else Planned()
    rows = side_by_side(expected, plan)
    agrees = ok and not any(row.differs for row in rows)
    return replace(
        blank,
        stage=Stage.CONFIRMED if agrees else Stage.DIFFERENT,
        counts=str(plan.counts),
        words="" if prediction is not None else NO_PREDICTION,
        rows=() if agrees else rows[:ROWS],
        left_out=0 if agrees else max(0, len(rows) - ROWS),
        fingerprint=fingerprint(prediction),
        certain=_certain(prediction),
    )


def failed(blank: Confirmation, prediction: Prediction | None, words: str) -> Confirmation:
    """The controller could not plan: as predicted, if that was; told in its own words."""
    foretold = prediction is not None and not prediction.ok
    return replace(
        blank,
        stage=Stage.CONFIRMED if foretold else Stage.FAILED,
        words=_VALUES.sub("", words)[:WORDS],
        fingerprint=fingerprint(prediction),
        certain=_certain(prediction),
    )


def _told(plan: Planned, prediction: Prediction) -> Planned:
    """Without new instances of what a Secret's value decides, and not counting them."""
    known = {change.address for change in prediction.changes}
    blocks = tuple(f"{block}{end}" for block in prediction.withheld for end in "[.")
    hidden = tuple(
        row for row in plan.rows if row.address not in known and row.address.startswith(blocks)
    )
    if not hidden:
        return plan
    rows = tuple(row for row in plan.rows if row not in hidden)
    return Planned(rows, counts_of([row.action for row in rows], plan.counts.imported))


def _certain(prediction: Prediction | None) -> bool:
    if prediction is None or prediction.uncertain:
        return False
    return not any(change.uncertain for change in prediction.changes)
