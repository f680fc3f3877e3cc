"""Tuples, objects and `for` expressions.

Above `cursor` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#collection-values).
"""

from __future__ import annotations

from bot.plan.syntax import expressions
from bot.plan.syntax.cursor import Cursor
from bot.plan.syntax.nodes import Expression, For, Literal, ObjectCons, ObjectKey, TupleCons
from bot.plan.syntax.tokens import EOF, IDENT, NEWLINE, Token
from bot.plan.values import UNKNOWN

_FOR = "Invalid 'for' expression"


def tuple_cons(cursor: Cursor) -> Expression:
    """`[…]`: a tuple or a `for` that makes one."""
    opening = cursor.read()
    with cursor.newlines(False):
        if cursor.is_word(cursor.peek(), "for"):
            return _for(cursor, opening, "]")
        items, closing = _tuple_items(cursor, opening)
    return TupleCons(tuple(items), cursor.span(opening).to(cursor.span(closing)))


def _tuple_items(cursor: Cursor, opening: Token) -> tuple[list[Expression], Token]:
    items: list[Expression] = []
    while cursor.peek().kind != "]":
        before = len(cursor.diagnostics)
        items.append(expressions.expression(cursor))
        if cursor.recovering and len(cursor.diagnostics) > before:
            return items, cursor.recover("]")
        following = cursor.peek()
        if following.kind == "]":
            break
        if following.kind != ",":
            _unseparated(cursor, opening, following)
            return items, cursor.recover("]")
        cursor.read()
    return items, cursor.read()


def _unseparated(cursor: Cursor, opening: Token, following: Token) -> None:
    if following.kind == EOF:
        _unterminated(cursor, opening, "tuple constructor", "bracket")
        return
    cursor.complain(
        "Missing item separator",
        "Expected a comma to mark the beginning of the next item.",
        cursor.span(following),
        cursor.span(opening).to(cursor.span(following)),
    )


def _unterminated(cursor: Cursor, opening: Token, what: str, bracket: str) -> None:
    cursor.complain(
        f"Unterminated {what} expression",
        f"There is no corresponding closing {bracket} before the end of the file. This may be"
        f" caused by incorrect {bracket} nesting elsewhere in this file.",
        cursor.span(opening),
    )


def object_cons(cursor: Cursor) -> Expression:
    """`{…}`: an object or a `for` that makes one."""
    opening = cursor.read()
    with cursor.newlines(False):
        ahead = cursor.at
        is_for = cursor.is_word(cursor.peek(), "for")
        if is_for:
            return _for(cursor, opening, "}")
        cursor.at = ahead
    items: list[tuple[ObjectKey, Expression]] = []
    with cursor.newlines(True):
        closing = _object_items(cursor, opening, items)
    whole = cursor.span(opening).to(cursor.span(closing))
    return ObjectCons(tuple(items), whole)


def _object_items(
    cursor: Cursor, opening: Token, items: list[tuple[ObjectKey, Expression]]
) -> Token:
    while True:
        following = cursor.peek()
        if following.kind == NEWLINE:
            cursor.read()
            continue
        if following.kind == "}":
            return cursor.read()
        if not _item(cursor, opening, items):
            return cursor.recover("}")
        following = cursor.peek()
        if following.kind == "}":
            return cursor.read()
        if following.kind not in (",", NEWLINE):
            _no_item_separator(cursor, opening, following)
            return cursor.recover("}")
        cursor.read()


def _item(cursor: Cursor, opening: Token, items: list[tuple[ObjectKey, Expression]]) -> bool:
    before = len(cursor.diagnostics)
    forced = cursor.peek().kind == "("
    key = expressions.expression(cursor)
    if cursor.recovering and len(cursor.diagnostics) > before:
        return False
    separator = cursor.peek()
    if separator.kind not in ("=", ":"):
        _no_value(cursor, opening, separator)
        return False
    cursor.read()
    value = expressions.expression(cursor)
    if cursor.recovering and len(cursor.diagnostics) > before:
        return False
    items.append((ObjectKey(key, forced, key.span), value))
    return True


