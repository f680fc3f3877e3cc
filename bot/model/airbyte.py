"""Airbyte's nouns as the bot speaks of them. Pure; made by `bot.clients.airbyte` only.

All times are aware and in UTC. What Airbyte did not say is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class StreamName:
    """A stream: its name, and its namespace where the source has such."""

    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


class JobKind(StrEnum):
    """Airbyte's configType. `connections/clear` and `reset` both make a RESET."""

    SYNC = "sync"
    RESET = "reset_connection"
    CLEAR = "clear"
    REFRESH = "refresh"
    OTHER = "other"

    @property
    def clears(self) -> bool:
        """Whether it empties the destination's streams, and reads nothing."""
        return self in (JobKind.RESET, JobKind.CLEAR)


class JobStatus(StrEnum):
    """INCOMPLETE: an attempt failed and another follows. UNKNOWN: a word from a newer Airbyte."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def terminal(self) -> bool:
        """Whether the job is over."""
        return self in (JobStatus.FAILED, JobStatus.SUCCEEDED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, in Airbyte's words for users. `origin`: source, destination, ..."""

    message: str
    type: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a job; `number` counts from 0, `status` is running, failed or succeeded."""

    number: int
    status: str
    created: datetime
    ended: datetime | None = None
    records: int | None = None
    bytes: int | None = None
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamRows:
    """What was moved of one stream."""

    stream: StreamName
    records: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Job:
    """A connection's job. `streams`: those it resets or syncs; `records`, `bytes`: committed."""

    id: int
    connection_id: str
    kind: JobKind
    status: JobStatus
    created: datetime
    updated: datetime
    started: datetime | None = None
    streams: tuple[StreamName, ...] = ()
    records: int | None = None
    bytes: int | None = None
    rows: tuple[StreamRows, ...] = ()
    attempts: tuple[Attempt, ...] = ()

    @property
    def failure(self) -> Failure | None:
        """Why its latest attempt failed, if it did."""
        failures = self.attempts[-1].failures if self.attempts else ()
        return failures[0] if failures else None


class RunState(StrEnum):
    """A stream's state within an attempt. UNKNOWN: a word from a newer Airbyte."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    INCOMPLETE = "INCOMPLETE"
    RATE_LIMITED = "RATE_LIMITED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """A row of `stream_statuses`; they come unordered, and a killed job leaves RUNNING behind."""

    stream: StreamName
    job_id: int
    attempt: int
    state: RunState
    cause: str = ""
    at: datetime | None = None


def latest_states(statuses: Iterable[StreamStatus]) -> dict[StreamName, StreamStatus]:
    """Each stream's row of its highest job and attempt; of those, the one that changed last."""
    latest: dict[StreamName, StreamStatus] = {}
    for row in statuses:
        held = latest.get(row.stream)
        if held is None or _age(row) >= _age(held):
            latest[row.stream] = row
    return latest


def _age(row: StreamStatus) -> tuple[int, int, float]:
    return row.job_id, row.attempt, row.at.timestamp() if row.at else 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What a connection moves right now; `job_id` None where nothing runs."""

    connection_id: str
    job_id: int | None = None
    kind: JobKind | None = None
    started: datetime | None = None
    records: int = 0
    bytes: int = 0
    streams: tuple[StreamRows, ...] = ()


class ScheduleKind(StrEnum):
    """How a connection comes to run."""

    MANUAL = "manual"
    BASIC = "basic"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Schedule:
    """`seconds`: a basic schedule's interval; `cron` and `zone`: a cron schedule's."""

    kind: ScheduleKind = ScheduleKind.MANUAL
    seconds: int | None = None
    cron: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection. `status`: active, inactive, deprecated (deleted) or locked.

    `catalog` is Airbyte's `syncCatalog` as it reads back; `document` all that Airbyte says.
    """

    id: str
    name: str
    source_id: str
    destination_id: str
    status: str
    schedule: Schedule = Schedule()
    created: datetime | None = None
    streams: tuple[StreamName, ...] = ()
    catalog: Mapping[str, Any] = field(default_factory=dict, repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def deleted(self) -> bool:
        """Whether it is deleted: such a one still answers, and its state can still be read."""
        return self.status == "deprecated"

    @property
    def runs_by_itself(self) -> bool:
        """Whether a sync comes without anybody's doing."""
        return self.status == "active" and self.schedule.kind is not ScheduleKind.MANUAL


class ActorKind(StrEnum):
    """The two ends of a connection."""

    SOURCE = "source"
    DESTINATION = "destination"


@dataclass(frozen=True, slots=True)
class Actor:
    """A source or destination. `configuration` has its secrets masked by Airbyte, never shown.

    `document` is all that Airbyte says of it.
    """

    kind: ActorKind
    id: str
    name: str
    workspace_id: str
    created: datetime | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict, repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


class CheckResult(StrEnum):
    """What a connection check came to. BROKEN: the check itself failed, and says nothing."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """Whether Airbyte can reach what a source or destination stands for, and its words if not."""

    result: CheckResult
    message: str = ""


@dataclass(frozen=True, slots=True)
class SyncState:
    """What a connection remembers. `kind`: not_set, stream, global or legacy."""

    connection_id: str
    kind: str
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace."""

    id: str
    name: str
