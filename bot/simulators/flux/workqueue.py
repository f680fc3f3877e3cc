"""Keys that are due, each worked on by one at a time, as controller-runtime does it.

A simulator: imports nothing of the bot. A key that is added while it is worked on is worked on
again; a key has one timer, and adding it now takes the place of that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.simulators.clock import AnyClock

Key = tuple[str, str]
_log = logging.getLogger(__name__)


class Workqueue:
    """`work` gets a key and answers in how many simulated seconds it is due again (None: when
    something happens). What it raises is logged, and the key is due again after `patience`."""

    def __init__(
        self, work: Callable[[Key], Awaitable[float | None]], clock: AnyClock, patience: float = 5.0
    ) -> None:
        self._work = work
        self._clock = clock
        self._patience = patience
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._again: set[Key] = set()
        self._timers: dict[Key, asyncio.Task[None]] = {}
        self._closed = False

    def add(self, key: Key) -> None:
        """Now, or as soon as it is not worked on any more."""
        if self._closed:
            return
        self._stop_timer(key)
        if key in self._running:
            self._again.add(key)
        else:
            self._running[key] = asyncio.ensure_future(self._run(key))

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self._stop_timer(key)
        self._again.discard(key)

    async def close(self) -> None:
        """Drop everything, also what is worked on."""
        self._closed = True
        tasks = [*self._running.values(), *self._timers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: Key) -> None:
        try:
            after = await self._work(key)
        except Exception:
            _log.exception("the pass over %s/%s ended with an error", *key)
            after = self._patience
        del self._running[key]
        if key in self._again:
            self._again.discard(key)
            self.add(key)
        elif after is not None:
            self._timers[key] = asyncio.ensure_future(self._later(key, after))

    async def _later(self, key: Key, seconds: float) -> None:
        await self._clock.sleep(seconds)
        del self._timers[key]
        self.add(key)

    def _stop_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()
