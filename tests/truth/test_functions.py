"""Every expression comes out as OpenTofu 1.10.10 had it: its value and type, or its error's summary."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from bot.plan.diagnostics import Position, Range, error
from bot.plan.evaluate import Scope, evaluate
from bot.plan.evaluate.rendering import renderer
from bot.plan.evaluate.scope import Found
from bot.plan.files import Snapshot
from bot.plan.functions.context import FunctionContext
from bot.plan.functions.table import FUNCTIONS
from bot.plan.syntax import parse_native
from bot.plan.syntax.nodes import Attr, ScopeTraversal
from bot.plan.values import UNKNOWN, Value, string, to_json, type_json

HERE = Path(__file__).parent
CASES = [json.loads(line, parse_float=Decimal) for line in (HERE / "functions.jsonl").open()]
SNAPSHOT = Snapshot(
    {
        str(path.relative_to(HERE)): path.read_bytes()
        for path in (HERE / "fixtures").rglob("*")
        if path.is_file()
    }
)


class PathOnly:
    """The root of a module in which only `path` and `terraform` exist."""

    def resolve(self, traversal: ScopeTraversal, found: Found) -> tuple[Value, int]:
        first = traversal.steps[0] if traversal.steps else None
        if traversal.root == "path" and isinstance(first, Attr):
            return string("."), 1
        if traversal.root in ("terraform", "tofu"):
            return string("default"), 1
        kind = {"var": "input variable", "local": "local value"}.get(traversal.root, "resource")
        place = Range("x", Position(1, 1, 0), Position(1, 1, 0))
        found.append(error(f"Reference to undeclared {kind}", "", place))
        return UNKNOWN, len(traversal.steps)


def outcome(expression: str) -> tuple[Value, list[str]]:
    body, problems = parse_native(f"x = {expression}\n".encode(), "case.tf")
    context = renderer(FunctionContext(SNAPSHOT))
    if problems:
        return UNKNOWN, [problem.summary for problem in problems]
    value, problems = evaluate(body.attributes["x"].expression, Scope(PathOnly(), context))
    return value, [problem.summary for problem in problems]


def exactly(document: object) -> object:
    """Numbers as decimals, so that 1 and 1.0 are one number and nothing is rounded."""
    if isinstance(document, bool) or document is None or isinstance(document, str):
        return document
    if isinstance(document, (int, Decimal)):
        return Decimal(document)
    if isinstance(document, dict):
        return {key: exactly(item) for key, item in document.items()}
    assert isinstance(document, list)
    return [exactly(item) for item in document]


@pytest.mark.parametrize("case", CASES, ids=[case["expr"][:60] for case in CASES])
def test_expression(case: dict[str, object]) -> None:
    value, problems = outcome(str(case["expr"]))
    if "error" in case:
        assert problems[:1] == [case["error"]]
        return
    assert problems == []
    plain, _ = value.unmarked_deep()
    if case.get("impure"):
        assert type_json(plain.type) == case["type"]
        return
    assert exactly(to_json(plain)) == exactly(case["result"])
    assert type_json(plain.type) == case["type"]


def test_every_function_has_a_case() -> None:
    text = "\n".join(str(case["expr"]) for case in CASES)
    assert not [name for name in FUNCTIONS if f"{name}(" not in text]
