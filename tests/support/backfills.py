"""A flagged connection and Airbyte's jobs, minute by minute after its merge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.lifecycle.backfill import FlaggedConnection
from bot.lifecycle.flags import StreamFlag
from bot.model.airbyte import (
    Attempt,
    Connection,
    Failure,
    Job,
    JobKind,
    JobStatus,
    Schedule,
    ScheduleKind,
)
from bot.model.airbyte import Progress as Moving

MERGED = datetime(2026, 1, 1, 12, tzinfo=UTC)
FLAG = StreamFlag("assets/streams/shop/orders.json", "orders", 5)
RUNNING, FAILED, CANCELLED = JobStatus.RUNNING, JobStatus.FAILED, JobStatus.CANCELLED


def minute(number: float) -> datetime:
    """So many minutes after the merge."""
    return MERGED + timedelta(minutes=number)


def job(
    number: int,
    kind: JobKind = JobKind.SYNC,
    status: JobStatus = JobStatus.SUCCEEDED,
    at: float | None = None,
    lasts: float = 1,
    **more: Any,
) -> Job:
    """Job `number`, created at that minute unless told otherwise."""
    created = minute(number if at is None else at)
    fields = {"started": created, "records": 1000} | more
    return Job(number, "c-1", kind, status, created, created + timedelta(minutes=lasts), **fields)


def reset(number: int, status: JobStatus = JobStatus.SUCCEEDED, **more: Any) -> Job:
    """A reset job."""
    return job(number, JobKind.RESET, status, records=None, **more)


def attempt(number: int, words: str = "", at: float = 0, **more: Any) -> Attempt:
    """An attempt that failed with these words; without any, one that goes on."""
    if not words:
        return Attempt(number, "running", minute(at), **more)
    failures = (Failure(words, "transient_error", "source"),)
    return Attempt(number, "failed", minute(at), minute(at + 1), failures=failures, **more)


def moving(job_id: int, records: int) -> Moving:
    """What moves right now."""
    return Moving("c-1", job_id, JobKind.SYNC, None, records)


def connection(
    kind: ScheduleKind = ScheduleKind.BASIC, status: str = "active", **more: Any
) -> Connection:
    """An hourly connection, unless told otherwise."""
    seconds = 3600 if kind is ScheduleKind.BASIC else None
    cron = "0 0 3 * * ?" if kind is ScheduleKind.CRON else ""
    schedule = Schedule(kind, seconds, cron, "UTC" if cron else "")
    return Connection("c-1", "shop to lake", "s", "d", status, schedule, **more)


FLAGGED = FlaggedConnection(
    "airbyte_connection.shop",
    (FLAG,),
    "a" * 40,
    MERGED,
    connection(),
    edits={FLAG.path: b'{"backfill": false}'},
    now=minute(60),
)
