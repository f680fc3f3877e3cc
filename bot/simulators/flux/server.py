"""Flux and tofu-controller on an API server: both controllers, started and stopped together.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.simulators.clock import AnyClock
from bot.simulators.flux.api import Api, Server
from bot.simulators.flux.artifacts import Artifacts
from bot.simulators.flux.planning import Planner, Provider
from bot.simulators.flux.runner import Tools
from bot.simulators.flux.source_controller import SourceController
from bot.simulators.flux.sources import Git, Remote
from bot.simulators.flux.timing import Timing
from bot.simulators.flux.tofu_controller import TofuController
from bot.simulators.flux.versions import V0_16_5, Version
from bot.simulators.lifetime import Lifetime


class Flux(Lifetime):
    """`async with Flux(url, git=…, planner=…, provider=…, clock=…) as flux:`

    `kubernetes` is an API server's address, the path of a kubeconfig, or a `Server`. GitRepository
    and Terraform objects are the caller's to make (`manifests`). `flux.timing` may be changed at
    any time, `flux.remote` fails on demand, while `flux.room` is False a quota leaves no place for
    a runner; `flux.runner_pods`, set before the start, puts a Pod beside each pass.
    """

    def __init__(
        self,
        kubernetes: str | Path | Server,
        *,
        git: Git,
        planner: Planner,
        provider: Provider,
        clock: AnyClock,
        version: Version = V0_16_5,
    ) -> None:
        self.timing = Timing()
        self.remote = Remote(git)
        self.runner_pods = False
        self.room = True
        server = kubernetes if isinstance(kubernetes, Server) else Server.of(kubernetes)
        self._api = Api(server)
        self._artifacts = Artifacts(self.remote)
        self._planner = planner
        self._provider = provider
        self._clock = clock
        self._version = version
        self._tasks: list[asyncio.Task[None]] = []
        self._controllers: tuple[SourceController, TofuController] | None = None

    async def start(self) -> None:
        """Begin to watch; what is there already is looked at."""
        await self._api.__aenter__()
        sources = SourceController(
            self._api, self.remote, self._artifacts, self._clock, self.timing
        )
        tools = Tools(
            self._api,
            self._artifacts,
            self._planner,
            self._provider,
            self._clock,
            self.timing,
            self.runner_pods,
            lambda: self.room,
        )
        tofu = TofuController(tools, self._version)
        self._controllers = sources, tofu
        for watcher in (sources.watcher, tofu.terraforms, tofu.sources):
            self._tasks.append(asyncio.ensure_future(watcher.run()))

    async def stop(self) -> None:
        """Stop at once, in the middle of whatever is going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._controllers:
            for controller in self._controllers:
                await controller.queue.close()
        self._controllers = None
        await self._api.__aexit__(None, None, None)
