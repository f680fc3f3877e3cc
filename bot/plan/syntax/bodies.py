"""Arguments and blocks: the structure of a configuration file.

Above `expressions` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#structural-elements).
"""

from __future__ import annotations

from bot.plan.syntax.cursor import Cursor
from bot.plan.syntax.expressions import expression
from bot.plan.syntax.literals import literal_text
from bot.plan.syntax.nodes import Attribute, Block, Body
from bot.plan.syntax.source import Span
from bot.plan.syntax.tokens import (
    CLOSE_QUOTE,
    CONTROL,
    EOF,
    IDENT,
    INTERPOLATION,
    NEWLINE,
    OPEN_QUOTE,
    QUOTED,
    SEQUENCE_END,
    Token,
)

_ITEM = "Argument or block definition required"
_ITEM_DETAIL = "An argument or block definition is required here."
_USE_EQUALS = ' To set an argument, use the equals sign "=" to introduce the argument value.'


def body(cursor: Cursor, end: str) -> Body:
    """Everything up to the token `end` (`}` or the end of the file), which is taken, too."""
    start = cursor.previous() if end == "}" else Span(cursor.source, 0, 0)
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    while True:
        token = cursor.peek()
        if token.kind == NEWLINE:
            cursor.read()
        elif token.kind == end:
            cursor.read()
            break
        elif token.kind == IDENT:
            _item(cursor, attributes, blocks)
        else:
            _no_item(cursor, token, end, start)
            break
    last = cursor.previous()
    return Body(attributes, tuple(blocks), start.to(last), start)


def _no_item(cursor: Cursor, token: Token, end: str, start: Span) -> None:
    cursor.read()
    where = cursor.span(token)
    if token.kind == OPEN_QUOTE:
        detail = "Argument names must not be quoted."
        cursor.complain("Invalid argument name", detail, where)
    elif token.kind == EOF:
        cursor.complain(
            "Unclosed configuration block",
            "There is no closing brace for this block before the end of the file. This may be"
            " caused by incorrect brace nesting elsewhere in this file.",
            start,
        )
    else:
        cursor.complain(_ITEM, _ITEM_DETAIL, where)
    cursor.recover(end)


def _item(cursor: Cursor, attributes: dict[str, Attribute], blocks: list[Block]) -> None:
    name = cursor.read()
    following = cursor.peek()
    if following.kind == "=":
        _add(cursor, attributes, _attribute(cursor, name, single_line=False))
    elif following.kind in (OPEN_QUOTE, "{", IDENT):
        blocks.append(_block(cursor, name))
    else:
        cursor.error(_ITEM, _ITEM_DETAIL + _USE_EQUALS, cursor.span(name))
        cursor.recover_after_item()


def _add(cursor: Cursor, attributes: dict[str, Attribute], attribute: Attribute) -> None:
    existing = attributes.get(attribute.name)
    if existing is None:
        attributes[attribute.name] = attribute
        return
    first = existing.name_span.range
    where = f"{first.file}:{first.start.line},{first.start.column}-{first.end.column}"
    cursor.error(
        "Attribute redefined",
        f'The argument "{attribute.name}" was already set at {where}. Each argument may be set'
        " only once.",
        attribute.name_span,
    )


def _attribute(cursor: Cursor, name: Token, *, single_line: bool) -> Attribute:
    cursor.read()
    name_span = cursor.span(name)
    before = len(cursor.diagnostics)
    value = expression(cursor)
    last = cursor.previous()
    if cursor.recovering and len(cursor.diagnostics) > before:
        cursor.recover_after_item()
    elif not single_line:
        _end_of_argument(cursor, name_span)
    return Attribute(cursor.text(name), value, name_span.to(last), name_span)


def _end_of_argument(cursor: Cursor, name: Span) -> None:
    following = cursor.peek()
    if following.kind in (NEWLINE, EOF):
        cursor.read()
        return
    summary = "Missing newline after argument"
    detail = "An argument definition must end with a newline."
    if following.kind == ",":
        summary = "Unexpected comma after argument"
        detail = f"Argument definitions must be separated by newlines, not commas. {detail}"
    cursor.complain(summary, detail, cursor.span(following), name.to(cursor.span(following)))
    cursor.recover_after_item()


def _block(cursor: Cursor, name: Token) -> Block:
    type_span = cursor.span(name)
    labels: list[tuple[str, Span]] = []
    while cursor.peek().kind != "{":
        token = cursor.peek()
        if token.kind == OPEN_QUOTE:
            labels.append(_quoted_label(cursor))
        elif token.kind == IDENT:
            cursor.read()
            labels.append((cursor.text(token), cursor.span(token)))
        else:
            _no_brace(cursor, token, type_span)
            nothing = Body({}, (), type_span, type_span)
            return _made(cursor, name, labels, nothing, type_span)
    opening = cursor.read()
    inner = _block_body(cursor, opening, type_span)
    closing = cursor.previous()
    _end_of_block(cursor, type_span)
    return _made(cursor, name, labels, inner, type_span.to(closing))


