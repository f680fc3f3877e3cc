"""Observing the ladder of everything that a repository is applied by, and what has none."""

from __future__ import annotations

from bot.clients.errors import ClientError, NotFound
from bot.clients.kubernetes.cluster import Cluster
from bot.lifecycle.platform import Unfollowed
from bot.lifecycle.status import ObjectStatus
from bot.model.cluster import ObjectName, Warned
from bot.runtime.observe.branches import BranchObserver, BranchSeen
from bot.runtime.observe.world import World

_LOST = "Its GitRepository's `spec.ref` and `spec.url` say what it is to follow."


class LadderObserver:
    """One for the whole service."""

    def __init__(self, world: World, branches: BranchObserver) -> None:
        self._world = world
        self._branches = branches

    async def observe(
        self, repository: str
    ) -> tuple[tuple[ObjectStatus, ...], tuple[Unfollowed, ...]]:
        """What is followed; and what has no branch, or belongs here and cannot be followed."""
        found, lost = [], []
        for made in self._world.platforms.of(repository):
            name = made.terraform.name
            seen = await self._branches.observe(name)
            if isinstance(seen, BranchSeen):
                found.append(await self._status(name, seen))
            else:
                lost.append(Unfollowed(made.terraform, made.source, seen, _LOST))
        return tuple(found), (*lost, *beside(self._world, repository))

    async def _status(self, name: ObjectName, seen: BranchSeen) -> ObjectStatus:
        state = seen.inputs.state
        warnings, unheard = await _warnings(self._world.cluster, name)
        return ObjectStatus(
            rollout=seen.rollout,
            state=f"serial {state.serial}" if state else "none",
            lock=await _lock(self._world.cluster, name, seen.rollout.deployment.terraform.lock),
            backfills=seen.backfill.connections if seen.backfill else (),
            problems=(*seen.inputs.problems, *unheard),
            warnings=warnings,
            secrets=seen.secrets,
        )


def beside(world: World, repository: str) -> tuple[Unfollowed, ...]:
    """What belongs to this repository and cannot be followed."""
    installed = {item.name.lower() for item in world.installations.all}
    return world.platforms.beside(repository, installed)


async def _warnings(
    cluster: Cluster, name: ObjectName
) -> tuple[tuple[Warned, ...], tuple[str, ...]]:
    """Its Events that warn; and why they are not known, where they are not."""
    try:
        return await cluster.warnings("Terraform", name.namespace, name.name), ()
    except ClientError as error:
        return (), (f"whether its Events are quiet is not known: {error}",)


async def _lock(cluster: Cluster, name: ObjectName, lease: str) -> str:
    """Who holds the state's lock, in words."""
    try:
        found = await cluster.lease(name.namespace, lease)
    except NotFound:
        return "free"
    except ClientError as error:
        return f"not known: {error}"
    return f"held by {found.holder}" if found.holder else "free"
