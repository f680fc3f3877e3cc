"""A tfstate of version 4: what the controller believes there is.

Above `address` in `bot.plan`. The Secret holds it gzipped; unpacking is the caller's
(https://opentofu.org/docs/internals/, `facts/tofu-controller.md`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from bot.plan.address import Instance, Key, ModulePath, Resource
from bot.plan.values import SENSITIVE, Value
from bot.plan.values.json import typed_from_json
from bot.plan.values.types import parse_type_json

_MODULE = re.compile(r'module\.([^.\[]+)(?:\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\])?')


class StateError(ValueError):
    """The document is no state that can be read; the message says what and where."""


class Stored(Struct, frozen=True):
    """One instance as stored: its attributes are plain JSON, numbers exact."""

    address: Instance
    provider: str
    attributes: Mapping[str, Any]
    dependencies: tuple[str, ...] = ()
    tainted: bool = False
    deposed: str = ""
    create_before_destroy: bool = False
    sensitive: tuple[tuple[str | int, ...], ...] = ()


class State(Struct, frozen=True):
    """All instances, root outputs, and the serial that grows with every write."""

    instances: tuple[Stored, ...] = ()
    outputs: Mapping[str, Value] = field(default_factory=dict)
    serial: int = 0
    lineage: str = ""


def parse_state(content: bytes | str) -> State:
    """A state file's text; raises `StateError`."""
    try:
        document = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise StateError(f"the state is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise StateError("the state is not a JSON object")
    version = document.get("version")
    if version != 4:
        raise StateError(f"the state has version {version!r}; lotus reads version 4")
    return State(
        tuple(_instances(document)),
        _outputs(document.get("outputs") or {}),
        int(document.get("serial") or 0),
        str(document.get("lineage") or ""),
    )


def _instances(document: Mapping[str, Any]) -> Iterator[Stored]:
    for position, resource in enumerate(document.get("resources") or ()):
        try:
            address = Resource(
                parse_module(resource.get("module") or ""),
                str(resource["mode"]),
                str(resource["type"]),
                str(resource["name"]),
            )
            provider = _provider(str(resource.get("provider", "")))
            for each in resource.get("instances") or ():
                yield _stored(address, provider, each)
        except (KeyError, TypeError, AttributeError) as error:
            message = f"resource {position} of the state cannot be read: {error!r}"
            raise StateError(message) from None


def _stored(address: Resource, provider: str, each: Mapping[str, Any]) -> Stored:
    key = each.get("index_key")
    if isinstance(key, Decimal):
        key = int(key)
    return Stored(
        address.instance(key),
        provider,
        each.get("attributes") or {},
        tuple(each.get("dependencies") or ()),
        each.get("status") == "tainted",
        str(each.get("deposed") or ""),
        bool(each.get("create_before_destroy")),
        tuple(_path(path) for path in each.get("sensitive_attributes") or ()),
    )


def _path(steps: object) -> tuple[str | int, ...]:
    """`[{"type": "get_attr", "value": "x"}, {"type": "index", "value": {…}}]` as keys."""
    path: list[str | int] = []
    for step in steps if isinstance(steps, list) else ():
        value = step.get("value")
        if isinstance(value, dict):
            value = value.get("value")
        path.append(int(value) if isinstance(value, Decimal) else value)
    return tuple(path)


def _provider(text: str) -> str:
    """`provider["registry.opentofu.org/hashicorp/null"].alias` → `hashicorp/null`."""
    match = re.search(r'\["([^"]+)"\]', text)
    source = match.group(1) if match else text
    return source if source.startswith("terraform.io/") else "/".join(source.split("/")[-2:])


def parse_module(text: str) -> ModulePath:
    """`module.a["x"].module.b` as a path."""
    path: list[tuple[str, Key]] = []
    for name, number, key in _MODULE.findall(text):
        found: Key = int(number) if number else json.loads(f'"{key}"') if key else None
        path.append((name, found))
    return tuple(path)


def _outputs(document: Mapping[str, Any]) -> dict[str, Value]:
    outputs: dict[str, Value] = {}
    for name, each in document.items():
        try:
            value = typed_from_json(each["value"], parse_type_json(each["type"]))
        except (KeyError, ValueError, TypeError) as error:
            raise StateError(f"output {name!r} of the state cannot be read: {error}") from None
        outputs[name] = value.with_marks(SENSITIVE) if each.get("sensitive") else value
    return outputs
