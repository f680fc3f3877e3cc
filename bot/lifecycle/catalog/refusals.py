"""What Airbyte refuses at the apply (422), though the plan is fine. PURE.

`facts/airbyte.md`, below the quiet form; only streams with field selection can be refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.lifecycle.catalog.quiet import properties_of
from bot.lifecycle.catalog.shape import Change, Json, entries, field_names, name_of, read
from bot.render.markdown import code

_DEDUP = ("append_dedup", "overwrite_dedup")


def refused(catalog: Any) -> tuple[Change, ...]:
    """Why Airbyte would refuse this catalog, per stream. Raises `NotACatalogError`."""
    return tuple(
        Change(name_of(entry), words)
        for entry in entries(catalog)
        if read(entry.get("config", {}), "selected") is not False
        for words in _reasons(entry)
    )


def _reasons(entry: Json) -> Iterator[str]:
    config = entry.get("config", {})
    if not read(config, "field_selection_enabled"):
        return
    names = set(field_names(config))
    if not names:
        yield "field selection is on, but no field is selected"
        return
    if _has_nested_path(config):
        yield "a selected field is nested; only whole top-level fields can be selected"
    if properties_of(entry["stream"]) is None:
        yield "field selection is on, but `json_schema` has no properties"
    cursor = read(config, "cursor_field") or []
    if read(config, "sync_mode") == "incremental" and cursor and cursor[0] not in names:
        yield f"the cursor {code(str(cursor[0]))} is not among the selected fields"
    if read(config, "destination_sync_mode") in _DEDUP:
        for key in read(config, "primary_key") or []:
            if key and key[0] not in names:
                yield f"the primary key {code(str(key[0]))} is not among the selected fields"


def _has_nested_path(config: Json) -> bool:
    paths = (read(item, "field_path") or [] for item in read(config, "selected_fields") or [])
    return any(len(path) > 1 for path in paths)
