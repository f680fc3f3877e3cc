"""Who is evaluated next: one at a time, and a heavy module lets the light ones pass.

Evaluations share what they keep, so they never run beside each other.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """Of those that wait, the one goes first that would be done first had it begun on its arrival.

    So what takes seconds waits for what takes none, but never longer than it takes itself. How long
    something takes is what it took the last time; what is not known is taken to be light.
    """

    def __init__(self) -> None:
        self._took: dict[Hashable, float] = {}
        self._busy = False
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def turn(self, name: Hashable) -> AsyncIterator[None]:
        """Wait for one's turn, and have it. `name` is what takes about as long each time."""
        clock = asyncio.get_running_loop().time
        if self._busy:
            await self._called(clock() + self._took.get(name, 0.0))
        self._busy = True
        began = clock()
        try:
            yield
        finally:
            self._took[name] = clock() - began
            self._call()

    async def _called(self, due: float) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (due, next(self._arrivals), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._call()  # it was called as it left
            raise

    def _call(self) -> None:
        """The next one that still waits."""
        while self._waiting:
            _, _, called = heapq.heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._busy = False
