"""What Airbyte is asked for while something is observed. Without Airbyte, or where it fails: said.

Reads only. An outage of Airbyte must not stop a prediction or an apply from being told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError, NotFound
from bot.model.airbyte import Connection, Job, JobKind, JobStatus, StreamStatus
from bot.render.comment import count, duration

log = structlog.get_logger(__name__)

_LOOK_BACK = 50


@dataclass(frozen=True, slots=True)
class ConnectionSeen:
    """A connection's jobs since a time; `problem` says why they are not known."""

    connection: Connection | None = None
    jobs: tuple[Job, ...] = ()
    statuses: tuple[StreamStatus, ...] = ()
    problem: str = ""


class AirbyteReader:
    """`client` None: no Airbyte is configured."""

    def __init__(self, client: AirbyteClient | None) -> None:
        self._client = client

    @property
    def client(self) -> AirbyteClient | None:
        """Airbyte itself, for what is done and for whole lists."""
        return self._client

    async def connection(self, connection_id: str, since: datetime) -> ConnectionSeen:
        """What happened to a connection since then."""
        if self._client is None:
            return ConnectionSeen(problem="no Airbyte is configured (LOTUS_AIRBYTE_URL)")
        try:
            connection = await self._client.connection(connection_id)
            jobs = await self._client.jobs(connection_id, since=since)
        except NotFound:
            return ConnectionSeen(problem=f"Airbyte has no connection {connection_id}")
        except ClientError as error:
            return ConnectionSeen(problem=str(error))
        return ConnectionSeen(connection, jobs)

    async def cost(self, connection_id: str) -> str:
        """What its last whole sync took, in words; "" where that is not known."""
        if self._client is None:
            return ""
        try:
            jobs = await self._client.latest_jobs(connection_id, _LOOK_BACK)
        except ClientError as error:
            log.info("cost unknown", reason=str(error))
            return ""
        whole = _whole(jobs)
        if whole is None:
            return ""
        took = duration((whole.updated - (whole.started or whole.created)).total_seconds())
        rows = f" and read {count(whole.records)} rows" if whole.records is not None else ""
        return f"Its last full sync took {took}{rows}."


def _whole(jobs: tuple[Job, ...]) -> Job | None:
    """The newest sync that read everything: the first one after a reset, else the oldest known."""
    done = [j for j in jobs if j.kind is JobKind.SYNC and j.status is JobStatus.SUCCEEDED]
    for job in done:
        before = [other for other in jobs if other.id < job.id]
        if before and before[0].kind.clears:
            return job
    return done[-1] if done and len(jobs) < _LOOK_BACK else None
