"""Templates: quoted strings, heredocs and whole files, with `${…}`, `%{…}`, `~` and `<<-`.

Above `cursor` and `literals` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#templates). First the pieces are read
in order, then white space is taken away, then `if` and `for` are put together (`directives`).
"""

from __future__ import annotations

from bot.plan.syntax import expressions
from bot.plan.syntax.cursor import Cursor
from bot.plan.syntax.directives import End, ForStart, IfStart, Piece, Text, assemble
from bot.plan.syntax.literals import literal_text
from bot.plan.syntax.nodes import Expression, Template, TemplateWrap
from bot.plan.syntax.source import Span
from bot.plan.syntax.tokens import (
    CLOSE_HEREDOC,
    CLOSE_QUOTE,
    CONTROL,
    EOF,
    IDENT,
    INTERPOLATION,
    LITERAL,
    OPEN_HEREDOC,
    OPEN_QUOTE,
    QUOTED,
    SEQUENCE_END,
    Token,
)

_FOREIGN = (
    "\n\nThis can happen when you include interpolation syntax for another language, such as shell"
    " scripting, but forget to escape the interpolation start token. If this is an embedded"
    ' sequence for another language, escape it by starting with "$${" instead of just "${".'
)


def quoted_or_heredoc(cursor: Cursor) -> Expression:
    """A template between its markers, the cursor standing at the opening one."""
    opening = cursor.read()
    heredoc = opening.kind == OPEN_HEREDOC
    pieces = _pieces(cursor, CLOSE_HEREDOC if heredoc else CLOSE_QUOTE)
    if heredoc and cursor.text(opening).startswith("<<-"):
        _unindent(pieces)
    return _finished(cursor, pieces, cursor.span(opening).to(cursor.previous()))


def whole_template(cursor: Cursor) -> Expression:
    """A template that is a whole text, such as a file for `templatefile`."""
    pieces = _pieces(cursor, EOF)
    return _finished(cursor, pieces, Span(cursor.source, 0, len(cursor.source.text)))


def _finished(cursor: Cursor, pieces: list[Piece], whole: Span) -> Expression:
    if len(pieces) == 1 and not isinstance(pieces[0], (Text, IfStart, ForStart, End)):
        return TemplateWrap(pieces[0], whole)
    return Template(tuple(assemble(cursor, pieces, whole)), whole)


def _pieces(cursor: Cursor, end: str) -> list[Piece]:
    pieces: list[Piece] = []
    trim_next = False
    start = cursor.span(cursor.tokens[cursor.at])
    while True:
        token = cursor.read() if end == EOF or cursor.peek().kind != EOF else cursor.peek()
        if token.kind == end:
            return pieces
        trim, trim_next = trim_next, False
        if token.kind in (QUOTED, LITERAL):
            text = literal_text(cursor, token)
            pieces.append(Text(text.lstrip() if trim else text, cursor.span(token)))
        elif token.kind in (INTERPOLATION, CONTROL):
            if cursor.text(token).endswith("~") and pieces and isinstance(pieces[-1], Text):
                pieces[-1].text = pieces[-1].text.rstrip()
            if token.kind == INTERPOLATION:
                trim_next = _interpolation(cursor, token, end, pieces)
            else:
                trim_next = _directive(cursor, token, pieces)
        else:
            _broken(cursor, token, end, start)
            return pieces


def _broken(cursor: Cursor, token: Token, end: str, start: Span) -> None:
    summary, detail = "Unterminated template string", "No closing marker was found for the string."
    cursor.complain(summary, detail, cursor.span(token), start.to(cursor.span(token)))
    cursor.recover(end)


def _interpolation(cursor: Cursor, opening: Token, end: str, pieces: list[Piece]) -> bool:
    before = len(cursor.diagnostics)
    with cursor.newlines(False):
        inner = expressions.expression(cursor)
        pieces.append(inner)
        if cursor.recovering and len(cursor.diagnostics) > before:
            closing = cursor.recover(SEQUENCE_END)
        elif cursor.peek().kind == SEQUENCE_END:
            closing = cursor.read()
        else:
            _unclosed_interpolation(cursor, opening, end)
            closing = cursor.recover(SEQUENCE_END)
    return cursor.text(closing).startswith("~")


