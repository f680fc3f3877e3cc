"""Jobs and attempts as records, and how far they are at a given moment. Pure.

Seconds since the epoch everywhere. A stream is read after the one before it, at its own rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

StreamKey = tuple[str, str | None]
"""A stream's name and namespace."""


class JobStatus(StrEnum):
    """`INCOMPLETE`: an attempt failed and another follows."""

    PENDING = "pending"
    RUNNING = "running"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return self in (JobStatus.FAILED, JobStatus.SUCCEEDED, JobStatus.CANCELLED)


class ConfigType(StrEnum):
    """What a job does; `connections/clear` makes a `RESET` too."""

    SYNC = "sync"
    RESET = "reset_connection"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Volume:
    """How much a stream holds: `rows` on a full read, `changed` on an incremental one."""

    rows: int = 1000
    changed: int = 10
    rows_per_second: float = 100.0
    bytes_per_row: int = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt ends badly, after `after` of its time (0 to 1). `config_error` is final."""

    message: str
    type: str = "transient_error"
    origin: str = "source"
    after: float = 0.5

    @property
    def retryable(self) -> bool:
        """Whether another attempt may follow."""
        return self.type != "config_error"


@dataclass(frozen=True, slots=True)
class StreamRun:
    """A stream's part in an attempt: it begins `begins` seconds in and has `rows` to move."""

    key: StreamKey
    begins: float
    rows: int
    volume: Volume

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.rows / self.volume.rows_per_second

    def rows_at(self, elapsed: float) -> int:
        """Rows moved `elapsed` seconds into the attempt."""
        moved = int((elapsed - self.begins) * self.volume.rows_per_second)
        return max(0, min(self.rows, moved))

    def complete_at(self, elapsed: float) -> bool:
        """Whether all of it is moved."""
        return elapsed >= self.begins + self.seconds


@dataclass(slots=True)
class Attempt:
    """One try. `ends` is when it will end, with `failure` or well; `ended` when it did."""

    number: int
    started: float
    ends: float
    runs: tuple[StreamRun, ...]
    failure: Failure | None = None
    ended: float | None = None
    cancelled: bool = False

    @property
    def status(self) -> str:
        """running, failed or succeeded."""
        if self.ended is None:
            return "running"
        return "failed" if self.failure else "succeeded"

    def elapsed(self, now: float) -> float:
        """Seconds from its start to `now` or to its end."""
        return min(now, self.ended if self.ended is not None else self.ends) - self.started


@dataclass(slots=True)
class Job:
    """One job. `scheduled` tells whether the schedule began it: only those move the schedule."""

    id: int
    connection_id: str
    type: ConfigType
    streams: tuple[StreamKey, ...]
    created: float
    scheduled: bool = False
    status: JobStatus = JobStatus.PENDING
    updated: float = 0.0
    started: float | None = None
    retry_at: float | None = None
    killed: bool = False
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def last(self) -> Attempt | None:
        """The latest attempt."""
        return self.attempts[-1] if self.attempts else None

    def end(self, status: JobStatus, now: float, failure: Failure | None = None) -> None:
        """End it now, and its running attempt with it."""
        attempt = self.last
        if attempt and attempt.ended is None:
            attempt.ended, attempt.failure = now, failure
            attempt.cancelled = status is JobStatus.CANCELLED
        self.status, self.updated, self.retry_at = status, now, None
