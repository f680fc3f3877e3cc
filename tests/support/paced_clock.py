"""A clock that leaps from one sleeper to the next as soon as nothing else goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

_QUIET = 40
"""Turns of the event loop without a pulse after which everybody sleeps: a request over loopback
takes about ten."""


class PacedClock:
    """`run` moves time as fast as the work allows; `pulse` grows with every sign of work."""

    speed = 1.0

    def __init__(self, start: datetime) -> None:
        self.pulse: Callable[[], int] = lambda: 0
        self._start = start
        self._seconds = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        sleeper = (self._seconds + max(0.0, seconds), asyncio.Event())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)

    async def run(self, seconds: float) -> None:
        """Let so many simulated seconds pass."""
        await self.run_to(self._seconds + seconds)

    async def run_to(self, end: float) -> None:
        """Let time pass until then; whatever is due by then has been done."""
        while True:
            await self._quiet()
            due = min((at for at, _ in self._sleepers), default=end + 1)
            if due > end:
                break
            self._seconds = max(self._seconds, due)
            for at, bell in list(self._sleepers):
                if at <= self._seconds:
                    bell.set()
                    self._sleepers.remove((at, bell))
        self._seconds = max(self._seconds, end)

    async def _quiet(self) -> None:
        turns, last = 0, self.pulse()
        while turns < _QUIET:
            await asyncio.sleep(0)
            turns, last = (turns + 1, last) if self.pulse() == last else (0, self.pulse())