def _unclosed_interpolation(cursor: Cursor, opening: Token, end: str) -> None:
    at = cursor.peek()
    where, context = cursor.span(at), cursor.span(opening).to(cursor.span(at))
    summary = "Extra characters after interpolation expression"
    if at.kind == EOF:
        cursor.complain(
            "Unclosed template interpolation sequence",
            "There is no closing brace for this interpolation sequence before the end of the file."
            " This might be caused by incorrect nesting inside the given expression.",
            cursor.span(opening),
        )
    elif at.kind == ":":
        cursor.complain(
            summary,
            "Template interpolation doesn't expect a colon at this location. Did you intend this"
            " to be a literal sequence to be processed as part of another language? If so, you can"
            ' escape it by starting with "$${" instead of just "${".',
            where,
            context,
        )
    elif at.kind in (OPEN_QUOTE, CLOSE_QUOTE) and end == CLOSE_QUOTE:
        cursor.complain(
            "Unclosed template interpolation sequence",
            "There is no closing brace for this interpolation sequence before the end of the"
            " quoted template. This might be caused by incorrect nesting inside the given"
            " expression.",
            cursor.span(opening),
        )
    else:
        cursor.complain(
            summary,
            "Expected a closing brace to end the interpolation expression, but found extra"
            f" characters.{_FOREIGN}",
            where,
            context,
        )


def _directive(cursor: Cursor, opening: Token, pieces: list[Piece]) -> bool:
    start = cursor.span(opening)
    before = len(cursor.diagnostics)
    with cursor.newlines(False):
        keyword = cursor.peek()
        if keyword.kind != IDENT:
            cursor.complain(
                "Invalid template directive",
                'A template directive keyword ("if", "for", etc) is expected at the beginning'
                " of a %{ sequence.",
                cursor.span(keyword),
                start.to(cursor.span(keyword)),
            )
            cursor.recover(SEQUENCE_END)
            return False
        cursor.read()
        piece = _keyword(cursor, cursor.text(keyword), start)
        if cursor.recovering and len(cursor.diagnostics) > before:
            closing = cursor.recover(SEQUENCE_END)
        else:
            closing = _directive_end(cursor, cursor.text(keyword), start)
    if piece is not None:
        piece.span = start.to(cursor.span(closing))
        pieces.append(piece)
    return cursor.text(closing).startswith("~")


def _keyword(cursor: Cursor, keyword: str, start: Span) -> IfStart | ForStart | End | None:
    match keyword:
        case "if":
            return IfStart(expressions.expression(cursor), start)
        case "for":
            return _for(cursor, start)
        case "else" | "endif" | "endfor":
            return End(keyword, start)
        case _:
            cursor.complain(
                "Invalid template control keyword",
                f'"{keyword}" is not a valid template control keyword.',
                cursor.previous(),
                start.to(cursor.previous()),
            )
            cursor.recovering = True
            return None


def _for(cursor: Cursor, start: Span) -> ForStart | None:
    names: list[str] = []
    while len(names) < 2:
        if cursor.peek().kind != IDENT:
            what = "variable name after 'for'." if not names else "value variable name after comma."
            _refuse(cursor, start, what)
            return None
        names.append(cursor.text(cursor.read()))
        if cursor.peek().kind != ",":
            break
        cursor.read()
    if not cursor.is_word(cursor.peek(), "in"):
        _refuse(cursor, start, "'in' keyword after 'for' names.")
        return None
    cursor.read()
    key_name, value_name = names if len(names) == 2 else ("", names[0])
    return ForStart(key_name, value_name, expressions.expression(cursor), start)


def _refuse(cursor: Cursor, start: Span, wanted: str) -> None:
    at = cursor.span(cursor.peek())
    cursor.complain("Invalid 'for' directive", f"For directive requires {wanted}", at, start.to(at))
    cursor.recovering = True


def _directive_end(cursor: Cursor, keyword: str, start: Span) -> Token:
    if cursor.peek().kind == SEQUENCE_END:
        return cursor.read()
    at = cursor.span(cursor.peek())
    cursor.complain(
        f"Extra characters in {keyword} marker",
        f"Expected a closing brace to end the {keyword} marker, but found extra characters.",
        at,
        start.to(at),
    )
    return cursor.recover(SEQUENCE_END)


def _unindent(pieces: list[Piece]) -> None:
    """`<<-`: take away the smallest indentation of all lines, blank ones not counted."""
    smallest: int | None = None
    starts: list[Text] = []
    line_start = True
    for piece in pieces:
        if line_start:
            line_start = False
            indent = _indent(piece)
            if indent is not None:
                smallest = indent if smallest is None else min(smallest, indent)
                if isinstance(piece, Text):
                    starts.append(piece)
        if isinstance(piece, Text) and piece.text.endswith("\n"):
            line_start = True
    for text in starts:
        text.text = text.text[smallest or 0 :]


def _indent(piece: Piece) -> int | None:
    if not isinstance(piece, Text):
        return 0
    bare = piece.text.lstrip()
    if not bare and piece.text.endswith("\n"):
        return None
    return len(piece.text) - len(bare)
