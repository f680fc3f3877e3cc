"""Providers as facts: what of a resource is required, forces replacement, or becomes unknown.

Above `bot.plan.values`; asks nobody. A provider is one file; a new one is written by looking at its
neighbour and added to `_KNOWN`.
"""

from __future__ import annotations

from bot.plan.providers import (
    airbyte_oss,
    builtin,
    hashicorp_local,
    hashicorp_null,
    hashicorp_random,
    hashicorp_time,
)
from bot.plan.providers.schema import Attribute, Nesting, Provider, Replace, ResourceType

_KNOWN: dict[str, Provider] = {
    each.PROVIDER.source: each.PROVIDER
    for each in (
        airbyte_oss,
        builtin,
        hashicorp_local,
        hashicorp_null,
        hashicorp_random,
        hashicorp_time,
    )
}
BUILTIN = builtin.PROVIDER.source


def provider(source: str) -> Provider | None:
    """The facts of a provider by its source (`hashicorp/null`, with or without a host)."""
    if source in _KNOWN:
        return _KNOWN[source]
    return _KNOWN.get("/".join(source.split("/")[-2:]))


__all__ = [
    "BUILTIN",
    "Attribute",
    "Nesting",
    "Provider",
    "Replace",
    "ResourceType",
    "provider",
]
