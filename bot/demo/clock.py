"""The story's time: as it is while the bot and the controllers work, leaping while jobs run.

So that the seconds which the demo prints are true ones, and nobody waits an hour for a sync.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.simulators.clock import Clock


class StoryClock(Clock):
    """`leaping` makes time pass faster for a while; whoever sleeps then wakes the sooner."""

    def __init__(self, start: datetime | None = None) -> None:
        super().__init__(1.0, start)
        self._passed = 0.0
        self._since = time.monotonic()
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        """The story's time, UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """The story's seconds since its beginning."""
        return self._passed + (time.monotonic() - self._since) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait so many of the story's seconds."""
        due = self.monotonic() + seconds
        while (left := due - self.monotonic()) > 0:
            try:
                await asyncio.wait_for(self._changed.wait(), left / self.speed)
            except TimeoutError:
                continue

    @contextmanager
    def leaping(self, speed: float) -> Iterator[None]:
        """Inside, time passes `speed` times as fast."""
        before = self.speed
        self._turn(speed)
        try:
            yield
        finally:
            self._turn(before)

    def _turn(self, speed: float) -> None:
        self._passed, self._since = self.monotonic(), time.monotonic()
        self.speed = speed
        self._changed.set()
        self._changed = asyncio.Event()
