"""The queue of several replicas, in a Postgres that they share.

Same contract as the one in memory: a key that is added any number of times, by any replica, is
taken once; it is worked on by one worker of all; what fails waits longer each time.

Neither that lock nor a lease fences: a replica that was thought dead may wake up and go on. It
need not: every effect is a comparison and a swap, or is performed only where what it brings about
was observed not to be there. The queue keeps replicas from doing the same work twice; that nothing
is doubled is not its promise. Nothing here is the truth either: a key that is lost with its
database is found by the resync.

`add`, `done` and `retry` return at once; what the database must learn waits in an outbox until it
has, so that webhooks and workers go on while the database is away.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.clients.clock import Clock
from bot.clients.errors import Unavailable
from bot.clients.postgres import Entry, JobTable, job_table
from bot.lifecycle.keys import Key, parse, text
from bot.runtime.loop.queue import Backoff, Closed, Depth, jittered

log = structlog.get_logger(__name__)

_POLL = 1.0  # seconds; what is planned for later comes without a notification
_BEAT = 5.0
_DEAD = 30.0  # so long without a sign of life
_FORGET = 3600.0
LEAVE_SECONDS = 5.0
"""For handing back what is still worked on, after the grace period."""


@dataclass(frozen=True, slots=True)
class _Plan:
    key: str
    at: datetime | None
    failures: int = 0
    instead: bool = False


@dataclass(frozen=True, slots=True)
class _End:
    """It is not worked on any more; before that is written, when it is looked at again."""

    entry: Entry
    again: _Plan | None


class PostgresQueue:
    """Use from one event loop, made by `postgres_queue`."""

    def __init__(self, table: JobTable, clock: Clock, backoff: Backoff) -> None:
        self._table = table
        self._clock = clock
        self._backoff = backoff
        self._hints: dict[str, datetime | None] = {}
        self._ends: list[_End] = []
        self._working: dict[Key, Entry] = {}
        self._failures: dict[Key, int] = {}
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._outgoing = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self._closed = False
        self._depth = Depth(0, 0, 0, 0)
        self.problem: str | None = None

    def add(self, key: Key) -> None:
        """Look at it now. What was planned for later is not needed any more."""
        self._hints[text(key)] = None
        self._send()

    def add_after(self, key: Key, seconds: float) -> None:
        """Look at it in so many seconds, or sooner if that is planned already."""
        due = self._due(seconds)
        planned = self._hints.get(text(key), due)
        self._hints[text(key)] = min(planned, due) if planned else None
        self._send()

    async def take(self) -> Key:
        """The key that was planned first; raises `Closed` once the queue is closed."""
        async with self._turn:
            while True:
                if self._closed:
                    raise Closed
                self._news.clear()
                entry = await self._fetch()
                if entry is None:
                    await self._news.wait()
                    continue
                key = self._accepted(entry)
                if key is not None:
                    self._working[key] = entry
                    self._failures[key] = entry.failures
                    return key

    def done(self, key: Key, again_after: float | None = None) -> None:
        """It went well; look again in so many seconds (jittered), or not by itself."""
        self._failures.pop(key, None)
        again = None
        if again_after is not None:
            again = _Plan(text(key), self._due(jittered(again_after)))
        self._end(self._working.pop(key), again)

    def retry(self, key: Key, at_least: float | None = None) -> float:
        """It failed: look again after the backoff. Returns the seconds; `at_least` as told by them.

        News that came meanwhile do not shorten the wait: what fails would only fail faster.
        """
        failures = self._failures[key] = self._working[key].failures + 1
        seconds = jittered(max(self._backoff.after(failures), at_least or 0.0))
        self._hints.pop(text(key), None)
        plan = _Plan(text(key), self._due(seconds), failures, instead=True)
        self._end(self._working.pop(key), plan)
        return seconds

    def close(self) -> None:
        """Nothing is taken any more. What is added still reaches the other replicas."""
        self._closed = True
        self._news.set()

    def failures(self, key: Key) -> int:
        """How often in a row it has failed, on whichever replica, as last read."""
        return self._failures.get(key, 0)

    @property
    def depth(self) -> Depth:
        """Sizes over all replicas, a few seconds old."""
        return self._depth

    async def written(self) -> None:
        """Wait until the database knows all that it must."""
        await self._written.wait()

    # What goes on besides

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At the end, what is still worked on is handed back for another replica."""
        loops = (self._write, self._listen, self._poll, self._tend)
        tasks = [asyncio.create_task(self._for_ever(loop)) for loop in loops]
        try:
            yield
        finally:
            self.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._hand_back()
            await _end_all(set(tasks))

    async def sweep(self) -> None:
        """What dead workers were doing is looked at again, after the backoff: it may be why."""
        for entry in await self._table.stalled(_DEAD):
            failures = entry.failures + 1
            due = self._due(jittered(self._backoff.after(failures)))
            await self._table.plan(entry.key, due, failures)
            await self._table.finish(entry)
            log.warning("taken from a worker that vanished", key=entry.key)

    async def measure(self) -> None:
        """Read `depth` and `failures` anew."""
        entries, now = await self._table.entries(), self._clock.now()
        working = {entry.key for entry in entries if entry.working}
        todo = [entry for entry in entries if entry.key not in working]
        ready = sum(entry.at is None or entry.at <= now for entry in todo)
        failing = {entry.key: entry.failures for entry in entries if entry.failures}
        self._depth = Depth(ready, len(working), len(todo) - ready, len(failing))
        known = {key: failing.get(text(key), 0) for key in self._failures}
        self._failures = {key: failures for key, failures in known.items() if failures}

    async def _for_ever(self, loop: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await loop()
            except Unavailable as error:
                self._said(error)
                await self._clock.sleep(jittered(_POLL))
            except Exception as error:
                log.error("unexpected", at=loop.__name__, error=type(error).__name__)
                await self._clock.sleep(jittered(_POLL))

    async def _write(self) -> None:
        if not (self._ends or self._hints):
            self._written.set()
            self._outgoing.clear()
            await self._outgoing.wait()
        if self._ends:
            await self._write_end(self._ends[0])
            del self._ends[0]
        elif self._hints:
            key, at = next(iter(self._hints.items()))
            await self._plan(_Plan(key, at))
            if key in self._hints and self._hints[key] == at:
                del self._hints[key]
        self._news.set()

    async def _listen(self) -> None:
        await self._table.listen(self._news.set)

    async def _poll(self) -> None:
        await self._clock.sleep(_POLL)
        self._news.set()

    async def _tend(self) -> None:
        await self._table.beat(_FORGET)
        await self.sweep()
        await self.measure()
        self._said(None)
        await self._clock.sleep(_BEAT)

    async def _hand_back(self) -> None:
        for key, entry in tuple(self._working.items()):
            del self._working[key]
            self._end(entry, _Plan(entry.key, None, entry.failures))
        await self.written()
        await self._table.leave()

    # Small steps

    async def _fetch(self) -> Entry | None:
        try:
            return await self._table.fetch()
        except Unavailable as error:
            self._said(error)
            return None

    def _accepted(self, entry: Entry) -> Key | None:
        """None where another version of us knows it, or where we were thought dead and are not."""
        try:
            key = parse(entry.key)
        except ValueError:
            log.warning("no key of this version", key=entry.key)
            self._end(entry, None)
            return None
        if key in self._working:
            self._end(entry, _Plan(entry.key, self._due(_BEAT), entry.failures))
            return None
        return key

    def _end(self, entry: Entry, again: _Plan | None) -> None:
        self._ends.append(_End(entry, again))
        self._send()

    async def _write_end(self, end: _End) -> None:
        if end.again is not None:
            await self._plan(end.again)
        await self._table.finish(end.entry)

    async def _plan(self, plan: _Plan) -> None:
        await self._table.plan(plan.key, plan.at, plan.failures, instead=plan.instead)

    def _send(self) -> None:
        self._written.clear()
        self._outgoing.set()

    def _due(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _said(self, error: Unavailable | None) -> None:
        """One line when it goes away, one when it is back."""
        if error and not self.problem:
            log.warning("the queue's database is away", reason=str(error))
        if self.problem and not error:
            log.info("the queue's database is back")
        self.problem = str(error) if error else None


async def _end_all(tasks: set[asyncio.Task[None]]) -> None:
    """Before Python 3.12 `asyncio.wait_for`, in which procrastinate listens, loses a cancellation
    that comes together with a notification: cancelled until it is over."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=_POLL)


@contextlib.asynccontextmanager
async def postgres_queue(
    url: str, clock: Clock, backoff: Backoff, seconds: float
) -> AsyncIterator[PostgresQueue]:
    """The queue behind a libpq URL. Raises `Unavailable` where there is no such database."""
    async with job_table(url, seconds) as table:
        queue = PostgresQueue(table, clock, backoff)
        async with queue.running():
            yield queue
