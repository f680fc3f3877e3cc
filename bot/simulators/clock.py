"""One clock for all simulators: a minute can pass in a second.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class AnyClock(Protocol):
    """What tells a simulator the time: the clock below, or one that a test moves."""

    def now(self) -> datetime:
        """The simulated time, UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait so many simulated seconds."""


class Clock:
    """Time since `start`, `speed` times as fast as ours; seconds are simulated ones everywhere."""

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        self.speed = speed
        self._start = start or datetime.now(UTC).replace(microsecond=0)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The simulated time, UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Simulated seconds since the clock was made."""
        return (time.monotonic() - self._began) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait so many simulated seconds."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)
