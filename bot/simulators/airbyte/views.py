"""Jobs as the Config API shows them (`facts/airbyte-api.md`, sections 2 and 3). Pure.

Times are epoch seconds in jobs and attempts, milliseconds in failures and stream statuses.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from bot.simulators.airbyte.jobs import (
    Attempt,
    ConfigType,
    Failure,
    Job,
    JobStatus,
    StreamKey,
    StreamRun,
)

Json = dict[str, Any]
_FAILED, _CANCELED = "FAILED", "CANCELED"


def job_read(job: Job, now: float, *, stats: bool = True) -> Json:
    """JobRead; with the aggregated stats where the endpoint has them."""
    shown: Json = {
        "id": job.id,
        "configType": job.type.value,
        "configId": job.connection_id,
        "enabledStreams": descriptors(job.streams),
        "status": job.status.value,
        "createdAt": int(job.created),
        "updatedAt": int(_updated(job, now)),
    }
    if job.started is not None:
        shown["startedAt"] = int(job.started)
    if job.type is ConfigType.RESET:
        shown["resetConfig"] = {"streamsToReset": descriptors(job.streams)}
    if job.type is ConfigType.REFRESH:
        shown["refreshConfig"] = {"streamsToRefresh": descriptors(job.streams)}
    if stats and job.attempts:
        rows = [_stream_total(job, key, now) for key in job.streams]
        shown["aggregatedStats"] = _sum(rows)
        shown["streamAggregatedStats"] = rows
    return shown


def attempt_read(attempt: Attempt, now: float) -> Json:
    """AttemptRead."""
    runs = [_run_stats(attempt, run, now) for run in attempt.runs]
    total = _sum(runs)
    shown: Json = {
        "id": attempt.number,
        "status": attempt.status,
        "createdAt": int(attempt.started),
        "updatedAt": int(attempt.ended if attempt.ended is not None else now),
        "bytesSynced": total["bytesEmitted"],
        "recordsSynced": total["recordsEmitted"],
        "totalStats": total,
        "streamStats": [
            {**descriptor(run.key, "streamName", "streamNamespace"), "stats": stats}
            for run, stats in zip(attempt.runs, runs, strict=True)
        ],
    }
    if attempt.ended is not None:
        shown["endedAt"] = int(attempt.ended)
        if attempt.failure:
            failures = [failure_read(attempt.failure, attempt.ended)]
            shown["failureSummary"] = {"failures": failures, "partialSuccess": False}
    return shown


def with_attempts(job: Job, now: float) -> Json:
    """`{job, attempts:[AttemptRead]}`, as `jobs/list` has it."""
    return {
        "job": job_read(job, now),
        "attempts": [attempt_read(attempt, now) for attempt in job.attempts],
    }


def job_info(job: Job, now: float, *, stats: bool = False) -> Json:
    """JobInfoRead: the attempts are wrapped, and carry logs."""
    return {
        "job": job_read(job, now, stats=stats),
        "attempts": [
            {
                "attempt": attempt_read(attempt, now),
                "logType": "formatted",
                "logs": {"logLines": []},
            }
            for attempt in job.attempts
        ],
    }


def failure_read(failure: Failure, at: float) -> Json:
    """FailureReason."""
    return {
        "failureOrigin": failure.origin,
        "failureType": failure.type,
        "externalMessage": failure.message,
        "internalMessage": f"{failure.origin}: {failure.message}",
        "retryable": failure.retryable,
        "timestamp": int(at * 1000),
    }


def sync_progress(connection_id: str, job: Job | None, now: float) -> Json:
    """Live rows per stream; without a job nothing but the connection's id."""
    if job is None:
        return {"connectionId": connection_id, "streams": []}
    attempt = job.last
    runs = [(run, _run_stats(attempt, run, now)) for run in attempt.runs] if attempt else []
    return {
        "connectionId": connection_id,
        "jobId": job.id,
        "configType": job.type.value,
        "syncStartedAt": int(job.started if job.started is not None else job.created),
        **_sum([stats for _, stats in runs]),
        "streams": [
            {
                **descriptor(run.key, "streamName", "streamNamespace"),
                "configType": job.type.value,
                **stats,
            }
            for run, stats in runs
        ],
    }


def stream_statuses(job: Job, workspace_id: str, now: float) -> list[Json]:
    """One row per stream and attempt. A killed job leaves its rows at RUNNING."""
    return [
        _status(job, attempt, run, workspace_id, now)
        for attempt in job.attempts
        for run in attempt.runs
    ]


def descriptors(keys: Iterable[StreamKey]) -> list[Json]:
    """StreamDescriptors."""
    return [descriptor(key, "name", "namespace") for key in keys]


def descriptor(key: StreamKey, name: str, namespace: str) -> Json:
    """A stream under the property names that this place has; no namespace, no property."""
    return {name: key[0]} if key[1] is None else {name: key[0], namespace: key[1]}


def _updated(job: Job, now: float) -> float:
    return job.updated if job.status is not JobStatus.RUNNING else max(job.updated, now)


def _run_stats(attempt: Attempt, run: StreamRun, now: float) -> Json:
    elapsed = attempt.elapsed(now)
    rows = run.rows_at(elapsed)
    committed = rows if run.complete_at(elapsed) else 0
    size = run.volume.bytes_per_row
    return {
        "recordsEmitted": rows,
        "bytesEmitted": rows * size,
        "recordsCommitted": committed,
        "bytesCommitted": committed * size,
        "recordsRejected": 0,
    }


def _stream_total(job: Job, key: StreamKey, now: float) -> Json:
    stats = [
        _run_stats(attempt, run, now)
        for attempt in job.attempts
        for run in attempt.runs
        if run.key == key
    ]
    named = descriptor(key, "streamName", "streamNamespace")
    resumed = len(job.attempts) > 1
    return {**named, **_sum(stats), "wasBackfilled": False, "wasResumed": resumed}


def _sum(rows: list[Json]) -> Json:
    names = ("recordsEmitted", "bytesEmitted", "recordsCommitted", "bytesCommitted")
    return {name: sum(row[name] for row in rows) for name in (*names, "recordsRejected")}


def _status(job: Job, attempt: Attempt, run: StreamRun, workspace_id: str, now: float) -> Json:
    state, cause = _run_state(job, attempt, run, now)
    name = f"{job.id}/{attempt.number}/{run.key}"
    row: Json = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        "connectionId": job.connection_id,
        "workspaceId": workspace_id,
        "jobId": job.id,
        "attemptNumber": attempt.number,
        **descriptor(run.key, "streamName", "streamNamespace"),
        "jobType": "RESET" if job.type is ConfigType.RESET else "SYNC",
        "runState": state,
        "transitionedAt": int((attempt.started + min(attempt.elapsed(now), run.begins)) * 1000),
    }
    return {**row, "incompleteRunCause": cause} if cause else row


def _run_state(job: Job, attempt: Attempt, run: StreamRun, now: float) -> tuple[str, str]:
    elapsed = attempt.elapsed(now)
    if attempt.status == "succeeded" or (job.type is not ConfigType.RESET and _done(run, elapsed)):
        return "COMPLETE", ""
    if attempt.status == "failed" and not job.killed:
        return "INCOMPLETE", _CANCELED if attempt.cancelled else _FAILED
    return ("RUNNING" if elapsed >= run.begins or job.killed else "PENDING"), ""


def _done(run: StreamRun, elapsed: float) -> bool:
    return run.complete_at(elapsed)
