"""Observing a connection of a state, what was saved of it, and the deleted ones before it."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError
from bot.clients.kubernetes.cluster import TERRAFORM
from bot.lifecycle.commands.parts import Succession
from bot.lifecycle.saved_states import SavedStates
from bot.lifecycle.stability.inventory import Kind, Resource, resources_of
from bot.lifecycle.sync_state import NOT_SET
from bot.model.airbyte import Connection
from bot.runtime.observe.modules import read_inputs
from bot.runtime.observe.stability.saved_states import has_synced, saved_states
from bot.runtime.observe.world import World

_MOST = 5  # deleted ones whose state is read
_BEGINNING = datetime.min.replace(tzinfo=UTC)


async def successions(world: World, repository: str, named: str) -> tuple[Succession, ...]:
    """Those of this address, or of this name, in what the repository applies."""
    found: list[Succession] = []
    for made in world.platforms.of(repository):
        name = made.terraform.name
        inputs = await read_inputs(
            world.cluster, await world.cluster.get(TERRAFORM, name.namespace, name.name)
        )
        called = [item for item in resources_of(inputs.state) if _is_called(item, named)]
        states = await saved_states(world.cluster, name) if called else None
        found += [await _succession(world.airbyte.client, item, states) for item in called]
    return tuple(found)


def _is_called(resource: Resource, named: str) -> bool:
    names = (resource.address, resource.address.rpartition(".")[2], resource.name)
    return resource.kind is Kind.CONNECTION and named in names


async def _succession(
    client: AirbyteClient | None, resource: Resource, states: SavedStates | None
) -> Succession:
    address = resource.address
    if client is None:
        return Succession(address, problem="no Airbyte is configured (LOTUS_AIRBYTE_URL)")
    try:
        connection = await client.connection(resource.id)
        state = await client.sync_state(resource.id)
        jobs = await client.latest_jobs(resource.id, 1)
        synced = state.kind != NOT_SET and await has_synced(client, resource.id)
        old = await _before(client, connection)
        before = [(item, await client.sync_state(item.id)) for item in old]
    except ClientError as error:
        return Succession(address, problem=str(error))
    newest = jobs[0] if jobs else None
    return Succession(address, connection, state, newest, tuple(before), synced, states)


async def _before(client: AirbyteClient, connection: Connection) -> list[Connection]:
    """Deleted ones of its name or between its ends, the newest first."""
    ends = (connection.source_id, connection.destination_id)
    found = []
    for workspace in await client.workspaces():
        for item in await client.deleted_connections(workspace.id):
            same = item.name == connection.name or (item.source_id, item.destination_id) == ends
            if same and item.id != connection.id:
                found.append(item)
    return sorted(found, key=lambda item: item.created or _BEGINNING, reverse=True)[:_MOST]
