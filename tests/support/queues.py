"""Both queues on a clock that a test moves, so that one suite holds both to one contract."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from database import Database, database
from manual_clock import ManualClock, settle

from bot.lifecycle.keys import Key, RepositoryKey
from bot.runtime.loop.postgres_queue import PostgresQueue, postgres_queue
from bot.runtime.loop.queue import Backoff, Depth, MemoryQueue, Queue

BACKOFF = Backoff(first=1.0, longest=60.0)


@dataclass
class InMemory:
    clock: ManualClock
    queue: Queue[Key]

    async def depth(self) -> Depth:
        """Once everything that goes on by itself has gone on."""
        await settle()
        return self.queue.depth

    async def advance(self, seconds: float) -> None:
        await self.clock.advance(seconds)


@dataclass
class OnPostgres:
    clock: ManualClock
    queue: PostgresQueue
    database: Database

    async def depth(self) -> Depth:
        await self.queue.written()
        await self.queue.measure()
        return self.queue.depth

    async def advance(self, seconds: float) -> None:
        await self.queue.written()
        await self.clock.advance(seconds)
        await self.database.set_clock(self.clock.now())
        await self.clock.advance(0)


Bench = InMemory | OnPostgres


@contextlib.asynccontextmanager
async def bench(kind: str) -> AsyncIterator[Bench]:
    """`memory` or `postgres`."""
    clock = ManualClock()
    if kind == "memory":
        yield InMemory(clock, MemoryQueue(clock, BACKOFF))
        return
    async with database(clock) as found, replica(found, clock) as queue:
        yield OnPostgres(clock, queue, found)


@contextlib.asynccontextmanager
async def replica(found: Database, clock: ManualClock) -> AsyncIterator[PostgresQueue]:
    """One of those that share the database."""
    async with postgres_queue(found.url, clock, BACKOFF, seconds=1) as queue:
        yield queue


async def drained(bench: Bench) -> list[str]:
    """What can be taken now, in order."""
    taken = []
    while (await bench.depth()).ready:
        taken.append(name_of(await bench.queue.take()))
    return taken


def key(name: str) -> Key:
    return RepositoryKey(f"octo/{name}")


def name_of(key: Key) -> str:
    assert isinstance(key, RepositoryKey)
    return key.repository.removeprefix("octo/")


class Record:
    """What happened, in order; a test waits for it without asking again and again."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._more = asyncio.Event()

    def add(self, name: str) -> None:
        self.names.append(name)
        self._more.set()

    async def until(self, holds: Callable[[list[str]], bool]) -> None:
        while not holds(self.names):
            self._more.clear()
            await self._more.wait()
