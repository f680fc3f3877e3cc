"""The Config API's jobs, their progress and the streams' statuses.

Handlers: a request's JSON in, the answer's JSON out. No HTTP in here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from bot.simulators.airbyte.jobs import ConfigType, Job, JobStatus
from bot.simulators.airbyte.refusals import Refusal, need
from bot.simulators.airbyte.views import (
    Json,
    descriptor,
    job_info,
    job_read,
    stream_statuses,
    sync_progress,
    with_attempts,
)
from bot.simulators.airbyte.workflow import Workflows
from bot.simulators.airbyte.world import World

Handler = Callable[[Json], Awaitable[Any]]
_PAGE_SIZE = 200


class JobsApi:
    """Jobs of all connections, newest first."""

    def __init__(self, world: World, workflows: Workflows, now: Callable[[], float]) -> None:
        self._world = world
        self._workflows = workflows
        self._now = now

    def routes(self) -> dict[str, Handler]:
        """Path below `/api/v1/` -> handler."""
        return {
            "jobs/list": self._list,
            "jobs/get": self._get,
            "jobs/get_light": self._get_light,
            "jobs/get_without_logs": self._get_without_logs,
            "jobs/cancel": self._cancel,
            "stream_statuses/list": self._stream_statuses,
            "connections/sync_progress": self._progress,
            "connections/status": self._connection_statuses,
            "connections/last_job_per_stream": self._last_job_per_stream,
            "state/last_job_per_stream": self._last_job_per_stream,
        }

    async def _list(self, body: Json) -> Json:
        (types,) = need(body, "configTypes")
        if not types:
            raise Refusal(500, "configTypes must not be empty")
        found = [job for job in reversed(self._workflows.jobs) if _wanted(job, body)]
        found = _ordered(found, body)
        page = body.get("pagination") or {}
        size = int(page.get("pageSize") or _PAGE_SIZE)
        start = int(page.get("rowOffset") or 0) // size * size
        if body.get("includingJobId"):
            places = [place for place, job in enumerate(found) if job.id == body["includingJobId"]]
            start = places[0] // size * size if places else start
        shown = [with_attempts(job, self._now()) for job in found[start : start + size]]
        return {"jobs": shown, "totalJobCount": len(found)}

    async def _get(self, body: Json) -> Json:
        return job_info(self._job(body), self._now())

    async def _get_light(self, body: Json) -> Json:
        return {"job": job_read(self._job(body), self._now(), stats=False)}

    async def _get_without_logs(self, body: Json) -> Json:
        return job_info(self._job(body), self._now(), stats=True)

    async def _cancel(self, body: Json) -> Json:
        job = self._job(body)
        self._workflows.cancel(job.connection_id)
        return job_info(job, self._now())

    def _job(self, body: Json) -> Job:
        return self._workflows.job(int(need(body, "id")[0]))

    async def _stream_statuses(self, body: Json) -> Json:
        workspace_id, page = need(body, "workspaceId", "pagination")
        size, offset = int(page.get("pageSize") or 0), int(page.get("rowOffset") or 0)
        if size <= 0 or offset % size:
            raise Refusal(400, "rowOffset must be a multiple of pageSize")
        rows = [
            row
            for job in self._jobs_of_statuses(body)
            for row in stream_statuses(job, workspace_id, self._now())
            if _matches(row, body)
        ]
        # Airbyte gives no order; the ids are as good as none.
        rows.sort(key=lambda row: str(row["id"]))
        return {"streamStatuses": rows[offset : offset + size]}

    def _jobs_of_statuses(self, body: Json) -> list[Job]:
        connection, job_id = body.get("connectionId"), body.get("jobId")
        return [
            job
            for job in self._workflows.jobs
            if connection in (None, job.connection_id) and job_id in (None, job.id)
        ]

    async def _progress(self, body: Json) -> Json:
        (connection_id,) = need(body, "connectionId")
        self._world.connection(connection_id)
        return sync_progress(connection_id, self._workflows.active(connection_id), self._now())

    async def _connection_statuses(self, body: Json) -> list[Json]:
        (ids,) = need(body, "connectionIds")
        return [self._connection_status(one) for one in ids]

    def _connection_status(self, connection_id: str) -> Json:
        connection = self._world.connection(connection_id)
        jobs = [j for j in self._workflows.jobs if j.connection_id == connection_id]
        syncs = [job for job in jobs if job.type is not ConfigType.RESET]
        done = [job for job in syncs if job.status is JobStatus.SUCCEEDED]
        shown: Json = {
            "connectionId": connection_id,
            "connectionSyncStatus": _sync_status(connection["status"], jobs),
            "scheduleData": connection.get("scheduleData"),
            "lastSuccessfulSync": int(done[-1].updated) if done else None,
            "lastSyncJobId": syncs[-1].id if syncs else None,
            "lastSyncJobCreatedAt": int(syncs[-1].created) if syncs else None,
        }
        active = self._workflows.active(connection_id)
        if active:
            shown["activeJob"] = job_read(active, self._now(), stats=False)
        return {key: value for key, value in shown.items() if value is not None}

    async def _last_job_per_stream(self, body: Json) -> list[Json]:
        (connection_id,) = need(body, "connectionId")
        latest: dict[Any, Json] = {}
        for job in self._workflows.jobs:
            if job.connection_id == connection_id:
                for key in job.streams:
                    named = descriptor(key, "streamName", "streamNamespace")
                    latest[key] = {
                        **named,
                        "jobId": job.id,
                        "configType": job.type.value,
                        "jobStatus": job.status.value,
                    }
        return list(latest.values())


def _wanted(job: Job, body: Json) -> bool:
    if job.type.value not in body["configTypes"] or body.get("configId") not in (
        None,
        job.connection_id,
    ):
        return False
    if body.get("statuses") and job.status.value not in body["statuses"]:
        return False
    return all(
        _within(getattr(job, name), body.get(f"{name}AtStart"), body.get(f"{name}AtEnd"))
        for name in ("created", "updated")
    )


def _within(moment: float, start: str | None, end: str | None) -> bool:
    return (start is None or moment >= _seconds(start)) and (end is None or moment <= _seconds(end))


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _ordered(jobs: list[Job], body: Json) -> list[Job]:
    by, method = body.get("orderByField"), body.get("orderByMethod")
    if not (by and method):
        return jobs
    attribute = {"createdAt": "created", "updatedAt": "updated"}[by]
    return sorted(jobs, key=lambda j: (getattr(j, attribute), j.id), reverse=method == "DESC")


def _matches(row: Json, body: Json) -> bool:
    names = ("jobId", "jobType", "attemptNumber", "streamName", "streamNamespace")
    return all(body.get(name) in (None, row.get(name)) for name in names)


def _sync_status(status: str, jobs: list[Job]) -> str:
    if status != "active":
        return "paused"
    if not jobs:
        return "pending"
    last = jobs[-1]
    if not last.status.terminal:
        return "incomplete" if last.status is JobStatus.INCOMPLETE else "running"
    if last.type is ConfigType.RESET:
        return "pending"
    return "synced" if last.status is JobStatus.SUCCEEDED else "failed"
