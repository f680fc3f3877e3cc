"""A connection of Airbyte as code: its import block, its resource, its catalog. PURE.

Only connections: `aballiet/airbyte-oss` has no import of sources and destinations
(`facts/airbyte.md`). What is written is what Airbyte has now, in the form in which the provider
reads it back, so that the import changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.lifecycle.catalog import quieted, written
from bot.plan.address import quoted_key
from bot.plan.providers import go_json

_PLAIN = (
    ("status", "status"),
    ("name", "name"),
    ("namespace_definition", "namespaceDefinition"),
    ("namespace_format", "namespaceFormat"),
    ("prefix", "prefix"),
    ("schedule_type", "scheduleType"),
)
_CONFIG = (
    "syncMode",
    "cursorField",
    "destinationSyncMode",
    "primaryKey",
    "aliasName",
    "selected",
    "suggested",
    "fieldSelectionEnabled",
    "selectedFields",
)
_STREAM = (
    "name",
    "namespace",
    "supportedSyncModes",
    "defaultCursorField",
    "sourceDefinedCursor",
    "sourceDefinedPrimaryKey",
)


@dataclass(frozen=True, slots=True)
class Adopted:
    """New files by path; `address` is what the connection is called in code."""

    address: str
    files: Mapping[str, bytes] = field(repr=False)


def adopted(
    document: Mapping[str, Any], addresses: Mapping[str, str], module: str, taken: Iterable[str]
) -> Adopted:
    """The code for a connection as Airbyte's list gives it (`document`).

    `addresses`: what the module calls the objects with these ids; `taken`: names of resources and
    files that exist. Raises `ValueError` for a catalog that is none.
    """
    name = _name(str(document.get("name") or "connection"), frozenset(taken))
    folder = f"{module}/" if module else ""
    catalog = f"{name}_catalog.json"
    text = _code(document, addresses, name, catalog)
    return Adopted(
        f"airbyte_connection.{name}",
        {f"{folder}{name}.tf": text.encode(), f"{folder}{catalog}": _catalog(document)},
    )


def _name(title: str, taken: frozenset[str]) -> str:
    """A resource's name from what people call it; another where that is taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60]
    base = plain if plain[:1].isalpha() else f"connection_{plain}".rstrip("_")
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _code(
    document: Mapping[str, Any], addresses: Mapping[str, str], name: str, catalog: str
) -> str:
    lines = [
        "import {",
        f"  to = airbyte_connection.{name}",
        f"  id = {quoted_key(str(document['connectionId']))}",
        "}",
        "",
        f'resource "airbyte_connection" "{name}" {{',
        f"  source_id = {_end(document, 'source', addresses)}",
        f"  destination_id = {_end(document, 'destination', addresses)}",
    ]
    for ours, theirs in _PLAIN:
        if isinstance(document.get(theirs), str):
            lines.append(f"  {ours} = {quoted_key(document[theirs])}")
    lines += _schedule(document)
    lines += [f'  sync_catalog = jsondecode(file("${{path.module}}/{catalog}"))', "}", ""]
    return "\n".join(lines)


def _end(document: Mapping[str, Any], kind: str, addresses: Mapping[str, str]) -> str:
    """A reference to the resource that has this id; the id itself where none has it."""
    identity = str(document[f"{kind}Id"])
    address = addresses.get(identity)
    return f"{address}.{kind}_id" if address else quoted_key(identity)


def _schedule(document: Mapping[str, Any]) -> list[str]:
    data = document.get("scheduleData") or {}
    cron, basic = data.get("cron"), data.get("basicSchedule")
    if cron:
        zone = quoted_key(str(cron.get("cronTimeZone") or "UTC"))
        expression = quoted_key(str(cron["cronExpression"]))
        inner = f"cron = {{ cron_expression = {expression}, cron_time_zone = {zone} }}"
    elif basic:
        unit, units = quoted_key(str(basic["timeUnit"])), int(basic["units"])
        inner = f"basic_schedule = {{ time_unit = {unit}, units = {units} }}"
    else:
        return []
    return ["  schedule_data = {", f"    {inner}", "  }"]


def _catalog(document: Mapping[str, Any]) -> bytes:
    streams = (document.get("syncCatalog") or {}).get("streams") or ()
    catalog = {"streams": [_entry(entry) for entry in streams]}
    return written(quieted(catalog).catalog, None)


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    stream, config = entry["stream"], entry.get("config") or {}
    schema = stream.get("jsonSchema") or {}
    described = {_snake(key): stream[key] for key in _STREAM if stream.get(key) is not None}
    described["json_schema"] = {key: go_json.encode(value) for key, value in schema.items()}
    chosen = {_snake(key): config[key] for key in _CONFIG if config.get(key) is not None}
    if "selected_fields" in chosen:
        paths = [{"field_path": item["fieldPath"]} for item in chosen["selected_fields"]]
        chosen["selected_fields"] = paths
    return {"stream": described, "config": chosen}


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)
