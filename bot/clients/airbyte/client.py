"""What the bot asks of Airbyte: one method a question. An edge: it decides nothing.

Config API, by `facts/airbyte.md` and `facts/airbyte-api.md`. Lists are read to their end. What
starts a job is sent once, and where the answer is lost the job is looked for instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import aiohttp

from bot.clients.airbyte import decode
from bot.clients.airbyte.transport import SYSTEM, Credentials, TimeLimits, Transport
from bot.clients.clock import Clock
from bot.clients.errors import Conflict, NotFound, Unavailable, Unintelligible
from bot.model.airbyte import (
    Actor,
    ActorKind,
    Check,
    Connection,
    Job,
    JobKind,
    Progress,
    StreamStatus,
    SyncState,
    Workspace,
)

_JOBS_PAGE = 200
_ACTORS_PAGE = 100
_STATUSES_PAGE = 500
_FOLLOWED = (JobKind.SYNC, JobKind.RESET, JobKind.CLEAR, JobKind.REFRESH)
_LIMITS = TimeLimits()
_T = TypeVar("_T")


class AirbyteClient:
    """Airbyte at one address. The session is the caller's, and stays open."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        credentials: Credentials,
        clock: Clock,
        limits: TimeLimits = _LIMITS,
    ) -> None:
        self._transport = Transport(session, base_url, credentials, clock, limits)
        self._limits = limits

    # Where am I

    async def version(self) -> str:
        """Airbyte's version as it calls itself, "" where it does not say."""
        answer = await self._transport.get("instance_configuration", self._limits.read)
        return _decoded("instance_configuration", lambda b: str(b.get("version") or ""), answer)

    async def workspaces(self) -> tuple[Workspace, ...]:
        """The workspaces that these credentials see, in every version."""
        path = "workspaces/list_by_organization_id"
        try:
            instance = await self._transport.get("instance_configuration", self._limits.read)
            organization = _decoded(path, lambda b: b.get("defaultOrganizationId"), instance)
            if not organization:
                raise NotFound(SYSTEM, f"{path}: this version names no organization", 404)
            answer = await self._read(path, {"organizationId": organization})
        except NotFound:
            path = "workspaces/list"
            answer = await self._read(path, {})
        return _each(path, decode.workspace, answer, "workspaces")

    # Connections, sources, destinations

    async def connections(self, workspace_id: str) -> tuple[Connection, ...]:
        """All connections that stand; deleted ones are not among them."""
        path = "connections/list"
        answer = await self._read(path, {"workspaceId": workspace_id})
        found = _each(path, decode.connection, answer, "connections")
        return tuple(connection for connection in found if not connection.deleted)

    async def deleted_connections(self, workspace_id: str) -> tuple[Connection, ...]:
        """The deleted ones, whose sync state can still be read."""
        path = "connections/list_all"
        answer = await self._read(path, {"workspaceId": workspace_id})
        found = _each(path, decode.connection, answer, "connections")
        return tuple(connection for connection in found if connection.deleted)

    async def connection(self, connection_id: str) -> Connection:
        """One connection, a deleted one too (`deleted`); `NotFound` if there never was one."""
        path = "connections/get"
        return _decoded(
            path, decode.connection, await self._read(path, {"connectionId": connection_id})
        )

    async def sources(self, workspace_id: str) -> tuple[Actor, ...]:
        """All sources that stand, all pages."""
        return await self._actors(ActorKind.SOURCE, workspace_id)

    async def destinations(self, workspace_id: str) -> tuple[Actor, ...]:
        """All destinations that stand, all pages."""
        return await self._actors(ActorKind.DESTINATION, workspace_id)

    async def _actors(self, kind: ActorKind, workspace_id: str) -> tuple[Actor, ...]:
        """From v1.8 on the list has 20 items a page; before, it is whole and says no page size.

        `num_connections` is how many sources or destinations there are on all pages (so in
        Airbyte's SourceHandler, whatever its name): a list that is shorter is an error, no list.
        """
        path = f"{kind}s/list"
        body: dict[str, Any] = {"workspaceId": workspace_id}
        found: dict[str, Actor] = {}
        promised = 0
        while True:
            answer = await self._read(path, body)
            page = _each(path, lambda read: decode.actor(kind, read), answer, f"{kind}s")
            fresh = {actor.id: actor for actor in page if actor.id not in found}
            found |= fresh
            if "cursor" not in body:
                promised = _decoded(path, _promised, answer)
            if "page_size" not in answer or not page:
                break
            if not fresh:
                raise Unintelligible(SYSTEM, f"{path}: the same page again, the list has no end")
            body |= {"cursor": page[-1].id, "pageSize": _ACTORS_PAGE}
        if len(found) < promised:
            raise Unintelligible(SYSTEM, f"{path}: {len(found)} of {promised}, the list is short")
        return tuple(found.values())

    async def check(self, kind: ActorKind, actor_id: str) -> Check:
        """Whether Airbyte gets through with what the source or destination is configured with."""
        path = f"{kind}s/check_connection"
        body = {f"{kind}Id": actor_id}
        return _decoded(
            path, decode.check, await self._transport.post(path, body, self._limits.check)
        )

    async def delete_connection(self, connection_id: str) -> None:
        """Delete a connection (softly: it then answers as deprecated)."""
        await self._act("connections/delete", {"connectionId": connection_id})

    async def delete_actor(self, kind: ActorKind, actor_id: str) -> None:
        """Delete a source or destination, and with it its connections."""
        await self._act(f"{kind}s/delete", {f"{kind}Id": actor_id})

    # Jobs

    async def jobs(
        self,
        connection_id: str,
        *,
        since: datetime | None = None,
        kinds: Sequence[JobKind] = _FOLLOWED,
    ) -> tuple[Job, ...]:
        """The connection's jobs created at `since` or later, newest first, with their attempts."""
        found: dict[int, Job] = {}
        async for job in self._newest_first(connection_id, kinds):
            if since is not None and job.created < since.replace(microsecond=0):
                break
            found[job.id] = job
        return tuple(found.values())

    async def latest_jobs(
        self, connection_id: str, count: int, kinds: Sequence[JobKind] = _FOLLOWED
    ) -> tuple[Job, ...]:
        """The connection's `count` newest jobs, newest first."""
        found: dict[int, Job] = {}
        async for job in self._newest_first(connection_id, kinds):
            if len(found) >= count:
                break
            found[job.id] = job
        return tuple(found.values())

    async def _newest_first(
        self, connection_id: str, kinds: Sequence[JobKind]
    ) -> AsyncIterator[Job]:
        path, offset = "jobs/list", 0
        while True:
            answer = await self._read(
                path,
                {
                    "configTypes": [kind.value for kind in kinds],
                    "configId": connection_id,
                    "pagination": {"pageSize": _JOBS_PAGE, "rowOffset": offset},
                },
            )
            page = _each(path, decode.job, answer, "jobs")
            for job in page:
                yield job
            offset += _JOBS_PAGE
            if len(page) < _JOBS_PAGE:
                return

    async def job(self, job_id: int) -> Job:
        """One job with its attempts and rows; `NotFound` where it vanished."""
        path = "jobs/get_without_logs"
        return _decoded(path, decode.job, await self._read(path, {"id": job_id}))

    async def progress(self, connection_id: str) -> Progress:
        """What moves right now, per stream."""
        path = "connections/sync_progress"
        return _decoded(
            path, decode.progress, await self._read(path, {"connectionId": connection_id})
        )

    async def stream_statuses(self, workspace_id: str, job_id: int) -> tuple[StreamStatus, ...]:
        """All rows of one job, in no order (`bot.model.airbyte.latest_states`)."""
        path, offset = "stream_statuses/list", 0
        rows: list[StreamStatus] = []
        while True:
            page = {"pageSize": _STATUSES_PAGE, "rowOffset": offset}
            answer = await self._read(
                path, {"workspaceId": workspace_id, "jobId": job_id, "pagination": page}
            )
            read = _each(path, decode.stream_status, answer, "streamStatuses")
            rows += [row for row in read if row.job_id == job_id]
            offset += _STATUSES_PAGE
            if len(read) < _STATUSES_PAGE:
                return tuple(rows)

    async def cancel(self, job_id: int) -> Job:
        """Cancel what this job's connection runs NOW, which may be another job than this one."""
        path = "jobs/cancel"
        return _decoded(path, decode.job, await self._act(path, {"id": job_id}))

    async def sync(self, connection_id: str) -> Job:
        """Start a sync by hand; `Conflict` where one runs. Sent once, never again."""
        return await self._start("connections/sync", connection_id, (JobKind.SYNC,))

    async def reset(self, connection_id: str) -> Job:
        """Reset all streams: it cancels a running sync. Sent once, never again.

        Nothing in the bot does this of its own accord; it is for a person's explicit command.
        """
        return await self._start("connections/reset", connection_id, (JobKind.RESET, JobKind.CLEAR))

    async def _start(self, path: str, connection_id: str, kinds: Sequence[JobKind]) -> Job:
        """POST once. Where the answer is lost or an error, a job that is new is the answer."""
        before = await self.latest_jobs(connection_id, 1)
        try:
            answer = await self._act(path, {"connectionId": connection_id})
            return _decoded(path, decode.job, answer)
        except (Unavailable, Conflict, Unintelligible) as error:
            known = before[0].id if before else 0
            after = await self.latest_jobs(connection_id, 1, kinds)
            if after and after[0].id > known:
                return after[0]
            raise error

    # Sync state

    async def sync_state(self, connection_id: str) -> SyncState:
        """What the connection remembers; that of a deleted one can be read as well."""
        path = "state/get"
        return _decoded(
            path, decode.sync_state, await self._read(path, {"connectionId": connection_id})
        )

    async def put_sync_state(self, connection_id: str, document: Mapping[str, Any]) -> SyncState:
        """Give the connection this state, per stream; `Conflict` while a sync runs."""
        path = "state/create_or_update_safe"
        state = {**document, "connectionId": connection_id}
        body = {"connectionId": connection_id, "connectionState": state}
        return _decoded(path, decode.sync_state, await self._act(path, body))

    # Calls

    async def _read(self, path: str, body: Mapping[str, Any]) -> Any:
        return await self._transport.post(path, body, self._limits.read)

    async def _act(self, path: str, body: Mapping[str, Any]) -> Any:
        return await self._transport.post(path, body, self._limits.act)


def _promised(answer: Mapping[str, Any]) -> int:
    return int(answer.get("num_connections") or 0)


def _decoded(path: str, decoder: Callable[[Any], _T], body: Any) -> _T:
    try:
        return decoder(body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        # The type alone: the error's own text may quote the body.
        reason = type(error).__name__
        raise Unintelligible(SYSTEM, f"{path}: an answer in another shape ({reason})") from None


def _each(path: str, decoder: Callable[[Any], _T], body: Any, key: str) -> tuple[_T, ...]:
    return _decoded(path, lambda answer: tuple(decoder(item) for item in answer[key]), body)
