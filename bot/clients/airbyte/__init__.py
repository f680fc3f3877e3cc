"""Airbyte's Config API. An edge: it asks and decodes, and decides nothing.

Errors are those of `bot.clients.errors`; no message holds a body, for bodies may hold secrets.
"""

from bot.clients.airbyte.client import AirbyteClient
from bot.clients.airbyte.transport import (
    BasicCredentials,
    ClientCredentials,
    Credentials,
    NoCredentials,
    TimeLimits,
)

__all__ = [
    "AirbyteClient",
    "BasicCredentials",
    "ClientCredentials",
    "Credentials",
    "NoCredentials",
    "TimeLimits",
]
