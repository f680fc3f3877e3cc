"""Conditions of a Kubernetes object, as Flux's controllers keep them. Pure.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

_FIRST = ("Reconciling", "Stalled", "Ready")
LONGEST = 20_000
"""Characters of a message; more are cut."""


def find(conditions: Iterable[Json], type: str) -> Json | None:
    """The condition of that type."""
    return next((item for item in conditions if item["type"] == type), None)


class Conditions:
    """An object's conditions, changed in place; `now` is a stamp, `generation` the object's."""

    def __init__(self, items: list[Json], now: str, generation: int) -> None:
        self.items = items
        self._now = now
        self._generation = generation

    def set(self, type: str, status: str, reason: str, message: str) -> None:
        """Set it; the time of the transition moves only with status, reason or message."""
        new: Json = {
            "type": type,
            "status": status,
            "reason": reason,
            "message": message[:LONGEST],
            "observedGeneration": self._generation,
            "lastTransitionTime": self._now,
        }
        old = find(self.items, type)
        if old and all(old[name] == new[name] for name in ("status", "reason", "message")):
            new["lastTransitionTime"] = old["lastTransitionTime"]
        self.items[:] = sorted((i for i in [*self.items, new] if i is not old), key=_rank)

    def remove(self, *types: str) -> None:
        """Take them away."""
        self.items[:] = [item for item in self.items if item["type"] not in types]

    def status(self, type: str) -> str:
        """`True`, `False`, `Unknown`, or "" where there is none."""
        found = find(self.items, type)
        return str(found["status"]) if found else ""

    def reason(self, type: str) -> str:
        """Its reason, "" where there is none."""
        found = find(self.items, type)
        return str(found["reason"]) if found else ""


def _rank(condition: Json) -> tuple[int, str]:
    type = condition["type"]
    return (_FIRST.index(type) if type in _FIRST else len(_FIRST), type)
