"""The parts of a `_catalog.json`, whatever casing its keys have. PURE.

`{"streams": [{"stream": {...}, "config": {...}}]}`; the provider knows snake_case only, and
generators have written camelCase. A key is looked for in both, and written as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class NotACatalogError(ValueError):
    """The document has not the shape of a catalog; the message says where."""


def entries(catalog: Any) -> list[Json]:
    """The streams of a catalog; raises `NotACatalogError` where the shape is another."""
    streams = catalog.get("streams") if isinstance(catalog, dict) else None
    if not isinstance(streams, list):
        raise NotACatalogError('a catalog has to be {"streams": [...]}')
    for place, entry in enumerate(streams):
        _check(place, entry)
    return streams


def _check(place: int, entry: Any) -> None:
    stream = entry.get("stream") if isinstance(entry, dict) else None
    if not isinstance(stream, dict) or not isinstance(stream.get("name"), str):
        raise NotACatalogError(f"streams[{place}] has no stream with a name")
    if not isinstance(entry.get("config", {}), dict):
        raise NotACatalogError(f"streams[{place}].config is not an object")


def name_of(entry: Mapping[str, Any]) -> str:
    """The stream's name."""
    return str(entry["stream"]["name"])


def key_of(part: Mapping[str, Any], name: str) -> str:
    """The key under which `part` has `name` (snake_case): that, or its camelCase."""
    camel = camel_of(name)
    return camel if name not in part and camel in part else name


def read(part: Mapping[str, Any], name: str) -> Any:
    """The value under either casing, None where it is absent."""
    return part.get(key_of(part, name))


def camel_of(name: str) -> str:
    """`supported_sync_modes` -> `supportedSyncModes`."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def field_names(config: Mapping[str, Any]) -> list[str]:
    """The top-level names of `selected_fields`; a path without a name is left out."""
    paths = (read(item, "field_path") for item in read(config, "selected_fields") or [])
    return [path[0] for path in paths if path]


@dataclass(frozen=True, slots=True)
class Change:
    """What is different in one stream, in words; `stream` "" for the catalog as a whole."""

    stream: str
    words: str


@dataclass(frozen=True, slots=True)
class Casing:
    """How a standing catalog spells its keys: `casing.key("stream", "supported_sync_modes")`."""

    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def key(self, part: str, name: str) -> str:
        """The spelling to write `name` in within `stream`, `config` or `field`."""
        seen = self.known.get(part, frozenset())
        camel = camel_of(name)
        return camel if camel in seen and name not in seen else name

    def has(self, part: str, name: str) -> bool:
        """Whether any standing stream has it; without standing streams, yes."""
        seen = self.known.get(part)
        return seen is None or name in seen or camel_of(name) in seen


def casing_of(standing: Iterable[Mapping[str, Any]]) -> Casing:
    """The spelling that the standing streams have."""
    known: dict[str, set[str]] = {}
    for entry in standing:
        config = entry.get("config", {})
        known.setdefault("stream", set()).update(entry["stream"])
        known.setdefault("config", set()).update(config)
        for item in read(config, "selected_fields") or []:
            known.setdefault("field", set()).update(item)
    return Casing({part: frozenset(keys) for part, keys in known.items()})
