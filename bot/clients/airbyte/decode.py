"""Airbyte's JSON into `bot.model.airbyte`. Pure; `facts/airbyte-api.md` gives the shapes.

Raises KeyError, TypeError or ValueError for what is not there; the client turns those into
`Nonsense`. Words of newer versions become UNKNOWN or OTHER, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from bot.model.airbyte import (
    Actor,
    ActorKind,
    Attempt,
    Check,
    CheckResult,
    Connection,
    Failure,
    Job,
    JobKind,
    JobStatus,
    Progress,
    RunState,
    Schedule,
    ScheduleKind,
    StreamName,
    StreamRows,
    StreamStatus,
    SyncState,
    Workspace,
)

Json = Mapping[str, Any]
_UNITS = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800, "months": 2592000}
_MILLISECONDS = 10**11
_Word = TypeVar("_Word", bound=StrEnum)


def job(entry: Json) -> Job:
    """A job from `{job, attempts}`, whichever way the endpoint wraps its attempts."""
    read: Json = entry["job"]
    stats = read.get("aggregatedStats") or {}
    return Job(
        id=int(read["id"]),
        connection_id=str(read["configId"]),
        kind=_word(JobKind, read["configType"], JobKind.OTHER),
        status=_word(JobStatus, read["status"], JobStatus.UNKNOWN),
        created=_moment(read["createdAt"]),
        updated=_moment(read["updatedAt"]),
        started=_maybe_moment(read.get("startedAt")),
        streams=_streams(read),
        records=_maybe_int(stats.get("recordsCommitted")),
        bytes=_maybe_int(stats.get("bytesCommitted")),
        rows=tuple(map(_committed, read.get("streamAggregatedStats") or ())),
        attempts=tuple(_attempt(one.get("attempt", one)) for one in entry.get("attempts") or ()),
    )


def _streams(read: Json) -> tuple[StreamName, ...]:
    """What it resets, refreshes, or else all that is enabled."""
    for config, key in (("resetConfig", "streamsToReset"), ("refreshConfig", "streamsToRefresh")):
        if streams := (read.get(config) or {}).get(key):
            return tuple(_descriptor(one) for one in streams)
    return tuple(_descriptor(one) for one in read.get("enabledStreams") or ())


def _attempt(read: Json) -> Attempt:
    failures = (read.get("failureSummary") or {}).get("failures") or ()
    return Attempt(
        number=int(read["id"]),
        status=str(read["status"]),
        created=_moment(read["createdAt"]),
        ended=_maybe_moment(read.get("endedAt")),
        records=_maybe_int(read.get("recordsSynced")),
        bytes=_maybe_int(read.get("bytesSynced")),
        failures=tuple(map(_failure, failures)),
    )


def _failure(read: Json) -> Failure:
    """Only what is meant for users: internal messages and stack traces stay behind."""
    return Failure(
        message=str(read.get("externalMessage") or ""),
        type=str(read.get("failureType") or ""),
        origin=str(read.get("failureOrigin") or ""),
    )


def _committed(read: Json) -> StreamRows:
    return _rows(read, "recordsCommitted", "bytesCommitted")


def _rows(read: Json, records: str, size: str) -> StreamRows:
    return StreamRows(_stream(read), int(read.get(records) or 0), int(read.get(size) or 0))


def stream_status(read: Json) -> StreamStatus:
    """A row of `stream_statuses/list`."""
    return StreamStatus(
        stream=_stream(read),
        job_id=int(read["jobId"]),
        attempt=int(read["attemptNumber"]),
        state=_word(RunState, read["runState"], RunState.UNKNOWN),
        cause=str(read.get("incompleteRunCause") or ""),
        at=_maybe_moment(read.get("transitionedAt")),
    )


def progress(read: Json) -> Progress:
    """`connections/sync_progress`; where nothing runs it has no `configType`."""
    kind = read.get("configType")
    return Progress(
        connection_id=str(read["connectionId"]),
        job_id=_maybe_int(read.get("jobId")),
        kind=_word(JobKind, kind, JobKind.OTHER) if kind else None,
        started=_maybe_moment(read.get("syncStartedAt")),
        records=int(read.get("recordsEmitted") or 0),
        bytes=int(read.get("bytesEmitted") or 0),
        streams=tuple(
            _rows(one, "recordsEmitted", "bytesEmitted") for one in read.get("streams") or ()
        ),
    )


def connection(read: Json) -> Connection:
    """ConnectionRead."""
    catalog = read.get("syncCatalog") or {}
    return Connection(
        id=str(read["connectionId"]),
        name=str(read.get("name") or ""),
        source_id=str(read["sourceId"]),
        destination_id=str(read["destinationId"]),
        status=str(read["status"]),
        schedule=_schedule(read),
        created=_maybe_moment(read.get("created_at")),
        streams=tuple(_descriptor(one["stream"]) for one in catalog.get("streams") or ()),
        catalog=catalog,
        document=read,
    )


def _schedule(read: Json) -> Schedule:
    data = read.get("scheduleData") or {}
    if cron := data.get("cron"):
        zone = str(cron.get("cronTimeZone") or "UTC")
        return Schedule(ScheduleKind.CRON, cron=str(cron["cronExpression"]), zone=zone)
    basic = data.get("basicSchedule")
    if basic and read.get("scheduleType") != "manual":
        seconds = int(basic["units"]) * _UNITS[basic["timeUnit"]]
        return Schedule(ScheduleKind.BASIC, seconds=seconds)
    return Schedule()


def actor(kind: ActorKind, read: Json) -> Actor:
    """SourceRead or DestinationRead."""
    return Actor(
        kind=kind,
        id=str(read[f"{kind}Id"]),
        name=str(read["name"]),
        workspace_id=str(read["workspaceId"]),
        created=_maybe_moment(read.get("createdAt")),
        configuration=read.get("connectionConfiguration") or {},
        document=read,
    )


def check(read: Json) -> Check:
    """CheckConnectionRead. Without a status the check itself broke, whatever else is said."""
    status = read.get("status")
    if status == "succeeded":
        return Check(CheckResult.ACCEPTED)
    if status == "failed":
        return Check(CheckResult.REFUSED, str(read.get("message") or ""))
    return Check(CheckResult.BROKEN)


def sync_state(read: Json) -> SyncState:
    """`state/get`."""
    return SyncState(str(read["connectionId"]), str(read["stateType"]), read)


def workspace(read: Json) -> Workspace:
    """WorkspaceRead."""
    return Workspace(str(read["workspaceId"]), str(read.get("name") or ""))


def _stream(read: Json) -> StreamName:
    return StreamName(str(read["streamName"]), str(read.get("streamNamespace") or ""))


def _descriptor(read: Json) -> StreamName:
    return StreamName(str(read["name"]), str(read.get("namespace") or ""))


def _word(kind: type[_Word], text: Any, otherwise: _Word) -> _Word:
    try:
        return kind(text)
    except ValueError:
        return otherwise


def _moment(value: Any) -> datetime:
    """Epoch seconds, or milliseconds where the number is too big for seconds."""
    number = float(value)
    return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)


def _maybe_moment(value: Any) -> datetime | None:
    return None if value is None else _moment(value)


def _maybe_int(value: Any) -> int | None:
    return None if value is None else int(value)
