"""The service: the only place that constructs clients and tasks.

`run` returns after SIGTERM or SIGINT, or when it is cancelled; what had begun is then finished or
will be observed again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from aiohttp import web
from kubernetes.aio import client

from bot.clients.airbyte.connection import airbyte_from
from bot.clients.clock import Clock, SystemClock
from bot.clients.errors import ClientError
from bot.clients.github.app import AppIdentity, GitHubApp
from bot.clients.github.snapshot import Snapshots
from bot.clients.github.transport import Answers, Endpoint
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.connection import connected
from bot.clients.kubernetes.plan_copies import PlanCopies
from bot.config import Settings
from bot.lifecycle.hints import keys_of
from bot.lifecycle.keys import DeliverySweepKey, Key, text
from bot.lifecycle.marker import Signer
from bot.lifecycle.rollout import RolloutObserved, standing
from bot.model.cluster import ObjectName
from bot.runtime.loop.queue import Backoff, MemoryQueue, Queue, jittered
from bot.runtime.loop.reconciler import Hands, Reconciler, everything
from bot.runtime.loop.workers import Workers
from bot.runtime.observe.airbyte import AirbyteReader
from bot.runtime.observe.installations import Installations
from bot.runtime.observe.modules import ModuleObserver
from bot.runtime.observe.platforms import Platforms
from bot.runtime.observe.predictor import Predictor
from bot.runtime.observe.stability.verdicts import VerdictBoard
from bot.runtime.observe.world import World
from bot.runtime.perform.copies import CopyHands
from bot.runtime.perform.effects import Performer
from bot.runtime.perform.operations import Operations
from bot.runtime.web.deliveries import DeliverySweep
from bot.runtime.web.metrics import Metrics
from bot.runtime.web.server import Face, application
from bot.runtime.web.status_page import Row, Shown, status_application
from bot.runtime.web.webhook import WebhookReceiver

log = structlog.get_logger(__name__)

_DEADLINE = 300.0  # seconds for one key
_LOOKBACK = timedelta(hours=24)  # deliveries that failed while we were away


@dataclass(frozen=True, slots=True)
class Running:
    """The service as it runs: its addresses, and its parts for who embeds it."""

    url: str
    status_url: str
    world: World
    queue: Queue[Key]
    workers: Workers[Key]
    answers: Answers


async def run(settings: Settings, clock: Clock | None = None) -> None:
    """Serve until a signal. Raises `ClientError` where the cluster or the key make no sense."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serving(settings, clock or SystemClock()) as running:
        log.info("serving", url=running.url, status=running.status_url)
        await stop.wait()
        log.info("leaving")


@contextlib.asynccontextmanager
async def serving(settings: Settings, clock: Clock) -> AsyncIterator[Running]:
    """The service, running inside this context; at its end it leaves within the grace period."""
    configure_logs(settings)
    limit = aiohttp.ClientTimeout(total=settings.request_seconds)
    async with (
        connected(settings.kubeconfig, settings.kube_context) as api,
        aiohttp.ClientSession(timeout=limit) as session,
        queue_for(settings, clock) as queue,
    ):
        service = _Service(settings, clock, api, session, queue)
        async with service.running() as running:
            yield running


@contextlib.asynccontextmanager
async def queue_for(settings: Settings, clock: Clock) -> AsyncIterator[Queue[Key]]:
    """In memory, or where a database is set, the one that all replicas share.

    Neither its locks nor a lease fence, and nothing here relies on them: every effect is a
    comparison and a swap, or follows from observing that what it brings about is not there.
    """
    backoff = Backoff(settings.backoff_seconds, settings.backoff_limit_seconds)
    if settings.database_url is None:
        yield MemoryQueue(clock, backoff)
        return
    try:
        from bot.runtime.loop.postgres_queue import (
            postgres_queue,  # an extra, which one replica lacks
        )
    except ImportError as error:
        raise ClientError(
            "Postgres", f"no {error.name}: pip install 'lotus-bot[postgres]', or no database"
        ) from None
    url = settings.database_url.get_secret_value()
    async with postgres_queue(url, clock, backoff, settings.request_seconds) as queue:
        yield queue


def configure_logs(settings: Settings) -> None:
    """Structured logs on stderr; no value of a setting is ever in them."""
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if settings.log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


