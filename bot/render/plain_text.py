"""Text from outside, made harmless for a terminal, and Markdown turned back into text. PURE.

Names, messages and source lines may hold escape sequences, text that runs backwards, or bytes that
are no text at all: none of that reaches a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.render.markdown import REDACTED

_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_CODE = re.compile(r"`([^`]*)`|<code>(.*?)</code>")
_ASCII = str.maketrans(
    {"→": "->", "±": "+/-", "·": ";", "…": "...", "—": "-", "–": "-", "\ufffd": "?"}
)
SHORTEST_SECRET = 4


def printable(text: str, *, ascii_only: bool = False) -> str:
    """One line that is safe to print; each character stays one, unless `ascii_only` spells it."""
    safe = _UNPRINTABLE.sub("\ufffd", text.replace("\t", " "))
    if not ascii_only or safe.isascii():
        return safe
    return safe.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def spoken(markdown: str) -> Iterator[tuple[str, bool]]:
    """The text of one line of `bot.render.changes`' Markdown, in pieces: (text, is code)."""
    end = 0
    for match in _CODE.finditer(markdown):
        if match.start() > end:
            yield markdown[end : match.start()], False
        plain, entities = match.groups()
        yield (plain if plain is not None else _unescaped(entities)), True
        end = match.end()
    if end < len(markdown):
        yield markdown[end:], False


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    import html  # its table of entities costs 1 ms

    return html.unescape(text)


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` without these values, where they stand as words of their own, longest first."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET and secret in text:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", REDACTED, text)
    return text
