"""Observing a changed credential: what it would do, what was told of it, Airbyte's word on it."""

from __future__ import annotations

from collections.abc import Iterable

from cachetools import LRUCache

from bot.clients.errors import NotFound
from bot.clients.github.repository import RepositoryReader
from bot.clients.kubernetes.cluster import TERRAFORM
from bot.lifecycle.rollout import standing
from bot.lifecycle.stability.checked import Checked
from bot.lifecycle.stability.credential import CredentialObserved, Notice, arrived, notices
from bot.lifecycle.stability.inventory import Kind, resources_of
from bot.lifecycle.stability.locks import LockSeen
from bot.lifecycle.stability.secrets import secret_change
from bot.model.cluster import ObjectName, Terraform
from bot.model.github import Comment
from bot.plan.state import State
from bot.runtime.observe.branches import BranchSeen
from bot.runtime.observe.connection_checks import check_each
from bot.runtime.observe.locks import locks
from bot.runtime.observe.tips import TipObserver
from bot.runtime.observe.world import World


class CredentialObserver:
    """One for the whole service. At rest it costs a prediction and two lists of comments."""

    def __init__(self, world: World, tips: TipObserver) -> None:
        self._world = world
        self._tips = tips
        self._before: LRUCache[tuple[str, str], str] = LRUCache(1024)

    async def observe(self, name: ObjectName, seen: BranchSeen) -> CredentialObserved | None:
        """None while a pass is on its way: then there is nothing to say yet."""
        now, made = standing(seen.rollout).stand, seen.rollout.deployment
        repository = self._world.installations.find(made.repository)
        if repository is None or not (now.done or now.needs_person):
            return None
        reader = self._world.installations.reader(repository)
        comments = await self._ours(reader, seen.rollout.wanted)
        if not now.done:
            return CredentialObserved(
                reader.name, seen.rollout, comments=comments, secrets=seen.secrets
            )
        earlier = await self._earlier(reader, seen.rollout.wanted)
        tip = await self._tips.observe(name, None)
        told = notices((*comments, *earlier), self._world.signer.at(reader.name))
        changed = secret_change(tip) is not None
        return CredentialObserved(
            repository=reader.name,
            rollout=seen.rollout,
            tip=tip,
            version=await self._version(name) if changed else "",
            comments=comments,
            earlier=earlier,
            lock=await self._lock(made.terraform) if changed else None,
            checks=await self._checks(seen.inputs.state, arrived(tip, told)),
            refresh=seen.settings.refresh,
            secrets=seen.secrets | tip.secrets,
        )

    async def _ours(self, reader: RepositoryReader, sha: str) -> tuple[Comment, ...]:
        found = await reader.commit_comments(sha)
        return tuple(item for item in found if item.author == self._world.login)

    async def _earlier(self, reader: RepositoryReader, sha: str) -> tuple[Comment, ...]:
        """Ours on the first parent: a push may have come before Airbyte was asked."""
        key = (reader.name, sha)
        if key not in self._before:
            parents = (await reader.commit(sha)).parents
            self._before[key] = parents[0] if parents else ""
        before = self._before[key]
        return await self._ours(reader, before) if before else ()

    async def _version(self, name: ObjectName) -> str:
        """What every write of a Secret or ConfigMap that the object names changes."""
        item = await self._world.cluster.get(TERRAFORM, name.namespace, name.name)
        found = []
        for reference in (item.get("spec") or {}).get("varsFrom") or ():
            place = (reference["kind"], name.namespace, reference["name"])
            try:
                found.append(await self._world.cluster.version_of(*place))
            except NotFound:
                found.append("")
        return " ".join(found)

    async def _lock(self, terraform: Terraform) -> LockSeen | None:
        """Only where a runner outlives its passes: its environment is frozen in it."""
        if not terraform.keeps_runner:
            return None
        (found,) = await locks(self._world.cluster, [terraform])
        return None if found.problem else found.lock

    async def _checks(
        self, state: State | None, due: Iterable[Notice]
    ) -> dict[str, Checked] | None:
        client = self._world.airbyte.client
        if client is None:
            return None
        reached = {address for notice in due for address in notice.reached}
        actors = [
            item
            for item in resources_of(state)
            if item.address in reached and item.kind is not Kind.CONNECTION
        ]
        checked = await check_each(client, actors)
        return {item.address: each for item, each in zip(actors, checked, strict=False)}
