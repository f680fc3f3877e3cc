"""What Airbyte is asked for while something is observed. Without Airbyte, or where it fails: said.

Reads only. An outage of Airbyte must not stop a prediction or an apply from being told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError, NotFound
from bot.lifecycle.backfill import cost, last_full
from bot.model.airbyte import Connection, Job, JobKind, JobStatus, Progress, StreamStatus

log = structlog.get_logger(__name__)

NOT_CONFIGURED = "no Airbyte is configured (LOTUS_AIRBYTE_URL)"
_LOOK_BACK = 100  # jobs; half of Airbyte's own page
_STATUSES = 3  # syncs whose streams are asked for


@dataclass(frozen=True, slots=True)
class ConnectionSeen:
    """A connection's jobs since a time and before; `problem` says why they are not known.

    `statuses`: the streams of its newest syncs that succeeded; () where Airbyte does not answer.
    """

    connection: Connection | None = None
    jobs: tuple[Job, ...] = ()
    earlier: tuple[Job, ...] = ()
    statuses: tuple[StreamStatus, ...] = ()
    moving: Progress | None = None
    problem: str = ""


class AirbyteReader:
    """`client` None: no Airbyte is configured."""

    def __init__(self, client: AirbyteClient | None) -> None:
        self._client = client

    @property
    def client(self) -> AirbyteClient | None:
        """Airbyte itself, for what is done and for whole lists."""
        return self._client

    async def connection(
        self, connection_id: str, since: datetime, workspace_id: str = ""
    ) -> ConnectionSeen:
        """What happened to a connection since then, and what moves now.

        Without `workspace_id` its streams are not asked for.
        """
        if self._client is None:
            return ConnectionSeen(problem=NOT_CONFIGURED)
        try:
            seen = await self._jobs(self._client, connection_id, since)
        except NotFound:
            return ConnectionSeen(problem=f"Airbyte has no connection {connection_id}")
        except ClientError as error:
            return ConnectionSeen(problem=str(error))
        return replace(
            seen,
            statuses=await self._statuses(self._client, seen, workspace_id),
            moving=await self._moving(self._client, seen),
        )

    async def cost(self, connection_id: str) -> str:
        """What its last whole sync took, in words; "" where that is not known."""
        if self._client is None:
            return ""
        try:
            connection = await self._client.connection(connection_id)
            jobs = await self._client.latest_jobs(connection_id, _LOOK_BACK)
        except ClientError as error:
            log.info("cost unknown", reason=str(error))
            return ""
        return cost(last_full(jobs, connection, whole=len(jobs) < _LOOK_BACK))

    async def _jobs(
        self, client: AirbyteClient, connection_id: str, since: datetime
    ) -> ConnectionSeen:
        connection = await client.connection(connection_id)
        jobs = await client.latest_jobs(connection_id, _LOOK_BACK)
        begin = since.replace(microsecond=0)
        if len(jobs) == _LOOK_BACK and jobs[-1].created >= begin:
            jobs = await client.jobs(connection_id, since=begin)
        return ConnectionSeen(
            connection,
            jobs=tuple(job for job in jobs if job.created >= begin),
            earlier=tuple(job for job in jobs if job.created < begin),
        )

    async def _statuses(
        self, client: AirbyteClient, seen: ConnectionSeen, workspace_id: str
    ) -> tuple[StreamStatus, ...]:
        """Where Airbyte does not tell, a sync that succeeded is taken at its word."""
        done = [j for j in seen.jobs if j.kind is JobKind.SYNC and j.status is JobStatus.SUCCEEDED]
        rows: list[StreamStatus] = []
        for job in done[:_STATUSES] if workspace_id else ():
            try:
                rows += await client.stream_statuses(workspace_id, job.id)
            except ClientError as error:
                log.info("streams unknown", job=job.id, reason=str(error))
        return tuple(rows)

    async def _moving(self, client: AirbyteClient, seen: ConnectionSeen) -> Progress | None:
        if not seen.jobs or seen.jobs[0].status.terminal or seen.jobs[0].kind.clears:
            return None
        try:
            return await client.progress(seen.jobs[0].connection_id)
        except ClientError as error:
            log.info("progress unknown", reason=str(error))
            return None
