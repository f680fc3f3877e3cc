"""Whether each repository is stable, looked at for whoever reads the status page.

A look asks GitHub, the cluster and Airbyte for a lot, so a page shows the last one with its age: a
new one begins only when somebody reads, and never more often than everything is looked at again.
Memory only: another replica has its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from bot.clients.errors import ClientError
from bot.lifecycle.stability.orphans import Evidence, orphans
from bot.lifecycle.stability.verdict import Verdict, lacking
from bot.render.markdown import redacted
from bot.runtime.observe.branches import BranchObserver
from bot.runtime.observe.ladders import LadderObserver
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.stability.inventories import InventoryObserver
from bot.runtime.observe.tips import TipObserver
from bot.runtime.observe.world import World

log = structlog.get_logger(__name__)

_SECONDS = 300.0  # for one repository


class VerdictBoard:
    """`run` looks; `shown` tells what is known, and that somebody wants to know."""

    def __init__(self, world: World) -> None:
        self._world = world
        rollouts = RolloutObserver(world)
        self._ladders = LadderObserver(world, BranchObserver(world, rollouts))
        self._inventories = InventoryObserver(world, TipObserver(world, rollouts))
        self._known: dict[str, Verdict] = {}
        self._due: dict[str, float] = {}
        self._read = asyncio.Event()

    def shown(self) -> tuple[Verdict, ...]:
        """By repository, as it was last looked at."""
        self._read.set()
        return tuple(self._known.get(name, Verdict(name)) for name in self._names())

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._read.wait()
            self._read.clear()
            for name in self._names():
                if self._world.clock.monotonic() >= self._due.get(name, 0.0):
                    await self._look(name)

    def _names(self) -> list[str]:
        """The repositories that something is applied from and that we may see."""
        made = {item.repository for item in self._world.platforms.all()}
        return sorted(name for name in made if self._world.installations.find(name))

    async def _look(self, name: str) -> None:
        """What goes wrong is told on the page beside what was known before."""
        wait = self._world.settings.look_again_seconds
        try:
            async with asyncio.timeout(_SECONDS):
                self._known[name], again = await self._verdict(name)
            wait = self._world.settings.escalate_seconds if again else wait
        except TimeoutError:
            self._failed(name, f"not over within {_SECONDS:.0f} s")
        except ClientError as error:
            self._failed(name, str(error))
        except Exception:  # one repository's oddity must not hide the others
            log.exception("no verdict", repository=name)
            self._failed(name, "it could not be looked at; the log has more")
        self._due[name] = self._world.clock.monotonic() + wait

    def _failed(self, name: str, problem: str) -> None:
        known = self._known.get(name, Verdict(name))
        self._known[name] = replace(known, problem=problem)

    async def _verdict(self, name: str) -> tuple[Verdict, bool]:
        """With whether a second look is due soon: what is seen once proves no orphan."""
        now = self._world.clock.now()
        ladder, beside = await self._ladders.observe(name)
        seen = await self._inventories.observe(name, tips=True)
        found = lacking(ladder, seen.tips, (seen.now, seen.before), beside, now)
        secrets = frozenset().union(*(i.secrets for i in ladder), *(i.secrets for i in seen.tips))
        said = tuple(redacted(line, secrets) for line in found)
        once = orphans(seen.now, seen.before).evidence is Evidence.ONCE
        return Verdict(name, said, now), once
