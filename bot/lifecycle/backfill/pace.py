"""What a full sync costs, how fast one runs, when the next one comes: only what can be known. PURE.

An estimate comes from the same connection's last full sync and from the rate of the one that
runs; where either is not known, there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.lifecycle.backfill.quartz import next_due
from bot.lifecycle.backfill.stages import FlaggedConnection
from bot.model.airbyte import Connection, Job, JobKind, JobStatus, ScheduleKind

_LONG_ENOUGH = 30.0  # seconds of running before a rate says anything


@dataclass(frozen=True, slots=True)
class Pace:
    """Rows so far; rows a second, and seconds left, where they can be told honestly."""

    rows: int
    per_second: float | None = None
    left: float | None = None


def last_full(
    jobs: Sequence[Job], connection: Connection | None = None, *, whole: bool = False
) -> Job | None:
    """The newest job that read everything, or None where that cannot be known.

    A refresh, the first sync after a reset, the very first sync of all (`whole`: `jobs` goes back
    to the connection's beginning), and each sync of a connection without incremental streams.
    """
    ordered = sorted(jobs, key=lambda job: job.id)
    every = connection is not None and _never_incremental(connection)
    found: Job | None = None
    fresh = whole
    for job in ordered:
        if job.kind.clears:
            fresh = fresh or job.status is JobStatus.SUCCEEDED
        elif job.status is not JobStatus.SUCCEEDED:
            fresh = fresh and not job.records  # it may have left a cursor behind
        elif job.kind is JobKind.REFRESH or (job.kind is JobKind.SYNC and (fresh or every)):
            found, fresh = job, False
    return found


def _never_incremental(connection: Connection) -> bool:
    entries = connection.catalog.get("streams") or ()
    modes = [(entry.get("config") or {}).get("syncMode") for entry in entries]
    return bool(modes) and all(mode == "full_refresh" for mode in modes)


def pace(flagged: FlaggedConnection, sync: Job) -> Pace | None:
    """How the sync that runs gets on; None where Airbyte does not tell."""
    moving = flagged.moving
    if moving is None or moving.job_id != sync.id:
        return None
    begun = sync.attempts[-1].created if sync.attempts else moving.started or sync.started
    if begun is None or flagged.now is None:
        return Pace(moving.records)
    seconds = (flagged.now - begun).total_seconds()
    if seconds < _LONG_ENOUGH or not moving.records:
        return Pace(moving.records)
    rate = moving.records / seconds
    full = last_full(flagged.earlier, flagged.connection)
    if full is None or full.records is None or full.records <= moving.records:
        return Pace(moving.records, rate)
    return Pace(moving.records, rate, (full.records - moving.records) / rate)


def next_sync(flagged: FlaggedConnection, after: datetime) -> datetime | None:
    """When the next scheduled sync after that comes, at the latest; None where its schedule does
    not tell.

    A basic schedule counts from the last SCHEDULED job, and neither resets nor manual syncs move
    it (`facts/airbyte-api.md`, section 6). Which job was scheduled is not told: the last sync of
    any kind is later or the same, so this is the latest moment.
    """
    schedule = flagged.connection.schedule if flagged.connection else None
    if schedule is None:
        return None
    if schedule.kind is ScheduleKind.CRON:
        return next_due(schedule.cron, schedule.zone, after)
    if schedule.kind is not ScheduleKind.BASIC or schedule.seconds is None:
        return None
    known = (*flagged.jobs, *flagged.earlier)
    syncs = [job.created for job in known if job.kind is JobKind.SYNC]
    due = max(syncs) + timedelta(seconds=schedule.seconds) if syncs else after
    return max(due, after)
