"""The ids that a state holds: which Airbyte object stands behind an address. PURE."""

from __future__ import annotations

from bot.plan.state import State

_ID_OF = {
    "airbyte_connection": "connection_id",
    "airbyte_source": "source_id",
    "airbyte_destination": "destination_id",
}


def workspaces(state: State | None) -> frozenset[str]:
    """The workspaces that the state's sources and destinations are in."""
    found = (stored.attributes.get("workspace_id") for stored in (state.instances if state else ()))
    return frozenset(item for item in found if isinstance(item, str) and item)


def workspace_of(state: State | None, connection_id: str) -> str:
    """The workspace of a connection's source: newer Airbytes do not tell the connection's own."""
    held = [stored.attributes for stored in (state.instances if state else ())]
    sources = {a.get("source_id") for a in held if a.get("connection_id") == connection_id}
    for attributes in held:
        if attributes.get("source_id") in sources and attributes.get("workspace_id"):
            return str(attributes["workspace_id"])
    return ""


def ids_by_address(state: State | None) -> dict[str, str]:
    """Address (with its index, as the tool writes it) to Airbyte's id; no deposed ones."""
    found: dict[str, str] = {}
    for stored in state.instances if state else ():
        attribute = _ID_OF.get(stored.address.resource.type)
        identity = stored.attributes.get(attribute) if attribute else None
        if isinstance(identity, str) and not stored.deposed:
            found[str(stored.address)] = identity
    return found
