"""A fast clock that a busy machine does not make run away.

Simulated time is real time times `speed`, counted in beats. A beat ends when the event loop has got
round to it and the API server, if it is another process, has answered; however long that took, it
counts for one. So a deadline in simulated seconds is one in work that could be done: who gets a
tenth of a processor, or is frozen for a minute, has the same number of beats for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.simulators.clock import Clock

BEAT = 0.02
"""Real seconds."""
_CLOSE = 1e-9


class BeatingClock(Clock):
    """`hear` blocks until the API server has answered. Time stands still while nobody sleeps."""

    def __init__(self, speed: float, hear: Callable[[], object] | None = None) -> None:
        super().__init__(speed)
        self._hear = hear
        self._passed = 0.0
        self._since = time.monotonic()
        self._sleepers: dict[asyncio.Event, float] = {}
        self._beating: asyncio.Task[None] | None = None

    def monotonic(self) -> float:
        """Simulated seconds since the clock was made."""
        return self._passed + min(time.monotonic() - self._since, BEAT) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait so many simulated seconds."""
        due = self.monotonic() + max(0.0, seconds)
        bell = asyncio.Event()
        self._sleepers[bell] = due
        self._begin()
        try:
            await bell.wait()
        finally:
            self._sleepers.pop(bell, None)
        # It is due within this beat.
        await asyncio.sleep(max(0.0, due - self.monotonic()) / self.speed)

    def _begin(self) -> None:
        if self._beating is None or self._beating.done():
            self._beating = asyncio.ensure_future(self._beats())

    async def _beats(self) -> None:
        while self._sleepers:
            self._passed, self._since = self.monotonic(), time.monotonic()
            end = self._passed + BEAT * self.speed + _CLOSE
            for bell, due in self._sleepers.items():
                if due <= end:
                    bell.set()
            await asyncio.sleep(BEAT)
            if self._hear is not None:
                await asyncio.to_thread(self._hear)
