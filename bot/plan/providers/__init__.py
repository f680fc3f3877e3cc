"""Providers as facts: what of a resource is required, forces replacement, or becomes unknown.

Above `bot.plan.values`; asks nobody. A provider is one file; a new one is written by looking at its
neighbour and added to `KNOWN`. It is imported when a module names it.
"""

from __future__ import annotations

import importlib

from bot.plan.providers.schema import Attribute, Nesting, Provider, Replace, ResourceType

BUILTIN = "terraform.io/builtin/terraform"
KNOWN = {
    "aballiet/airbyte-oss": "airbyte_oss",
    BUILTIN: "builtin",
    "hashicorp/local": "hashicorp_local",
    "hashicorp/null": "hashicorp_null",
    "hashicorp/random": "hashicorp_random",
    "hashicorp/time": "hashicorp_time",
}
"""The file of each provider by its source."""


def provider(source: str) -> Provider | None:
    """The facts of a provider by its source (`hashicorp/null`, with or without a host)."""
    file = KNOWN.get(source) or KNOWN.get("/".join(source.split("/")[-2:]))
    if file is None:
        return None
    facts: Provider = importlib.import_module(f"bot.plan.providers.{file}").PROVIDER
    return facts


__all__ = [
    "BUILTIN",
    "Attribute",
    "Nesting",
    "Provider",
    "Replace",
    "ResourceType",
    "provider",
]
