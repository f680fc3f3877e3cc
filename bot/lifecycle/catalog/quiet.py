"""The quiet form of a catalog: what a second plan finds nothing to change in. PURE.

Each rule is one cause of perpetual drift (`facts/airbyte.md`, finding F). What the catalog means
to Airbyte stays the same; only how it is written changes.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.lifecycle.catalog.shape import Change, Json, entries, field_names, key_of, name_of, read
from bot.plan.providers import go_json

_STREAM_LISTS = ("supported_sync_modes", "default_cursor_field", "source_defined_primary_key")
_CONFIG_LISTS = ("cursor_field", "primary_key", "selected_fields")


@dataclass(frozen=True, slots=True)
class Quieted:
    """The catalog in the quiet form, and what had to change for it, per stream in words."""

    catalog: Json
    changes: tuple[Change, ...]


def quieted(catalog: Any) -> Quieted:
    """The quiet form; the argument stays as it is. Raises `NotACatalogError`."""
    result: Json = copy.deepcopy(catalog)
    changes: list[Change] = []
    kept = []
    for entry in entries(result):
        if read(entry.get("config", {}), "selected") is False:
            changes.append(Change(name_of(entry), "is not selected, so Airbyte does not store it"))
            continue
        kept.append(entry)
        changes += [Change(name_of(entry), words) for words in _quiet(entry)]
    result["streams"] = kept
    return Quieted(result, tuple(changes))


def is_quiet(catalog: Any) -> bool:
    """Whether a plan finds nothing to do once the catalog is applied."""
    return not quieted(catalog).changes


def alias_of(name: str) -> str:
    """The alias that Airbyte gives a stream: NFKD without marks, all but `[A-Za-z0-9_]` as `_`."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[^A-Za-z0-9_]", "_", re.sub(r"\s+", "_", plain))


def jsonb_order(names: set[str]) -> list[str]:
    """The order of jsonb's keys: shorter first (in bytes), then by bytes."""
    return sorted(names, key=lambda name: (len(name.encode()), name.encode()))


def _quiet(entry: Json) -> Iterator[str]:
    """Make one stream quiet, and say what was done."""
    stream, config = entry["stream"], entry.get("config", {})
    yield from _prune(stream, config)
    yield from _rewrite_schema(stream)
    yield from _order_fields(stream, config)
    yield from _set_plain_values(name_of(entry), config)
    yield from _empty_to_null(stream, _STREAM_LISTS)
    yield from _empty_to_null(config, _CONFIG_LISTS)


def _prune(stream: Json, config: Json) -> Iterator[str]:
    properties = properties_of(stream)
    if not read(config, "field_selection_enabled") or properties is None:
        return
    selected = set(field_names(config))
    dropped = [name for name in properties if name not in selected]
    if dropped:
        kept = {name: value for name, value in properties.items() if name in selected}
        stream[key_of(stream, "json_schema")]["properties"] = go_json.encode(kept)
        listed = ", ".join(f"`{name}`" for name in dropped)
        yield f"properties that are not selected are left out of `json_schema`: {listed}"


def properties_of(stream: Mapping[str, Any]) -> Json | None:
    """The decoded `json_schema.properties`, None where they cannot be read."""
    schema = read(stream, "json_schema")
    text = schema.get("properties") if isinstance(schema, dict) else None
    try:
        properties = go_json.decode(text) if isinstance(text, str) else None
    except go_json.NotGoJsonError:
        return None
    return properties if isinstance(properties, dict) else None


def _rewrite_schema(stream: Json) -> Iterator[str]:
    schema = read(stream, "json_schema")
    if not isinstance(schema, dict):
        return
    for name, text in schema.items():
        if not isinstance(text, str):
            continue
        try:
            written = go_json.rewritten(text)
        except go_json.NotGoJsonError:
            continue  # The apply will say it, and better.
        if written != text:
            schema[name] = written
            yield f"`json_schema.{name}` is written as the provider reads it back"


def _order_fields(stream: Json, config: Json) -> Iterator[str]:
    """jsonb's order with field selection, null without."""
    key = key_of(config, "selected_fields")
    if not config.get(key):
        return
    if not read(config, "field_selection_enabled"):
        config[key] = None
        yield "`selected_fields` is null, for field selection is off"
        return
    standing = field_names(config)
    properties = properties_of(stream)
    known = set(standing) if properties is None else set(standing) & set(properties)
    wanted = jsonb_order(known)
    if standing != wanted and known:
        path = key_of(config[key][0], "field_path")
        config[key] = [{path: [name]} for name in wanted]
        yield "`selected_fields` are in the order in which Airbyte lists them"


def _set_plain_values(name: str, config: Json) -> Iterator[str]:
    alias = key_of(config, "alias_name")
    if config.get(alias) not in (None, alias_of(name)):
        config[alias] = alias_of(name)
        yield f"`{alias}` is `{alias_of(name)}`, as Airbyte derives it"
    if config.get("suggested"):
        config["suggested"] = False
        yield "`suggested` is false"


def _empty_to_null(part: Json, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        key = key_of(part, name)
        if part.get(key) == []:
            part[key] = None
            yield f"`{key}` is null instead of an empty list"
