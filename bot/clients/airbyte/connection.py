"""The client that the settings describe. No I/O yet."""

from __future__ import annotations

import aiohttp

from bot.clients.airbyte.client import AirbyteClient
from bot.clients.airbyte.transport import (
    BasicCredentials,
    ClientCredentials,
    Credentials,
    NoCredentials,
)
from bot.clients.clock import Clock
from bot.config import Settings


def airbyte_from(
    settings: Settings, session: aiohttp.ClientSession, clock: Clock
) -> AirbyteClient | None:
    """None where no Airbyte is configured."""
    if settings.airbyte_url is None:
        return None
    return AirbyteClient(session, settings.airbyte_url, credentials_from(settings), clock)


def credentials_from(settings: Settings) -> Credentials:
    """An application's, else a user's, else none: Airbyte may ask for nothing."""
    if settings.airbyte_client_id and settings.airbyte_client_secret:
        secret = settings.airbyte_client_secret.get_secret_value()
        return ClientCredentials(settings.airbyte_client_id, secret)
    if settings.airbyte_username and settings.airbyte_password:
        password = settings.airbyte_password.get_secret_value()
        return BasicCredentials(settings.airbyte_username, password)
    return NoCredentials()
