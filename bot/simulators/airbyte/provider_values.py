"""How aballiet/airbyte-oss 1.2.3 turns attributes into Airbyte's JSON, and back. Pure.

The way back is not the inverse: empty lists become null, and every string of a `json_schema`
is written anew as Go writes JSON. Perpetual drift comes from here (`facts/airbyte.md`, F).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
_CONFIG = (
    "alias_name", "cursor_field", "destination_sync_mode", "field_selection_enabled", "primary_key",
    "selected", "selected_fields", "suggested", "sync_mode",
)  # fmt: skip
_STREAM = (
    "default_cursor_field", "json_schema", "name", "namespace", "source_defined_cursor",
    "source_defined_primary_key", "supported_sync_modes",
)  # fmt: skip
CONNECTION = (
    "breaking_change", "connection_id", "destination_id", "geography", "name",
    "namespace_definition", "namespace_format", "non_breaking_changes_preference",
    "notify_schema_changes", "notify_schema_changes_by_email", "operation_ids", "prefix",
    "resource_requirements", "schedule_data", "schedule_type", "source_catalog_id", "source_id",
    "status", "sync_catalog", "workspace_id",
)  # fmt: skip


def camel(value: Any, key: str = "") -> Any:
    """Attributes as request JSON; null ones are left out, a `json_schema` is parsed."""
    if key == "json_schema" and isinstance(value, Mapping):
        return {name: json.loads(text) for name, text in value.items() if text is not None}
    if isinstance(value, Mapping):
        return {
            _camel_name(name): camel(inner, name)
            for name, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list):
        return [camel(item) for item in value]
    return value


def connection_attributes(read: Mapping[str, Any]) -> Json:
    """A ConnectionRead as the provider stores it in the state."""
    snake = _snake(read)
    attributes: Json = {name: snake.get(name) for name in CONNECTION}
    attributes["operation_ids"] = attributes["operation_ids"] or None
    schedule = attributes["schedule_data"]
    if schedule:
        attributes["schedule_data"] = {
            "basic_schedule": schedule.get("basic_schedule"),
            "cron": schedule.get("cron"),
        }
    streams = read["syncCatalog"]["streams"]
    attributes["sync_catalog"] = {"streams": [_entry(entry) for entry in streams]}
    return attributes


def _entry(entry: Mapping[str, Any]) -> Json:
    config, stream = _snake(entry["config"]), _snake(entry["stream"])
    schema = entry["stream"].get("jsonSchema") or {}
    stream["json_schema"] = {name: go_json(value) for name, value in schema.items()}
    return {
        "config": {name: _none_if_empty(config.get(name)) for name in _CONFIG},
        "stream": {name: _none_if_empty(stream.get(name)) for name in _STREAM},
    }


def _none_if_empty(value: Any) -> Any:
    return None if value == [] else value


def _snake(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_snake_name(name): _snake(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_snake(item) for item in value]
    return value


def _camel_name(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def _snake_name(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def go_json(value: Any) -> str:
    """JSON as Go's `json.Marshal` writes what `json.Unmarshal` read into `any`."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key.encode("utf-8", "surrogatepass"))
        return "{" + ",".join(f"{go_json(key)}:{go_json(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(go_json(item) for item in value) + "]"
    if isinstance(value, str):
        return _go_string(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return _go_number(float(value))


def _go_string(text: str) -> str:
    quoted = json.dumps(re.sub(r"[\ud800-\udfff]", "\ufffd", text), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        quoted = quoted.replace(character, f"\\u{ord(character):04x}")
    return quoted


def _go_number(number: float) -> str:
    if number == 0:
        return "-0" if str(number).startswith("-") else "0"
    decimal = Decimal(repr(number)).normalize()
    exponent = decimal.adjusted()
    if -7 < exponent < 21:
        return format(decimal, "f")
    sign, digits, _ = decimal.as_tuple()
    mantissa = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if len(digits) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{exponent:+03d}".replace("e-0", "e-")
