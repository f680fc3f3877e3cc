"""What follows a term: `.name`, `.0`, `[key]`, `[*]`, `.*`.

Above `cursor` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#index-operator).
"""

from __future__ import annotations

from bot.plan.syntax import expressions
from bot.plan.syntax.cursor import Cursor, TooDeep
from bot.plan.syntax.nodes import (
    Attr,
    Expression,
    Index,
    Key,
    Literal,
    RelativeTraversal,
    ScopeTraversal,
    Splat,
    SplatItem,
    Step,
    Template,
)
from bot.plan.syntax.source import Span
from bot.plan.syntax.tokens import IDENT, NUMBER, Token
from bot.plan.values import UNKNOWN, Value, string

_NAME_NEEDED = "An attribute name is required after a dot."


def traversals(cursor: Cursor, term: Expression) -> Expression:
    """`term` with all steps that follow it."""
    result = term
    for _ in range(expressions.LONGEST_CHAIN):
        kind = cursor.peek().kind
        if kind == ".":
            dot = cursor.read()
            if cursor.peek().kind == "*":
                result = _attribute_splat(cursor, result, cursor.span(dot))
                continue
            step = _dotted(cursor, cursor.span(dot), "Use the proper index syntax instead, like")
            if step is None:
                return Literal(UNKNOWN, result.span.to(cursor.span(dot)))
            result = extended(result, step)
        elif kind == "[":
            result = _bracket(cursor, result)
        else:
            return result
    raise TooDeep(cursor.span(cursor.peek()))


def extended(source: Expression, step: Step) -> Expression:
    """`source` with one more literal step."""
    whole = source.span.to(step.span)
    if isinstance(source, ScopeTraversal):
        return ScopeTraversal(source.root, (*source.steps, step), whole, source.root_span)
    if isinstance(source, RelativeTraversal):
        return RelativeTraversal(source.source, (*source.steps, step), whole)
    return RelativeTraversal(source, (step,), whole)


def _dotted(cursor: Cursor, dot: Span, advice: str) -> Step | None:
    token = cursor.peek()
    if token.kind == IDENT:
        cursor.read()
        return Attr(cursor.text(token), dot.to(cursor.span(token)))
    if token.kind == NUMBER:
        cursor.read()
        return Key(_legacy_index(cursor, token, advice), dot.to(cursor.span(token)))
    cursor.error("Invalid attribute name", _NAME_NEEDED, cursor.span(token))
    cursor.recovering = True
    return None


def _legacy_index(cursor: Cursor, token: Token, advice: str) -> Value:
    first, dot, second = cursor.text(token).partition(".")
    if not dot:
        return expressions.number_value(cursor, token)
    cursor.error(
        "Invalid legacy index syntax",
        "When using the legacy index syntax, chaining two indexes together is not permitted."
        f" {advice} [{first}][{second}].",
        cursor.span(token),
    )
    return UNKNOWN


def _attribute_splat(cursor: Cursor, source: Expression, dot: Span) -> Expression:
    marker = dot.to(cursor.span(cursor.read()))
    item = SplatItem(marker)
    each: Expression = item
    steps = 0
    while cursor.peek().kind == ".":
        steps += 1
        if steps > expressions.LONGEST_CHAIN:
            raise TooDeep(cursor.span(cursor.peek()))
        step_dot = cursor.span(cursor.read())
        if cursor.peek().kind == "*":
            cursor.complain(
                "Nested splat expression not allowed",
                "A splat expression (*) cannot be used inside another attribute-only splat"
                " expression.",
                cursor.span(cursor.peek()),
            )
            cursor.recovering = True
            break
        advice = "Use the proper index syntax with a full splat expression [*] instead, like"
        step = _dotted(cursor, step_dot, advice)
        if step is None:
            break
        each = extended(each, step)
    return Splat(source, each, item, source.span.to(each.span))


def _bracket(cursor: Cursor, source: Expression) -> Expression:
    opening = cursor.span(cursor.read())
    if cursor.peek().kind == "*":
        return _full_splat(cursor, source, opening)
    before = len(cursor.diagnostics)
    with cursor.newlines(False):
        key = expressions.expression(cursor)
        if cursor.recovering and len(cursor.diagnostics) > before:
            closing = cursor.recover("]")
        else:
            closing = _closed(
                cursor,
                "Missing close bracket on index",
                'The index operator must end with a closing bracket ("]").',
            )
    bracket = opening.to(cursor.span(closing))
    constant = _constant(key)
    if constant is not None:
        return extended(source, Key(constant, bracket))
    return Index(source, key, source.span.to(bracket), bracket)


def _constant(key: Expression) -> Value | None:
    if isinstance(key, Literal):
        return key.value
    if isinstance(key, Template) and (text := key.literal) is not None:
        return string(text)
    return None


def _closed(cursor: Cursor, summary: str, detail: str) -> Token:
    closing = cursor.read()
    if closing.kind != "]" and not cursor.recovering:
        cursor.error(summary, detail, cursor.span(closing))
        closing = cursor.recover("]")
    return closing


def _full_splat(cursor: Cursor, source: Expression, opening: Span) -> Expression:
    cursor.read()
    closing = _closed(
        cursor,
        "Missing close bracket on splat index",
        "The star for a full splat operator must be immediately followed by a closing bracket"
        ' ("]").',
    )
    marker = opening.to(cursor.span(closing))
    item = SplatItem(marker)
    with cursor.nested():
        each = traversals(cursor, item)
    return Splat(source, each, item, source.span.to(each.span))
