"""Keys to look at: coalesced, each worked on by one worker at a time, retried with patience.

The contract is that of Kubernetes' work queues: a key added any number of times before it is
taken is taken once; a key added while it is worked on is taken once more afterwards. The queue in
memory is pure bookkeeping over an injected clock; it knows nothing of what a key means and does no
I/O. `bot/runtime/loop/postgres_queue.py` has the one that replicas share.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.clients.clock import Clock

K = TypeVar("K", bound=Hashable)


class Closed(Exception):
    """The queue is closed: the worker may go home."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The n-th failure in a row waits `first * 2**(n-1)` seconds, never longer than `longest`."""

    first: float
    longest: float

    def after(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row (1 or more)."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 32))


@dataclass(frozen=True, slots=True)
class Depth:
    """How much there is to do: keys ready, worked on, waiting for their time, and failing."""

    ready: int
    working: int
    waiting: int
    failing: int


def jittered(seconds: float) -> float:
    """Up to a tenth more or less, so that what was made together does not come back together."""
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing


class Queue(Protocol[K]):
    """Use from one event loop. `take`, then `done` (or `retry`) exactly once for each key taken."""

    def add(self, key: K) -> None:
        """Look at it now. What was planned for later is not needed any more."""

    def add_after(self, key: K, seconds: float) -> None:
        """Look at it in so many seconds, or sooner if that is planned already."""

    async def take(self) -> K:
        """The key that has waited longest; raises `Closed` once the queue is closed."""
        ...

    def done(self, key: K, again_after: float | None = None) -> None:
        """It went well; look again in so many seconds (jittered), or not by itself."""

    def retry(self, key: K, at_least: float | None = None) -> float:
        """It failed: look again after the backoff. Returns the seconds; `at_least` as told by them.

        News that came meanwhile do not shorten the wait: what fails would only fail faster.
        """
        ...

    def close(self) -> None:
        """Nothing is taken any more."""

    def failures(self, key: K) -> int:
        """How often in a row it has failed."""
        ...

    @property
    def depth(self) -> Depth:
        """Sizes, for metrics."""
        ...

    @property
    def problem(self) -> str | None:
        """Why it cannot be worked with at present, for people."""
        ...


class MemoryQueue(Generic[K]):
    """One replica's own; nothing of it outlives the process."""

    def __init__(self, clock: Clock, backoff: Backoff) -> None:
        self._clock = clock
        self._backoff = backoff
        self._ready: dict[K, None] = {}
        self._working: set[K] = set()
        self._again: set[K] = set()
        self._waiting: dict[K, tuple[float, asyncio.Task[None]]] = {}
        self._failures: dict[K, int] = {}
        self._news = asyncio.Event()
        self._closed = False

    def add(self, key: K) -> None:
        self._forget_later(key)
        if self._closed:
            return
        if key in self._working:
            self._again.add(key)
            return
        self._ready[key] = None
        self._news.set()

    def add_after(self, key: K, seconds: float) -> None:
        if self._closed or key in self._ready or key in self._again:
            return
        due = self._clock.monotonic() + seconds
        if key in self._waiting and self._waiting[key][0] <= due:
            return
        self._forget_later(key)
        self._waiting[key] = (due, asyncio.create_task(self._later(key, seconds)))

    async def take(self) -> K:
        while not self._ready:
            if self._closed:
                raise Closed
            self._news.clear()
            await self._news.wait()
        key = next(iter(self._ready))
        del self._ready[key]
        self._working.add(key)
        return key

    def done(self, key: K, again_after: float | None = None) -> None:
        self._failures.pop(key, None)
        self._release(key)
        if again_after is not None:
            self.add_after(key, jittered(again_after))

    def retry(self, key: K, at_least: float | None = None) -> float:
        self._failures[key] = self._failures.get(key, 0) + 1
        seconds = jittered(max(self._backoff.after(self._failures[key]), at_least or 0.0))
        self._again.discard(key)
        self._release(key)
        self.add_after(key, seconds)
        return seconds

    def close(self) -> None:
        """Nothing is taken any more. Nothing is lost: all of it is observed again at the start."""
        self._closed = True
        for key in tuple(self._waiting):
            self._forget_later(key)
        self._ready.clear()
        self._again.clear()
        self._news.set()

    def failures(self, key: K) -> int:
        return self._failures.get(key, 0)

    @property
    def depth(self) -> Depth:
        return Depth(len(self._ready), len(self._working), len(self._waiting), len(self._failures))

    @property
    def problem(self) -> str | None:
        return None

    def _release(self, key: K) -> None:
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def _forget_later(self, key: K) -> None:
        planned = self._waiting.pop(key, None)
        if planned is not None:
            planned[1].cancel()

    async def _later(self, key: K, seconds: float) -> None:
        await self._clock.sleep(seconds)
        del self._waiting[key]
        self.add(key)
