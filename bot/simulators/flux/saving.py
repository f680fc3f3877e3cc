"""Writing an object's status as Flux's controllers do: the conditions first, then the rest.

A simulator: imports nothing of the bot. Only what changed is sent, as a merge patch, so what
somebody else writes meanwhile stays.
"""

from __future__ import annotations

import copy
from typing import Any

from bot.simulators.flux.api import Api, ApiError
from bot.simulators.flux.terraform import Key

Json = dict[str, Any]


class Gone(Exception):
    """The object is not there any more: the pass is over."""


def difference(old: Json, new: Json) -> Json:
    """The merge patch that makes `new` of `old`."""
    changed: Json = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if isinstance(value, dict) and isinstance(before, dict) and value:
            inner = difference(before, value)
            if inner:
                changed[name] = inner
        elif isinstance(value, dict) and isinstance(before, dict):
            if before:
                changed[name] = dict.fromkeys(before)
        elif value != before or name not in old:
            changed[name] = value
    return changed


class Status:
    """What was written of an object's status so far. Raises `Gone`."""

    def __init__(self, api: Api, kind: str, key: Key, status: Json) -> None:
        self._api = api
        self._kind = kind
        self._key = key
        self._saved = copy.deepcopy(status)

    async def save(self, status: Json) -> None:
        """Write what differs; nothing where nothing does."""
        conditions = status.get("conditions") or []
        if conditions != (self._saved.get("conditions") or []):
            await self._patch({"conditions": conditions})
        changed = difference(self._saved, {**status, "conditions": self._saved.get("conditions")})
        changed.pop("conditions", None)
        if changed:
            await self._patch(changed)
        self._saved = copy.deepcopy(status)

    async def _patch(self, change: Json) -> None:
        try:
            await self._api.patch(self._kind, *self._key, {"status": change}, "status")
        except ApiError as error:
            if error.code == 404:
                raise Gone from None
            raise


async def set_finalizer(
    api: Api, kind: str, key: Key, finalizers: list[str], present: tuple[str, bool]
) -> None:
    """Add or remove one; what others hold stays."""
    name, wanted = present
    rest = [each for each in finalizers if each != name]
    change = {"metadata": {"finalizers": [*rest, name] if wanted else rest}}
    try:
        await api.patch(kind, *key, change)
    except ApiError as error:
        if error.code != 404:
            raise
