"""What a `_catalog.json` should be, from the stream files beside it. PURE.

By the rules of `facts/lotus-lake.md`; what those files do not say is learned from the catalog
that stands there and kept: keys, casing, order, descriptions, sync modes. The result is in the
quiet form, so that an unchanged input plans nothing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.lifecycle.catalog.properties import field_property, merged_property
from bot.lifecycle.catalog.quiet import Quieted, properties_of, quieted
from bot.lifecycle.catalog.shape import (
    Casing,
    Json,
    casing_of,
    entries,
    key_of,
    name_of,
    read,
)
from bot.plan.providers import go_json

_MODES = ("full_refresh", "incremental")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stream file that cannot be one; `line` counts from 1."""

    path: str
    message: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class StreamFile:
    """One stream file, decoded, and what the source offers of that stream, where that is known."""

    file_name: str
    settings: Json
    offered: Json | None = None

    @property
    def name(self) -> str:
        """The stream's name: `stream`, else the file's."""
        return str(self.settings.get("stream") or self.file_name.removesuffix(".json"))

    @property
    def fields(self) -> Json | None:
        """The selected fields, None where the file names none."""
        fields = self.settings.get("fields")
        return fields if isinstance(fields, dict) else None

    @property
    def defaults(self) -> Json:
        """What the source offers as defaults."""
        return dict((self.offered or {}).get("defaults") or {})


def stream_files(
    files: Mapping[str, bytes], offered: Mapping[str, bytes]
) -> tuple[tuple[StreamFile, ...], tuple[Unreadable, ...]]:
    """Stream files by file name (those that begin with `_` are not any), and what is no JSON.

    `offered`: the same file names in the folder that says what the source offers.
    """
    found: list[StreamFile] = []
    wrong: list[Unreadable] = []
    for file_name in sorted(files):
        if file_name.startswith("_") or not file_name.endswith(".json"):
            continue
        settings = _object(file_name, files[file_name])
        offer = _object(file_name, offered[file_name]) if file_name in offered else None
        wrong += [one for one in (settings, offer) if isinstance(one, Unreadable)]
        if isinstance(settings, dict) and not isinstance(offer, Unreadable):
            found.append(StreamFile(file_name, settings, offer))
    return tuple(found), tuple(wrong)


def generated(
    files: Iterable[StreamFile], standing: Any | None, before: Iterable[StreamFile] = ()
) -> Quieted:
    """The catalog of these stream files, as quiet as `quieted` makes it.

    `standing` is the catalog that is there, or None; `before` the stream files that it was made
    from. A stream leaves with its file; one that never had a file is not ours to remove. The
    others keep their order, new ones go where their file's name puts them, or to the end where
    the standing order is another. Raises `NotACatalogError` for a `standing` that is none.
    """
    held = {name_of(entry): entry for entry in entries(standing)} if standing else {}
    casing = casing_of(held.values())
    wanted = {file.name: file for file in files}
    gone = {file.name for file in before} - set(wanted)
    made = {name: copy.deepcopy(entry) for name, entry in held.items() if name not in gone}
    for name, file in wanted.items():
        made[name] = _updated(made[name], file) if name in held else _new(file, casing)
    rest = {key: value for key, value in (standing or {}).items() if key != "streams"}
    streams = [made[name] for name in _order([n for n in held if n not in gone], list(wanted))]
    return quieted({**rest, "streams": streams})


def _order(standing: list[str], wanted: list[str]) -> list[str]:
    """The files' order where the standing streams have it already, else theirs first."""
    if standing == [name for name in wanted if name in standing]:
        return wanted
    return standing + [name for name in wanted if name not in standing]


def _updated(entry: Json, file: StreamFile) -> Json:
    """A standing stream with what its file says now; everything else as it was."""
    stream, config = entry["stream"], entry.setdefault("config", {})
    settings = file.settings
    _put(config, "sync_mode", settings.get("sync_mode", "full_refresh"))
    _put(config, "destination_sync_mode", settings.get("destination_sync_mode", "overwrite"))
    if file.offered is not None:
        _put_offered(stream, file)
    _put(config, "cursor_field", _or_default(file, config, stream, "cursor_field"))
    _put(config, "primary_key", _or_default(file, config, stream, "primary_key"))
    _put_if_there(config, "selected", settings.get("selected", True))
    if file.fields is not None:
        if read(config, "field_selection_enabled"):
            _put_fields(config, file.fields)
        _put_properties(stream, _properties(stream, file))
    return entry


def _put(part: Json, name: str, value: Any) -> None:
    """Set what differs in meaning: an absent key and null, null and an empty list, are one."""
    key = key_of(part, name)
    if (part.get(key) or None) != (value or None):
        part[key] = value


