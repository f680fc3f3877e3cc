"""Following all objects of a kind, whatever happens to the watch.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import aiohttp

from bot.simulators.clock import AnyClock
from bot.simulators.flux.api import Api, ApiError
from bot.simulators.flux.terraform import Key

Json = dict[str, Any]
Seen = Callable[[Json | None, Json | None], None]
_PAUSE = 1.0
"""Simulated seconds before a watch that failed is begun again."""
_log = logging.getLogger(__name__)


def key_of(document: Json) -> Key:
    """Namespace and name."""
    metadata = document["metadata"]
    return str(metadata.get("namespace", "default")), str(metadata["name"])


class Watcher:
    """Calls `seen(old, new)` for each change; None for an object that is not there."""

    def __init__(self, api: Api, clock: AnyClock, kind: str, seen: Seen) -> None:
        self.objects: dict[Key, Json] = {}
        self._api = api
        self._clock = clock
        self._kind = kind
        self._seen = seen

    async def run(self) -> None:
        """Until it is cancelled: list, watch, and again."""
        while True:
            try:
                await self._once()
            except (ApiError, aiohttp.ClientError, OSError) as error:
                _log.info("the watch on %s ended: %s", self._kind, error)
                await self._clock.sleep(_PAUSE)

    async def _once(self) -> None:
        found, version = await self._api.list(self._kind)
        there = {key_of(item) for item in found}
        for key in [key for key in self.objects if key not in there]:
            self._seen(self.objects.pop(key), None)
        for item in found:
            self._take(item)
        async for type, item in self._api.watch(self._kind, version):
            if type == "DELETED":
                self._seen(self.objects.pop(key_of(item), item), None)
            elif type != "BOOKMARK":
                self._take(item)

    def _take(self, item: Json) -> None:
        key = key_of(item)
        old, self.objects[key] = self.objects.get(key), item
        self._seen(old, item)