def _made(
    cursor: Cursor, name: Token, labels: list[tuple[str, Span]], inner: Body, whole: Span
) -> Block:
    texts, spans = tuple(text for text, _ in labels), tuple(where for _, where in labels)
    return Block(cursor.text(name), texts, spans, inner, whole, cursor.span(name))


def _no_brace(cursor: Cursor, token: Token, type_span: Span) -> None:
    where = cursor.span(token)
    detail = 'Either a quoted string block label or an opening brace ("{") is expected here.'
    if token.kind == "=":
        detail = (
            'The equals sign "=" indicates an argument definition, and must not be used when'
            " defining a block."
        )
    elif token.kind == NEWLINE:
        detail = (
            'A block definition must have block content delimited by "{" and "}", starting on the'
            " same line as the block header."
        )
    report = cursor.error if token.kind in ("=", NEWLINE) else cursor.complain
    report("Invalid block definition", detail, where, type_span.to(where))
    cursor.recover_after_item()


def _block_body(cursor: Cursor, opening: Token, type_span: Span) -> Body:
    with cursor.nested():
        if cursor.peek().kind in (NEWLINE, EOF, "}"):
            return body(cursor, "}")
        return _single_line(cursor, opening, type_span)


def _single_line(cursor: Cursor, opening: Token, type_span: Span) -> Body:
    start = cursor.span(opening)
    attributes: dict[str, Attribute] = {}
    name = cursor.read()
    following = cursor.peek()
    if name.kind != IDENT:
        cursor.error(_ITEM, _ITEM_DETAIL, cursor.span(name))
        cursor.recover_after_item()
    elif following.kind == "=":
        attribute = _attribute(cursor, name, single_line=True)
        attributes[attribute.name] = attribute
    elif following.kind in (OPEN_QUOTE, "{", IDENT):
        cursor.error(
            "Argument definition required",
            "A single-line block definition can contain only a single argument. If you meant to"
            f' define argument "{cursor.text(name)}", use an equals sign to assign it a value. To'
            " define a nested block, place it on a line of its own within its parent block.",
            cursor.span(name).to(cursor.span(following)),
        )
        cursor.recover_after_item()
    else:
        cursor.error(_ITEM, _ITEM_DETAIL + _USE_EQUALS, cursor.span(name))
        cursor.recover_after_item()
    _close_single_line(cursor, start, type_span)
    last = cursor.previous()
    first = next((each.span for each in attributes.values()), start)
    return Body(attributes, (), start.to(last), first)


def _close_single_line(cursor: Cursor, opening: Span, type_span: Span) -> None:
    token = cursor.peek()
    if token.kind == "}":
        cursor.read()
        return
    if token.kind == EOF:
        cursor.complain(
            "Unclosed configuration block",
            "There is no closing brace for this block before the end of the file. This may be"
            " caused by incorrect brace nesting elsewhere in this file.",
            opening,
            type_span.to(opening),
        )
    else:
        _bad_single_line(cursor, token)
    cursor.recover("}")


def _bad_single_line(cursor: Cursor, token: Token) -> None:
    detail = (
        "A single-line block definition must end with a closing brace immediately after its single"
        " argument definition."
    )
    report = cursor.complain
    if token.kind == ",":
        report = cursor.error
        detail = (
            "Single-line block syntax can include only one argument definition. To define multiple"
            " arguments, use the multi-line block syntax with one argument definition per line."
        )
    elif token.kind == NEWLINE:
        report = cursor.error
        detail = (
            "An argument definition on the same line as its containing block creates a single-line"
            " block definition, which must also be closed on the same line. Place the block's"
            " closing brace immediately after the argument definition."
        )
    report("Invalid single-argument block definition", detail, cursor.span(token))


def _end_of_block(cursor: Cursor, type_span: Span) -> None:
    following = cursor.peek()
    if following.kind in (NEWLINE, EOF):
        cursor.read()
        return
    where = cursor.span(following)
    cursor.complain(
        "Missing newline after block definition",
        "A block definition must end with a newline.",
        where,
        type_span.to(where),
    )
    cursor.recover_after_item()


def _quoted_label(cursor: Cursor) -> tuple[str, Span]:
    opening = cursor.span(cursor.read())
    text = ""
    while True:
        token = cursor.read()
        where = cursor.span(token)
        if token.kind == CLOSE_QUOTE:
            return text, opening.to(where)
        if token.kind == QUOTED:
            text += literal_text(cursor, token)
        elif token.kind in (INTERPOLATION, CONTROL):
            sign = cursor.text(token)[0]
            cursor.error(
                "Invalid string literal",
                "Template sequences are not allowed in this string. To include a literal"
                f' "{sign}", double it (as "{sign}{sign}") to escape it.',
                where,
                opening.to(where),
            )
            text += sign + "{ ... }"
            cursor.recover(SEQUENCE_END)
        elif token.kind == EOF:
            detail = "Unable to find the closing quote mark before the end of the file."
            cursor.error("Unterminated string literal", detail, where, opening.to(where))
            return text, opening.to(where)
        else:
            detail = "This item is not valid in a string literal."
            cursor.error("Invalid string literal", detail, where, opening.to(where))
            cursor.recover(CLOSE_QUOTE)
            return text, opening.to(where)
