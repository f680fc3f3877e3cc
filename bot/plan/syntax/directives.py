"""The pieces of a template put together: `%{ if }` and `%{ for }` become expressions.

Above `cursor` in `bot.plan.syntax`.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from bot.plan.places import place
from bot.plan.syntax.cursor import Cursor
from bot.plan.syntax.nodes import Conditional, Expression, For, Literal, Template, TemplateJoin
from bot.plan.syntax.source import Span
from bot.plan.values import UNKNOWN, string


class Text(Struct, eq=False):
    """Literal text, before it became a value: white space may still be taken away."""

    text: str
    span: Span


class IfStart(Struct, eq=False):
    """`%{ if condition }`."""

    condition: Expression
    span: Span


class ForStart(Struct, eq=False):
    """`%{ for k, v in c }`."""

    key_name: str
    value_name: str
    collection: Expression
    span: Span


class End(Struct, eq=False):
    """`else`, `endif` or `endfor`."""

    keyword: str
    span: Span


Piece: TypeAlias = Text | IfStart | ForStart | End | Expression


class _Unbalanced(Exception):
    """The directives do not match; the reason is reported already."""


def assemble(cursor: Cursor, pieces: list[Piece], whole: Span) -> list[Expression]:
    """The parts of the template; a placeholder where its directives do not match."""
    if not pieces:
        return [Literal(string(""), whole)]
    assembler = _Assembler(cursor, pieces, whole)
    try:
        parts, _ = assembler.parts(None)
    except _Unbalanced:
        return [Literal(UNKNOWN, whole)]
    return parts


class _Assembler:
    def __init__(self, cursor: Cursor, pieces: list[Piece], whole: Span) -> None:
        self.cursor = cursor
        self.pieces = pieces
        self.whole = whole
        self.at = 0

    def parts(self, inside: IfStart | ForStart | None) -> tuple[list[Expression], End | None]:
        """Everything up to the directive that ends `inside`, and that directive."""
        found: list[Expression] = []
        with self.cursor.nested():
            while self.at < len(self.pieces):
                piece = self.pieces[self.at]
                self.at += 1
                if isinstance(piece, End):
                    if inside is None:
                        detail = "The control directives within this template are unbalanced."
                        self._refuse(f"Unexpected {piece.keyword} directive", detail, piece.span)
                    return found, piece
                found.append(self._part(piece))
        if inside is not None:
            word = "if" if isinstance(inside, IfStart) else "for"
            where = place(inside.span.range)
            detail = (
                f"The {word} directive at {where} is missing its corresponding end{word} directive."
            )
            end = Span(self.whole.source, self.whole.end, self.whole.end)
            self._refuse("Unexpected end of template", detail, end)
        return found, None

    def _part(self, piece: Piece) -> Expression:
        match piece:
            case Text(text, span):
                return Literal(string(text), span)
            case IfStart():
                return self._if(piece)
            case ForStart():
                return self._for(piece)
            case End(_, span):  # taken by `parts`
                return Literal(UNKNOWN, span)
            case _:
                return piece

    def _if(self, start: IfStart) -> Expression:
        yes, end = self.parts(start)
        no: list[Expression] = []
        if end is not None and end.keyword == "else":
            no, end = self.parts(start)
            if end is not None and end.keyword == "else":
                detail = "Already in the else clause for the if."
                self._refuse("Unexpected else directive", detail, end.span)
        if end is None or end.keyword != "endif":
            self._mismatch(end, "if")
        whole = start.span.to(end.span) if end else start.span
        return Conditional(start.condition, _joined(yes, whole), _joined(no, whole), whole)

    def _for(self, start: ForStart) -> Expression:
        body, end = self.parts(start)
        if end is None or end.keyword != "endfor":
            self._mismatch(end, "for")
        whole = start.span.to(end.span) if end else start.span
        loop = For(
            start.key_name,
            start.value_name,
            start.collection,
            None,
            _joined(body, whole),
            None,
            False,
            whole,
            False,
        )
        return TemplateJoin(loop, whole)

    def _mismatch(self, end: End | None, word: str) -> None:
        keyword, span = (end.keyword, end.span) if end else ("end", self.whole)
        detail = f"Expecting an end{word} directive for the {word}."
        self._refuse(f"Unexpected {keyword} directive", detail, span)

    def _refuse(self, summary: str, detail: str, where: Span) -> None:
        self.cursor.error(summary, detail, where)
        raise _Unbalanced


def _joined(parts: list[Expression], whole: Span) -> Template:
    return Template(tuple(parts) or (Literal(string(""), whole),), whole)
