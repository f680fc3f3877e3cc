"""A tfstate of version 4 as the tool reads and writes it. Pure.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulators.flux.planning import Change, Json, Output

TOOL = "1.10.10"
"""The version of OpenTofu that is imitated."""


def empty(lineage: str) -> Json:
    """What `init` writes where there is nothing."""
    return {
        "version": 4,
        "terraform_version": TOOL,
        "serial": 0,
        "lineage": lineage,
        "outputs": {},
        "resources": [],
        "check_results": None,
    }


@dataclass(frozen=True, slots=True)
class Stored:
    """One managed instance of a state."""

    address: str
    type: str
    name: str
    attributes: Json
    provider: str
    module: str = ""
    index: int | str | None = None
    dependencies: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    tainted: bool = False

    @property
    def resource(self) -> str:
        """Its resource's address, as `dependencies` name it."""
        return ".".join(part for part in (self.module, self.type, self.name) if part)


def address(module: str, type: str, name: str, index: int | str | None) -> str:
    """`module.a.null_resource.b["c"]`."""
    resource = ".".join(part for part in (module, type, name) if part)
    return resource if index is None else f"{resource}[{json.dumps(index)}]"


def instances(state: Json | None) -> Iterator[Stored]:
    """The managed instances, in order."""
    for resource in (state or {}).get("resources") or ():
        if resource.get("mode") != "managed":
            continue
        for each in resource.get("instances") or ():
            yield _stored(resource, each)


def _stored(resource: Mapping[str, Any], each: Mapping[str, Any]) -> Stored:
    type, name, module = resource["type"], resource["name"], str(resource.get("module") or "")
    index = each.get("index_key")
    provider = str(resource.get("provider", ""))
    source = provider.split('"')[1] if '"' in provider else provider
    return Stored(
        address(module, type, name, index),
        type,
        name,
        dict(each.get("attributes") or {}),
        "/".join(source.split("/")[-2:]),
        module,
        index,
        tuple(each.get("dependencies") or ()),
        tuple(path[0]["value"] for path in each.get("sensitive_attributes") or () if path),
        each.get("status") == "tainted",
    )


def of_change(change: Change, attributes: Json) -> Stored:
    """The instance that a change leaves."""
    return Stored(
        change.address,
        change.type,
        change.name,
        attributes,
        change.provider,
        change.module,
        change.index,
        change.dependencies,
        change.sensitive,
    )


def with_attributes(state: Json, read: Mapping[str, Json]) -> Json:
    """The state with attributes put anew, by address."""
    changed = copy.deepcopy(state)
    for resource in changed.get("resources") or ():
        for each in resource.get("instances") or ():
            place = address(
                str(resource.get("module") or ""),
                resource["type"],
                resource["name"],
                each.get("index_key"),
            )
            if resource.get("mode") == "managed" and place in read:
                each["attributes"] = read[place]
    return changed


def written(state: Json, kept: Iterable[Stored], outputs: Mapping[str, Output] | None) -> Json:
    """The next state: data as it was, these managed instances and outputs (None: as they were),
    one serial on. The same state comes back where nothing differs: the tool writes none then.
    """
    data = [item for item in state.get("resources") or () if item.get("mode") != "managed"]
    shown = state.get("outputs") or {}
    if outputs is not None:
        shown = {name: _output(value) for name, value in sorted(outputs.items())}
    resources = [*data, *_resources(kept)]
    if shown == (state.get("outputs") or {}) and resources == (state.get("resources") or []):
        return state
    serial = int(state.get("serial") or 0) + 1
    new = {"terraform_version": TOOL, "serial": serial, "outputs": shown, "resources": resources}
    return {**state, **new}


def _output(output: Output) -> Json:
    shown: Json = {"value": output.value, "type": output.type}
    return {**shown, "sensitive": True} if output.sensitive else shown


def _resources(kept: Iterable[Stored]) -> list[Json]:
    found: dict[str, Json] = {}
    for each in sorted(kept, key=lambda item: (item.resource, str(item.index))):
        provider = f'provider["registry.opentofu.org/{each.provider}"]'
        module = {"module": each.module} if each.module else {}
        resource = found.setdefault(
            each.resource,
            {
                **module,
                "mode": "managed",
                "type": each.type,
                "name": each.name,
                "provider": provider,
                "instances": [],
            },
        )
        resource["instances"].append(_instance(each))
    return list(found.values())


def _instance(each: Stored) -> Json:
    index = {} if each.index is None else {"index_key": each.index}
    shown: Json = {
        **index,
        "schema_version": 0,
        "attributes": each.attributes,
        "sensitive_attributes": [[{"type": "get_attr", "value": name}] for name in each.sensitive],
    }
    if each.tainted:
        shown["status"] = "tainted"
    if each.dependencies:
        shown["dependencies"] = sorted(each.dependencies)
    return shown


def destruction(state: Json | None) -> tuple[Change, ...]:
    """The changes that destroy everything."""
    return tuple(
        Change(
            each.address,
            each.type,
            each.name,
            ("delete",),
            before=each.attributes,
            index=each.index,
            module=each.module,
            provider=each.provider,
            dependencies=each.dependencies,
            sensitive=each.sensitive,
        )
        for each in instances(state)
    )


def destroy_order(state: Json | None, doomed: Iterable[str]) -> list[str]:
    """Addresses in the order of their destruction: before what they depend on."""
    stored = {each.address: each for each in instances(state)}
    left = [place for place in doomed if place in stored]
    ordered: list[str] = []
    while left:
        needed = {name for place in left for name in stored[place].dependencies}
        free = [place for place in left if stored[place].resource not in needed]
        ordered += free or left
        left = [place for place in left if place not in ordered]
    return ordered
