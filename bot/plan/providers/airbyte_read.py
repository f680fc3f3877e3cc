"""What this provider reads back of what was sent: the cause of perpetual drift (finding F).

Beside the providers in `bot.plan.providers`. Airbyte drops unselected streams, prunes unselected
properties, spells aliases its own way and keeps JSON as jsonb; the provider marshals each
`json_schema` value again, as Go does, and reads empty lists as null.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from bot.plan.providers import go_json
from bot.plan.values import (
    FALSE,
    TRUE,
    Value,
    list_of,
    map_of,
    null,
    string,
)
from bot.plan.values.json import typed_from_json
from bot.plan.values.memo import Memo
from bot.plan.values.types import STRING, ListType, ObjectType

_LISTS = ("default_cursor_field", "source_defined_primary_key", "supported_sync_modes")
_CONFIG_LISTS = ("cursor_field", "primary_key")


def read_connection(state: Value) -> Value:
    """A connection's attributes after the provider's next read."""
    raw = state.raw
    if not isinstance(raw, dict):
        return state
    catalog = raw.get("sync_catalog")
    if catalog is None or not isinstance(catalog.raw, dict):
        return state
    return Value(state.type, {**raw, "sync_catalog": _catalog(catalog)}, state.marks)


def _catalog(catalog: Value) -> Value:
    raw = catalog.raw
    streams = raw.get("streams") if isinstance(raw, dict) else None
    if streams is None or not isinstance(streams.raw, tuple) or not isinstance(raw, dict):
        return catalog
    kept = [_stream(each) for each in streams.raw if _selected(each)]
    element = streams.type.element if isinstance(streams.type, ListType) else streams.type
    read = list_of(element, kept) if kept else null(streams.type)
    return Value(catalog.type, {**raw, "streams": read})


def _part(value: Value, name: str) -> Value | None:
    raw = value.raw
    return raw.get(name) if isinstance(raw, dict) else None


def _selected(stream: Value) -> bool:
    config = _part(stream, "config")
    selected = _part(config, "selected") if config is not None else None
    return selected is None or selected.raw is not False


_READ: Memo[Value] = Memo()
_ORDERED: Memo[Value] = Memo()


def _stream(stream: Value) -> Value:
    known = _READ.get(stream)
    return known if known is not None else _READ.put(_read_stream(stream), stream)


def _read_stream(stream: Value) -> Value:
    raw = stream.raw
    config, described = _part(stream, "config"), _part(stream, "stream")
    if not isinstance(raw, dict) or config is None or described is None:
        return stream
    if not isinstance(config.raw, dict) or not isinstance(described.raw, dict):
        return stream
    fields = _stored(_fields(config), described)
    read = {"config": _config(config, described, fields), "stream": _described(described, fields)}
    return Value(stream.type, {**raw, **read})


def _fields(config: Value) -> list[str] | None:
    """The selected top-level fields; None where field selection is off."""
    enabled, chosen = _part(config, "field_selection_enabled"), _part(config, "selected_fields")
    if enabled is None or enabled.raw is not True or chosen is None:
        return None
    items = chosen.raw if isinstance(chosen.raw, tuple) else ()
    return [name for each in items if (name := _field_name(each))]


def _stored(fields: list[str] | None, described: Value) -> list[str] | None:
    """Of the selected fields those that the schema has: Airbyte keeps properties, not names."""
    schema = _part(described, "json_schema")
    properties = _part(schema, "properties") if schema is not None else None
    if fields is None or properties is None or not isinstance(properties.raw, str):
        return fields
    try:
        known = go_json.decode(properties.raw)
    except go_json.NotGoJsonError:
        return fields
    return [name for name in fields if name in known] if isinstance(known, dict) else fields


def _config(config: Value, described: Value, fields: list[str] | None) -> Value:
    raw = dict(config.raw) if isinstance(config.raw, dict) else {}
    name = _part(described, "name")
    if name is not None and isinstance(name.raw, str):
        raw["alias_name"] = string(alias(name.raw))
    raw |= {"selected": TRUE, "suggested": FALSE}
    for each in _CONFIG_LISTS:
        raw[each] = _empty_as_null(raw[each])
    chosen = raw["selected_fields"]
    if fields is None:
        raw["selected_fields"] = null(chosen.type)
    else:
        raw["selected_fields"] = _ordered(chosen, fields)
    enabled = raw["field_selection_enabled"]
    raw["field_selection_enabled"] = enabled if enabled.raw is True else FALSE
    return Value(config.type, raw)


def _ordered(chosen: Value, fields: list[str]) -> Value:
    """Those that Airbyte has, in jsonb's order of keys: shorter ones first, then by bytes."""
    items = chosen.raw if isinstance(chosen.raw, tuple) else ()
    kept = [each for each in items if _field_name(each) in fields]
    if not kept:
        return null(chosen.type)
    whole = len(kept) == len(items)
    known = _ORDERED.get(chosen) if whole else None
    if known is not None:
        return known
    read = Value(chosen.type, tuple(sorted(kept, key=_jsonb)))
    return _ORDERED.put(read, chosen) if whole else read