class _Service:
    """The parts, and how they know each other."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        api: client.ApiClient,
        session: aiohttp.ClientSession,
        queue: Queue[Key],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._session = session
        self.answers = Answers()
        self.metrics = Metrics()
        endpoint = Endpoint(session, settings.github_url, clock, self.answers)
        key = settings.github_private_key.get_secret_value()
        self._app = GitHubApp(endpoint, AppIdentity(settings.github_app_id, key))
        self._installations = Installations(self._app)
        self._cluster = Cluster(api, settings.request_seconds)
        self._copies = PlanCopies(api, settings.request_seconds)
        self._platforms = Platforms(
            api, self._cluster, settings.namespaces, clock, self._cluster_news, self._copy_news
        )
        self.queue = queue
        self._tasks: list[asyncio.Task[None]] = []
        self._reconciler: Reconciler | None = None
        self._workers: Workers[Key] | None = None
        self._board: VerdictBoard | None = None
        self._problem: str | None = "starting"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        """Everything started; everything stopped at the end."""
        # What is packed stays so: nobody signed what would come of it, or how much.
        runner = web.AppRunner(self._face(), access_log=None, auto_decompress=False)
        page = web.AppRunner(self._page(), access_log=None)
        await _serve(runner, self._settings.host, self._settings.port)
        await _serve(page, self._settings.status_host, self._settings.status_port)
        self._tasks = [asyncio.create_task(self._platforms.run())]
        workers: Workers[Key] | None = None
        try:
            world = await self._world()
            workers = self._start(world)
            yield Running(
                _address(runner), _address(page), world, self.queue, workers, self.answers
            )
        finally:
            if workers is not None:
                await workers.stop(self._settings.grace_seconds)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await runner.cleanup()
            await page.cleanup()

    def _start(self, world: World) -> Workers[Key]:
        sweep = DeliverySweep(self._app, self._hear, self._clock, _LOOKBACK)
        operations = Operations(self._installations, self._cluster, world.airbyte.client)
        performer = Performer(
            self._installations,
            self._cluster,
            world.login,
            self.metrics,
            operations,
            CopyHands(self._cluster, self._copies),
        )
        hands = Hands(performer, sweep, self.metrics, self.queue.add)
        self._reconciler = Reconciler(world, hands)
        workers = Workers(self.queue, self._reconciler.handle, _DEADLINE)
        workers.start(self._settings.workers)
        self._workers = workers
        self._tasks.append(asyncio.create_task(self._resync(world)))
        self._board = VerdictBoard(world)
        self._tasks.append(asyncio.create_task(self._board.run()))
        if self._settings.webhooks:
            self._tasks.append(asyncio.create_task(self._sweeps()))
        self._problem = None
        return workers

    async def _world(self) -> World:
        """Ask for who we are and what there is, patiently: GitHub may be down when we start."""
        wait = self._settings.backoff_seconds
        while True:
            try:
                login = await self._app.login()
                await self._installations.refresh()
                break
            except ClientError as error:
                self._problem = str(error)
                log.warning("waiting for GitHub", reason=self._problem)
                await self._clock.sleep(jittered(wait))
                wait = min(self._settings.backoff_limit_seconds, wait * 2)
        await self._platforms.listed()
        snapshots = Snapshots()
        airbyte = AirbyteReader(airbyte_from(self._settings, self._session, self._clock))
        return World(
            settings=self._settings,
            clock=self._clock,
            installations=self._installations,
            platforms=self._platforms,
            cluster=self._cluster,
            copies=self._copies,
            snapshots=snapshots,
            modules=ModuleObserver(Predictor(snapshots), airbyte),
            airbyte=airbyte,
            signer=Signer.from_secret(self._settings.github_webhook_secret.get_secret_value()),
            login=login,
        )

    # Hints

    def _hear(self, event: str, payload: Mapping[str, Any], delivery: str) -> int:
        keys = keys_of(event, payload, delivery)
        for key in keys:
            self.queue.add(key)
        return len(keys)

    def _cluster_news(self, name: ObjectName) -> None:
        if self._reconciler is not None:
            self._reconciler.news_of(name)

    def _copy_news(self, item: Mapping[str, Any]) -> None:
        if self._reconciler is not None:
            self._reconciler.news_of_copy(item)

    async def _resync(self, world: World) -> None:
        """Everything again, so that nothing depends on a hint."""
        while True:
            for key in everything(world):
                self.queue.add(key)
            await self._clock.sleep(jittered(self._settings.look_again_seconds))

    async def _sweeps(self) -> None:
        while True:
            self.queue.add(DeliverySweepKey())
            await self._clock.sleep(jittered(self._settings.delivery_sweep_seconds))

    # What it shows

    def _face(self) -> web.Application:
        secret = self._settings.github_webhook_secret.get_secret_value()
        receiver = WebhookReceiver(secret, self._settings.body_limit, self._hear, self.metrics)
        return application(Face(receiver, self.metrics, self._missing, self._measure))

    def _page(self) -> web.Application:
        verdicts = lambda: self._board.shown() if self._board else ()  # noqa: E731
        return status_application(Shown(self._rows, verdicts, self._clock.now))

    def _missing(self) -> list[str]:
        problems = [self._problem] if self._problem else []
        return problems + self._platforms.missing()

    def _measure(self) -> None:
        self.metrics.depth(self.queue.depth)
        self.metrics.github(self.answers.counted, self._installations.remaining())

    def _rows(self) -> list[Row]:
        rows = [Row("not ready", problem) for problem in self._missing()] or [Row("ready", "yes")]
        if self.queue.problem:  # no reason to take no webhooks: they wait in it
            rows.append(Row("queue", self.queue.problem))
        if not self._settings.webhooks:
            rows.append(Row("webhooks", f"off: polled each {self._settings.poll_seconds:g} s"))
        for made in self._platforms.all():
            tip = made.source.revision or ""
            seen = RolloutObserved(made, tip, self._clock.now(), self._settings.escalate_seconds)
            revision = (made.terraform.attempted or "none")[:10]
            subject = f"{made.terraform.name} from {made.repository} {made.branch}"
            now = standing(seen)
            why = f" ({now.reason})" if now.reason and not now.stand.done else ""
            state = f"{now.stand.value}{why}, attempted {revision}"
            rows.append(Row(subject, state, "Terraform objects"))
        failures = self._workers.failures if self._workers else {}
        # Another replica may have done since what failed here.
        failing = {key: failure for key, failure in failures.items() if self.queue.failures(key)}
        for key, failure in failing.items():
            said = f"{failure.message} ({failure.count} times in a row)"
            rows.append(Row(text(key), said, "Failing, and tried again"))
        return rows


async def _serve(runner: web.AppRunner, host: str, port: int) -> None:
    await runner.setup()
    await web.TCPSite(runner, host, port).start()


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared, not bound
