"""Expressions: tokens into nodes, by HCL's precedence, with HCL's words for what is wrong.

Above `cursor` and `literals` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#expressions).
"""

from __future__ import annotations

from bot.plan.syntax.collections import object_cons, tuple_cons
from bot.plan.syntax.cursor import Cursor, TooDeep
from bot.plan.syntax.nodes import (
    Binary,
    Conditional,
    Expression,
    FunctionCall,
    Literal,
    Parentheses,
    ScopeTraversal,
    Unary,
)
from bot.plan.syntax.templates import quoted_or_heredoc
from bot.plan.syntax.tokens import EOF, IDENT, OPEN_HEREDOC, OPEN_QUOTE, Token
from bot.plan.syntax.traversals import traversals
from bot.plan.values import FALSE, NULL, TRUE, UNKNOWN, Value, number

_PRECEDENCE = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, ">": 4, ">=": 4, "<": 4, "<=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_KEYWORDS = {"true": TRUE, "false": FALSE, "null": NULL}


def expression(cursor: Cursor) -> Expression:
    """One whole expression; on an error a placeholder, and the cursor is in recovery."""
    before = len(cursor.diagnostics)
    condition = _binary(cursor, 1)
    if _stuck(cursor, before) or cursor.peek().kind != "?":
        return condition
    cursor.read()
    with cursor.nested():
        yes = expression(cursor)
    if _stuck(cursor, before):
        return condition
    colon = cursor.peek()
    if colon.kind != ":":
        cursor.error(
            "Missing false expression in conditional",
            "The conditional operator (...?...:...) requires a false expression, delimited by a"
            " colon.",
            cursor.span(colon),
            condition.span.to(cursor.span(colon)),
        )
        return condition
    cursor.read()
    with cursor.nested():
        no = expression(cursor)
    if _stuck(cursor, before):
        return condition
    return Conditional(condition, yes, no, condition.span.to(no.span))


def _stuck(cursor: Cursor, before: int) -> bool:
    return cursor.recovering and len(cursor.diagnostics) > before


def _binary(cursor: Cursor, level: int) -> Expression:
    before = len(cursor.diagnostics)
    left = _with_traversals(cursor)
    count = 0
    while not _stuck(cursor, before):
        count += 1
        if count > LONGEST_CHAIN:
            raise TooDeep(cursor.span(cursor.peek()))
        operator = cursor.peek().kind
        precedence = _PRECEDENCE.get(operator, 0)
        if precedence < level:
            break
        cursor.read()
        right = _binary(cursor, precedence + 1)
        if _stuck(cursor, before):
            break
        left = Binary(operator, left, right, left.span.to(right.span))
    return left


LONGEST_CHAIN = 400
"""Operators, or steps, that follow one upon the other: each is a level of the tree."""


def _with_traversals(cursor: Cursor) -> Expression:
    return traversals(cursor, _term(cursor))


def _term(cursor: Cursor) -> Expression:
    start = cursor.peek()
    match start.kind:
        case "(":
            return _parentheses(cursor)
        case "ident":
            return _name(cursor)
        case "number":
            return _number(cursor)
        case _ if start.kind in (OPEN_QUOTE, OPEN_HEREDOC):
            return quoted_or_heredoc(cursor)
        case "-" | "!":
            symbol = cursor.read()
            with cursor.nested():
                operand = _with_traversals(cursor)
            return Unary(symbol.kind, operand, cursor.span(symbol).to(operand.span))
        case "[":
            return tuple_cons(cursor)
        case "{":
            return object_cons(cursor)
        case _:
            return _nothing(cursor, start)


def _nothing(cursor: Cursor, start: Token) -> Expression:
    detail = "Expected the start of an expression, but found an invalid expression token."
    summary = "Invalid expression"
    if start.kind == EOF:
        summary = "Missing expression"
        detail = "Expected the start of an expression, but found the end of the file."
    cursor.complain(summary, detail, cursor.span(start))
    cursor.recovering = True
    return Literal(UNKNOWN, cursor.span(start))


