"""Observing a comment that may hold a command: first the comment, then what the command needs."""

from __future__ import annotations

from dataclasses import replace

from bot.clients.errors import ClientError, NotFound
from bot.clients.kubernetes.cluster import Cluster
from bot.lifecycle.commands import CommandObserved, Need, asked, needed
from bot.lifecycle.status import ObjectStatus
from bot.model.cluster import ObjectName
from bot.runtime.branches import BranchObserver, BranchSeen
from bot.runtime.world import World


class CommandObserver:
    """One for the whole service. A comment without a command costs one request, and no more."""

    def __init__(self, world: World, branches: BranchObserver) -> None:
        self._world = world
        self._branches = branches

    async def observe(
        self, repository: str, number: int, comment_id: int
    ) -> CommandObserved | None:
        """None where nothing is asked."""
        found = self._world.installations.find(repository)
        if found is None:
            return None
        reader = self._world.installations.reader(found)
        comment = await reader.comment(comment_id)
        if comment is None or comment.author.endswith("[bot]") or not asked(comment.body):
            return None
        reactions = await reader.reactions(comment_id)
        comments = await reader.comments(number)
        ours = self._world.login
        seen = CommandObserved(
            repository=found.name,
            number=number,
            comment=comment,
            permission=await reader.permission(comment.author),
            reactions=tuple(item for item in reactions if item.author == ours),
            replies=tuple(item for item in comments if item.author == ours),
            is_pull_request=await reader.is_pull_request(number),
            public=not found.private,
            served=bool(self._world.platforms.of(repository)),
            now=self._world.clock.now(),
            escalate=self._world.settings.escalate_seconds,
        )
        return await self._with(seen, needed(seen))

    async def _with(self, seen: CommandObserved, needs: frozenset[Need]) -> CommandObserved:
        """What the command has declared, and nothing else."""
        if Need.LADDER in needs:
            seen = replace(seen, ladder=tuple(await self._objects(seen.repository)))
        return seen

    async def _objects(self, repository: str) -> list[ObjectStatus]:
        """The ladder of everything that this repository is applied by."""
        found = []
        for made in self._world.platforms.of(repository):
            name = made.terraform.name
            seen = await self._branches.observe(name)
            if isinstance(seen, BranchSeen):
                found.append(await self._status(name, seen))
        return found

    async def _status(self, name: ObjectName, seen: BranchSeen) -> ObjectStatus:
        state = seen.inputs.state
        return ObjectStatus(
            rollout=seen.rollout,
            state=f"serial {state.serial}" if state else "none",
            lock=await _lock(self._world.cluster, name, seen.rollout.deployment.terraform.lock),
            backfills=seen.backfill.connections if seen.backfill else (),
            problems=seen.inputs.problems,
        )


async def _lock(cluster: Cluster, name: ObjectName, lease: str) -> str:
    """Who holds the state's lock, in words."""
    try:
        found = await cluster.lease(name.namespace, lease)
    except NotFound:
        return "free"
    except ClientError as error:
        return f"not known: {error}"
    return f"held by {found.holder}" if found.holder else "free"
