"""What lies between quotes: escapes resolved, wrong ones reported.

Above `cursor` in `bot.plan.syntax`.
"""

from __future__ import annotations

import json
import re

from bot.plan.syntax.cursor import Cursor
from bot.plan.syntax.source import Span
from bot.plan.syntax.tokens import QUOTED, Token

_PIECE = re.compile(
    r"\\u[0-9A-Fa-f]{1,4}|\\U[0-9A-Fa-f]{1,8}|\\.?|\$\$\{|%%\{|[^\\$%]+|[$%]", re.DOTALL
)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_SUMMARY = "Invalid escape sequence"


def literal_text(cursor: Cursor, token: Token) -> str:
    """The text that a literal token stands for."""
    text = cursor.text(token)
    quoted = token.kind == QUOTED
    if "{" not in text and not (quoted and "\\" in text):
        return text
    pieces = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece in ("$${", "%%{"):
            pieces.append(piece[1:])
        elif piece[0] == "\\" and quoted:
            start = token.start + match.start()
            pieces.append(_escape(cursor, piece, Span(cursor.source, start, start + len(piece))))
        else:
            pieces.append(piece)
    return "".join(pieces)


def _escape(cursor: Cursor, piece: str, where: Span) -> str:
    if len(piece) == 1:
        detail = "Backslash must be followed by an escape sequence selector character."
        cursor.error(_SUMMARY, detail, where)
        return piece
    selector, digits = piece[1], piece[2:]
    if selector in _SIMPLE:
        return _SIMPLE[selector]
    if selector in "uU":
        return _unicode(cursor, selector, digits, where)
    detail = f"The symbol {json.dumps(piece[1:])} is not a valid escape sequence selector."
    cursor.error(_SUMMARY, detail, where)
    return piece[1:]


def _unicode(cursor: Cursor, selector: str, digits: str, where: Span) -> str:
    wanted, words = (4, "four") if selector == "u" else (8, "eight")
    if len(digits) != wanted:
        detail = f"The \\{selector} escape sequence must be followed by {words} hexadecimal digits."
        cursor.error(_SUMMARY, detail, where)
        return where.text
    code = int(digits, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        cursor.error(_SUMMARY, f"Cannot encode character U+{code:04x} in UTF-8.", where)
        return where.text
    return chr(code)
