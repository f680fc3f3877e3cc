"""What was seen of Airbyte and of all states, at one time. PURE: data, and what it is worth.

A list that is short or partial is no evidence, nor is any list while a state is not known: what
an unread state holds would look like nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.model.airbyte import Actor, Connection, Job
from bot.plan.configuration import Module
from bot.plan.diagnostics import failed
from bot.plan.prediction import Prediction
from bot.plan.state import State
from bot.plan.syntax.nodes import Attribute, Template
from bot.plan.values import Value

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Kind(StrEnum):
    """Airbyte's objects that a module makes, in the order in which they can be deleted."""

    CONNECTION = "connection"
    SOURCE = "source"
    DESTINATION = "destination"

    @property
    def id_attribute(self) -> str:
        """What a state calls its id."""
        return f"{self.value}_id"


@dataclass(frozen=True, slots=True)
class AirbyteObject:
    """One object in Airbyte. `ends`: a connection's source and destination.

    `last_job` is a connection's newest, None where there is none or nobody looked; `document` all
    that Airbyte says of a connection.
    """

    kind: Kind
    id: str
    name: str
    created: datetime | None = None
    ends: tuple[str, ...] = ()
    runs_by_itself: bool = False
    streams: int = 0
    last_job: Job | None = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Resource:
    """An Airbyte object as a state has it."""

    address: str
    kind: Kind
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """The names that a module's code gives to Airbyte's objects.

    `unnamed`: kinds of which it declares one whose name is not known before the apply.
    """

    names: frozenset[tuple[Kind, str]] = frozenset()
    unnamed: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Holder:
    """A Terraform object of the cluster, of whichever repository, with what its state holds.

    `problem`: why its state is not known. `ids`: every id that stands anywhere in it. `at_work`: a
    pass runs. `well`: it is neither suspended nor failing. `passed` changes with every pass,
    `serial` only where the state was written.
    `declared`: what its code declares, None where that is not known, for the reason `broken`; both
    are needed only for one that is not well.
    """

    name: str
    resources: tuple[Resource, ...] = ()
    ids: frozenset[str] = frozenset()
    problem: str = ""
    at_work: bool = False
    well: bool = True
    passed: str = ""
    serial: str = ""
    declared: Declared | None = None
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of it. `problems`: what of Airbyte could not be listed.

    `deleted`: ids of states that the lists lack and of which Airbyte itself says that they are
    deleted; `elsewhere`: what is not looked at, in words, for people to know.
    """

    at: datetime
    objects: tuple[AirbyteObject, ...] = ()
    holders: tuple[Holder, ...] = ()
    problems: tuple[str, ...] = ()
    deleted: frozenset[str] = frozenset()
    elsewhere: str = ""
    by_id: Mapping[str, AirbyteObject] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = {item.id: item for item in self.objects}
        object.__setattr__(self, "by_id", found)

    @property
    def known_ids(self) -> frozenset[str]:
        """Every id that any state holds."""
        return frozenset().union(*(holder.ids for holder in self.holders))

    @property
    def passes(self) -> str:
        """What every pass changes, and every write of a state."""
        return " ".join(f"{each.name}={each.passed}/{each.serial}" for each in self.holders)

    @property
    def versions(self) -> str:
        """What every write of a state changes."""
        return " ".join(f"{holder.name}={holder.serial}" for holder in self.holders)


def doubts(seen: Inventory) -> tuple[str, ...]:
    """Why these lists prove nothing, in words; () where they do."""
    return tuple(_doubts(seen))


def _doubts(seen: Inventory) -> Iterator[str]:
    yield from seen.problems
    for holder in seen.holders:
        if holder.problem:
            yield f"the state of {holder.name} is not known: {holder.problem}"
        if holder.at_work:
            yield f"{holder.name} is at work: an apply makes objects before it saves its state"
    for holder in seen.holders:
        for item in holder.resources:
            absent = item.kind is Kind.CONNECTION and item.id not in seen.by_id
            if absent and item.id not in seen.deleted:
                yield (
                    f"Airbyte's list lacks {item.address} of {holder.name}, and Airbyte does not "
                    "say that it is deleted: the list may be short"
                )


def resources_of(state: State | None) -> tuple[Resource, ...]:
    """The Airbyte objects of a state, by address; no deposed ones."""
    found = []
    for stored in state.instances if state else ():
        resource = stored.address.resource
        kind = kind_of(resource.type)
        if kind is None or resource.mode != "managed" or stored.deposed:
            continue
        identity = stored.attributes.get(kind.id_attribute)
        name = stored.attributes.get("name")
        if isinstance(identity, str) and identity:
            found.append(Resource(str(stored.address), kind, identity, str(name or "")))
    return tuple(found)


def ids_in(state: State | None) -> frozenset[str]:
    """Whatever looks like an id anywhere in a state: deposed objects, data and references too."""
    stored = (item.attributes for item in (state.instances if state else ()))
    return frozenset(found for attributes in stored for found in _ids(attributes))


def declared_names(prediction: Prediction) -> Declared | None:
    """What a module declares, as evaluating it shows; None where that failed."""
    if not prediction.ok or prediction.uncertain:
        return None
    found = (
        (kind, text_of(change.after, "name"))
        for change in prediction.changes
        if change.mode == "managed" and change.after is not None
        if (kind := kind_of(change.type)) is not None
    )
    return _declared(found)


def written_names(module: Module) -> Declared | None:
    """The same, as it is written: for code that cannot be evaluated, but can be read."""
    if failed(module.diagnostics) or module.uncertain:
        return None
    own = _declared(
        (kind, _literal(block.body.attributes.get("name")))
        for (mode, type_, _), block in module.resources.items()
        if mode == "managed" and (kind := kind_of(type_)) is not None
    )
    names, unnamed = own.names, own.unnamed
    for child in module.children.values():
        inner = written_names(child)
        if inner is None:
            return None
        names, unnamed = names | inner.names, unnamed | inner.unnamed
    return Declared(names, unnamed) if len(module.children) == len(module.calls) else None


def _declared(found: Iterable[tuple[Kind, str | None]]) -> Declared:
    each = list(found)
    return Declared(
        frozenset((kind, name) for kind, name in each if name is not None),
        frozenset(kind for kind, name in each if name is None),
    )


def _literal(argument: Attribute | None) -> str | None:
    node = argument.expression if argument is not None else None
    return node.literal if isinstance(node, Template) else None


def kind_of(type_: str) -> Kind | None:
    """The kind of a resource type: `airbyte_source`, with another provider `airbyte_source_x`."""
    words = type_.split("_")
    if words[0] != "airbyte" or len(words) < 2:
        return None
    return next((kind for kind in Kind if kind.value == words[1]), None)


def text_of(value: Value | None, name: str) -> str | None:
    """A known text attribute of an object, else None."""
    raw = value.raw if value is not None else None
    found = raw.get(name) if isinstance(raw, dict) else None
    return found.raw if found is not None and isinstance(found.raw, str) else None


def from_connection(found: Connection, last_job: Job | None = None) -> AirbyteObject:
    """A connection of Airbyte's list."""
    return AirbyteObject(
        Kind.CONNECTION,
        found.id,
        found.name,
        found.created,
        (found.source_id, found.destination_id),
        found.runs_by_itself,
        len(found.streams),
        last_job,
        found.document,
    )


def from_actor(found: Actor) -> AirbyteObject:
    """A source or destination of Airbyte's list."""
    return AirbyteObject(Kind(found.kind.value), found.id, found.name, found.created)


def users_of(seen: Inventory, identity: str) -> tuple[AirbyteObject, ...]:
    """The connections that hang on a source or destination: they go with it."""
    return tuple(item for item in seen.objects if identity in item.ends)


def _ids(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return _UUID.findall(value)
    if isinstance(value, Mapping):
        return [found for item in value.values() for found in _ids(item)]
    if isinstance(value, list | tuple):
        return [found for item in value for found in _ids(item)]
    return ()
