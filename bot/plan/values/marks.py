"""Where in a value the marks are: taken from one value and put on another, or listed.

Above `value` in `bot.plan.values`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.values.value import SENSITIVE, Mark, Value, all_marks

Path = tuple[str | int, ...]


def remarked(value: Value, config: Value) -> Value:
    """The marks of a configuration put back, each at its place, on what was made from it."""
    marks = all_marks(config)
    if not marks:
        return value
    raw, given = value.raw, config.raw
    if isinstance(raw, dict) and isinstance(given, dict):
        made = {n: remarked(each, given[n]) if n in given else each for n, each in raw.items()}
        return Value(value.type, made, value.marks | config.marks)
    if isinstance(raw, tuple) and isinstance(given, tuple) and len(raw) == len(given):
        items = tuple(map(remarked, raw, given))
        return Value(value.type, items, value.marks | config.marks)
    return value.with_marks(marks)


def sensitive_paths(value: Value) -> frozenset[Path]:
    """The paths of what is marked as sensitive in a value."""
    return frozenset(_sensitive_paths(value, ()))


def _sensitive_paths(value: Value, path: Path) -> Iterator[Path]:
    if Mark.SENSITIVE not in all_marks(value):
        return
    if Mark.SENSITIVE in value.marks:
        yield path
    raw = value.raw
    if isinstance(raw, dict):
        for name, item in raw.items():
            yield from _sensitive_paths(item, (*path, name))
    elif isinstance(raw, tuple):
        for position, item in enumerate(raw):
            yield from _sensitive_paths(item, (*path, position))


def marked_at(value: Value, path: Path) -> Value:
    """The value with what is at the path marked as sensitive; as it is where nothing is there."""
    if not path:
        return value.with_marks(SENSITIVE)
    raw, step = value.raw, path[0]
    if isinstance(raw, dict) and step in raw:
        inner = marked_at(raw[str(step)], path[1:])
        return Value(value.type, {**raw, str(step): inner}, value.marks)
    if isinstance(raw, tuple) and isinstance(step, int) and step < len(raw):
        items = (*raw[:step], marked_at(raw[step], path[1:]), *raw[step + 1 :])
        return Value(value.type, items, value.marks)
    return value
