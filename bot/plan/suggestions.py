"""The name that was probably meant: the first that is at most two edits away, as the tool has it.

Lowest layer of `bot.plan`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

_FAR = 3
"""Edits from which on the tool suggests nothing."""


def near(given: str, names: Iterable[str]) -> str | None:
    """The first of `names` within two edits of `given`."""
    return next((name for name in names if _edits(given, name) < _FAR), None)


def hint(given: str, names: Iterable[str]) -> str:
    """The sentence that suggests such a name, with a space before it; "" where there is none."""
    name = near(given, names)
    return f' Did you mean "{name}"?' if name is not None else ""


class Hints(Struct):
    """Suggestions of one module, within so many comparisons; after those there are no more."""

    left: int = 100_000

    def hint(self, given: str, names: Collection[str]) -> str:
        """As `hint`."""
        self.left -= len(names)
        return hint(given, names) if self.left >= 0 else ""


def _edits(one: str, other: str) -> int:
    """Levenshtein's distance, as far as it matters here."""
    if abs(len(one) - len(other)) >= _FAR:
        return _FAR
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, another in enumerate(other, 1):
            substituted = above[column - 1] + (letter != another)
            line.append(min(above[column] + 1, line[-1] + 1, substituted))
        if min(line) >= _FAR:
            return _FAR
        above = line
    return above[-1]
