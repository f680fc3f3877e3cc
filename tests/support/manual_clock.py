"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class ManualClock:
    """`advance` moves time and lets everything that became due run; nothing really waits."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        bell = asyncio.Event()
        self._sleepers.append((self._seconds + seconds, bell))
        await bell.wait()

    async def advance(self, seconds: float) -> None:
        await settle()
        self._seconds += seconds
        for due, bell in self._sleepers:
            if due <= self._seconds + 1e-9:
                bell.set()
        self._sleepers = [item for item in self._sleepers if not item[1].is_set()]
        await settle()


async def settle() -> None:
    """Let every task that can run, run."""
    for _ in range(20):
        await asyncio.sleep(0)
