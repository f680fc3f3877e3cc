"""Characters that the language does not use, each with HCL's advice.

Above `tokens` in `bot.plan.syntax`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.syntax.source import Source
from bot.plan.syntax.tokens import BAD, Token

_ADVICE: dict[str, tuple[str, str]] = {
    "&": (
        "Unsupported operator",
        'Bitwise operators are not supported. Did you mean boolean AND ("&&")?',
    ),
    "|": (
        "Unsupported operator",
        'Bitwise operators are not supported. Did you mean boolean OR ("||")?',
    ),
    "~": (
        "Unsupported operator",
        'Bitwise operators are not supported. Did you mean boolean NOT ("!")?',
    ),
    "^": ("Unsupported operator", "Bitwise operators are not supported."),
    "**": (
        "Unsupported operator",
        '"**" is not a supported operator. Exponentiation is not supported as an operator.',
    ),
    "`": (
        "Invalid character",
        (
            'The "`" character is not valid. To create a multi-line string, use the "heredoc"'
            ' syntax, like "<<EOT".'
        ),
    ),
    "'": (
        "Invalid character",
        'Single quotes are not valid. Use double quotes (") to enclose strings.',
    ),
    ";": (
        "Invalid character",
        (
            'The ";" character is not valid. Use newlines to separate arguments and blocks, and'
            " commas to separate items in collection values."
        ),
    ),
}
_OTHER = ("Invalid character", "This character is not used within the language.")
_CURLY_QUOTES = re.compile("[\u201c\u201d]")
_CURLY_ADVICE = (
    '"Curly quotes" are not valid here. These can sometimes be inadvertently introduced when'
    " sharing code via documents or discussion forums. It might help to replace the character with"
    ' a "straight quote".'
)
_NEWLINE = (
    "Invalid multi-line string",
    (
        "Quoted strings may not be split over multiple lines. To produce a multi-line string,"
        ' either use the \\n escape to represent a newline character or use the "heredoc"'
        " multi-line template syntax."
    ),
)
_BITWISE = frozenset("&|^~")
_FOUR_TIMES = 4


def bad_characters(source: Source, tokens: Iterable[Token]) -> list[Diagnostic]:
    """What HCL's check of a file's tokens finds before it parses; empty for nearly all files."""
    if source.bad_offset is not None:
        detail = (
            "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your"
            " editor."
        )
        where = source.range(source.bad_offset, source.bad_offset + 1)
        return [error("Invalid character encoding", detail, where)]
    found = []
    seen: Counter[str] = Counter()
    for token in tokens:
        if token.kind == BAD:
            text = source.text[token.start : token.end]
            kind = "bitwise" if text in _BITWISE else text
            if _is_told(kind, seen[kind]):
                summary, detail = _advice(text)
                found.append(error(summary, detail, source.range(token.start, token.end)))
            seen[kind] += 1
    return found


def _is_told(kind: str, before: int) -> bool:
    """HCL reports some kinds once, lest one mistake fill the screen; quotes where they open."""
    if kind == "bitwise":
        return before < _FOUR_TIMES
    if kind in ("`", "'"):
        return before in (0, 2)
    return before == 0 or kind not in ("**", ";")


def _advice(text: str) -> tuple[str, str]:
    if "\n" in text:
        return _NEWLINE
    if _CURLY_QUOTES.match(text):
        return "Invalid character", _CURLY_ADVICE
    return _ADVICE.get(text, _OTHER)
