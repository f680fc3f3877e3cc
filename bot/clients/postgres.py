"""Keys in a Postgres, each at most once to be done and at most once being done, by procrastinate.

An edge. A key is a job's `lock` (being done: once) and its `queueing_lock` (to be done: once); see
https://procrastinate.readthedocs.io, "Define a lock on a job" and "Define a queueing lock".
What is done is deleted, so the table is as long as there are keys.

The tables live in a schema named after what procrastinate makes them like: a newer procrastinate
finds no table of an older one, so nothing is ever migrated, and what is lost is observed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Notification, Status
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from psycopg import sql

from bot.clients.errors import Unavailable

logging.getLogger("psycopg.pool").setLevel(
    logging.CRITICAL
)  # callers tell once, and again when over

SCHEMA = "lotus_bot_" + hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()[:8]
_QUEUE = "lotus"
_TASK = "look"
_LOCK = 7_014_117_010  # of our own choice: held while the tables are made
_CONNECTIONS = 4
_TRIES = 10
_OUR_SCHEMA_FIRST = (
    "SELECT set_config('search_path', %s || ', ' || current_setting('search_path'), false)"
)
_REASONS = (
    "password authentication failed",
    "no pg_hba.conf entry",
    "does not exist",
    "permission denied",
    "Connection refused",
    "could not translate host name",
    "No such file or directory",
    "timeout expired",
    "too many connections",
    "the database system is starting up",
    "the database system is shutting down",
)
"""What libpq says that holds no value; the rest of its message may quote a malformed URL."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key that is to be done (from `at` on; None: now) or being done; `failures` in a row."""

    id: int
    key: str
    at: datetime | None
    failures: int
    working: bool


class JobTable:
    """Every method raises `Unavailable` where Postgres does not do as it is asked."""

    def __init__(self, connector: PsycopgConnector) -> None:
        self._connector = connector
        self._jobs = JobManager(connector)
        self._worker = 0

    async def plan(
        self, key: str, at: datetime | None, failures: int = 0, *, instead: bool = False
    ) -> None:
        """The key is to be done at `at`, or sooner if that is planned; `instead`: exactly then."""
        with _wrapped():
            for _ in range(_TRIES):
                there = await self._planned(key)
                if there and not instead and not _is_sooner(at, there.at):
                    return
                known = there.failures if there and not instead else 0
                with contextlib.suppress(AlreadyEnqueued):  # somebody was faster: look again
                    await self._replace(there, _job(key, at, max(failures, known)))
                    return
        raise Unavailable("Postgres", f"{key} is planned by too many at once")

    async def fetch(self) -> Entry | None:
        """The key that is due and was planned first, now being done by us; None: nothing is due."""
        with _wrapped():
            try:
                job = await self._jobs.fetch_job(queues=[_QUEUE], worker_id=self._worker)
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.ForeignKeyViolation):
                    await self.enrol()  # we were silent for so long that we were forgotten
                raise
        return _entry(job) if job else None

    async def finish(self, entry: Entry) -> None:
        """It is not being done any more. Nothing happens where it was given to somebody else."""
        with _wrapped():
            try:
                await self._jobs.finish_job_by_id_async(entry.id, Status.SUCCEEDED, delete_job=True)
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.errors.RaiseException):
                    raise

    async def entries(self) -> list[Entry]:
        """All of them, whoever works on them."""
        with _wrapped():
            return [_entry(job) for job in await self._jobs.list_jobs_async(queue=_QUEUE)]

    async def stalled(self, seconds: float) -> list[Entry]:
        """What is being done by somebody who has given no sign of life for so long."""
        with _wrapped():
            found = await self._jobs.get_stalled_jobs(queue=_QUEUE, seconds_since_heartbeat=seconds)
            return [_entry(job) for job in found]

    async def beat(self, forget_after: float) -> None:
        """A sign of life; who has given none for `forget_after` seconds is forgotten."""
        with _wrapped():
            await self._jobs.update_heartbeat(self._worker)
            await self._jobs.prune_stalled_workers(forget_after)

    async def enrol(self) -> None:
        """From now on we are somebody who works."""
        with _wrapped():
            self._worker = await self._jobs.register_worker()

    async def leave(self) -> None:
        """What we are still doing is anybody's, at once."""
        with _wrapped():
            await self._jobs.unregister_worker(self._worker)

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` for everything that is planned, by anybody; returns when cancelled."""

        async def on(*, channel: str, notification: Notification) -> None:  # noqa: ARG001 - given by name
            heard()

        with _wrapped():
            await self._jobs.listen_for_jobs(on_notification=on, queues=[_QUEUE])

    async def _planned(self, key: str) -> Entry | None:
        found = await self._jobs.list_jobs_async(
            queue=_QUEUE, queueing_lock=key, status=Status.TODO.value
        )
        return next(map(_entry, found), None)

    async def _replace(self, there: Entry | None, job: Job) -> None:
        """In one transaction, so that a crash never loses a key."""
        async with self._connector.pool.connection() as connection:
            if there is not None:
                await self._jobs.cancel_job_by_id_async(
                    there.id, delete_job=True, connection=connection
                )
            await self._jobs.defer_job_async(job, connection=connection)


@contextlib.asynccontextmanager
async def job_table(url: str, seconds: float) -> AsyncIterator[JobTable]:
    """The table behind a libpq URL, made if need be; `seconds` for getting a connection."""
    with _wrapped():
        async with await psycopg.AsyncConnection.connect(
            url, connect_timeout=max(2, int(seconds))
        ) as connection:
            await _make(connection)
    connector = PsycopgConnector(
        conninfo=url, min_size=1, max_size=_CONNECTIONS, timeout=seconds, configure=_configure
    )
    with _wrapped():
        await connector.open_async()
    try:
        table = JobTable(connector)
        await table.enrol()
        yield table
    finally:
        await connector.close_async()


async def _make(connection: psycopg.AsyncConnection) -> None:
    """The tables, where they are not there; a second replica waits, and then finds them."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    found = await connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.procrastinate_jobs",))
    if (await found.fetchone() or (None,))[0] is not None:
        return
    await connection.execute(
        sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA))
    )
    await connection.execute(_OUR_SCHEMA_FIRST, (SCHEMA,))
    await connection.execute(SchemaManager.get_schema())


async def _configure(connection: psycopg.AsyncConnection) -> None:
    await connection.execute(_OUR_SCHEMA_FIRST, (SCHEMA,))
    await connection.commit()


def _job(key: str, at: datetime | None, failures: int) -> Job:
    return Job(
        queue=_QUEUE,
        task_name=_TASK,
        lock=key,
        queueing_lock=key,
        task_kwargs={"failures": failures},
        scheduled_at=at,
    )


def _entry(job: Job) -> Entry:
    failures = job.task_kwargs.get("failures", 0)
    return Entry(
        id=job.id or 0,
        key=job.lock or "",
        at=job.scheduled_at,
        failures=failures if isinstance(failures, int) else 0,
        working=job.status == Status.DOING.value,
    )


def _is_sooner(one: datetime | None, other: datetime | None) -> bool:
    """None is now, sooner than any time."""
    return other is not None and (one is None or one < other)


@contextlib.contextmanager
def _wrapped() -> Iterator[None]:
    try:
        yield
    except (ConnectorException, psycopg.Error, OSError) as error:
        raise Unavailable("Postgres", _reason(error.__cause__ or error)) from None


def _reason(error: BaseException) -> str:
    said = str(error)
    known = [reason for reason in _REASONS if reason in said]
    return f"{type(error).__name__}" + (f": {known[0]}" if known else "")
