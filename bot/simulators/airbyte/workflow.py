"""The connection manager: what runs when. Pure; a discrete-event simulation.

`Workflows.advance(now)` plays everything that is due, in order of time; the requests come in
between, at `now`. Rules: `facts/airbyte-api.md`, sections 2 and 6. Knows no HTTP and no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.simulators.airbyte.jobs import (
    Attempt,
    ConfigType,
    Failure,
    Job,
    JobStatus,
    StreamKey,
    StreamRun,
    Volume,
)
from bot.simulators.airbyte.refusals import Refusal
from bot.simulators.airbyte.schedule import next_run
from bot.simulators.airbyte.world import SyncState, World, stream_keys

_CANCELLED = Failure("Cancelled by a person", "manual_cancellation", "airbyte_platform")


@dataclass(frozen=True, slots=True)
class Timing:
    """Simulated seconds: waiting for a worker, an attempt's start, a reset, and the retries."""

    pending: float = 2.0
    startup: float = 10.0
    reset: float = 15.0
    backoff: tuple[float, ...] = (60.0, 120.0, 240.0, 480.0)

    @property
    def attempts(self) -> int:
        """How many tries a job has."""
        return len(self.backoff) + 1


@dataclass(slots=True)
class Workflow:
    """One connection's: what runs, and what was asked for meanwhile."""

    idle_since: float
    active: Job | None = None
    last_scheduled: float | None = None
    to_reset: set[StreamKey] = field(default_factory=set)
    to_refresh: set[StreamKey] = field(default_factory=set)


