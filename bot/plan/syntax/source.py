"""A file's text and the places in it: offsets while parsing, lines and columns when asked.

Lowest layer of `bot.plan.syntax`. Columns count grapheme clusters from 1 and bytes count UTF-8 from
0, as HCL's do (https://pkg.go.dev/github.com/hashicorp/hcl/v2#Pos).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from bot.plan.diagnostics import Position, Range

_BOM = b"\xef\xbb\xbf"


class Source:
    """The decoded text of one file; undecodable bytes become U+FFFD and are reported once."""

    def __init__(self, file: str, content: bytes, origin: Position | None = None) -> None:
        self.file = file
        self.origin = origin
        self.shift = len(_BOM) if content.startswith(_BOM) else 0
        body = content[self.shift :]
        try:
            self.text = body.decode()
            self.bad_offset: int | None = None
        except UnicodeDecodeError as error:
            self.text = body.decode(errors="replace")
            self.bad_offset = len(body[: error.start].decode(errors="replace"))

    @classmethod
    def of_text(cls, file: str, text: str, origin: Position | None = None) -> Source:
        """A source for text that never was a file, such as a template in a string at `origin`."""
        return cls(file, text.encode(errors="replace"), origin)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    @cached_property
    def _ascii(self) -> bool:
        return self.text.isascii()

    def position(self, offset: int) -> Position:
        """Line, column and byte of a character offset."""
        here, start = self._position(offset), self.origin
        if start is None:
            return here
        column = here.column + (start.column - 1 if here.line == 1 else 0)
        return Position(here.line + start.line - 1, column, here.byte + start.byte)

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._line_starts, offset)
        start = self._line_starts[line - 1]
        if self._ascii:
            return Position(line, offset - start + 1, offset + self.shift)
        before = self.text[start:offset]
        column = len(before) if before.isascii() else _graphemes(before)
        return Position(line, column + 1, len(self.text[:offset].encode()) + self.shift)

    def range(self, start: int, end: int) -> Range:
        """The stretch from one offset to another, end exclusive."""
        return Range(self.file, self.position(start), self.position(end))


def _graphemes(text: str) -> int:
    import regex  # only where a line is not ASCII: its import costs 20 ms

    return len(regex.findall(r"\X", text))


class Span:
    """A stretch of a source by offsets; `range` says where that is for people."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end

    @property
    def range(self) -> Range:
        """Its lines and columns, as diagnostics have them."""
        return self.source.range(self.start, self.end)

    @property
    def text(self) -> str:
        """What is written there."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of `other`."""
        return Span(self.source, self.start, other.end)
