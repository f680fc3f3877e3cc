"""What was made of texts and of values that never change: an edit pays for what it edits.

Lowest layer of `bot.plan.values`. Everything that is kept here is bounded together, in memory and
not only in number: what two generations did not ask for is forgotten, and a generation ends with
the prediction in which enough was new. A module of any size so has all of its own while it is
asked for, and what was made of the states, texts and secrets of before is gone soon.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")
_LIMIT = 100_000
_NEW = 10_000
"""Results that a generation makes, some 1 to 2 KiB each with the values that they keep alive."""


class Kept(Generic[Key, Result]):
    """Results by key; the older generation goes at `grow_old`, and in between when it is full."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._young: dict[Key, Result] = {}
        self._old: dict[Key, Result] = {}
        self.made = 0
        _EVERYTHING.add(self)

    def get(self, key: Key) -> Result | None:
        """The result of before; None where there is none."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self._keep(key, found)
        return found

    def put(self, key: Key, result: Result, weight: int = 1) -> Result:
        """Remember, and return, the result; `weight` is how much of it there is, about."""
        self.made += weight
        self._keep(key, result)
        return result

    def _keep(self, key: Key, result: Result) -> None:
        if len(self._young) >= self._limit:
            self.turn()
        self._young[key] = result

    def turn(self) -> None:
        """A generation ends here."""
        self._old, self._young = self._young, {}

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())


_EVERYTHING: WeakSet[Kept[Any, Any]] = WeakSet()


class Memo(Generic[Result]):
    """Results by the identities of their inputs.

    An entry keeps its inputs alive, so that an identity in a key means what it meant.
    """

    __slots__ = ("_kept",)

    def __init__(self, limit: int = _LIMIT) -> None:
        self._kept: Kept[tuple[int, ...], tuple[Any, ...]] = Kept(limit)

    def get(self, *inputs: object) -> Result | None:
        """The result for these very objects; None where there is none."""
        found = self._kept.get(tuple(map(id, inputs)))
        if found is None:
            return None
        result: Result = found[-1]
        return result

    def put(self, result: Result, *inputs: object) -> Result:
        """Remember, and return, the result."""
        self._kept.put(tuple(map(id, inputs)), (*inputs, result))
        return result


def grow_old() -> None:
    """Between two predictions: where enough is new, the generation before the last one goes."""
    everything = tuple(_EVERYTHING)
    if sum(each.made for each in everything) > _NEW:
        for each in everything:
            each.turn()
            each.made = 0


def kept() -> int:
    """How many results are remembered at present."""
    return sum(map(len, tuple(_EVERYTHING)))
