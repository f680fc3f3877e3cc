"""A field of a stream file as a property of a `json_schema`. PURE.

`{"type": "string", "description": ..., "format": ..., "properties": ..., "items": ...}` becomes
`{"type": ["null", "string"], ...}`, recursively (`facts/lotus-lake.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
_COPIED = ("description", "format")


def field_property(field: Any, *, nullable: bool = True) -> Json:
    """The property that a field's specification makes."""
    spec: Mapping[str, Any] = field if isinstance(field, Mapping) else {}
    made: Json = {"type": _type(spec, nullable=nullable)}
    made |= {key: spec[key] for key in _COPIED if spec.get(key)}
    if isinstance(spec.get("properties"), Mapping):
        made["properties"] = {
            name: field_property(inner, nullable=nullable)
            for name, inner in spec["properties"].items()
        }
    if isinstance(spec.get("items"), Mapping):
        made["items"] = field_property(spec["items"], nullable=nullable)
    return made


def merged_property(standing: Any, field: Any, *, nullable: bool) -> Any:
    """The standing property with what the field says otherwise; the same where it says the same.

    What the field is silent about stays: a generator may know more than the stream files.
    """
    made = field_property(field, nullable=nullable)
    if not isinstance(standing, dict):
        return made
    merged = dict(standing)
    if _types(standing.get("type")) != _types(made["type"]):
        merged["type"] = made["type"]
    merged |= {key: made[key] for key in _COPIED if key in made}
    if "items" in made:
        items = field["items"]
        merged["items"] = merged_property(standing.get("items"), items, nullable=nullable)
    if "properties" in made:
        inner = standing.get("properties")
        known = inner if isinstance(inner, dict) else {}
        merged["properties"] = {
            name: merged_property(known.get(name), spec, nullable=nullable)
            for name, spec in field["properties"].items()
        }
    return merged


def _type(spec: Mapping[str, Any], *, nullable: bool) -> Any:
    declared = spec.get("type") or "string"
    if isinstance(declared, list) or not nullable:
        return declared
    return ["null", declared]


def _types(declared: Any) -> frozenset[str]:
    names = declared if isinstance(declared, list) else [declared]
    return frozenset(str(name) for name in names if name not in ("null", None))
