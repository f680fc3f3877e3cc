"""Text in styles, and its lines of a given width. PURE.

Above `bot.render.cells`. It knows no terminal: who prints it turns the styles into colours, or
leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bot.render.cells import cell_len, chop_cells

_WORD = re.compile(r"\s*\S+\s*")


class Styled:
    """Pieces of one text, each with its style in rich's words ("bold red"); "" is none."""

    __slots__ = ("pieces",)

    def __init__(self, text: str = "", style: str = "") -> None:
        self.pieces: list[tuple[str, str]] = [(text, style)] if text else []

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return "".join(text for text, _ in self.pieces)

    def append(self, text: str, style: str = "") -> Styled:
        """Add a piece; gives itself."""
        if text:
            self.pieces.append((text, style))
        return self

    def extend(self, other: Styled) -> Styled:
        """Add all pieces of another; gives itself."""
        self.pieces += other.pieces
        return self

    def cut(self, start: int, end: int) -> Styled:
        """The characters from `start` to before `end`, without white space behind them."""
        part, at = Styled(), 0
        end = start + len(self.plain[start:end].rstrip())
        for text, style in self.pieces:
            part.append(text[max(0, start - at) : max(0, end - at)], style)
            at += len(text)
        return part

    def cropped(self, width: int) -> Styled:
        """What fits into `width` cells."""
        first, *rest = chop_cells(self.plain, width) or [""]
        return self.cut(0, len(first)) if rest else self

    def wrapped(self, width: int) -> list[Styled]:
        """Its lines of at most `width` cells; between words, inside one that is wider."""
        plain = self.plain
        edges = [0, *_breaks(plain, width), len(plain)]
        return [self.cut(start, end) for start, end in pairwise(edges)]


def _breaks(text: str, width: int) -> Iterator[int]:
    """Where each line but the first begins."""
    used = 0
    for match in _WORD.finditer(text):
        word, start = match[0].rstrip(), match.start()
        space = match.end() - start - len(word)
        needed = cell_len(word)
        if used + needed <= width:
            used += needed + space
        elif needed <= width:
            yield start
            used = needed + space
        else:
            for piece in chop_cells(word, width):
                if start:
                    yield start
                start += len(piece)
                used = cell_len(piece) + space
