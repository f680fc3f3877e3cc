"""What differs between the base's text and the head's: an expression, a block, a file, and where.

Above `bot.plan.configuration`; compares texts, evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from bot.plan.configuration import Module
from bot.plan.configuration.module import Variable
from bot.plan.diagnostics import Position, Range
from bot.plan.files import Files, NotFetched
from bot.plan.graph import Path
from bot.plan.prediction import Cause, ResourceChange
from bot.plan.syntax.nodes import Expression
from bot.plan.syntax.source import Span

_SHOWN = 40


class Sides(Struct, frozen=True):
    """The base and the head of a change: configurations, files, and the base's own plan."""

    base: Module
    head: Module
    base_files: Files
    head_files: Files
    planned: Callable[[], Mapping[str, ResourceChange]]

    def before(self, path: Path) -> Module | None:
        """The base's module that goes by the same calls."""
        at: Module | None = self.base
        for name in path:
            at = at.children.get(name) if at is not None else None
        return at


def edited(before: Expression | None, now: Expression, noun: str) -> Cause | None:
    """The edit of one expression, at the line where the texts begin to differ."""
    if before is None:
        return Cause(f"{noun} is set here", now.span.range)
    old, new = before.span.text, now.span.text
    if _plain(old) == _plain(new):
        return None
    if "\n" not in old + new and max(len(old), len(new)) <= _SHOWN:
        return Cause(f"{noun} was edited: {old} → {new}", now.span.range)
    return Cause(f"{noun} was edited", _first_difference(old, now.span))


def edited_default(before: Variable | None, now: Variable) -> Cause | None:
    """The edit of a variable's default."""
    if now.default is None:
        return None
    return edited(before.default if before else None, now.default, f"the default of var.{now.name}")


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def _first_difference(old: str, now: Span) -> Range:
    new = now.text
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(new) - 1)
    start = new.rfind("\n", 0, at) + 1
    end = new.find("\n", at)
    line = new[start : end if end >= 0 else len(new)]
    begin = now.start + start + len(line) - len(line.lstrip())
    return Span(now.source, begin, now.start + start + len(line)).range


def edited_file(sides: Sides, path: str) -> Cause | None:
    """The edit of a file, at the line where it begins to differ."""
    was, now = sides.base_files.identity(path), sides.head_files.identity(path)
    if was == now:
        return None
    if was is None:
        return Cause(f"{path} is new", _line(path, 1))
    if now is None:
        return Cause(f"{path} is gone", _line(path, 1))
    return Cause(f"{path} was edited", _line(path, _changed_line(sides, path)))


def _changed_line(sides: Sides, path: str) -> int:
    try:
        old, new = sides.base_files.read(path) or b"", sides.head_files.read(path) or b""
    except NotFetched:
        return 1
    return new.count(b"\n", 0, _common(old, new)) + 1


def _common(old: bytes, new: bytes) -> int:
    """How many bytes two files have in common at their beginning."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _line(path: str, number: int) -> Range:
    at = Position(number, 1, 0)
    return Range(path, at, at)
