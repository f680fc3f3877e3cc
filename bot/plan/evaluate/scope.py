"""Where names get their values: a root that resolves references, and local names on top of it.

Lowest layer of `bot.plan.evaluate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, field

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import shortened
from bot.plan.syntax.nodes import ScopeTraversal
from bot.plan.values import UNKNOWN, Origin, Unknown, Value, all_origins, identities
from bot.plan.values.types import DYNAMIC, Type

Found = list[Diagnostic]


class Root(Protocol):
    """What is behind the outermost names (`var`, `local`, `airbyte_source`, ...)."""

    def resolve(self, traversal: ScopeTraversal, found: Found) -> tuple[Value, int]:
        """The value that the first steps name, and how many steps those are."""


class Names(Struct, frozen=True):
    """A root of plain names: what a template file sees, and what tests need."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def resolve(self, traversal: ScopeTraversal, found: Found) -> tuple[Value, int]:
        value = self.values.get(traversal.root)
        if value is not None:
            return value, 0
        known = ", ".join(f'"{name}"' for name in sorted(self.values)) or "none"
        detail = f'There is no variable named "{traversal.root}" (known: {known}).'
        found.append(error("Unknown variable", detail, traversal.root_span.range))
        return UNKNOWN, len(traversal.steps)


class Scope(Struct, frozen=True):
    """The names that are visible, innermost first, and what functions may use."""

    root: Root
    functions: FunctionContext
    names: Mapping[str, Value] = field(default_factory=dict)

    def child(self, names: Mapping[str, Value]) -> Scope:
        """This scope with more names, as a `for` has them."""
        self.functions.work.spend(len(self.names))  # they are copied
        return Scope(self.root, self.functions, {**self.names, **names})


def derived(type_: Type, how: str, *inputs: Value) -> Value:
    """What is made of inputs that are not all known: unknown, for their reasons.

    Where every input is known or an opaque constant, the result is an opaque constant too: the same
    thing made of the same things is the same.
    """
    origins: frozenset[Origin] = frozenset().union(*map(all_origins, inputs))
    names = identities(inputs)
    opaque = "" if names is None else f"{how}({','.join(names)})"
    raw = Unknown(origins, opaque=shortened(opaque))
    return Value(type_, raw)


def undecided(*inputs: Value) -> Value:
    """Not even its type is known."""
    return derived(DYNAMIC, "any", *inputs)
