"""Secrets, taken out of a text by value, in whatever dress the value stands there. PURE.

By the time that a text is looked through, its parts were escaped for Markdown, written as JSON or
in a URL, put on one line, or cut. So text and values are both read without any dress, and what is
found is taken out of the text where it stands. A text that was looked through stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from msgspec import Struct

REDACTED = "(sensitive value)"
SHORTEST = 4
"""A shorter value would take everything out."""
_SHORTEST_LINE = 8  # of a value of several lines: a shorter one is a bracket, or a word
_CUT = "…"
_BEFORE_CUT = 8  # what may stand between the last character that was kept and the "…"

# Repetitions are bounded, so that no text takes long to read.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# Repetitions are bounded, so that no text takes long to read.
_DRESSED = re.compile(
    r"(?P<space>(?:\s|\\{1,16}[nrt]|%(?:25){0,4}(?:20|0[9ADad]))+)"
    r"|(?P<utf16>(?:\\{1,16}u[0-9a-fA-F]{4})+)"
    r"|\\{0,16}&(?:amp;){0,4}\\{0,16}(?P<entity>#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);"
    r"|\\{1,16}(?P<escaped>[^\\])"
    rf"|(?P<url>(?:%(?:25){{0,4}}[0-9a-fA-F]{{2}})+)|(?P<unseen>{_UNSEEN.pattern})"
)


def hidden(values: Iterable[str], public: Iterable[str]) -> frozenset[str]:
    """The values that stand in none of the public texts: the others are no secrets, and taking
    them out would tell what they are.
    """
    texts = tuple(public)
    return frozenset(value for value in values if not any(value in text for text in texts))


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Without any of these values, nor a line of one, nor the beginning of one before a "…"."""
    values = [secret for secret in secrets if len(secret) >= SHORTEST]
    if not values:
        return text
    parts, end = [], 0
    for start, stop in _merged(text, sorted(_spans(_read(text), values))):
        parts += [text[end:start], REDACTED]
        end = stop
    return "".join(parts) + text[end:]


class _Read(Struct, frozen=True):
    """`bare` is `text` without dress; its character i stands there at `starts[i]:stops[i]`."""

    text: str
    bare: str
    starts: list[int]
    stops: list[int]


def _read(text: str) -> _Read:
    bare: list[str] = []
    starts: list[int] = []
    stops: list[int] = []
    end = 0
    for found in _DRESSED.finditer(text):
        start, stop = found.span()
        meant = _meant(found)
        bare += [text[end:start], meant]
        starts += [*range(end, start), *[start] * len(meant)]
        stops += [*range(end + 1, start + 1), *[stop] * len(meant)]
        end = stop
    bare.append(text[end:])
    starts += range(end, len(text))
    stops += range(end + 1, len(text) + 1)
    return _Read(text, "".join(bare), starts, stops)


def _meant(found: re.Match[str]) -> str:
    """What was dressed so."""
    kind, text = found.lastgroup, found.group()
    if kind == "unseen":
        return ""
    if kind == "space":
        return " "
    if kind == "escaped":
        return found["escaped"]
    if kind == "entity":
        import html  # its table of entities costs 1 ms, and few texts have one

        return html.unescape(f"&{found['entity']};")
    if kind == "utf16":
        units = bytes.fromhex("".join(re.findall(r"u(.{4})", text)))
        return _UNSEEN.sub("", units.decode("utf-16-be", errors="replace"))
    octets = re.findall("%(?:25){0,4}([0-9a-fA-F]{2})", text)
    return _UNSEEN.sub("", bytes.fromhex("".join(octets)).decode(errors="replace"))


def _spans(read: _Read, values: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the values stand in the text, as they are and dressed."""
    for value in values:
        for form in {
            value,
            quote(value, errors="replace"),
            quote(value, safe="", errors="replace"),
        }:
            yield from ((start, start + len(form)) for start in _found(read.text, form))
        for bare in _bare(value):
            for start, stop in _places(read.bare, bare):
                yield read.starts[start], read.stops[stop - 1]


def _bare(value: str) -> Iterator[str]:
    """A value without dress, and each line of it: what ends it is often not shown."""
    lines = re.split(r"[\r\n]|\\[nr]", value)
    for text, shortest in (
        (value, SHORTEST),
        *((line, _SHORTEST_LINE) for line in lines[1:] and lines),
    ):
        bare = _read(text).bare.strip(" \\")
        if len(bare) >= shortest:
            yield bare


def _places(bare: str, value: str) -> Iterator[tuple[int, int]]:
    """Where it stands whole, and where the text was cut within it."""
    for start in _found(bare, value):
        yield start, start + len(value)
    for start in _found(bare, value[:SHORTEST]):
        cut = bare.find(_CUT, start, start + len(value) + _BEFORE_CUT)
        kept = bare[start:cut].rstrip(" _") if cut >= 0 else ""
        if kept and value.startswith(kept):
            yield start, start + len(kept)


def _found(text: str, part: str, first: int = 0, end: int | None = None) -> Iterator[int]:
    start = text.find(part, first, end)
    while start >= 0:
        yield start
        start = text.find(part, start + 1, end)


def _merged(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans, sorted as they are, without overlap; what was taken out already stays so."""
    gone = [found.span() for found in re.finditer(re.escape(REDACTED), text)]
    begin, end = 0, 0
    for start, stop in spans:
        if any(after > start and before < stop for before, after in gone):
            continue
        if start >= end:
            yield from [(begin, end)] if end else []
            begin = start
        end = max(end, stop)
    yield from [(begin, end)] if end else []
