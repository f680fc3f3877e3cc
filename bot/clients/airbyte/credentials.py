"""Which credentials the settings give for Airbyte. No I/O."""

from __future__ import annotations

from bot.clients.airbyte.transport import (
    BasicCredentials,
    ClientCredentials,
    Credentials,
    NoCredentials,
)
from bot.config import Settings


def credentials_from(settings: Settings) -> Credentials:
    """An application's, else a user's, else none: Airbyte may ask for nothing."""
    if settings.airbyte_client_id and settings.airbyte_client_secret:
        secret = settings.airbyte_client_secret.get_secret_value()
        return ClientCredentials(settings.airbyte_client_id, secret)
    if settings.airbyte_username and settings.airbyte_password:
        password = settings.airbyte_password.get_secret_value()
        return BasicCredentials(settings.airbyte_username, password)
    return NoCredentials()
