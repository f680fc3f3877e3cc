"""Facts out of `tofu providers schema -json`, where a user has it.

Beside the providers in `bot.plan.providers`. It tells names, types and what is required, computed
or sensitive; not what forces replacement nor what stays known, so that a change is told as "update,
or replacement". A type with nested blocks is left out: it gets the rule of an unknown provider.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.plan.providers.schema import Attribute, Nesting, Provider, Replace, ResourceType
from bot.plan.values import ListType, MapType, ObjectType, SetType, Type
from bot.plan.values.types import parse_type_json


class SchemaError(ValueError):
    """The document is not what `providers schema -json` prints; the message says where."""


def providers_of(content: bytes | str) -> dict[str, Provider]:
    """The providers of a document, by source without a host; raises `SchemaError`."""
    try:
        document = json.loads(content)
        schemas = document["provider_schemas"]
        return {(made := _provider(name, each)).source: made for name, each in schemas.items()}
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        message = f"this is not what `tofu providers schema -json` prints: {error!r}"
        raise SchemaError(message) from None


def _provider(name: str, schema: Mapping[str, Any]) -> Provider:
    source = name if name.startswith("terraform.io/") else "/".join(name.split("/")[-2:])
    return Provider(
        source,
        _types(schema.get("resource_schemas") or {}),
        _types(schema.get("data_source_schemas") or {}),
    )


def _types(schemas: Mapping[str, Any]) -> dict[str, ResourceType]:
    return {
        name: ResourceType(name, _attributes(each["block"].get("attributes") or {}))
        for name, each in schemas.items()
        if not each["block"].get("block_types")
    }


def _attributes(schemas: Mapping[str, Any]) -> dict[str, Attribute]:
    return {name: _attribute(each) for name, each in schemas.items()}


def _attribute(schema: Mapping[str, Any]) -> Attribute:
    nested = schema.get("nested_type")
    inner = _attributes(nested["attributes"]) if nested else {}
    nesting = Nesting(nested["nesting_mode"]) if nested else None
    settable = bool(schema.get("required") or schema.get("optional"))
    return Attribute(
        _wrapped(nesting, inner) if nesting else parse_type_json(schema["type"]),
        required=bool(schema.get("required")),
        optional=bool(schema.get("optional")),
        computed=bool(schema.get("computed")),
        sensitive=bool(schema.get("sensitive")),
        replace=Replace.UNKNOWN if settable else Replace.NEVER,
        told=False,
        nesting=nesting,
        attributes=inner,
    )


def _wrapped(nesting: Nesting, inner: Mapping[str, Attribute]) -> Type:
    element = ObjectType({name: each.type for name, each in inner.items()})
    wrapped: dict[Nesting, Type] = {
        Nesting.SINGLE: element,
        Nesting.LIST: ListType(element),
        Nesting.SET: SetType(element),
        Nesting.MAP: MapType(element),
    }
    return wrapped[nesting]
