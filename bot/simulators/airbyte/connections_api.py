"""The Config API's connections: the objects, what can be asked of them, and their sync state.

Handlers: a request's JSON in, the answer's JSON out (None is 204). No HTTP in here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.simulators.airbyte.jobs import ConfigType, Job, StreamKey
from bot.simulators.airbyte.refusals import Refusal, need
from bot.simulators.airbyte.views import Json, descriptors, job_info
from bot.simulators.airbyte.workflow import Workflows
from bot.simulators.airbyte.world import SyncState, World

Handler = Callable[[Json], Awaitable[Any]]


class Time(Protocol):
    """Simulated time, in seconds since the epoch."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class ConnectionsApi:
    """Connections. Calls that begin a job wait for its row, as Airbyte's do."""

    # A hanging call looks again at least this often (simulated seconds): others may change things.
    _GLANCE = 5.0

    def __init__(self, world: World, workflows: Workflows, time: Time) -> None:
        self._world = world
        self._workflows = workflows
        self._time = time

    def routes(self) -> dict[str, Handler]:
        """Path below `/api/v1/` -> handler."""
        return {
            "connections/list": self._list,
            "connections/list_all": self._list_all,
            "connections/get": self._get,
            "connections/create": self._create,
            "connections/update": self._update,
            "connections/delete": self._delete,
            "connections/reset": self._reset,
            "connections/reset/stream": self._reset,
            "connections/clear": self._reset,
            "connections/clear/stream": self._reset,
            "connections/sync": self._sync,
            "connections/refresh": self._refresh,
            "state/get": self._get_state,
            "state/create_or_update": self._put_state,
            "state/create_or_update_safe": self._put_state_safely,
        }

    async def _list(self, body: Json) -> Json:
        return {"connections": self._listed(body, deleted=False)}

    async def _list_all(self, body: Json) -> Json:
        return {"connections": self._listed(body, deleted=True)}

    def _listed(self, body: Json, *, deleted: bool) -> list[Json]:
        (workspace_id,) = need(body, "workspaceId")
        self._world.workspace(workspace_id)
        return self._world.connections_of(workspace_id, deleted=deleted)

    async def _get(self, body: Json) -> Json:
        return self._world.connection(*need(body, "connectionId"))

    async def _create(self, body: Json) -> Json:
        need(body, "sourceId", "destinationId", "status")
        connection = self._world.add_connection(body, self._time.now())
        self._workflows.watch(connection["connectionId"])
        return connection

    async def _update(self, body: Json) -> Json:
        need(body, "connectionId")
        return self._world.update_connection(body)

    async def _delete(self, body: Json) -> None:
        self.delete(*need(body, "connectionId"))

    def delete(self, connection_id: str) -> None:
        """Deprecate a connection; what it runs is cancelled, its state stays."""
        connection = self._world.connection(connection_id)
        self._workflows.cancel(connection_id)
        connection["status"] = "deprecated"

    # What runs

    async def _reset(self, body: Json) -> Json:
        (connection_id,) = need(body, "connectionId")
        return job_info(await self.reset(connection_id, _streams(body)), self._time.now())

    async def reset(self, connection_id: str, streams: list[StreamKey]) -> Job:
        """Ask for a reset and wait until the connection has another job than before."""
        before = self._workflows.latest(connection_id)
        self._workflows.reset(connection_id, streams)
        while True:
            latest = self._workflows.latest(connection_id)
            if latest is not None and (before is None or latest.id != before.id):
                return latest
            await self._until_something_happens()

    async def _until_something_happens(self) -> None:
        event = self._workflows.next_event()
        wait = self._GLANCE if event is None else event - self._time.now()
        await self._time.sleep(min(max(wait, 0.01), self._GLANCE))
        self._workflows.advance(self._time.now())

    async def _sync(self, body: Json) -> Json:
        (connection_id,) = need(body, "connectionId")
        return job_info(self._workflows.sync(connection_id), self._time.now())

    async def _refresh(self, body: Json) -> Any:
        connection_id, _ = need(body, "connectionId", "refreshMode")
        job = self._workflows.refresh(connection_id, _streams(body))
        if not self._world.version.answers_refresh_with_job:
            return job is not None
        return job_info(job, self._time.now()) if job else {}

    # Sync state

    async def _get_state(self, body: Json) -> Json:
        (connection_id,) = need(body, "connectionId")
        return _state_read(connection_id, self._world.states.get(connection_id, SyncState()))

    async def _put_state_safely(self, body: Json) -> Json:
        (connection_id,) = need(body, "connectionId")
        job = self._workflows.active(connection_id)
        if job and job.type is not ConfigType.RESET:
            raise Refusal(423, "The state cannot be changed while a sync or refresh runs")
        return await self._put_state(body)

    async def _put_state(self, body: Json) -> Json:
        connection_id, sent = need(body, "connectionId", "connectionState")
        self._world.connection(connection_id)
        state = self._world.states.setdefault(connection_id, SyncState())
        _store_state(state, sent)
        return _state_read(connection_id, state)


def _streams(body: Json) -> list[StreamKey]:
    streams = body.get("streams") or []
    return [(one["streamName"], one.get("streamNamespace")) for one in streams]


def _state_read(connection_id: str, state: SyncState) -> Json:
    shown: Json = {"stateType": state.type, "connectionId": connection_id}
    rows = [
        {"streamDescriptor": one, "streamState": value}
        for one, value in zip(descriptors(state.streams), state.streams.values(), strict=True)
    ]
    if state.type == "stream":
        shown["streamState"] = rows
    elif state.type == "global":
        shown["globalState"] = {"shared_state": state.shared, "streamStates": rows}
    elif state.type == "legacy":
        shown["state"] = state.legacy
    return shown


def _store_state(state: SyncState, sent: Json) -> None:
    kind = sent["stateType"]
    if kind == "not_set":
        return
    if state.type not in ("not_set", "legacy", kind):
        raise Refusal(500, f"The state type cannot change from {state.type} to {kind}")
    state.type = kind
    state.legacy = sent.get("state") if kind == "legacy" else None
    rows = sent.get("streamState") or []
    if kind == "global":
        state.shared = sent["globalState"].get("shared_state")
        rows = sent["globalState"].get("streamStates") or []
    for row in rows:
        key = (row["streamDescriptor"]["name"], row["streamDescriptor"].get("namespace"))
        if row.get("streamState") is None:
            state.streams.pop(key, None)
        else:
            state.streams[key] = row["streamState"]
