"""What a mistake would tell: its words hold parts of values, and some are of a Secret.

Above `references` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from bot.plan.diagnostics import Diagnostic
from bot.plan.evaluate.access import follow
from bot.plan.evaluate.references import references
from bot.plan.evaluate.scope import Found, Scope
from bot.plan.syntax.nodes import Expression, ScopeTraversal
from bot.plan.values import (
    CLOSED,
    CONFIDENTIAL,
    LEAVES,
    NO_MARKS,
    Marks,
    Value,
    all_marks,
    is_secret,
)

WITHHELD = "A value from a Secret is part of this, so its details are not shown here."


def touched(node: Expression, scope: Scope) -> Marks:
    """The confidential marks of what an expression refers to: whether it fails hangs on that."""
    marks = NO_MARKS
    if scope.functions.confidential:
        for reference in references(node):
            marks = marks | _met(reference, scope)
    return marks & CONFIDENTIAL


def told(found: Iterable[Diagnostic], node: Expression, scope: Scope) -> list[Diagnostic]:
    """These findings of an expression, without details where a Secret's value may be in them."""
    secret = touched(node, scope) & (CLOSED | LEAVES)
    return [replace(item, detail=WITHHELD) if secret else item for item in found]


def detail_of(detail: str, value: Value) -> str:
    """Words about a value, or why there are none."""
    return WITHHELD if is_secret(value) else detail


def _met(reference: ScopeTraversal, scope: Scope) -> Marks:
    """The marks on the way of a reference as far as it leads, and of all that it leads to."""
    ignored: Found = []
    local = scope.names.get(reference.root)
    value, taken = (local, 0) if local is not None else scope.root.resolve(reference, ignored)
    marks = value.marks
    for step in reference.steps[taken:]:
        value = follow(value, (step,), ignored)
        if ignored:
            return marks
        marks = marks | value.marks
    return marks | all_marks(value)
