"""Providers as facts: what of a resource is required, forces replacement, or becomes unknown.

Above `bot.plan.values`; asks nobody. A provider is one file; a new one is written by looking at its
neighbour and added to `KNOWN`. It is imported when a module names it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from bot.plan.providers.schema import Attribute, Loose, Nesting, Provider, Replace, ResourceType

BUILTIN = "terraform.io/builtin/terraform"
KNOWN = {
    "aballiet/airbyte-oss": "airbyte_oss",
    "airbytehq/airbyte": "airbyte",
    BUILTIN: "builtin",
    "hashicorp/local": "hashicorp_local",
    "hashicorp/null": "hashicorp_null",
    "hashicorp/random": "hashicorp_random",
    "hashicorp/time": "hashicorp_time",
}
"""The file of each provider by its source."""


Schemas = Mapping[str, Provider]
"""Further providers, by source: what a user's `providers schema -json` tells (see `loading`)."""


WITHOUT_ARGUMENTS = frozenset(
    {BUILTIN, "hashicorp/null", "hashicorp/random", "hashicorp/time", "hashicorp/local"}
)
"""Providers whose `provider` block has no arguments of its own."""


def provider(source: str, schemas: Schemas | None = None) -> Provider | None:
    """The facts of a provider by its source (`hashicorp/null`, with or without a host)."""
    short = "/".join(source.split("/")[-2:])
    file = KNOWN.get(source) or KNOWN.get(short)
    if file is None:
        return (schemas or {}).get(source) or (schemas or {}).get(short)
    facts: Provider = importlib.import_module(f"bot.plan.providers.{file}").PROVIDER
    return facts


def resource_type(
    source: str, mode: str, type_: str, schemas: Schemas | None = None
) -> ResourceType | None:
    """The facts of a type, where its provider is known."""
    facts = provider(source, schemas)
    if facts is None:
        return None
    return (facts.resources if mode == "managed" else facts.data_sources).get(type_)


def loose_rules(source: str, type_: str) -> Loose | None:
    """The rules by name of a type that has no table."""
    facts = provider(source)
    return facts.loose(type_) if facts is not None and facts.loose is not None else None


__all__ = [
    "BUILTIN",
    "WITHOUT_ARGUMENTS",
    "Attribute",
    "Loose",
    "Nesting",
    "Provider",
    "Replace",
    "ResourceType",
    "Schemas",
    "loose_rules",
    "provider",
    "resource_type",
]
