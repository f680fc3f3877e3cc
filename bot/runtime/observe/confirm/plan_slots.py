"""The places of the pool, read from the API server; and the sweep of what nobody looks after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.clients.errors import NotFound
from bot.clients.kubernetes.cluster import GIT_REPOSITORY, TERRAFORM
from bot.clients.kubernetes.plan_copies import PlanCopies
from bot.lifecycle.confirm import (
    Slot,
    decide_sweep,
    source_copy_from,
    terraform_copy_from,
)
from bot.lifecycle.confirm.sweep import Swept
from bot.model.cluster import source_from, terraform_from
from bot.model.github import PullRequestState
from bot.model.plan_copy import intent_of
from bot.runtime.observe.world import World

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A name, the namespace of the source's copy and that of the Terraform's."""

    name: str
    source: str
    terraform: str


async def slot_of(copies: PlanCopies, name: str, source: str, terraform: str) -> Slot:
    """What has this name in these two namespaces, as it is now."""
    one = await copies.find(GIT_REPOSITORY, source, name)
    other = await copies.find(TERRAFORM, terraform, name)
    return Slot(
        source_copy_from(one) if one is not None else None,
        terraform_copy_from(other) if other is not None else None,
        name,
    )


async def sweep(world: World) -> Swept:
    """All that carries our label, and which of it still works for a pull request that is open."""
    places = sorted(set(_places(world.platforms.copies())))
    slots = tuple(
        [await slot_of(world.copies, place.name, place.source, place.terraform) for place in places]
    )
    wanted = {(i.repository, i.number) for slot in slots if (i := slot.intent) is not None}
    heads = {}
    for repository, number in wanted:
        head = await _head(world, repository, number)
        if head:
            heads[(repository, number)] = head
    return decide_sweep(slots, heads, world.clock.now())


async def _head(world: World, repository: str, number: int) -> str:
    """The head of a pull request that is open; "" where it is not, or not for us to see."""
    found = world.installations.find(repository)
    if found is None:
        return ""
    try:
        pull_request = await world.installations.reader(found).pull_request(number)
    except NotFound:
        return ""
    return pull_request.head_sha if pull_request.state is PullRequestState.OPEN else ""


def _places(items: Iterable[Mapping[str, Any]]) -> Iterable[Place]:
    """Where each labelled object belongs: a source says it in its annotations."""
    for item in items:
        if item.get("kind") == "GitRepository":
            source, intent = source_from(item).name, intent_of(item)
            namespace = intent.terraform.namespace if intent else source.namespace
            yield Place(source.name, source.namespace, namespace)
        else:
            terraform = terraform_from(item)
            yield Place(terraform.name.name, terraform.source.namespace, terraform.name.namespace)
