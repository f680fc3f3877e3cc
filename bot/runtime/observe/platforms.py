"""What is deployed: the cluster's Terraform objects with their sources, followed by shared watches.

Finding only. Whoever acts on an object reads it again first; a watch's news only name keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import structlog
from kubernetes.aio import client

from bot.clients.clock import Clock
from bot.clients.errors import Forbidden, NotFound
from bot.clients.kubernetes.cluster import GIT_REPOSITORY, TERRAFORM, Cluster
from bot.clients.kubernetes.watch import Change, SharedWatch
from bot.lifecycle.platform import Deployment, Unfollowed, beside, deployment, unseen
from bot.model.cluster import ObjectName, Source, source_from, terraform_from
from bot.model.plan_copy import is_copy

log = structlog.get_logger(__name__)


class Platforms:
    """`tell` hears the names of Terraform objects about which there are news.

    Plan-only copies are no deployments: `tell_copy` hears of them, with their JSON.
    """

    def __init__(
        self,
        api: client.ApiClient,
        cluster: Cluster,
        namespaces: Iterable[str],
        clock: Clock,
        tell: Callable[[ObjectName], None],
        tell_copy: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self.cluster = cluster
        self._tell = tell
        self._tell_copy = tell_copy
        places: list[str | None] = list(namespaces) or [None]
        self._terraforms = [SharedWatch(api, TERRAFORM, n, clock, self._heard) for n in places]
        self._sources = [SharedWatch(api, GIT_REPOSITORY, n, clock, self._heard) for n in places]
        self._said: dict[ObjectName, str] = {}

    async def run(self) -> None:
        """All watches, until cancelled."""
        await asyncio.gather(*(watch.run() for watch in (*self._sources, *self._terraforms)))

    async def listed(self) -> None:
        """Until everything was listed once."""
        for watch in (*self._sources, *self._terraforms):
            await watch.listed.wait()

    def missing(self) -> list[str]:
        """What keeps it from knowing what there is, in words."""
        watches = (*self._sources, *self._terraforms)
        return [
            watch.error or f"Kubernetes: {watch.resource} not listed yet"
            for watch in watches
            if watch.error or not watch.listed.is_set()
        ]

    def all(self) -> list[Deployment]:
        """Everything that is deployed and can be followed, as the watches know it."""
        return [made for made in self._known() if isinstance(made, Deployment)]

    def beside(self, repository: str, installed: Collection[str]) -> tuple[Unfollowed, ...]:
        """What cannot be followed and is told of in `owner/name`; `installed`: in lower case."""
        return beside(self._known(), repository.lower(), installed)

    def _known(self) -> list[Deployment | Unfollowed]:
        sources = {source.name: source for source in self._known_sources()}
        found = []
        for watch in self._terraforms:
            for item in watch.objects.values():
                if is_copy(item):
                    continue
                terraform = terraform_from(item)
                seen = self._looks_at(terraform.source.namespace)
                made = deployment(terraform, sources.get(terraform.source), looked_at=seen)
                if isinstance(made, Unfollowed):
                    self._say(terraform.name, made.why)
                found.append(made)
        return sorted(found, key=lambda made: str(made.terraform.name))

    def copies(self) -> list[dict[str, Any]]:
        """Every plan-only copy and every copy of a source, as the watches know them."""
        watches = (*self._sources, *self._terraforms)
        return [item for watch in watches for item in watch.objects.values() if is_copy(item)]

    @property
    def places(self) -> tuple[str | None, ...]:
        """The namespaces that are looked at; None: all of them."""
        return tuple(watch.namespace for watch in self._terraforms)

    def of(self, repository: str) -> list[Deployment]:
        """What is deployed from `owner/name`."""
        return [item for item in self.all() if item.repository == repository.lower()]

    async def fresh(self, name: ObjectName) -> tuple[Deployment, dict[str, Any]] | str:
        """The object and its source as they are now, with the Terraform's JSON; or why not."""
        try:
            item = await self.cluster.get(TERRAFORM, name.namespace, name.name)
        except NotFound:
            return f"Terraform {name} is not there any more"
        terraform = terraform_from(item)
        source: Source | None = None
        if terraform.source_kind == "GitRepository":
            place = (terraform.source.namespace, terraform.source.name)
            try:
                source = source_from(await self.cluster.get(GIT_REPOSITORY, *place))
            except NotFound:
                source = None
            except Forbidden as error:
                return str(error) if self._looks_at(place[0]) else unseen(terraform).why
        made = deployment(terraform, source)
        return (made, item) if isinstance(made, Deployment) else made.why

    def _looks_at(self, namespace: str) -> bool:
        return bool({None, namespace} & set(self.places))

    def _known_sources(self) -> Iterable[Source]:
        for watch in self._sources:
            for item in watch.objects.values():
                yield source_from(item)

    def _heard(self, change: Change) -> None:
        """News of a source are news of everything that is applied from it."""
        if is_copy(change.object):
            self._tell_copy(change.object)
            return
        if change.resource == TERRAFORM:
            self._tell(terraform_from(change.object).name)
            return
        source = source_from(change.object).name
        for watch in self._terraforms:
            for item in watch.objects.values():
                terraform = terraform_from(item)
                if terraform.source == source:
                    self._tell(terraform.name)

    def _say(self, name: ObjectName, why: str) -> None:
        """Once for each reason: an object that cannot be followed is a line in the log."""
        if self._said.get(name) != why:
            self._said[name] = why
            log.info("not followed", terraform=str(name), reason=why)
