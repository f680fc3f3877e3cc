"""Observing Airbyte's objects and every state that may hold them, as one picture.

The Terraform objects are read before the lists and after them: where a pass ran meanwhile, the
picture says that it is worth nothing. The last picture is remembered, for two are needed; after a
restart it takes two looks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError, NotFound
from bot.clients.kubernetes.cluster import TERRAFORM
from bot.lifecycle.commands.parts import PlatformSeen
from bot.lifecycle.stability.inventory import (
    AirbyteObject,
    Holder,
    Inventory,
    Kind,
    from_actor,
    from_connection,
    ids_in,
    resources_of,
)
from bot.model.airbyte import Actor, Connection, Job
from bot.model.cluster import ObjectName, Terraform, terraform_from
from bot.model.plan_copy import LABEL
from bot.plan.state import StateError, parse_state
from bot.runtime.observe.inputs import read_state
from bot.runtime.observe.tips import TipObserver
from bot.runtime.observe.world import World

_AT_ONCE = 8
_MOST_JOBS = 500  # connections whose newest job is asked for


@dataclass(frozen=True, slots=True)
class _Lists:
    """Airbyte's lists; `problems` where one of them could not be had."""

    connections: tuple[Connection, ...] = ()
    actors: tuple[Actor, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def live(self) -> Mapping[str, object] | None:
        """As the provider would read them; None where they are not whole."""
        if self.problems:
            return None
        by_kind: dict[str, list[object]] = {f"{kind.value}s": [] for kind in Kind}
        by_kind["connections"] = [item.document for item in self.connections]
        for actor in self.actors:
            by_kind[f"{actor.kind.value}s"].append(actor.document)
        return by_kind


class InventoryObserver:
    """One for the whole service: what Airbyte has is one thing, whoever asks."""

    def __init__(self, world: World, tips: TipObserver) -> None:
        self._world = world
        self._tips = tips
        self._before: Inventory | None = None

    async def observe(self, repository: str, *, tips: bool) -> PlatformSeen:
        """Everything; with the tips of what this repository applies where they are wanted."""
        first = await self._terraforms()
        lists = await self._lists()
        holders = [await self._holder(item) for item in first]
        after = {terraform_from(item).name: item for item in await self._terraforms()}
        made = [item.terraform.name for item in self._world.platforms.of(repository) if tips]
        predicted = {name: await self._tips.observe(name, lists.live) for name in made}
        whole = [
            await self._settled(holder, terraform_from(item), after)
            for holder, item in zip(holders, first, strict=True)
        ]
        now = await self._inventory(lists, whole)
        return PlatformSeen(now, self._earlier(now), tuple(predicted.values()))

    def _earlier(self, now: Inventory) -> Inventory | None:
        """The picture before this one, where some time lies between."""
        before = self._before
        apart = timedelta(seconds=self._world.settings.escalate_seconds * 0.9)
        if before is not None and before.passes == now.passes and now.at - before.at < apart:
            return None
        self._before = now
        return before

    async def _terraforms(self) -> list[dict[str, Any]]:
        """All objects but our plan-only copies: those make nothing, and share a state."""
        found: list[dict[str, Any]] = []
        for place in self._world.platforms.places:
            found += (await self._world.cluster.list(TERRAFORM, place)).items
        return [item for item in found if LABEL not in (item["metadata"].get("labels") or {})]

    # The states

    async def _holder(self, item: dict[str, Any]) -> Holder:
        terraform = terraform_from(item)
        name = str(terraform.name)
        try:
            stored = await read_state(self._world.cluster, item)
            state = parse_state(stored.text) if stored.text is not None else None
        except (ClientError, StateError) as error:
            return Holder(name, problem=str(error))
        problem = stored.problem
        if state is None and not problem and terraform.applied:
            problem = f"it was applied, and its Secret {terraform.state} is not there"
        return Holder(
            name,
            resources_of(state),
            ids_in(state),
            problem,
            serial=f"{state.lineage}:{state.serial}" if state else "",
        )

    async def _settled(
        self,
        holder: Holder,
        before: Terraform,
        after: Mapping[ObjectName, dict[str, Any]],
    ) -> Holder:
        item = after.get(before.name)
        now = terraform_from(item) if item is not None else before
        well = not now.suspended and now.ready.status == "True"
        declared = None if well else await self._tips.declared(now.name)
        passed = _passed(now)
        at_work = _at_work(before) or _at_work(now) or passed != _passed(before)
        return replace(
            holder,
            at_work=at_work or item is None,
            well=well,
            passed=passed,
            declared=None if isinstance(declared, str) else declared,
            broken=declared if isinstance(declared, str) else "",
        )

    # Airbyte

    async def _lists(self) -> _Lists:
        client = self._world.airbyte.client
        if client is None:
            return _Lists(problems=("no Airbyte is configured (LOTUS_AIRBYTE_URL)",))
        connections: list[Connection] = []
        actors: list[Actor] = []
        try:
            for workspace in await client.workspaces():
                connections += await client.connections(workspace.id)
                actors += await client.sources(workspace.id)
                actors += await client.destinations(workspace.id)
        except ClientError as error:
            return _Lists(tuple(connections), tuple(actors), (str(error),))
        return _Lists(tuple(connections), tuple(actors))

    async def _inventory(self, lists: _Lists, holders: list[Holder]) -> Inventory:
        client = self._world.airbyte.client
        jobs = await _newest_jobs(client, lists.connections) if client else {}
        objects: list[AirbyteObject] = [
            from_connection(item, jobs.get(item.id)) for item in lists.connections
        ]
        objects += [from_actor(item) for item in lists.actors]
        listed = {item.id for item in objects}
        missing = [
            item.id
            for holder in holders
            for item in holder.resources
            if item.kind is Kind.CONNECTION and item.id not in listed
        ]
        deleted = await _deleted(client, missing) if client and not lists.problems else frozenset()
        places = self._world.settings.namespaces
        only = f"Terraform objects outside of {', '.join(places)}" if places else ""
        return Inventory(
            self._world.clock.now(),
            tuple(objects),
            tuple(holders),
            lists.problems,
            deleted,
            only,
        )


async def _newest_jobs(client: AirbyteClient, connections: Iterable[Connection]) -> dict[str, Job]:
    """Each connection's newest job; where that cannot be had, it is not known."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def newest(connection_id: str) -> tuple[Job, ...]:
        async with turn:
            try:
                return await client.latest_jobs(connection_id, 1)
            except ClientError:
                return ()

    ids = [item.id for item in connections][:_MOST_JOBS]
    found = await asyncio.gather(*(newest(identity) for identity in ids))
    return {identity: jobs[0] for identity, jobs in zip(ids, found, strict=True) if jobs}


async def _deleted(client: AirbyteClient, ids: Iterable[str]) -> frozenset[str]:
    """Those of which Airbyte itself says that they are deleted, or that they never were."""
    found = set()
    for identity in ids:
        try:
            if (await client.connection(identity)).deleted:
                found.add(identity)
        except NotFound:
            found.add(identity)
        except ClientError:
            continue
    return frozenset(found)


def _at_work(terraform: Terraform) -> bool:
    ready = terraform.ready
    waiting = ready.reason == "TerraformPlannedWithChanges"
    return (ready.status == "Unknown" and not waiting) or ready.reason == "DriftDetected"


def _passed(terraform: Terraform) -> str:
    """What a pass moves."""
    times = (terraform.last_plan_at, terraform.last_success_at, terraform.ready.since)
    parts = (terraform.attempted, terraform.applied, *times, terraform.failures)
    return "|".join(str(part) for part in parts)
