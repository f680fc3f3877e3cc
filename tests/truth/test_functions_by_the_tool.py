"""The tool on PATH and lotus make the same of the expressions in `expressions*`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tool
from truth_expressions import FIXTURES, exactly, outcome

from bot.plan.values import to_json, type_json


def expressions() -> list[str]:
    found: list[str] = []
    text = (Path(__file__).parent / "expressions.txt").read_text()
    for line in text.splitlines():
        if line.startswith(" "):
            found[-1] += "\n" + line
        elif line and not line.startswith("#"):
            found.append(line)
    lines = (Path(__file__).parent / "expressions_of_lines.jsonl").read_text().splitlines()
    return found + [json.loads(line) for line in lines]


def ours(expression: str) -> tool.Answer:
    value, problems = outcome(expression)
    if problems:
        return tool.Answer(problems[0].summary)
    plain, _ = value.unmarked_deep()
    if plain.raw is None:  # an output that is null is not kept, so its type is not told
        return tool.Answer()
    return tool.Answer(None, exactly(to_json(plain)), type_json(plain.type))


@pytest.mark.parametrize("expression", expressions())
def test_every_expression_has_an_answer(expression: str) -> None:
    """Without the tool, too: nothing raises, and nothing is unknown that could be known."""
    assert ours(expression) is not None


@pytest.mark.tofu
@pytest.mark.skipif(tool.NAME is None, reason="neither tofu nor terraform is on PATH")
def test_the_tool_says_the_same(tmp_path: Path) -> None:
    asked = expressions()
    answers = tool.Asked(tmp_path, asked, FIXTURES).ask()
    different = {}
    for number, expression in enumerate(asked):
        answer = answers[number]
        theirs = answer
        if answer.error is None:
            kept = answer.value is not None
            theirs = tool.Answer(None, exactly(answer.value), answer.type if kept else None)
        if (mine := ours(expression)) != theirs:
            different[expression] = (theirs, mine)
    assert different == {}
