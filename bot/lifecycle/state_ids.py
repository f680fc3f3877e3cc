"""The ids that a state holds: which Airbyte object stands behind an address. PURE."""

from __future__ import annotations

from bot.plan.state import State

_ID_OF = {
    "airbyte_connection": "connection_id",
    "airbyte_source": "source_id",
    "airbyte_destination": "destination_id",
}


def ids_by_address(state: State | None) -> dict[str, str]:
    """Address (with its index, as the tool writes it) to Airbyte's id; no deposed ones."""
    found: dict[str, str] = {}
    for stored in state.instances if state else ():
        attribute = _ID_OF.get(stored.address.resource.type)
        identity = stored.attributes.get(attribute) if attribute else None
        if isinstance(identity, str) and not stored.deposed:
            found[str(stored.address)] = identity
    return found
