"""What two catalogs mean differently, as a person would say it in Markdown. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.lifecycle.catalog.quiet import properties_of, quieted
from bot.lifecycle.catalog.shape import Change, Json, entries, field_names, name_of, read
from bot.render.markdown import code, plain

_SETTINGS = {
    "sync_mode": "sync mode",
    "destination_sync_mode": "destination sync mode",
    "cursor_field": "cursor",
    "primary_key": "primary key",
    "field_selection_enabled": "field selection",
}


def differences(standing: Any, wanted: Any) -> tuple[Change, ...]:
    """What becomes of each stream; nothing where both mean the same. Raises `NotACatalogError`."""
    before = {name_of(entry): entry for entry in entries(quieted(standing).catalog)}
    after = {name_of(entry): entry for entry in entries(quieted(wanted).catalog)}
    changes = [Change(name, "stream added") for name in after if name not in before]
    changes += [Change(name, "stream removed") for name in before if name not in after]
    for name, entry in after.items():
        if name in before:
            changes += [Change(name, words) for words in _stream(before[name], entry)]
    return tuple(changes)


def _stream(before: Json, after: Json) -> Iterator[str]:
    old, new = _fields(before), _fields(after)
    yield from (f"+ field {code(name)}{_type(new[name])}" for name in new if name not in old)
    yield from (f"- field {code(name)}" for name in old if name not in new)
    for name in new:
        if name in old and old[name] != new[name]:
            yield _changed(name, old[name], new[name])
    for key, words in _SETTINGS.items():
        one, other = (read(entry.get("config", {}), key) for entry in (before, after))
        if (one or None) != (other or None):
            yield f"{words} {_shown(one)} → {_shown(other)}"


def _fields(entry: Json) -> Json:
    """The fields that are synced, with their properties."""
    config, properties = entry.get("config", {}), properties_of(entry["stream"]) or {}
    if not read(config, "field_selection_enabled"):
        return properties
    return {name: properties.get(name) for name in field_names(config)}


def _changed(name: str, old: Any, new: Any) -> str:
    before, after = _type(old).strip(" ()"), _type(new).strip(" ()")
    if before != after:
        return f"field {code(name)}: {before or 'untyped'} → {after or 'untyped'}"
    return f"field {code(name)}: its description or form"


def _type(prop: Any) -> str:
    declared = prop.get("type") if isinstance(prop, dict) else None
    names = declared if isinstance(declared, list) else [declared]
    shown = "/".join(plain(str(name), 40) for name in names if name not in ("null", None))
    return f" ({shown})" if shown else ""


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(
            code(".".join(map(str, one)) if isinstance(one, list) else str(one)) for one in value
        )
    return code(str(value)) if value not in (None, "") else "none"