class Workflows:
    """All connections' workflows and all jobs."""

    def __init__(self, world: World, timing: Timing) -> None:
        self.world = world
        self.timing = timing
        self.jobs: list[Job] = []
        self.volumes: dict[str, Volume] = {}
        self.failures: dict[str, deque[Failure | None]] = {}
        self._by_connection: dict[str, Workflow] = {}
        self._now = 0.0

    # What the world asks

    def advance(self, now: float) -> None:
        """Play all that is due up to `now`."""
        while (event := self._next_event()) is not None and event[0] <= now:
            self._now = max(self._now, event[0])
            self._play(event[1])
        self._now = max(self._now, now)

    def next_event(self) -> float | None:
        """When something happens next by itself."""
        event = self._next_event()
        return event[0] if event else None

    def watch(self, connection_id: str) -> None:
        """Take a new or reactivated connection into the schedule."""
        self._by_connection.setdefault(connection_id, Workflow(self._now))

    def active(self, connection_id: str) -> Job | None:
        """The job that is not terminal, if any."""
        workflow = self._by_connection.get(connection_id)
        return workflow.active if workflow else None

    def job(self, job_id: int) -> Job:
        """One job; 404 where there is none."""
        index = job_id - 1
        if not 0 <= index < len(self.jobs):
            raise Refusal(404, f"Could not find job with id: {job_id}")
        return self.jobs[index]

    def latest(self, connection_id: str) -> Job | None:
        """The connection's newest job."""
        return next((j for j in reversed(self.jobs) if j.connection_id == connection_id), None)

    def due(self, connection_id: str) -> float | None:
        """When the schedule runs the connection next, None where never or while a job is on."""
        workflow = self._by_connection[connection_id]
        if workflow.active:
            return None
        connection = self.world.connection(connection_id)
        return next_run(connection, workflow.last_scheduled, workflow.idle_since)

    def reset(self, connection_id: str, streams: Iterable[StreamKey]) -> None:
        """Ask for a reset: at once, cancelling what runs; in a backoff, after the retry."""
        connection = self.world.connection(connection_id)
        workflow = self._workflow(connection_id)
        workflow.to_reset |= set(streams) or set(stream_keys(connection))
        if connection["status"] == "deprecated":
            raise Refusal(500, f"The connection {connection_id} is deleted")
        if workflow.active and workflow.active.status is JobStatus.INCOMPLETE:
            workflow.active.retry_at = self._now
            return
        if workflow.active:
            self._cancel(workflow, keep_resets=True)
        self._begin(connection_id, scheduled=False)

    def sync(self, connection_id: str) -> Job:
        """Start a sync by hand; 409 while one runs, 500 unless the connection is active."""
        if self.world.connection(connection_id)["status"] != "active":
            raise Refusal(500, f"The connection {connection_id} is not active")
        if self.active(connection_id):
            raise Refusal(409, f"A sync is already running for: {connection_id}")
        return self._begin(connection_id, scheduled=False)

    def refresh(self, connection_id: str, streams: Iterable[StreamKey]) -> Job | None:
        """Ask for a refresh; None where none was begun now (it cancels nothing)."""
        connection = self.world.connection(connection_id)
        workflow = self._workflow(connection_id)
        destination = self.world.actors[connection["destinationId"]]
        supported = destination.definition_id not in self.world.without_refresh
        if connection["status"] == "deprecated" or not supported:
            return None
        workflow.to_refresh |= set(streams) or set(stream_keys(connection))
        return None if workflow.active else self._begin(connection_id, scheduled=False)

    def cancel(self, connection_id: str) -> None:
        """Cancel whatever the connection runs now; a reset's streams are forgotten."""
        workflow = self._workflow(connection_id)
        if workflow.active:
            self._cancel(workflow, keep_resets=False)

    def kill(self, connection_id: str) -> None:
        """The worker dies: the job fails, and its streams' statuses stay at RUNNING."""
        workflow = self._workflow(connection_id)
        if workflow.active:
            workflow.active.killed = True
            self._finish(workflow, JobStatus.FAILED, Failure("The worker died", "system_error"))

    def remember(self, job: Job) -> None:
        """Put a job of the past into the list."""
        self.jobs.append(job)

    # How it goes on

    def _workflow(self, connection_id: str) -> Workflow:
        self.watch(connection_id)
        return self._by_connection[connection_id]

    def _next_event(self) -> tuple[float, str] | None:
        moments = [(self._moment(c, w), c) for c, w in self._by_connection.items()]
        return min(((m, c) for m, c in moments if m is not None), default=None)

    def _moment(self, connection_id: str, workflow: Workflow) -> float | None:
        job = workflow.active
        if job is None:
            return self.due(connection_id)
        if job.status is JobStatus.PENDING:
            return job.created + self.timing.pending
        if job.status is JobStatus.INCOMPLETE:
            return job.retry_at
        return job.last.ends if job.last else None

    def _play(self, connection_id: str) -> None:
        workflow = self._by_connection[connection_id]
        job = workflow.active
        if job is None:
            self._begin(connection_id, scheduled=True)
        elif job.status is JobStatus.RUNNING:
            self._end_attempt(workflow, job)
        else:
            self._start_attempt(job)

    def _begin(self, connection_id: str, *, scheduled: bool) -> Job:
        workflow = self._workflow(connection_id)
        kind, streams = ConfigType.SYNC, stream_keys(self.world.connection(connection_id))
        if workflow.to_reset:
            kind, streams = ConfigType.RESET, tuple(sorted(workflow.to_reset, key=str))
        elif workflow.to_refresh:
            kind = ConfigType.REFRESH
        # A reset never moves the schedule, not even one that the schedule's hour began.
        counted = scheduled and kind is not ConfigType.RESET
        number = len(self.jobs) + 1
        job = Job(number, connection_id, kind, streams, self._now, counted, updated=self._now)
        self.jobs.append(job)
        workflow.active = job
        if counted:
            workflow.last_scheduled = self._now
        return job

    def _start_attempt(self, job: Job) -> None:
        runs = self._runs(job)
        seconds = self._seconds(job, runs)
        failure = self._failure(job)
        lasts = seconds * failure.after if failure else seconds
        attempt = Attempt(len(job.attempts), self._now, self._now + lasts, runs, failure)
        job.attempts.append(attempt)
        job.status, job.updated, job.retry_at = JobStatus.RUNNING, self._now, None
        job.started = job.started if job.started is not None else self._now

    def _runs(self, job: Job) -> tuple[StreamRun, ...]:
        runs, begins = [], self.timing.startup
        for key in job.streams:
            volume = self.volumes.get(key[0], Volume())
            rows = self._rows(job, key, volume)
            runs.append(StreamRun(key, begins, rows, volume))
            begins += runs[-1].seconds
        return tuple(runs)

    def _rows(self, job: Job, key: StreamKey, volume: Volume) -> int:
        if job.type is ConfigType.RESET:
            return 0
        state = self.world.states.get(job.connection_id, SyncState())
        refreshed = job.type is ConfigType.REFRESH
        if refreshed and key in self._by_connection[job.connection_id].to_refresh:
            return volume.rows
        return volume.changed if key in state.streams else volume.rows

    def _seconds(self, job: Job, runs: tuple[StreamRun, ...]) -> float:
        if job.type is ConfigType.RESET:
            return self.timing.reset
        return self.timing.startup + sum(run.seconds for run in runs)

    def _failure(self, job: Job) -> Failure | None:
        if job.type is not ConfigType.RESET:
            connection = self.world.connection(job.connection_id)
            for side in ("source", "destination"):
                refused = self.world.verdict(self.world.actors[connection[f"{side}Id"]])
                if refused:
                    return Failure(refused, "config_error", side, after=0.1)
        planned = self.failures.get(job.connection_id)
        return planned.popleft() if planned else None

    def _end_attempt(self, workflow: Workflow, job: Job) -> None:
        attempt = job.attempts[-1]
        failure = attempt.failure
        if failure is None:
            self._finish(workflow, JobStatus.SUCCEEDED, None)
        elif failure.retryable and len(job.attempts) < self.timing.attempts:
            attempt.ended = job.updated = self._now
            job.status = JobStatus.INCOMPLETE
            job.retry_at = self._now + self.timing.backoff[len(job.attempts) - 1]
        else:
            self._finish(workflow, JobStatus.FAILED, failure)

    def _finish(self, workflow: Workflow, status: JobStatus, failure: Failure | None) -> None:
        job = workflow.active
        if job is None:
            return
        job.end(status, self._now, failure)
        if status is JobStatus.SUCCEEDED:
            self._keep(workflow, job)
        workflow.active, workflow.idle_since = None, self._now

    def _keep(self, workflow: Workflow, job: Job) -> None:
        state = self.world.states.setdefault(job.connection_id, SyncState())
        if job.type is ConfigType.RESET:
            workflow.to_reset -= set(job.streams)
            for key in job.streams:
                state.streams.pop(key, None)
            return
        if job.type is ConfigType.REFRESH:
            workflow.to_refresh.clear()
        state.type = "stream" if state.type == "not_set" else state.type
        incremental = _incremental(self.world.connection(job.connection_id))
        for key in job.streams:
            if key in incremental:
                state.streams[key] = {"cursor": int(self._now)}

    def _cancel(self, workflow: Workflow, *, keep_resets: bool) -> None:
        job = workflow.active
        if job and job.type is ConfigType.RESET and not keep_resets:
            workflow.to_reset.clear()
        self._finish(workflow, JobStatus.CANCELLED, _CANCELLED)


def _incremental(connection: Mapping[str, Any]) -> set[StreamKey]:
    return {
        (entry["stream"]["name"], entry["stream"].get("namespace"))
        for entry in connection["syncCatalog"]["streams"]
        if entry["config"].get("syncMode") == "incremental"
    }
