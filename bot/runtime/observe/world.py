"""Everything that observing needs, constructed once by `bot.app`; and where an object is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.clients.clock import Clock
from bot.clients.github.repository import RepositoryReader
from bot.clients.github.snapshot import Snapshots
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.plan_copies import PlanCopies
from bot.config import Settings
from bot.lifecycle.marker import Signer
from bot.lifecycle.platform import Deployment
from bot.model.cluster import ObjectName
from bot.runtime.observe.airbyte import AirbyteReader
from bot.runtime.observe.installations import Installations
from bot.runtime.observe.modules import ModuleObserver
from bot.runtime.observe.platforms import Platforms


@dataclass(frozen=True, slots=True)
class World:
    """The edges and the settings; `login` is our own on GitHub."""

    settings: Settings
    clock: Clock
    installations: Installations
    platforms: Platforms
    cluster: Cluster
    copies: PlanCopies
    snapshots: Snapshots
    modules: ModuleObserver
    airbyte: AirbyteReader
    signer: Signer
    login: str


@dataclass(frozen=True, slots=True)
class Located:
    """A Terraform object as it is now (`item`, its JSON), and the repository that it applies."""

    made: Deployment
    item: Mapping[str, Any]
    reader: RepositoryReader


async def located(world: World, name: ObjectName) -> Located | str:
    """The object, read anew; or, in words, why there is nothing to follow."""
    fresh = await world.platforms.fresh(name)
    if isinstance(fresh, str):
        return fresh
    made, item = fresh
    repository = world.installations.find(made.repository)
    if repository is None:
        return f"the App is not installed on {made.repository}"
    return Located(made, item, world.installations.reader(repository))