def _put_if_there(part: Json, name: str, value: Any) -> None:
    """A key that the standing catalog does not write is written only when it says something."""
    if key_of(part, name) in part or value is False:
        _put(part, name, value)


def _put_offered(stream: Json, file: StreamFile) -> None:
    options = (file.offered or {}).get("options") or {}
    defaults = file.defaults
    if options.get("sync_modes"):
        _put(stream, "supported_sync_modes", options["sync_modes"])
    _put(stream, "default_cursor_field", defaults.get("cursor_field"))
    _put(stream, "source_defined_primary_key", defaults.get("primary_key"))
    if bool(read(stream, "source_defined_cursor")) != bool(defaults.get("cursor_field")):
        key = key_of(stream, "source_defined_cursor")
        stream[key] = bool(defaults.get("cursor_field"))


def _or_default(file: StreamFile, config: Json, stream: Json, name: str) -> Any:
    """What the file says; where it is silent, the standing value if it is the source's own."""
    if name in file.settings:
        return file.settings[name]
    own = {"cursor_field": "default_cursor_field", "primary_key": "source_defined_primary_key"}
    standing = read(config, name)
    return standing if standing and standing == read(stream, own[name]) else None


def _put_fields(config: Json, fields: Json) -> None:
    key = key_of(config, "selected_fields")
    standing = config.get(key) or []
    path = key_of(standing[0], "field_path") if standing else "field_path"
    known = {tuple(read(item, "field_path") or []): item for item in standing}
    config[key] = [known.get((name,), {path: [name]}) for name in fields]


def _properties(stream: Json, file: StreamFile) -> Json:
    """All that the source offers, else the file's own fields; each like the standing one."""
    fields = (file.offered or {}).get("fields") or file.fields or {}
    standing = properties_of(stream) or {}
    nullable = not standing or any(
        isinstance(one, dict) and isinstance(one.get("type"), list) for one in standing.values()
    )
    return {
        name: merged_property(standing.get(name), spec, nullable=nullable)
        for name, spec in fields.items()
    }


def _put_properties(stream: Json, properties: Json) -> None:
    key = key_of(stream, "json_schema")
    schema = stream.get(key)
    if not isinstance(schema, dict):
        schema = stream[key] = {}
    if properties_of(stream) != go_json.decode(json.dumps(properties)):
        schema["properties"] = go_json.encode(properties)


def _new(file: StreamFile, casing: Casing) -> Json:
    """A stream that the catalog has not yet, with the keys and the casing of its neighbours."""
    settings, defaults = file.settings, file.defaults
    options = (file.offered or {}).get("options") or {}
    offered = (file.offered or {}).get("fields") or file.fields or {}
    properties = {name: field_property(spec) for name, spec in offered.items()}
    cursor = settings.get("cursor_field")
    stream = {
        "name": file.name,
        "supported_sync_modes": options.get("sync_modes") or list(_MODES),
        "json_schema": {
            "type": '["null","object"]',
            "properties": go_json.encode(properties),
            "additionalProperties": "true",
        },
        "default_cursor_field": defaults.get("cursor_field"),
        "source_defined_cursor": bool(defaults.get("cursor_field")),
        "source_defined_primary_key": defaults.get("primary_key"),
    }
    config = {
        "sync_mode": settings.get("sync_mode", "full_refresh"),
        "cursor_field": cursor,
        "destination_sync_mode": settings.get("destination_sync_mode", "overwrite"),
        "primary_key": settings.get("primary_key"),
        "alias_name": file.name,
        "selected": settings.get("selected", True),
        "suggested": False,
        "field_selection_enabled": file.fields is not None,
        "selected_fields": [{casing.key("field", "field_path"): [n]} for n in file.fields or {}],
    }
    return {"stream": _cased(stream, "stream", casing), "config": _cased(config, "config", casing)}


def _cased(part: Json, kind: str, casing: Casing) -> Json:
    """In the neighbours' spelling, without what none of them has and this one does not need."""
    return {
        casing.key(kind, name): value
        for name, value in part.items()
        if casing.has(kind, name) or value not in (None, False, [])
    }


def _object(path: str, content: bytes) -> Json | Unreadable:
    try:
        decoded = json.loads(content.decode())
    except UnicodeDecodeError:
        return Unreadable(path, "not UTF-8")
    except json.JSONDecodeError as error:
        return Unreadable(path, f"not JSON: {error.msg}", error.lineno)
    except (RecursionError, ValueError):
        return Unreadable(path, "not JSON that can be read")
    return decoded if isinstance(decoded, dict) else Unreadable(path, "not a JSON object")