def _no_value(cursor: Cursor, opening: Token, at: Token) -> None:
    if at.kind == EOF:
        _unterminated(cursor, opening, "object constructor", "brace")
        return
    summary = "Missing key/value separator"
    detail = 'Expected an equals sign ("=") to mark the beginning of the attribute value.'
    if at.kind in (NEWLINE, ","):
        summary = "Missing attribute value"
        detail = 'Expected an attribute value, introduced by an equals sign ("=").'
    elif at.kind == IDENT:
        detail += (
            " If you intended to given an attribute name containing periods or spaces, write the"
            " name in quotes to create a string literal."
        )
    where = cursor.span(at)
    cursor.complain(summary, detail, where, cursor.span(opening).to(where))


def _no_item_separator(cursor: Cursor, opening: Token, at: Token) -> None:
    if at.kind == EOF:
        _unterminated(cursor, opening, "object constructor", "brace")
        return
    cursor.complain(
        "Missing attribute separator",
        "Expected a newline or comma to mark the beginning of the next attribute.",
        cursor.span(at),
        cursor.span(opening).to(cursor.span(at)),
    )


class _Broken(Exception):
    """The `for` cannot be read on; the reason is reported already."""


def _for(cursor: Cursor, opening: Token, closer: str) -> Expression:
    start = cursor.span(opening)
    with cursor.newlines(False):
        cursor.read()
        try:
            return _for_parts(cursor, opening, closer)
        except _Broken:
            closing = cursor.recover(closer)
            return Literal(UNKNOWN, start.to(cursor.span(closing)))


def _for_parts(cursor: Cursor, opening: Token, closer: str) -> Expression:
    before = len(cursor.diagnostics)
    first = _variable(cursor, opening, "variable name after 'for'.")
    key_name, value_name = "", first
    if cursor.peek().kind == ",":
        cursor.read()
        key_name, value_name = first, _variable(cursor, opening, "value variable name after comma.")
    if not cursor.is_word(cursor.peek(), "in"):
        _refuse(cursor, opening, "the 'in' keyword after its name declarations.")
    cursor.read()
    collection = _part(cursor, before)
    if cursor.peek().kind != ":":
        _refuse(cursor, opening, "a colon after the collection expression.")
    cursor.read()
    value, key = _part(cursor, before), None
    if cursor.peek().kind == "=>":
        cursor.read()
        key, value = value, _part(cursor, before)
    ellipsis = cursor.read() if cursor.peek().kind == "..." else None
    condition = None
    if cursor.is_word(cursor.peek(), "if"):
        cursor.read()
        condition = _part(cursor, before)
    closing = _for_end(cursor, opening, closer)
    whole = cursor.span(opening).to(cursor.span(closing))
    made = For(
        key_name,
        value_name,
        collection,
        key,
        value,
        condition,
        bool(ellipsis),
        whole,
        closer == "}",
    )
    _check(cursor, made, ellipsis)
    return made


def _variable(cursor: Cursor, opening: Token, wanted: str) -> str:
    if cursor.peek().kind != IDENT:
        _refuse(cursor, opening, wanted)
    return cursor.text(cursor.read())


def _refuse(cursor: Cursor, opening: Token, wanted: str) -> None:
    at = cursor.span(cursor.peek())
    cursor.complain(_FOR, f"For expression requires {wanted}", at, cursor.span(opening).to(at))
    raise _Broken


def _part(cursor: Cursor, before: int) -> Expression:
    part = expressions.expression(cursor)
    if cursor.recovering and len(cursor.diagnostics) > before:
        raise _Broken
    return part


def _for_end(cursor: Cursor, opening: Token, closer: str) -> Token:
    if cursor.peek().kind == closer:
        return cursor.read()
    at = cursor.span(cursor.peek())
    detail = "Extra characters after the end of the 'for' expression."
    cursor.complain(_FOR, detail, at, cursor.span(opening).to(at))
    return cursor.recover(closer)


def _check(cursor: Cursor, made: For, ellipsis: Token | None) -> None:
    if made.makes_object:
        if made.key is None:
            detail = "Key expression is required when building an object."
            cursor.error(_FOR, detail, made.value.span, made.span)
        return
    if made.key is not None:
        detail = "Key expression is not valid when building a tuple."
        cursor.error(_FOR, detail, made.key.span, made.span)
    if ellipsis is not None:
        detail = "Grouping ellipsis (...) cannot be used when building a tuple."
        cursor.error(_FOR, detail, cursor.span(ellipsis), made.span)
