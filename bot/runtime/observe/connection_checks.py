"""Asking Airbyte whether it gets through with what its sources and destinations are set to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError
from bot.lifecycle.commands.parts import PlatformSeen
from bot.lifecycle.stability.checked import Checked
from bot.lifecycle.stability.inventory import Kind, Resource
from bot.model.airbyte import ActorKind
from bot.runtime.observe.airbyte import AirbyteReader

_AT_ONCE = 4
_MOST = 40
_SECONDS = 120.0  # for all of them: a worker has other keys, and 5 minutes for one


async def checks(airbyte: AirbyteReader, platform: PlatformSeen | None) -> tuple[Checked, ...]:
    """Those of what this repository's states hold; what takes too long is said to."""
    if airbyte.client is None or platform is None:
        return ()
    holders = {tip.holder for tip in platform.tips}
    actors = [
        item
        for holder in platform.now.holders
        if holder.name in holders
        for item in holder.resources
        if item.kind is not Kind.CONNECTION
    ]
    return await check_each(airbyte.client, actors)


async def check_each(client: AirbyteClient, actors: Sequence[Resource]) -> tuple[Checked, ...]:
    """The checks of these sources and destinations, in order."""
    turn = asyncio.Semaphore(_AT_ONCE)
    return tuple(await asyncio.gather(*(_check(client, i, turn) for i in actors[:_MOST])))


async def _check(client: AirbyteClient, item: Resource, turn: asyncio.Semaphore) -> Checked:
    try:
        async with asyncio.timeout(_SECONDS), turn:
            found = await client.check(ActorKind(item.kind.value), item.id)
    except ClientError as error:
        return Checked(item.kind.value, item.name, None, str(error))
    except TimeoutError:
        return Checked(item.kind.value, item.name, None, f"not over within {_SECONDS:.0f} s")
    return Checked(item.kind.value, item.name, found)
