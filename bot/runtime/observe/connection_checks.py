"""Asking Airbyte whether it gets through with what its sources and destinations are set to."""

from __future__ import annotations

import asyncio

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError
from bot.lifecycle.commands.parts import Checked, PlatformSeen
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
    turn = asyncio.Semaphore(_AT_ONCE)
    holders = {tip.holder for tip in platform.tips}
    actors = [
        item
        for holder in platform.now.holders
        if holder.name in holders
        for item in holder.resources
        if item.kind is not Kind.CONNECTION
    ]
    made = [_check(airbyte.client, item, turn) for item in actors[:_MOST]]
    return tuple(await asyncio.gather(*made))


async def _check(client: AirbyteClient, item: Resource, turn: asyncio.Semaphore) -> Checked:
    try:
        async with asyncio.timeout(_SECONDS), turn:
            found = await client.check(ActorKind(item.kind.value), item.id)
    except ClientError as error:
        return Checked(item.kind.value, item.name, None, str(error))
    except TimeoutError:
        return Checked(item.kind.value, item.name, None, f"not over within {_SECONDS:.0f} s")
    return Checked(item.kind.value, item.name, found)
