"""Characters that the language does not use, each with HCL's advice.

Above `tokens` in `bot.plan.syntax`.
"""

from __future__ import annotations

import re

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.syntax.source import Source
from bot.plan.syntax.tokens import BAD, scan

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
            'The "`" character is not valid. To create a multi-line string, use the "heredoc" syntax,'
            ' like "<<EOT".'
        ),
    ),
    "'": (
        "Invalid character",
        'Single quotes are not valid. Use double quotes (") to enclose strings.',
    ),
    ";": (
        "Invalid character",
        (
            'The ";" character is not valid. Use newlines to separate arguments and blocks, and commas'
            " to separate items in collection values."
        ),
    ),
}
_OTHER = ("Invalid character", "This character is not used within the language.")
_CURLY_QUOTES = re.compile("[\u2018\u2019\u201c\u201d]")


def bad_characters(source: Source) -> list[Diagnostic]:
    """What HCL's check of a file's tokens finds before it parses; empty for nearly all files."""
    if source.bad_offset is not None:
        detail = (
            "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your"
            " editor."
        )
        where = source.range(source.bad_offset, source.bad_offset + 1)
        return [error("Invalid character encoding", detail, where)]
    found = []
    said: set[str] = set()
    for token in scan(source):
        text = source.text[token.start : token.end]
        if token.kind != BAD or "\n" in text or text in said:
            continue
        said.add(text)  # HCL reports each kind once, lest one mistake fill the screen
        summary, detail = _ADVICE.get(text, _OTHER)
        if _CURLY_QUOTES.match(text):
            detail = '"Curly quotes" are not valid here. Use straight quotes (") instead.'
        found.append(error(summary, detail, source.range(token.start, token.end)))
    return found