def _parentheses(cursor: Cursor) -> Expression:
    opening = cursor.read()
    before = len(cursor.diagnostics)
    with cursor.newlines(False):
        inner = expression(cursor)
        if len(cursor.diagnostics) > before:
            cursor.recover(")")
            return inner
        closing = cursor.peek()
        if closing.kind != ")":
            cursor.error(
                "Unbalanced parentheses",
                "Expected a closing parenthesis to terminate the expression.",
                cursor.span(closing),
                cursor.span(opening).to(cursor.span(closing)),
            )
            cursor.recovering = True
        closing = cursor.read()
    return Parentheses(inner, cursor.span(opening).to(cursor.span(closing)))


def _number(cursor: Cursor) -> Expression:
    token = cursor.read()
    return Literal(number_value(cursor, token), cursor.span(token))


def number_value(cursor: Cursor, token: Token) -> Value:
    """A number token's value; unknown, and reported, where it is out of all bounds."""
    try:
        return number(cursor.text(token))
    except ValueError:
        detail = "Failed to recognize the value of this number literal."
        cursor.error("Invalid number literal", detail, cursor.span(token))
        return UNKNOWN


def _name(cursor: Cursor) -> Expression:
    token = cursor.read()
    if cursor.peek().kind in ("(", "::"):
        return _call(cursor, token)
    name, where = cursor.text(token), cursor.span(token)
    if name in _KEYWORDS:
        return Literal(_KEYWORDS[name], where)
    return ScopeTraversal(name, (), where, where)


def _call(cursor: Cursor, name: Token) -> Expression:
    qualified, end = cursor.text(name), name
    opening = cursor.read()
    while opening.kind == "::":
        part = cursor.read()
        if part.kind != IDENT:
            detail = (
                "Function scope resolution symbol :: must be followed by a function name in this"
                " scope."
            )
            return _broken_call(cursor, name, part, "Missing function name", detail)
        qualified, end = f"{qualified}::{cursor.text(part)}", part
        opening = cursor.read()
    if opening.kind != "(":
        detail = (
            "Function selector must be followed by an open parenthesis to begin the function call."
        )
        return _broken_call(cursor, name, opening, "Missing open parenthesis", detail)
    name_span = cursor.span(name).to(cursor.span(end))
    with cursor.newlines(False):
        arguments, expand, closing = _arguments(cursor, name, opening)
    closing_span = cursor.span(closing)
    return FunctionCall(
        qualified,
        tuple(arguments),
        expand,
        name_span.to(closing_span),
        name_span,
        closing_span,
    )


def _broken_call(cursor: Cursor, name: Token, at: Token, summary: str, detail: str) -> Expression:
    whole = cursor.span(name).to(cursor.span(at))
    cursor.error(summary, detail, cursor.span(at), whole)
    cursor.recover_over("(")
    cursor.recovering = True
    return Literal(UNKNOWN, whole)


def _arguments(cursor: Cursor, name: Token, opening: Token) -> tuple[list[Expression], bool, Token]:
    arguments: list[Expression] = []
    while cursor.peek().kind != ")":
        before = len(cursor.diagnostics)
        arguments.append(expression(cursor))
        if _stuck(cursor, before):
            return arguments, False, cursor.recover(")")
        separator = cursor.read()
        if separator.kind == ")":
            return arguments, False, separator
        if separator.kind == "...":
            return arguments, True, _after_ellipsis(cursor, name, separator)
        if separator.kind != ",":
            _no_separator(cursor, name, opening, separator)
            return arguments, False, cursor.recover(")")
    return arguments, False, cursor.read()


def _after_ellipsis(cursor: Cursor, name: Token, ellipsis: Token) -> Token:
    if cursor.peek().kind == ")":
        return cursor.read()
    cursor.complain(
        "Missing closing parenthesis",
        "An expanded function argument (with ...) must be immediately followed by closing"
        " parentheses.",
        cursor.span(ellipsis),
        cursor.span(name).to(cursor.span(ellipsis)),
    )
    return cursor.recover(")")


def _no_separator(cursor: Cursor, name: Token, opening: Token, separator: Token) -> None:
    if separator.kind == EOF:
        cursor.error(
            "Unterminated function call",
            "There is no closing parenthesis for this function call before the end of the file."
            " This may be caused by incorrect parenthesis nesting elsewhere in this file.",
            cursor.span(name).to(cursor.span(opening)),
        )
        return
    cursor.error(
        "Missing argument separator",
        "A comma is required to separate each function argument from the next.",
        cursor.span(separator),
        cursor.span(name).to(cursor.span(separator)),
    )
