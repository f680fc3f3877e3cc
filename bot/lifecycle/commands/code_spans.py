"""Where a code span goes on over several lines: https://spec.github.com/gfm/#code-spans. PURE."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

_RUN = re.compile(r"(\\?)(`+)")
_BREAK = re.compile(r"\s*$| {0,3}(?:>|#{1,6}(?:\s|$)|[-+*]\s|1[.)]\s|[-*_]{3,}\s*$|```|~~~)")


def inside_code(lines: Sequence[str]) -> frozenset[int]:
    """The lines that begin within a span; no span goes on beyond its paragraph."""
    inside: set[int] = set()
    runs: list[tuple[int, int, int]] = []
    for number, line in enumerate(lines):
        if _BREAK.match(line):
            inside |= _spanned(runs)
            runs = []
        for found in _RUN.finditer(line):
            length, escaped = len(found.group(2)), len(found.group(1))
            runs.append((number, length, length - escaped))
    return frozenset(inside | _spanned(runs))


def _spanned(runs: Sequence[tuple[int, int, int]]) -> set[int]:
    """Of backticks as line, how many close, how many open: a run is closed by the next as long."""
    at: defaultdict[int, list[int]] = defaultdict(list)
    for place, (_, length, _) in enumerate(runs):
        at[length].append(place)
    inside: set[int] = set()
    place = 0
    while place < len(runs):
        first, _, opens = runs[place]
        later = at.get(opens, [])
        found = bisect_right(later, place)
        if found < len(later):
            place = later[found]
            inside.update(range(first + 1, runs[place][0] + 1))
        place += 1
    return inside