def _jsonb(each: Value) -> tuple[int, bytes]:
    name = _field_name(each).encode()
    return len(name), name


def _field_name(each: Value) -> str:
    path = _part(each, "field_path")
    items = path.raw if path is not None and isinstance(path.raw, tuple) else ()
    return str(items[0].raw) if items else ""


def _described(described: Value, fields: list[str] | None) -> Value:
    raw = dict(described.raw) if isinstance(described.raw, dict) else {}
    for each in _LISTS:
        raw[each] = _empty_as_null(raw[each])
    if raw["source_defined_cursor"].raw is None:
        raw["source_defined_cursor"] = FALSE
    schema = raw["json_schema"]
    if isinstance(schema.raw, dict):
        read = {key: _schema(key, item, fields) for key, item in schema.raw.items()}
        raw["json_schema"] = map_of(STRING, read)
    return Value(described.type, raw)


def _empty_as_null(value: Value) -> Value:
    return null(value.type) if value.raw == () else value


def _schema(key: str, item: Value, fields: list[str] | None) -> Value:
    if not isinstance(item.raw, str):
        return item
    try:
        document = go_json.decode(item.raw)
    except go_json.NotGoJsonError:
        return item  # the provider's own validator refuses it
    if key == "properties" and fields is not None and isinstance(document, dict):
        document = {name: each for name, each in document.items() if name in fields}
    return string(go_json.encode(document))


def alias(name: str) -> str:
    """A stream's name as Airbyte makes an alias of it."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9_]", "_", re.sub(r"\s+", "_", bare))


_PLAIN = {
    "name": "name", "namespace_definition": "namespaceDefinition",
    "namespace_format": "namespaceFormat", "prefix": "prefix", "status": "status",
    "schedule_type": "scheduleType", "geography": "geography",
    "non_breaking_changes_preference": "nonBreakingChangesPreference",
    "notify_schema_changes": "notifySchemaChanges",
    "notify_schema_changes_by_email": "notifySchemaChangesByEmail",
    "source_id": "sourceId", "destination_id": "destinationId",
    "breaking_change": "breakingChange", "source_catalog_id": "sourceCatalogId",
}  # fmt: skip


def live_connection(state: Value, live: Mapping[str, Any]) -> Value:
    """A connection as Airbyte has it now; one that Airbyte no longer has is `deprecated`."""
    found = _live(state, "connection_id", live.get("connections"), "connectionId")
    raw = state.raw
    if not isinstance(raw, dict) or live.get("connections") is None:
        return state
    if found is None:
        return Value(state.type, {**raw, "status": string("deprecated")})
    read = {ours: found.get(theirs) for ours, theirs in _PLAIN.items()}
    read["schedule_data"] = _snake(found.get("scheduleData"))
    read["sync_catalog"] = _live_catalog(found.get("syncCatalog"))
    read["operation_ids"] = found.get("operationIds") or None
    types = state.type.attributes if isinstance(state.type, ObjectType) else {}
    now = {name: typed_from_json(document, types[name]) for name, document in read.items()}
    return Value(state.type, {**raw, **now})


def live_actor(state: Value, live: Mapping[str, Any]) -> Value:
    """A source or destination: its name is read, its configuration never is."""
    for kind in ("source", "destination"):
        found = _live(state, f"{kind}_id", live.get(f"{kind}s"), f"{kind}Id")
        if found is not None and isinstance(state.raw, dict):
            read = {"name": string(str(found["name"]))}
            workspace = found.get("workspaceId")
            if workspace:
                read["workspace_id"] = string(str(workspace))
            return Value(state.type, {**state.raw, **read})
    return state


def _live(state: Value, ours: str, objects: object, theirs: str) -> Mapping[str, Any] | None:
    known = _part(state, ours)
    if known is None or not isinstance(objects, list):
        return None
    return next((each for each in objects if each.get(theirs) == known.raw), None)


def _snake(document: object) -> Any:
    """Airbyte's keys as the provider's attributes are named."""
    if isinstance(document, dict):
        return {_name(key): _snake(item) for key, item in document.items()}
    return [_snake(item) for item in document] if isinstance(document, list) else document


def _name(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "_" + found.group(1).lower(), key)


def _live_catalog(document: object) -> Any:
    if not isinstance(document, dict):
        return None
    streams = []
    for each in document.get("streams", []):
        described = {k: v for k, v in each.get("stream", {}).items() if k != "jsonSchema"}
        shape = {
            key: go_json.encode(item) for key, item in each["stream"].get("jsonSchema", {}).items()
        }
        named = {**_snake(described), "json_schema": shape or None}
        streams.append({"stream": named, "config": _snake(each.get("config", {}))})
    return {"streams": streams or None}
