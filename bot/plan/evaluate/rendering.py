"""What `templatefile` and `templatestring` do with a text: parse it, check its names, evaluate it.

Above `expression` in `bot.plan.evaluate`; a `FunctionContext` carries `rendered` to the functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from bot.plan.diagnostics import Diagnostic
from bot.plan.evaluate.expression import value_of
from bot.plan.evaluate.references import references
from bot.plan.evaluate.scope import Found, Names, Scope
from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import FunctionError
from bot.plan.syntax import parse_template
from bot.plan.syntax.nodes import Expression
from bot.plan.values import Value
from bot.plan.values.json import quoted

_IDENTIFIER = re.compile(r"[^\W\d_][\w-]*\Z")
_parsed = lru_cache(maxsize=1000)(parse_template)


DEEPEST = 60
"""Templates within templates: OpenTofu stops at 1024, and nobody comes near either by intention."""
MOST = 2_000
"""Templates that one call may render in all: a template that calls itself twice never ends."""


class _Stack(Struct):
    """One call and all the templates that are rendered within it."""

    depth: int = 0
    rendered: int = 0

    def enter(self) -> None:
        self.depth += 1
        self.rendered += 1
        if self.depth > DEEPEST or self.rendered > MOST:
            self.rendered = MOST  # whatever else it would render is refused, too
            raise FunctionError(f"maximum recursion depth reached: {DEEPEST} templates")


def renderer(context: FunctionContext) -> FunctionContext:
    """The same context, able to render templates, and templates within them."""

    def rendered(text: str, name: str, variables: Mapping[str, Value]) -> Value:
        stack = _Stack()
        # What a template calls is read on behalf of the call that renders it.
        inner = replace(context, on_call=lambda _: None)

        def within(text: str, name: str, variables: Mapping[str, Value]) -> Value:
            stack.enter()
            try:
                return _rendered(text, name, variables, replace(inner, render=within))
            finally:
                stack.depth -= 1

        return within(text, name, variables)

    return replace(context, render=rendered)


def _rendered(
    text: str, name: str, variables: Mapping[str, Value], context: FunctionContext
) -> Value:
    node, found = _parsed(text, name)
    if found:
        raise FunctionError(_told(found[0]))
    _check(node, name, variables)
    problems: Found = []
    value = value_of(node, Scope(Names(variables), context), problems)
    if problems:
        raise FunctionError(_told(problems[0]))
    return value


def _check(node: Expression, name: str, variables: Mapping[str, Value]) -> None:
    for variable in variables:
        if not _IDENTIFIER.match(variable):
            message = f"invalid template variable name {quoted(variable)}: must start with a letter"
            rest = "followed by zero or more letters, digits, and underscores"
            raise FunctionError(f"{message}, {rest}", 1)
    for reference in references(node):
        if reference.root not in variables:
            at = reference.root_span.range
            where = _place(name, at.start.line, at.start.column) + f"-{at.end.column}"
            message = f'vars map does not contain key "{reference.root}", referenced at {where}'
            raise FunctionError(message, 1)


def _place(name: str, line: int, column: int) -> str:
    return f"{name}:{line},{column}"


def _told(problem: Diagnostic) -> str:
    if problem.subject is None:
        return f"{problem.summary}; {problem.detail}"
    start, end = problem.subject.start, problem.subject.end
    where = f"{problem.subject.file}:{start.line},{start.column}-{end.column}"
    return f"{where}: {problem.summary}; {problem.detail}"
