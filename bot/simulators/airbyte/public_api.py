"""The public API (`/api/public/v1`): jobs, connections, sources and destinations, workspaces.

REST over the same world; errors are problem objects. Held to its contract by Airbyte's own SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.simulators.airbyte.actors_api import ActorsApi
from bot.simulators.airbyte.connections_api import ConnectionsApi, Time
from bot.simulators.airbyte.jobs import ConfigType, Job
from bot.simulators.airbyte.public_writing import (
    MODES,
    actor_body,
    changed,
    connection_body,
    stream_properties,
)
from bot.simulators.airbyte.refusals import Refusal, need
from bot.simulators.airbyte.views import Json, job_read
from bot.simulators.airbyte.workflow import Workflows
from bot.simulators.airbyte.world import Actor, Kind, World, masked, merged, unmasked

_LIMIT, _MOST = 20, 100
_TYPES = {ConfigType.SYNC: "sync", ConfigType.RESET: "reset", ConfigType.REFRESH: "refresh"}


class PublicApi:
    """Routes below `/api/public/v1`."""

    def __init__(
        self,
        world: World,
        workflows: Workflows,
        connections: ConnectionsApi,
        actors: ActorsApi,
        time: Time,
    ) -> None:
        self._world = world
        self._workflows = workflows
        self._connections = connections
        self._actors = actors.routes()
        self._time = time

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        """Put the routes below `prefix`."""
        router.add_get(f"{prefix}/health", self._health)
        router.add_get(f"{prefix}/workspaces", self._list_workspaces)
        router.add_get(f"{prefix}/jobs", self._list_jobs)
        router.add_post(f"{prefix}/jobs", self._create_job)
        router.add_get(f"{prefix}/jobs/{{id}}", self._get_job)
        router.add_delete(f"{prefix}/jobs/{{id}}", self._cancel_job)
        router.add_get(f"{prefix}/connections", self._list_connections)
        router.add_post(f"{prefix}/connections", self._create_connection)
        router.add_get(f"{prefix}/connections/{{id}}", self._get_connection)
        router.add_patch(f"{prefix}/connections/{{id}}", self._patch_connection)
        router.add_get(f"{prefix}/streams", self._streams)
        router.add_delete(f"{prefix}/connections/{{id}}", self._delete_connection)
        kinds: tuple[Kind, ...] = ("source", "destination")
        for kind in kinds:
            self._add_actor_routes(router, prefix, kind)

    def _add_actor_routes(self, router: web.UrlDispatcher, prefix: str, kind: Kind) -> None:
        async def listing(request: web.Request) -> web.Response:
            found = [_actor(self._world, actor) for actor in self._world.listed(kind)]
            return _page(request, _in_workspaces(request, found))

        async def get(request: web.Request) -> web.Response:
            return web.json_response(_actor(self._world, self._actor(kind, request)))

        async def patch(request: web.Request) -> web.Response:
            actor, body = self._actor(kind, request), await request.json()
            sent = unmasked(body.get("configuration") or {}, actor.configuration)
            actor.configuration = merged(actor.configuration, sent)
            actor.name = body.get("name") or actor.name
            return web.json_response(_actor(self._world, actor))

        async def delete(request: web.Request) -> web.Response:
            await self._actors[f"{kind}s/delete"]({f"{kind}Id": request.match_info["id"]})
            return web.Response(status=204)

        async def create(request: web.Request) -> web.Response:
            body = actor_body(kind, await request.json())
            made = await self._actors[f"{kind}s/create"](body)
            return web.json_response(
                _actor(self._world, self._world.actor(kind, made[f"{kind}Id"]))
            )

        path = f"{prefix}/{kind}s"
        router.add_post(path, create)
        router.add_get(path, listing)
        router.add_get(f"{path}/{{id}}", get)
        router.add_patch(f"{path}/{{id}}", patch)
        router.add_delete(f"{path}/{{id}}", delete)

    def _actor(self, kind: Kind, request: web.Request) -> Actor:
        return self._world.actor(kind, request.match_info["id"])

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="Successful operation")

    async def _list_workspaces(self, request: web.Request) -> web.Response:
        shown = [
            {
                "workspaceId": w["workspaceId"],
                "name": w["name"],
                "dataResidency": "auto",
                "notifications": {},
            }
            for w in self._world.workspaces.values()
            if not w["tombstone"]
        ]
        return _page(request, shown)

    # Jobs

    async def _list_jobs(self, request: web.Request) -> web.Response:
        query = request.query
        wanted = {name: query.get(name) for name in ("connectionId", "jobType", "status")}
        jobs = [job for job in reversed(self._workflows.jobs) if _created_within(job, query)]
        if query.get("orderBy", "").endswith("|ASC"):
            jobs.reverse()
        found = [
            shown
            for shown in map(self._job, jobs)
            if all(value in (None, shown[name]) for name, value in wanted.items())
        ]
        return _page(request, found)

    async def _create_job(self, request: web.Request) -> web.Response:
        connection_id, kind = need(await request.json(), "connectionId", "jobType")
        if kind == "sync":
            job = self._workflows.sync(connection_id)
        elif kind in ("reset", "clear"):
            job = await self._connections.reset(connection_id, [])
        else:
            raise Refusal(422, f"{kind} jobs cannot be created through this API")
        return web.json_response(self._job(job))

    async def _get_job(self, request: web.Request) -> web.Response:
        return web.json_response(self._job(self._found(request)))

    async def _cancel_job(self, request: web.Request) -> web.Response:
        job = self._found(request)
        self._workflows.cancel(job.connection_id)
        return web.json_response(self._job(job))

    def _found(self, request: web.Request) -> Job:
        return self._workflows.job(int(request.match_info["id"]))

    def _job(self, job: Job) -> Json:
        now = self._time.now()
        stats = job_read(job, now).get("aggregatedStats", {})
        last = job.updated if job.status.terminal else now
        return {
            "jobId": job.id,
            "status": job.status.value,
            "jobType": _TYPES[job.type],
            "startTime": _iso(job.created),
            "connectionId": job.connection_id,
            "lastUpdatedAt": _iso(last),
            "duration": _duration(last - job.created),
            "bytesSynced": stats.get("bytesCommitted", 0),
            "rowsSynced": stats.get("recordsCommitted", 0),
        }

    # Connections

    async def _list_connections(self, request: web.Request) -> web.Response:
        deleted = request.query.get("includeDeleted", "false").lower() == "true"
        found = [
            self._connection(connection)
            for workspace_id in self._world.workspaces
            for connection in self._world.connections_of(workspace_id, deleted=deleted)
        ]
        return _page(request, _in_workspaces(request, found))

    async def _get_connection(self, request: web.Request) -> web.Response:
        found = self._world.connection(request.match_info["id"])
        return web.json_response(self._connection(found))

    async def _create_connection(self, request: web.Request) -> web.Response:
        body = connection_body(await request.json())
        made = await self._connections.routes()["connections/create"](body)
        return web.json_response(self._connection(made))

    async def _patch_connection(self, request: web.Request) -> web.Response:
        body = {"connectionId": request.match_info["id"], **changed(await request.json())}
        made = await self._connections.routes()["connections/update"](body)
        return web.json_response(self._connection(made))

    async def _streams(self, request: web.Request) -> web.Response:
        source = self._world.actor("source", *need(dict(request.query), "sourceId"))
        standing = self._world.connections_of(source.workspace_id)
        return web.json_response(
            stream_properties(c for c in standing if c["sourceId"] == source.id)
        )

    async def _delete_connection(self, request: web.Request) -> web.Response:
        self._connections.delete(request.match_info["id"])
        return web.Response(status=204)

    def _connection(self, connection: Json) -> Json:
        source = self._world.actors[connection["sourceId"]]
        definition = connection["namespaceDefinition"].replace("customformat", "custom_format")
        return {
            "connectionId": connection["connectionId"],
            "name": connection["name"],
            "sourceId": connection["sourceId"],
            "destinationId": connection["destinationId"],
            "workspaceId": source.workspace_id,
            "status": connection["status"],
            "schedule": _schedule(connection),
            "dataResidency": "auto",
            "configurations": {
                "streams": [_stream(e) for e in connection["syncCatalog"]["streams"]]
            },
            "createdAt": connection["created_at"],
            "tags": [],
            "prefix": connection["prefix"],
            "namespaceDefinition": definition,
            "namespaceFormat": connection.get("namespaceFormat"),
            "nonBreakingSchemaUpdatesBehavior": connection["nonBreakingChangesPreference"],
        }


def _created_within(job: Job, query: Mapping[str, str]) -> bool:
    start, end = query.get("createdAtStart"), query.get("createdAtEnd")
    return (start is None or job.created >= datetime.fromisoformat(start).timestamp()) and (
        end is None or job.created <= datetime.fromisoformat(end).timestamp()
    )


def _actor(world: World, actor: Actor) -> Json:
    return {
        f"{actor.kind}Id": actor.id,
        "name": actor.name,
        f"{actor.kind}Type": world.definition_name(actor.definition_id).lower(),
        "definitionId": actor.definition_id,
        "workspaceId": actor.workspace_id,
        "configuration": {} if actor.deleted else masked(actor.configuration),
        "createdAt": int(actor.created),
    }


def _schedule(connection: Json) -> Json:
    data = connection.get("scheduleData") or {}
    if "cron" in data:
        cron = data["cron"]
        zone = cron.get("cronTimeZone", "UTC")
        return {"scheduleType": "cron", "cronExpression": f"{cron['cronExpression']} {zone}"}
    if "basicSchedule" in data:
        basic = data["basicSchedule"]
        timing = f"Every {basic['units']} {basic['timeUnit'].upper()}"
        return {"scheduleType": "basic", "basicTiming": timing}
    return {"scheduleType": "manual"}


def _stream(entry: Json) -> Json:
    stream, config = entry["stream"], entry["config"]
    mode = MODES.get((config.get("syncMode"), config.get("destinationSyncMode")))
    return {
        "name": stream["name"],
        "syncMode": mode,
        "cursorField": config["cursorField"],
        "primaryKey": config["primaryKey"],
        "selectedFields": config["selectedFields"],
        "mappers": [],
    }


def _in_workspaces(request: web.Request, found: list[Json]) -> list[Json]:
    wanted = request.query.getall("workspaceIds", [])
    return [one for one in found if not wanted or one["workspaceId"] in wanted]


def _page(request: web.Request, found: list[Any]) -> web.Response:
    limit = min(int(request.query.get("limit", _LIMIT)), _MOST)
    offset = int(request.query.get("offset", 0))
    link = str(request.url.update_query(limit=limit, offset=offset + limit))
    following = link if offset + limit < len(found) else ""
    body = {"data": found[offset : offset + limit], "previous": "", "next": following}
    return web.json_response(body)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _duration(seconds: float) -> str:
    whole = int(timedelta(seconds=max(seconds, 0)).total_seconds())
    return f"PT{whole // 60}M{whole % 60}S" if whole >= 60 else f"PT{whole}S"
