"""Expressions where nothing may be referred to or called: defaults, flags, values in `.tfvars`.

Above `expression` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate.expression import evaluate
from bot.plan.evaluate.scope import Found, Scope
from bot.plan.functions.context import FunctionContext
from bot.plan.syntax.nodes import Expression, ScopeTraversal
from bot.plan.values import UNKNOWN, Value


class _Nothing:
    """A root in which there is nothing, and nothing may be."""

    def resolve(self, traversal: ScopeTraversal, found: Found) -> tuple[Value, int]:
        where = traversal.span.range
        found.append(error("Variables not allowed", "Variables may not be used here.", where))
        return UNKNOWN, len(traversal.steps)


def constant_value(node: Expression) -> tuple[Value, list[Diagnostic]]:
    """The value of an expression of literals, unknown where it is more, and what is wrong in it."""
    return evaluate(node, Scope(_Nothing(), FunctionContext(callable=False)))
