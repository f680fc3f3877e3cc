"""What a connection's code says otherwise than Airbyte reads back, part by part. PURE.

Both are values of one prediction of what is as if applied: what the code gives, and what reading it
back makes of it (`facts/airbyte.md`, finding F).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.plan.prediction import ResourceChange
from bot.plan.values import NULL, Unknown, Value, all_marks, compare

Path = tuple[str | int | None, ...]
"""A way into a value; None for a step that is not known."""


@dataclass(frozen=True, slots=True)
class Part:
    """`path` begins with the attribute's name; `gives` and `read` are JSON, None for null.

    `told` False: made of what nobody may see, so that neither is shown or written anywhere.
    """

    path: Path
    gives: Any = field(repr=False)
    read: Any = field(repr=False)
    told: bool = True

    @property
    def name(self) -> str:
        """The innermost attribute that has a name."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")


def drifting(change: ResourceChange) -> tuple[Part, ...]:
    """The parts of which every plan makes an update; what the provider fills in is none."""
    if change.after is None or change.before is None:
        return ()
    return tuple(_parts(change.after, change.before, ()))


def json_parts(gives: Any, read: Any, path: Path = ()) -> Iterator[Part]:
    """The same for two JSON documents; what `read` lacks is a part with `read` None."""
    if isinstance(gives, dict) and isinstance(read, dict):
        for name, inner in gives.items():
            yield from json_parts(inner, read.get(name), (*path, name))
    elif gives != read:
        yield Part(path, gives, read)


def _parts(gives: Value, read: Value, path: Path) -> Iterator[Part]:
    given, found = gives.raw, read.raw
    if given is None or isinstance(given, Unknown):
        return
    if isinstance(given, dict) and isinstance(found, dict):
        for name, inner in given.items():
            yield from _parts(inner, found.get(name, NULL), (*path, name))
    elif _alike(path, given, found):
        assert isinstance(given, tuple)
        assert isinstance(found, tuple)
        for at, (one, other) in enumerate(zip(given, found, strict=True)):
            yield from _parts(one, other, (*path, at))
    elif compare(gives, read) is not True:
        told = not (all_marks(gives) or all_marks(read))
        yield Part(path, _document(gives), _document(read), told)


def _alike(path: Path, given: object, found: object) -> bool:
    """Lists whose elements belong to each other; fields that are only ordered anew do not."""
    if not isinstance(given, tuple) or not isinstance(found, tuple):
        return False
    return len(given) == len(found) and path[-1:] != ("selected_fields",)


def _document(value: Value) -> Any:
    """As JSON has it; what is null or not known is left out of objects."""
    raw = value.raw
    if isinstance(raw, dict):
        known = {key: item for key, item in raw.items() if item.is_known and not item.is_null}
        return {key: _document(item) for key, item in known.items()}
    if isinstance(raw, tuple):
        return [_document(item) for item in raw]
    return None if isinstance(raw, Unknown) else raw
