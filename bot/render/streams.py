"""A connection's catalog as people think of it: streams and fields, not lists and indexes. PURE.

Reads `sync_catalog` of `aballiet/airbyte-oss` from evaluated values; what has another shape gives
no streams, and the caller says only that the catalog changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from bot.plan.values.value import Value
from bot.render.markdown import code, plain


class Stream(Struct, frozen=True):
    """A stream: its modes, and its fields with their types as far as they are known."""

    name: str
    sync_mode: str = ""
    destination_sync_mode: str = ""
    cursor: str = ""
    key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def streams(catalog: Value | None) -> dict[str, Stream] | None:
    """The streams by name; None where the catalog is unknown or of another shape."""
    entries = _member(catalog, "streams")
    if entries is None or not isinstance(entries.raw, tuple):
        return None
    found = [_stream(entry) for entry in entries.raw]
    named = {item.name: item for item in found if item is not None}
    return named if len(named) == len(found) else None


def differences(before: Mapping[str, Stream], after: Mapping[str, Stream]) -> list[str]:
    """What changes, in words, stream by stream; nothing where only the form differs."""
    words = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None:
            words.append(f"+ stream {code(name)}")
        elif new is None:
            words.append(f"- stream {code(name)}")
        elif changed := list(_stream_words(old, new)):
            words.append(f"{code(name)}: " + ", ".join(changed))
    return words


def _stream_words(old: Stream, new: Stream) -> Iterator[str]:
    for name in new.fields:
        if name not in old.fields:
            kind = f" ({new.fields[name]})" if new.fields[name] else ""
            yield f"+ field {code(name)}{kind}"
    for name in old.fields:
        if name not in new.fields:
            yield f"- field {code(name)}"
        elif old.fields[name] != new.fields[name]:
            yield f"field {code(name)} {old.fields[name] or '?'} → {new.fields[name] or '?'}"
    for label, one, other in (
        ("sync mode", old.sync_mode, new.sync_mode),
        ("destination mode", old.destination_sync_mode, new.destination_sync_mode),
        ("cursor", old.cursor, new.cursor),
        ("primary key", old.key, new.key),
    ):
        if one != other:
            yield f"{label} {code(one or 'none')} → {code(other or 'none')}"


def _stream(entry: Value) -> Stream | None:
    described, config = _member(entry, "stream"), _member(entry, "config")
    name = _text(_member(described, "name"))
    if not name:
        return None
    types = _types(_text(_member(_member(described, "json_schema"), "properties")))
    chosen = _paths(_member(config, "selected_fields"))
    fields = {path: types.get(path, "") for path in chosen} if chosen else types
    return Stream(
        name,
        _text(_member(config, "sync_mode")),
        _text(_member(config, "destination_sync_mode")),
        _joined(_member(config, "cursor_field")),
        _joined(_member(config, "primary_key")),
        dict(sorted(fields.items())),
    )


def _types(properties: str) -> dict[str, str]:
    """Field names with their types, from the JSON text of `properties`."""
    try:
        found = json.loads(properties) if properties else {}
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: _type(spec) for name, spec in found.items()}


def _type(spec: object) -> str:
    kind = spec.get("type") if isinstance(spec, dict) else None
    names = kind if isinstance(kind, list) else [kind]
    return "/".join(plain(str(name), 40) for name in names if name and name != "null")


def _paths(chosen: Value | None) -> list[str]:
    items = chosen.raw if chosen is not None and isinstance(chosen.raw, tuple) else ()
    return [path for item in items if (path := _joined(_member(item, "field_path")))]


def _joined(value: Value | None) -> str:
    """A list of texts, or of lists of them, in one line."""
    if value is None:
        return ""
    if isinstance(value.raw, tuple):
        return ".".join(part for item in value.raw if (part := _joined(item)))
    return _text(value)


def _member(value: Value | None, name: str) -> Value | None:
    if value is None or not isinstance(value.raw, dict):
        return None
    return value.raw.get(name)


def _text(value: Value | None) -> str:
    return value.raw if value is not None and isinstance(value.raw, str) else ""
