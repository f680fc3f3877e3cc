"""Webhooks that never reached us: GitHub keeps a list, and the failed ones are looked at.

Nothing depends on it, for everything is looked at again with each resync; it only makes what
was missed come sooner. GitHub is not asked to deliver again: the payload is in the list. Only a
pressed button is to be found nowhere else; one that is older than an hour is not acted on any more.
https://docs.github.com/rest/apps/webhooks
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cachetools import LRUCache

from bot.clients.clock import Clock
from bot.clients.github.app import GitHubApp
from bot.clients.github.decode import decoding
from bot.lifecycle.hints import is_press
from bot.runtime.web.webhook import Hear

_OVERLAP = timedelta(minutes=2)  # a delivery is listed only after its attempt ended
_REMEMBERED = 4096
_TOO_OLD = timedelta(hours=1)  # a press, as a command that is seen so late


class DeliverySweep:
    """`sweep` looks at what failed since the last one (at first: within `lookback`)."""

    def __init__(self, app: GitHubApp, hear: Hear, clock: Clock, lookback: timedelta) -> None:
        self._app = app
        self._hear = hear
        self._clock = clock
        self._since = clock.now() - lookback
        self._done: LRUCache[str, bool] = LRUCache(_REMEMBERED)

    async def sweep(self) -> int:
        """Returns how many deliveries were looked at again."""
        began = self._clock.now()
        failed = await self._failed()
        for guid, number in failed.items():
            with decoding("delivery"):
                found = await self._app.delivery(number)
                event, payload = str(found["event"]), found["request"]["payload"]
            if isinstance(payload, dict) and not self._is_too_late(event, payload, found):
                self._hear(event, payload, guid)
            self._done[guid] = True
        self._since = began - _OVERLAP
        return len(failed)

    def _is_too_late(self, event: str, payload: dict[str, Any], found: dict[str, Any]) -> bool:
        return is_press(event, payload) and self._clock.now() - _time(found) > _TOO_OLD

    async def _failed(self) -> dict[str, int]:
        """The deliveries that no attempt brought to us, by GUID (attempts share it)."""
        arrived: set[str] = set()
        failed: dict[str, int] = {}
        async for item in self._app.deliveries():
            if _time(item) < self._since:
                break
            with decoding("delivery"):
                guid, number, status = str(item["guid"]), int(item["id"]), int(item["status_code"])
            if 200 <= status < 300:
                arrived.add(guid)
            else:
                failed.setdefault(guid, number)
        unseen = failed.keys() - arrived - set(self._done)
        return {guid: number for guid, number in failed.items() if guid in unseen}


def _time(item: dict[str, Any]) -> datetime:
    with decoding("delivery"):
        return datetime.fromisoformat(item["delivered_at"])
