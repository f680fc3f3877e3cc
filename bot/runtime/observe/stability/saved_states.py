"""Observing the sync states that are saved, and those that a pull request would lose.

Nothing is listed: one Secret for each Terraform object, by name.
"""

from __future__ import annotations

from dataclasses import replace

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError, Forbidden, NotFound
from bot.clients.kubernetes.cluster import Cluster
from bot.lifecycle.observed import ModuleSeen
from bot.lifecycle.operations import SaveSyncStates
from bot.lifecycle.saved_states import (
    Replaced,
    SavedStates,
    SavingObserved,
    after_merge,
    replaced_connections,
    sweeping,
    unpack,
)
from bot.model.airbyte import JobKind, JobStatus
from bot.model.cluster import ObjectName
from bot.model.github import PullRequest
from bot.model.names import saved_sync_states
from bot.runtime.observe.airbyte import NOT_CONFIGURED, AirbyteReader
from bot.runtime.observe.modules import Inputs
from bot.runtime.observe.world import World

_SYNCS = 100  # that are looked at, the newest first
_MOST = 20  # connections of one pull request whose state is read


async def saved_states(cluster: Cluster, terraform: ObjectName) -> SavedStates:
    """What is saved for a Terraform object; a Secret that may not be read is a problem, said."""
    namespace, name = terraform.namespace, saved_sync_states(terraform)
    try:
        data, version = await cluster.secret_at(namespace, name)
    except NotFound:
        return SavedStates(namespace, name)
    except Forbidden:
        why = f"reading Secret {namespace}/{name} is not allowed (lotus doctor)"
        return SavedStates(namespace, name, problem=why)
    except ClientError as error:
        return SavedStates(namespace, name, problem=str(error))
    read = {key: unpack(key, value) for key, value in data.items()}
    return SavedStates(
        namespace,
        name,
        version,
        saved={key: item for key, item in read.items() if item is not None},
        sizes={key: len(value) for key, value in data.items()},
    )


async def has_synced(client: AirbyteClient, connection_id: str) -> bool:
    """Whether one of its newest syncs and refreshes succeeded."""
    newest = await client.latest_jobs(connection_id, _SYNCS, (JobKind.SYNC, JobKind.REFRESH))
    return any(job.status is JobStatus.SUCCEEDED for job in newest)


class SavedStateObserver:
    """One for the whole service."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def to_save(
        self, terraform: ObjectName, seen: ModuleSeen, inputs: Inputs
    ) -> SavingObserved | None:
        """For an open pull request of somebody trusted; None where it replaces no connection."""
        ids = inputs.ids
        found = [a for a in replaced_connections(seen.prediction) if a in ids][:_MOST]
        if not found:
            return None
        states = await saved_states(self._world.cluster, terraform)
        replaced: list[Replaced] = []
        for address in found:
            # An Airbyte that is away is waited for once, not once for each.
            problem = replaced[-1].problem if replaced else ""
            replaced.append(
                Replaced(address, ids[address], problem=problem)
                if problem
                else await _replaced(self._world.airbyte, address, ids[address])
            )
        return SavingObserved(states, tuple(replaced))

    async def merged(
        self, terraform: ObjectName, seen: ModuleSeen, pull_request: PullRequest
    ) -> ModuleSeen:
        """With what can be given back after the merge."""
        found = replaced_connections(seen.prediction)
        if not found:
            return seen
        states = await saved_states(self._world.cluster, terraform)
        kept = after_merge(states, found, pull_request.repository, pull_request.number)
        return replace(seen, kept=kept)

    async def sweep(self, terraform: ObjectName) -> SaveSyncStates | None:
        """What is to be removed; nothing is asked of GitHub where nothing is saved."""
        states = await saved_states(self._world.cluster, terraform)
        if not states.saved:
            return None
        asked = {(i.repository, n) for i in states.saved.values() for n in i.pull_requests}
        found = {place: await self._pull_request(*place) for place in sorted(asked)}
        return sweeping(states, found, self._world.clock.now())

    async def _pull_request(self, repository: str, number: int) -> PullRequest | None:
        known = self._world.installations.find(repository)
        if known is None:
            return None
        try:
            return await self._world.installations.reader(known).pull_request(number)
        except NotFound:
            return None


async def _replaced(airbyte: AirbyteReader, address: str, connection_id: str) -> Replaced:
    if airbyte.client is None:
        return Replaced(address, connection_id, problem=NOT_CONFIGURED)
    try:
        return Replaced(address, connection_id, await airbyte.client.sync_state(connection_id))
    except ClientError as error:
        return Replaced(address, connection_id, problem=str(error))
