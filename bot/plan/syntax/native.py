"""The entrances to HCL's native syntax: a file, an expression, a template.

Above everything else in `bot.plan.syntax`. Never raises for bad input: what is wrong is a
diagnostic, and what could be read is there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from bot.plan.diagnostics import Diagnostic, Position, Severity, error
from bot.plan.syntax.bodies import body
from bot.plan.syntax.characters import bad_characters
from bot.plan.syntax.cursor import DEEPEST, Cursor, TooDeep
from bot.plan.syntax.expressions import expression
from bot.plan.syntax.nodes import Body, Expression, Literal
from bot.plan.syntax.source import Source, Span
from bot.plan.syntax.templates import whole_template
from bot.plan.syntax.tokens import (
    EOF,
    MOST,
    NEWLINE,
    Token,
    TooManyTokens,
    scan,
    scan_template,
)
from bot.plan.values import UNKNOWN

LARGEST = 8 * 2**20
"""Bytes of one configuration file: a larger one is not parsed, and that is said."""

_Node = TypeVar("_Node")


def parse_native(content: bytes, file: str) -> tuple[Body, list[Diagnostic]]:
    """A `.tf` or `.tfvars` file."""
    source = Source(file, content if len(content) <= LARGEST else b"")
    nothing = Span(source, 0, 0)
    empty = Body({}, (), nothing, nothing)
    if len(content) > LARGEST:
        return empty, [too_large(file, content, nothing)]
    return _parsed(source, scan, lambda cursor: body(cursor, EOF), empty)


def parse_expression(
    text: str, file: str, origin: Position | None = None
) -> tuple[Expression, list[Diagnostic]]:
    """One expression, such as the value of `--var` or of a string in `.tf.json`, at `origin`."""
    source = Source.of_text(file, text, origin)
    placeholder = Literal(UNKNOWN, Span(source, 0, len(source.text)))
    return _parsed(source, scan, _alone, placeholder)


def parse_template(
    text: str, file: str, origin: Position | None = None
) -> tuple[Expression, list[Diagnostic]]:
    """A whole text that is a template, such as a file for `templatefile`, at `origin`."""
    source = Source.of_text(file, text, origin)
    placeholder = Literal(UNKNOWN, Span(source, 0, len(source.text)))
    return _parsed(source, scan_template, whole_template, placeholder)


def _alone(cursor: Cursor) -> Expression:
    with cursor.newlines(False):
        parsed = expression(cursor)
        following = cursor.peek()
    if following.kind not in (EOF, NEWLINE):
        detail = "An expression was successfully parsed, but extra characters were found after it."
        cursor.complain("Extra characters after expression", detail, cursor.span(following))
    return parsed


def _parsed(
    source: Source,
    scanned: Callable[[Source], list[Token]],
    parse: Callable[[Cursor], _Node],
    placeholder: _Node,
) -> tuple[_Node, list[Diagnostic]]:
    try:
        tokens = scanned(source)
    except TooManyTokens:
        return placeholder, [too_many(source)]
    cursor = Cursor(source, tokens)
    cursor.diagnostics += bad_characters(source, tokens)
    if source.bad_offset is not None:
        return placeholder, cursor.diagnostics
    _make_room()
    try:
        return parse(cursor), cursor.diagnostics
    except TooDeep as deep:
        detail = f"Brackets nest more than {DEEPEST} levels deep here; lotus does not read on."
        cursor.diagnostics.append(error("Nesting too deep", detail, deep.at.range))
        return placeholder, cursor.diagnostics


def _make_room() -> None:
    """Room for `DEEPEST` nested brackets: each costs the parser several Python frames.

    The limit stays: calls between Python functions do not use the C stack (3.11 and later).
    """
    if sys.getrecursionlimit() < DEEPEST * 25:
        sys.setrecursionlimit(DEEPEST * 25)


def too_large(file: str, content: bytes, where: Span) -> Diagnostic:
    """What is said of a file that is not parsed."""
    detail = (
        f"{file} has {len(content):,} bytes; lotus reads configuration files of up to"
        f" {LARGEST:,}. Move data out of it, into a file that the module reads."
    )
    return Diagnostic(Severity.ERROR, "Configuration file too large", detail, where.range)


def too_many(source: Source) -> Diagnostic:
    """What is said of a file of more words and signs than are read."""
    detail = (
        f"{source.file} has more than {MOST:,} words, signs and lines of text; lotus reads"
        " configuration files of fewer. Move data out of it, into a file that the module reads."
    )
    return error("Configuration file too large", detail, source.range(0, 0))
