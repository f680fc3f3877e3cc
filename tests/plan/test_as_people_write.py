"""What repositories of many kinds were seen to hold, each a case that once came out wrong."""

from __future__ import annotations

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction

CLOUD = 'terraform {\n  required_providers {\n    cloud = { source = "acme/cloud" }\n  }\n}\n'


def planned(before: str, after: str | None = None) -> Prediction:
    """The plan of `after`, or of the same again."""
    head = before if after is None else after
    sides = [Snapshot({"main.tf": (CLOUD + text).encode()}) for text in (before, head)]
    return predict(Request(sides[1], "", base=sides[0]))


def told(prediction: Prediction) -> dict[str, tuple[str, bool]]:
    """What is not unchanged for certain."""
    assert prediction.ok, prediction.diagnostics
    return {
        each.address: (each.action.value, bool(each.uncertain))
        for each in prediction.changes
        if each.action is not Action.NO_OP or each.uncertain
    }


@pytest.mark.parametrize(
    "durations", ['create_duration = "15m"', 'create_duration = "1s"\ndestroy_duration = "2s"']
)
def test_a_sleep_may_have_one_duration_or_both(durations: str) -> None:
    assert told(planned(f'resource "time_sleep" "a" {{\n  {durations}\n}}\n')) == {}
