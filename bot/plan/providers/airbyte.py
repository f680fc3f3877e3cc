"""Facts of `airbytehq/airbyte` 1.x: `facts/airbyte.md`, by the suffixes of its many types.

Beside the other providers in `bot.plan.providers`. There are hundreds of types (`airbyte_source_…`,
`airbyte_destination_…`), alike in what matters: computed ids stay known on an update.
"""

from __future__ import annotations

from bot.plan.providers.schema import Loose, Provider

_ACTOR = Loose(
    replace=frozenset({"definition_id", "workspace_id", "secret_id"}),
    keeps=frozenset({"source_id", "destination_id"}),
    sensitive=frozenset({"configuration"}),
    json=frozenset({"configuration"}),
)
_CONNECTION = Loose(
    replace=frozenset({"source_id", "destination_id"}),
    keeps=frozenset({"connection_id", "workspace_id"}),
)
_OTHER = Loose(
    replace=frozenset({"definition_id", "workspace_id"}),
    keeps=frozenset({"id", "workspace_id"}),
)


def _loose(type_: str) -> Loose | None:
    if type_ == "airbyte_connection":
        return _CONNECTION
    if type_.startswith(("airbyte_source", "airbyte_destination")):
        return _ACTOR if not type_.endswith("_definition") else _OTHER
    return _OTHER if type_ == "airbyte_workspace" else None


PROVIDER = Provider("airbytehq/airbyte", {}, loose=_loose)
