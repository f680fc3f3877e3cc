"""What `templatefile` and `templatestring` do with a text: parse it, check its names, evaluate it.

Above `expression` in `bot.plan.evaluate`; a `FunctionContext` carries `rendered` to the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from bot.plan.diagnostics import Diagnostic
from bot.plan.evaluate.expression import evaluate
from bot.plan.evaluate.references import calls, references
from bot.plan.evaluate.scope import Names, Scope
from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import FunctionError
from bot.plan.syntax import parse_template
from bot.plan.syntax.nodes import Expression
from bot.plan.values import Value

_parsed = lru_cache(maxsize=1000)(parse_template)


def renderer(context: FunctionContext) -> FunctionContext:
    """The same context, able to render templates (which may not render templates in turn)."""

    # What a template calls is read on behalf of the call that renders it.
    inner = replace(context, on_call=lambda _: None)

    def rendered(text: str, name: str, variables: Mapping[str, Value]) -> Value:
        node, found = _parsed(text, name)
        if found:
            raise FunctionError(_told(found[0]))
        _check(node, name, variables)
        value, problems = evaluate(node, Scope(Names(variables), inner))
        if problems:
            raise FunctionError(_told(problems[0]))
        return value

    return replace(context, render=rendered)


def _check(node: Expression, name: str, variables: Mapping[str, Value]) -> None:
    for call in calls(node):
        if call.name.removeprefix("core::") in ("templatefile", "templatestring"):
            where = _place(name, call.span.range.start.line, call.span.range.start.column)
            message = f"{where}: Error in function call; cannot recursively call {call.name} from"
            raise FunctionError(f"{message} inside templatefile or templatestring")
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
