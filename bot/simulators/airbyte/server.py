"""Airbyte as a server on loopback: the Config API and the public API over one world.

An aiohttp application; the rules are in `workflow`, `world` and `catalog`. Imports nothing of
the bot. Each request first plays what became due since the last one, so that nothing runs in
the background and equal requests at equal simulated times get equal answers.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.simulators.airbyte.actors_api import ActorsApi, Handler
from bot.simulators.airbyte.auth import Applications, Auth, Basic, Gate, NoAuth
from bot.simulators.airbyte.connections_api import ConnectionsApi
from bot.simulators.airbyte.jobs import (
    Attempt,
    ConfigType,
    Failure,
    Job,
    JobStatus,
    StreamRun,
    Volume,
)
from bot.simulators.airbyte.jobs_api import JobsApi
from bot.simulators.airbyte.misbehaviour import Fault, Handle, apply, take
from bot.simulators.airbyte.public_api import PublicApi
from bot.simulators.airbyte.refusals import Refusal
from bot.simulators.airbyte.versions import Version
from bot.simulators.airbyte.workflow import Timing, Workflows
from bot.simulators.airbyte.world import Json, Rule, World, stream_keys
from bot.simulators.clock import AnyClock
from bot.simulators.lifetime import Lifetime

_ANONYMOUS = ("/api/v1/health", "/api/v1/instance_configuration", "/api/public/v1/health")
_TOKEN = "/applications/token"


class _Seconds:
    """The same clock in seconds since the epoch."""

    def __init__(self, clock: AnyClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        if seconds > 0:
            await self._clock.sleep(seconds)


class Airbyte(Lifetime):
    """`async with Airbyte(clock, version="2.0") as airbyte:`; then `airbyte.url` is its base.

    The Config API is at `url + "/api/v1/"`. One workspace exists: `workspace_id`.
    """

    def __init__(
        self,
        clock: AnyClock,
        version: str = "2.0",
        auth: Auth | None = None,
        *,
        timing: Timing | None = None,
        seed: int = 0,
    ) -> None:
        self.version = Version.parse(version)
        self.world = World(self.version, seed)
        self.workspace_id: str = self.world.add_workspace("Default Workspace")["workspaceId"]
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self._time = _Seconds(clock)
        self._workflows = Workflows(self.world, timing or Timing())
        self._workflows.advance(self._time.now())
        self.gate = Gate(auth or NoAuth(), self.version.token_lifetime, self._time.now)
        self._connections = ConnectionsApi(self.world, self._workflows, self._time)
        self.actors = ActorsApi(self.world, self._time.now, self._connections.delete)
        self._jobs = JobsApi(self.world, self._workflows, self._time.now)
        self._routes: dict[str, Handler] = {
            **self.actors.routes(),
            **self._connections.routes(),
            **self._jobs.routes(),
        }
        self._runner: web.AppRunner | None = None
        self.url = ""

    # Its life

    async def start(self) -> None:
        """Listen on a port of the system's choice."""
        self._runner = web.AppRunner(self._application(), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening; the world stays as it is, and `start` goes on with it."""
        if self._runner:
            await self._runner.cleanup()

    # What people and the outside world do

    @property
    def jobs(self) -> list[Job]:
        """All jobs, oldest first, as of now."""
        self.play()
        return self._workflows.jobs

    def play(self) -> None:
        """Play what became due."""
        self._workflows.advance(self._time.now())

    def volume(self, stream: str, volume: Volume) -> None:
        """Say how much a stream holds, wherever it is synced."""
        self._workflows.volumes[stream] = volume

    def fail(self, connection_id: str, *outcomes: Failure | None) -> None:
        """The connection's next attempts end like this; None is a good one."""
        self.play()
        self._workflows.failures.setdefault(connection_id, deque()).extend(outcomes)

    def refuse(self, actor_name: str, rule: Rule) -> None:
        """Sources and destinations of this name accept only what `rule` answers "" to."""
        self.play()
        self.world.rules[actor_name] = rule

    def kill(self, connection_id: str) -> None:
        """The worker of the connection's job dies."""
        self.play()
        self._workflows.kill(connection_id)

    async def act(self, path: str, body: Json) -> Any:
        """What a person does in the UI: a call of the Config API, without HTTP."""
        self.play()
        return await self._routes[path](body)

    def history(self, connection_id: str, count: int, every: float = 3600.0) -> None:
        """Put `count` successful syncs into the connection's past, one each `every` seconds."""
        streams = stream_keys(self.world.connection(connection_id))
        start = self._time.now() - count * every
        for place in range(count):
            at = start + place * every
            runs = tuple(StreamRun(key, 0.0, 10, Volume()) for key in streams)
            attempt = Attempt(0, at, at + 60, runs, ended=at + 60)
            number = len(self._workflows.jobs) + 1
            job = Job(number, connection_id, ConfigType.SYNC, streams, at, scheduled=True)
            job.status, job.updated, job.started = JobStatus.SUCCEEDED, at + 60, at
            job.attempts.append(attempt)
            self._workflows.remember(job)

    # HTTP

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._middleware], client_max_size=32 * 2**20)
        app.router.add_get("/api/v1/health", self._health)
        app.router.add_get("/api/v1/instance_configuration", self._instance)
        for prefix in ("/api/public/v1", "/api/v1"):
            app.router.add_post(f"{prefix}{_TOKEN}", self._token)
        public = PublicApi(self.world, self._workflows, self._connections, self.actors, self._time)
        public.add_routes(app.router, "/api/public/v1")
        app.router.add_post("/api/v1/{path:.+}", self._config)
        return app

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        self.play()
        fault = take(self.faults, request.path)
        if fault:
            return await apply(fault, request, lambda r: self._answer(r, handler), self._time.sleep)
        return await self._answer(request, handler)

    async def _answer(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        public = request.path.startswith("/api/public/")
        open_to_all = request.path in _ANONYMOUS or request.path.endswith(_TOKEN)
        if not open_to_all and not self.gate.admits(request):
            return web.json_response({"message": "Unauthorized"}, status=401)
        try:
            return await handler(request)
        except Refusal as refusal:
            body = refusal.body(self.version, public=public)
            return web.json_response(body, status=refusal.status)

    async def _config(self, request: web.Request) -> web.Response:
        handler = self._routes.get(request.match_info["path"])
        if handler is None:
            raise Refusal(404, "Object not found.")
        answer = await handler(await _body(request))
        return web.Response(status=204) if answer is None else web.json_response(answer)

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"available": True})

    async def _instance(self, _: web.Request) -> web.Response:
        modes = {Applications: "oidc", Basic: "none", NoAuth: "none"}
        return web.json_response(
            {
                "version": str(self.version),
                "edition": "community",
                "auth": {"mode": modes[type(self.gate.auth)]},
                "licenseStatus": "pro",
                "initialSetupComplete": True,
                "defaultUserId": self.world.user_id,
                "defaultOrganizationId": self.world.organization_id,
                "defaultOrganizationEmail": "",
                "trackingStrategy": "logging",
            }
        )

    async def _token(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            sent: Mapping[str, Any] = await _body(request)
        else:
            sent = dict(await request.post())
        token = self.gate.token(str(sent.get("client_id", "")), str(sent.get("client_secret", "")))
        if token is None:
            return web.json_response({"message": "Unauthorized"}, status=401)
        return web.json_response(
            {"access_token": token, "token_type": "Bearer", "expires_in": self._lifetime()}
        )

    def _lifetime(self) -> int:
        auth = self.gate.auth
        own = auth.lifetime if isinstance(auth, Applications) else None
        return own or self.version.token_lifetime


async def _body(request: web.Request) -> Json:
    text = await request.text()
    if not text:
        return {}
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        raise Refusal(422, "The body is not valid JSON", known=False) from None
    if not isinstance(body, dict):
        raise Refusal(400, "The body must be an object")
    return body
