"""Everything that observing needs, constructed once by `bot.app`. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clients.clock import Clock
from bot.clients.github.snapshot import Snapshots
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.plan_copies import PlanCopies
from bot.config import Settings
from bot.lifecycle.marker import Signer
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
