"""Observing the states of a repository's Terraform objects, and the copies that rebuilds keep."""

from __future__ import annotations

from bot.clients.errors import ClientError
from bot.clients.kubernetes.cluster import TERRAFORM, Cluster
from bot.lifecycle.commands.parts import ObjectStates, StoredState
from bot.lifecycle.stability.inventory import resources_of
from bot.model.cluster import Terraform, kept_state, terraform_from
from bot.plan.state import StateError, parse_state
from bot.runtime.observe.inputs import read_state_secret
from bot.runtime.observe.world import World

_SPLIT = (
    "a rebuild keeps its copy in one Secret, which has no room for it, and deletes the state in "
    "one step, so that a crash leaves a whole one or none. Keep and delete each part by hand"
)


async def object_states(world: World, repository: str) -> tuple[ObjectStates, ...]:
    """Each object, read anew: its annotations decide what is done next."""
    found = []
    for made in world.platforms.of(repository):
        name = made.terraform.name
        item = await world.cluster.get(TERRAFORM, name.namespace, name.name)
        found.append(await _states(world.cluster, terraform_from(item)))
    return tuple(found)


async def _states(cluster: Cluster, terraform: Terraform) -> ObjectStates:
    namespace = terraform.name.namespace
    none = StoredState()
    try:
        state = await _stored(cluster, namespace, terraform.state)
        copy = await _stored(cluster, namespace, kept_state(terraform.name))
    except (ClientError, StateError) as error:
        return ObjectStates(terraform, none, none, str(error))
    problem = next((item for item in (state, copy) if isinstance(item, str)), "")
    if isinstance(state, str) or isinstance(copy, str):
        return ObjectStates(terraform, none, none, problem)
    return ObjectStates(terraform, state, copy)


async def _stored(cluster: Cluster, namespace: str, name: str) -> StoredState | str:
    """The state in this Secret; or, in words, why it cannot be read."""
    found = await read_state_secret(cluster, namespace, name)
    if found.problem:
        return found.problem
    if found.secrets > 1:
        return f"the state in {namespace}/{name} is split over {found.secrets} Secrets: {_SPLIT}"
    if found.text is None:
        return StoredState()
    state = parse_state(found.text)
    return StoredState(f"{state.lineage}:{state.serial}", resources_of(state))
