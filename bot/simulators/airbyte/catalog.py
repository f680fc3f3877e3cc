"""What Airbyte stores of a catalog, and what it refuses. Pure (`facts/airbyte-api.md`, section 8).

The read-back differs from what was sent: this is where perpetual drift comes from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from bot.simulators.airbyte.refusals import Refusal
from bot.simulators.airbyte.versions import Version

Json = dict[str, Any]


def stored(catalog: Mapping[str, Any], version: Version) -> Json:
    """The catalog as a later GET answers it; raises `Refusal` 422 for what Airbyte refuses."""
    streams = catalog.get("streams") or []
    return {"streams": [_entry(e, version) for e in streams if _config(e).get("selected", True)]}


def _config(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return entry.get("config") or {}


def _entry(entry: Mapping[str, Any], version: Version) -> Json:
    stream, config = dict(entry["stream"]), dict(_config(entry))
    schema = jsonb(stream.get("jsonSchema") or {})
    selected: list[Json] = []
    if config.get("fieldSelectionEnabled"):
        schema = _pruned(schema, _selected_names(config))
        _refuse_unselected(stream, config)
        selected = [{"fieldPath": [name]} for name in schema.get("properties", {})]
    return {
        "stream": _without_nulls(_stream(stream, schema)),
        "config": _without_nulls(_stored_config(stream["name"], config, selected, version)),
    }


def _stream(stream: Json, schema: Json) -> Json:
    return {
        "name": stream["name"],
        "jsonSchema": schema,
        "supportedSyncModes": stream.get("supportedSyncModes") or [],
        "sourceDefinedCursor": bool(stream.get("sourceDefinedCursor")),
        "defaultCursorField": stream.get("defaultCursorField") or [],
        "sourceDefinedPrimaryKey": stream.get("sourceDefinedPrimaryKey") or [],
        "namespace": stream.get("namespace"),
        "isResumable": stream.get("isResumable"),
        "isFileBased": stream.get("isFileBased"),
    }


def _stored_config(name: str, config: Json, selected: list[Json], version: Version) -> Json:
    return {
        "syncMode": config.get("syncMode"),
        "cursorField": config.get("cursorField") or [],
        "destinationSyncMode": config.get("destinationSyncMode"),
        "primaryKey": config.get("primaryKey") or [],
        "aliasName": alias(name),
        "selected": True,
        "suggested": False,
        "destinationObjectName": config.get("destinationObjectName"),
        "fieldSelectionEnabled": bool(config.get("fieldSelectionEnabled")),
        "selectedFields": selected,
        "hashedFields": [],
        "mappers": [],
        "includeFiles": False if version.stores_files else None,
    }


def _selected_names(config: Json) -> list[str]:
    paths = [field.get("fieldPath") or [] for field in config.get("selectedFields") or []]
    if not paths:
        raise Refusal(422, "Field selection is on, but no fields are selected")
    if any(len(path) == 0 for path in paths):
        raise Refusal(422, "A selected field has an empty path")
    if any(len(path) > 1 for path in paths):
        raise Refusal(500, "Nested fields cannot be selected")
    return [path[0] for path in paths]


def _pruned(schema: Json, names: list[str]) -> Json:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        raise Refusal(422, "Field selection is on, but the schema has no properties")
    kept = {name: value for name, value in properties.items() if name in names}
    return {**schema, "properties": kept}


def _refuse_unselected(stream: Json, config: Json) -> None:
    names = _selected_names(config)
    cursor, keys = config.get("cursorField") or [], config.get("primaryKey") or []
    if config.get("syncMode") == "incremental" and cursor and cursor[0] not in names:
        raise Refusal(422, f"The cursor {cursor[0]} of {stream['name']} is not selected")
    if config.get("destinationSyncMode") in ("append_dedup", "overwrite_dedup"):
        lacking = [key[0] for key in keys if key and key[0] not in names]
        if lacking:
            raise Refusal(422, f"The primary key {lacking[0]} of {stream['name']} is not selected")


def alias(name: str) -> str:
    """The table name that Airbyte derives from a stream's name."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[^A-Za-z0-9_]", "_", re.sub(r"\s+", "_", plain))


def jsonb(value: Any) -> Any:
    """PostgreSQL's jsonb: keys by length, then by bytes, at every level; no negative zero."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: jsonb(value[key]) for key in keys}
    if isinstance(value, list):
        return [jsonb(item) for item in value]
    return 0 if value == 0 and isinstance(value, float) else value


def _without_nulls(values: Json) -> Json:
    return {key: value for key, value in values.items() if value is not None}
