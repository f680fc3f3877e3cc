"""Expressions to values, with unknown and sensitive propagating and mistakes as diagnostics.

Above `bot.plan.syntax` and `bot.plan.functions`. Knows no resources: what `airbyte_source.shop` is,
the scope's root says.
"""

from bot.plan.evaluate.expression import evaluate
from bot.plan.evaluate.references import references, references_in
from bot.plan.evaluate.scope import Names, Root, Scope, derived

__all__ = ["Names", "Root", "Scope", "derived", "evaluate", "references", "references_in"]
