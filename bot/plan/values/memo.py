"""What was computed of values that never change, by their identity: an edit pays for what it edits.

Lowest layer of `bot.plan.values`; bounded. An entry keeps its inputs alive, so that an identity in
a key means what it meant.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

Result = TypeVar("Result")
_LIMIT = 100_000


class Memo(Generic[Result]):
    """Results by the identities of their inputs; the older half goes when it is full."""

    __slots__ = ("_limit", "_old", "_young")

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._young: dict[tuple[int, ...], tuple[Any, ...]] = {}
        self._old: dict[tuple[int, ...], tuple[Any, ...]] = {}

    def get(self, *inputs: object) -> Result | None:
        """The result for these very objects; None where there is none."""
        key = tuple(map(id, inputs))
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self._keep(key, found)
        result: Result = found[-1]
        return result

    def put(self, result: Result, *inputs: object) -> Result:
        """Remember, and return, the result."""
        self._keep(tuple(map(id, inputs)), (*inputs, result))
        return result

    def _keep(self, key: tuple[int, ...], entry: tuple[Any, ...]) -> None:
        if len(self._young) >= self._limit:
            self._old, self._young = self._young, {}
        self._young[key] = entry
