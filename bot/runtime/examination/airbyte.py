"""Airbyte, observed."""

from __future__ import annotations

from bot.clients.airbyte import AirbyteClient
from bot.clients.errors import ClientError, Forbidden
from bot.lifecycle.diagnosis import AirbyteSeen


async def observe_airbyte(url: str | None, airbyte: AirbyteClient | None) -> AirbyteSeen:
    """Whether it answers, and how many workspaces it shows us."""
    if url is None or airbyte is None:
        return AirbyteSeen(None)
    try:
        return AirbyteSeen(url, workspaces=len(await airbyte.workspaces()))
    except ClientError as error:
        return AirbyteSeen(url, problem=str(error), refused=isinstance(error, Forbidden))
