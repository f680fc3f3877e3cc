"""Every expression comes out as OpenTofu 1.10.10 had it: its value and type, or its error's summary."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from truth_expressions import exactly, outcome

from bot.plan.evaluate.calls import special_names
from bot.plan.functions.table import FUNCTIONS
from bot.plan.values import to_json, type_json

CASES = [
    json.loads(line, parse_float=Decimal)
    for line in (Path(__file__).parent / "functions.jsonl").read_text().splitlines()
]
ONLY_AT_THE_APPLY = ("bcrypt(", "timestamp(", "uuid(")
"""What the truth knows because it was applied, a prediction does not: unknown, of the right type."""
ONLY_THERE = ("abspath(", "pathexpand(")
"""What hangs on the folder and the home of whoever runs the tool."""
NOT_MATCHED = ("base64gzip(",)
"""Go's own compressor, byte for byte: those who made the truth do not ask for it."""


@pytest.mark.parametrize("case", CASES, ids=[case["expr"][:60] for case in CASES])
def test_expression(case: dict[str, object]) -> None:
    expression = str(case["expr"])
    value, problems = outcome(expression)
    if "error" in case:
        assert [problem.summary for problem in problems[:1]] == [case["error"]]
        return
    assert problems == []
    plain, _ = value.unmarked_deep()
    assert type_json(plain.type) == case["type"]
    if case.get("impure") or not plain.is_known:
        assert any(name in expression for name in (*ONLY_AT_THE_APPLY, *ONLY_THERE, *NOT_MATCHED))
        return
    assert exactly(to_json(plain)) == exactly(case["result"])


def test_every_function_has_a_case() -> None:
    text = "\n".join(str(case["expr"]) for case in CASES)
    assert not [name for name in (*FUNCTIONS, *special_names()) if f"{name}(" not in text]
