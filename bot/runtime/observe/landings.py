"""Observing what a merge made, changed and removed in Airbyte, and the syncs that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from cachetools import TTLCache

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError
from bot.lifecycle.arrival import (
    ChangedConnection,
    ObjectAfter,
    Sought,
    changed_connections,
    sought,
)
from bot.lifecycle.observed import ModuleSeen
from bot.lifecycle.state_ids import workspaces
from bot.model.airbyte import Actor, ActorKind, Check, CheckResult, Connection
from bot.runtime.observe.modules import Inputs
from bot.runtime.observe.world import World

log = structlog.get_logger(__name__)

_MOST = 20  # objects of one pull request that are looked for
_AGAIN = 600.0  # seconds after which a check that did not succeed is made once more


@dataclass(frozen=True, slots=True)
class _Lists:
    """Everything that stands in these workspaces."""

    connections: tuple[Connection, ...]
    actors: tuple[Actor, ...]

    def named(self, kind: str, name: str) -> set[str]:
        """The ids of those of this name."""
        if kind == "connection":
            return {item.id for item in self.connections if item.name == name}
        return {item.id for item in self.actors if item.kind.value == kind and item.name == name}

    def ids(self) -> set[str]:
        """All of them."""
        return {item.id for item in self.connections} | {item.id for item in self.actors}

    def hanging(self) -> list[Connection]:
        """Connections whose source or destination is not there any more."""
        there = {item.id for item in self.actors}
        return [c for c in self.connections if not {c.source_id, c.destination_id} <= there]


class LandingObserver:
    """One for the whole service. A check starts a pod in the cluster: its answer is kept."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._accepted: TTLCache[tuple[str, str], Check] = TTLCache(1024, 14 * 86400.0)
        self._others: TTLCache[tuple[str, str], Check] = TTLCache(
            1024, _AGAIN, timer=world.clock.monotonic
        )

    async def changed(
        self,
        seen: ModuleSeen,
        inputs: Inputs,
        flagged: frozenset[str],
        times: tuple[datetime | None, datetime | None],
    ) -> tuple[ChangedConnection, ...]:
        """Connections that were changed and not flagged, with their jobs since the merge.

        `times`: of the merge, and by when the apply was over.
        """
        merged, since = times
        if self._world.airbyte.client is None or seen.prediction is None or since is None:
            return ()
        begin = min(merged or since, since)
        addresses = changed_connections(seen.prediction, seen.perpetual_before, flagged)
        found = []
        for address in addresses[:_MOST]:
            connection_id = inputs.ids.get(address)
            if connection_id:
                told = await self._world.airbyte.connection(connection_id, begin)
                found.append(
                    ChangedConnection(address, since, told.connection, told.jobs, told.problem)
                )
        return tuple(found)

    async def objects(self, seen: ModuleSeen, inputs: Inputs, sha: str) -> tuple[ObjectAfter, ...]:
        """What was made and removed, by Airbyte's own lists."""
        client = self._world.airbyte.client
        found = _seekable(seen, inputs)[:_MOST]
        where = workspaces(inputs.state) | {item.workspace for item in found if item.workspace}
        if client is None or not where or not found:
            return ()
        try:
            lists = await _lists(client, where)
        except ClientError as error:
            return tuple(ObjectAfter(i.address, i.wanted, problem=str(error)) for i in found)
        return tuple([await self._object(client, item, inputs, lists, sha) for item in found])

    async def _object(
        self, client: AirbyteClient, item: Sought, inputs: Inputs, lists: _Lists, sha: str
    ) -> ObjectAfter:
        known = set(inputs.ids.values())
        if not item.wanted:
            left = lists.named(item.kind, item.name) - known
            hanging = [c.name for c in lists.hanging() if c.id not in known]
            return ObjectAfter(item.address, False, tuple(sorted(left)), tuple(sorted(hanging)))
        identity = inputs.ids[item.address]
        found = (identity,) if identity in lists.ids() else ()
        check = None
        if item.checked and found:
            check = await self._check(client, ActorKind(item.kind), identity, sha)
        return ObjectAfter(item.address, True, found, check=check)

    async def _check(
        self, client: AirbyteClient, kind: ActorKind, identity: str, sha: str
    ) -> Check:
        key = (sha, identity)
        known = self._accepted.get(key) or self._others.get(key)
        if known is not None:
            return known
        try:
            check = await client.check(kind, identity)
        except ClientError as error:
            log.info("not checked", kind=kind.value, reason=str(error))
            check = Check(CheckResult.BROKEN)
        kept = self._accepted if check.result is CheckResult.ACCEPTED else self._others
        kept[key] = check
        return check


def _seekable(seen: ModuleSeen, inputs: Inputs) -> list[Sought]:
    """What is made has an id in the state; where it has none, later changes have removed it."""
    if seen.prediction is None or inputs.state is None:
        return []
    return [i for i in sought(seen.prediction) if not i.wanted or i.address in inputs.ids]


async def _lists(client: AirbyteClient, where: frozenset[str]) -> _Lists:
    """Whole lists, or an error: one that is short is no evidence."""
    connections: list[Connection] = []
    actors: list[Actor] = []
    for workspace in sorted(where):
        connections += await client.connections(workspace)
        actors += await client.sources(workspace)
        actors += await client.destinations(workspace)
    return _Lists(tuple(connections), tuple(actors))
