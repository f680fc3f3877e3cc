"""One expression of OpenTofu's language to its value or its diagnostics, as a whole module has it.

The expression stands in a local value; what `validate` says of its references comes first, as the
tool checks references before it evaluates anything.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bot.plan.configuration.load import Loader
from bot.plan.diagnostics import Diagnostic
from bot.plan.engine.validation import statically_wrong
from bot.plan.evaluate import Scope, evaluate
from bot.plan.evaluate.rendering import renderer
from bot.plan.evaluate.scope import Found
from bot.plan.files import Snapshot
from bot.plan.functions.context import FunctionContext
from bot.plan.syntax.nodes import Attr, ScopeTraversal
from bot.plan.values import UNKNOWN, Value, string

NAME = "expression_in_question"
HERE = Path(__file__).parent.parent / "truth"
FIXTURES = {
    str(path.relative_to(HERE)): path.read_bytes()
    for path in (HERE / "fixtures").rglob("*")
    if path.is_file()
}


class PathsOnly:
    """The root of a module in which only `path` and `terraform` exist; `validate` saw to the rest."""

    def resolve(self, traversal: ScopeTraversal, found: Found) -> tuple[Value, int]:
        first = traversal.steps[0] if traversal.steps else None
        if traversal.root == "path" and isinstance(first, Attr):
            return string("."), 1
        if traversal.root in ("terraform", "tofu"):
            return string("default"), 1
        return UNKNOWN, len(traversal.steps)


def outcome(expression: str) -> tuple[Value, list[Diagnostic]]:
    """The value, unknown after an error, and the diagnostics in the tool's order."""
    text = f"locals {{\n  {NAME} = {expression}\n}}\n"
    files = Snapshot({**FIXTURES, "case.tf": text.encode()})
    module = Loader(files, {}).load("")
    problems = module.diagnostics or statically_wrong(module, {})
    if problems:
        return UNKNOWN, list(problems)
    context = renderer(FunctionContext(files))
    return evaluate(module.locals[NAME].expression, Scope(PathsOnly(), context))


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
