"""Airbyte's objects: workspaces, definitions, sources, destinations, connections, sync state.

Held in memory; knows no job and no HTTP. Deletes are soft, as Airbyte's are
(`facts/airbyte-api.md`, section 5). Ids follow from the seed.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.simulators.airbyte.catalog import stored
from bot.simulators.airbyte.jobs import StreamKey
from bot.simulators.airbyte.refusals import Refusal
from bot.simulators.airbyte.versions import Version

Json = dict[str, Any]
Kind = Literal["source", "destination"]
Rule = Callable[[Mapping[str, Any]], str]
"""A configuration in; why the connector refuses it out, or ""."""

MASK = "**********"
_SECRET = re.compile(r"secret|password|token|api_?key|credential|private", re.IGNORECASE)


@dataclass(slots=True)
class Actor:
    """A source or a destination."""

    kind: Kind
    id: str
    name: str
    workspace_id: str
    definition_id: str
    configuration: Json
    created: float
    deleted: bool = False


@dataclass(slots=True)
class SyncState:
    """What a connection remembers of its streams; `type` is Airbyte's stateType."""

    type: str = "not_set"
    streams: dict[StreamKey, Any] = field(default_factory=dict)
    shared: Any = None
    legacy: Any = None


class World:
    """All objects; changed only through its methods."""

    def __init__(self, version: Version, seed: int = 0) -> None:
        self.version = version
        self._random = random.Random(seed)
        self.organization_id = self.new_id()
        self.user_id = self.new_id()
        self.workspaces: dict[str, Json] = {}
        self.definitions: dict[str, str] = {}
        self.without_refresh: set[str] = set()
        self.actors: dict[str, Actor] = {}
        self.connections: dict[str, Json] = {}
        self.states: dict[str, SyncState] = {}
        self.rules: dict[str, Rule] = {}

    def new_id(self) -> str:
        """A fresh UUID of version 4."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def add_workspace(self, name: str, workspace_id: str | None = None) -> Json:
        """Make a workspace."""
        found = workspace_id or self.new_id()
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
        self.workspaces[found] = {
            "workspaceId": found,
            "name": name,
            "slug": slug,
            "organizationId": self.organization_id,
            "initialSetupComplete": True,
            "tombstone": False,
        }
        return self.workspaces[found]

    def workspace(self, workspace_id: str) -> Json:
        """One workspace; 404 where there is none."""
        if workspace_id not in self.workspaces:
            raise Refusal(404, f"Could not find configuration for WORKSPACE {workspace_id}")
        return self.workspaces[workspace_id]

    def definition_name(self, definition_id: str) -> str:
        """The connector's name; one that nobody named is called after its id."""
        return self.definitions.get(definition_id, f"Actor {definition_id[:8]}")

    def add_actor(self, kind: Kind, body: Mapping[str, Any], now: float) -> Actor:
        """Make a source or destination from a create request."""
        self.workspace(body["workspaceId"])
        actor = Actor(
            kind=kind,
            id=self.new_id(),
            name=body["name"],
            workspace_id=body["workspaceId"],
            definition_id=body[f"{kind}DefinitionId"],
            configuration=dict(body["connectionConfiguration"]),
            created=now,
        )
        self.actors[actor.id] = actor
        return actor

    def actor(self, kind: Kind, actor_id: str) -> Actor:
        """One source or destination, deleted ones too; 404 where there never was one."""
        actor = self.actors.get(actor_id)
        if actor is None or actor.kind != kind:
            raise Refusal(404, f"Could not find configuration for {kind.upper()} {actor_id}")
        return actor

    def listed(self, kind: Kind, workspace_id: str | None = None) -> list[Actor]:
        """Those that stand, by name and id; this is all that tells of existence."""
        actors = (a for a in self.actors.values() if a.kind == kind and not a.deleted)
        wanted = [a for a in actors if workspace_id in (None, a.workspace_id)]
        return sorted(wanted, key=lambda actor: (actor.name, actor.id))

    def verdict(self, actor: Actor) -> str:
        """Why the connector refuses this configuration, or ""."""
        rule = self.rules.get(actor.name)
        return rule(actor.configuration) if rule else ""

    def add_connection(self, body: Mapping[str, Any], now: float) -> Json:
        """Make a connection from a create request."""
        source = self.actor("source", body["sourceId"])
        destination = self.actor("destination", body["destinationId"])
        connection: Json = {
            "connectionId": self.new_id(),
            "name": f"{source.name} <> {destination.name}",
            "namespaceDefinition": "source",
            "prefix": "",
            "operationIds": [],
            "tags": [],
            "breakingChange": False,
            "geography": "auto",
            "notifySchemaChanges": True,
            "notifySchemaChangesByEmail": False,
            "nonBreakingChangesPreference": "ignore",
            "backfillPreference": "disabled",
            "created_at": int(now),
            "scheduleType": "manual",
            "syncCatalog": {"streams": []},
        }
        self._apply(connection, body)
        self.connections[connection["connectionId"]] = connection
        return connection

    def connection(self, connection_id: str) -> Json:
        """One connection, deprecated ones too; 404 where there never was one."""
        if connection_id not in self.connections:
            raise Refusal(404, f"Could not find configuration for STANDARD_SYNC {connection_id}")
        return self.connections[connection_id]

    def update_connection(self, body: Mapping[str, Any]) -> Json:
        """Change what the request names; a stream whose sync mode changed loses its state."""
        connection = self.connection(body["connectionId"])
        before = _sync_modes(connection)
        self._apply(connection, body)
        state = self.states.get(connection["connectionId"])
        for key, mode in _sync_modes(connection).items():
            if state and key in before and before[key] != mode:
                state.streams.pop(key, None)
        return connection

    def connections_of(self, workspace_id: str, *, deleted: bool = False) -> list[Json]:
        """A workspace's connections, through their sources."""
        return [
            connection
            for connection in self.connections.values()
            if self.actors[connection["sourceId"]].workspace_id == workspace_id
            and (deleted or connection["status"] != "deprecated")
        ]

    def _apply(self, connection: Json, body: Mapping[str, Any]) -> None:
        changes = {key: value for key, value in body.items() if value is not None}
        if "syncCatalog" in changes:
            changes["syncCatalog"] = stored(changes["syncCatalog"], self.version)
        if changes.get("scheduleType") == "manual":
            connection.pop("scheduleData", None)
            changes.pop("scheduleData", None)
        for ignored in ("connectionId", "skipReset", "created_at", "workspaceId", "breakingChange"):
            changes.pop(ignored, None)
        connection.update(changes)


def masked(configuration: Mapping[str, Any]) -> Json:
    """A configuration as Airbyte shows it: secrets as asterisks."""
    shown: Json = {}
    for key, value in configuration.items():
        if isinstance(value, Mapping):
            shown[key] = masked(value)
        else:
            shown[key] = MASK if _SECRET.search(key) and isinstance(value, str) else value
    return shown


def unmasked(sent: Mapping[str, Any], held: Mapping[str, Any]) -> Json:
    """What is stored of `sent`: a masked secret keeps the value that is held."""
    result: Json = {}
    for key, value in sent.items():
        old = held.get(key)
        if isinstance(value, Mapping):
            result[key] = unmasked(value, old if isinstance(old, Mapping) else {})
        else:
            result[key] = old if value == MASK and old is not None else value
    return result


def merged(held: Mapping[str, Any], sent: Mapping[str, Any]) -> Json:
    """`partial_update`: what is sent, over what is held, at every level."""
    result: Json = dict(held)
    for key, value in sent.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            value = merged(old, value)
        result[key] = value
    return result


def stream_keys(connection: Mapping[str, Any]) -> tuple[StreamKey, ...]:
    """The connection's streams, in the catalog's order."""
    streams = (entry["stream"] for entry in connection["syncCatalog"]["streams"])
    return tuple((stream["name"], stream.get("namespace")) for stream in streams)


def _sync_modes(connection: Mapping[str, Any]) -> dict[StreamKey, str]:
    return {
        (entry["stream"]["name"], entry["stream"].get("namespace")): entry["config"].get("syncMode")
        for entry in connection["syncCatalog"]["streams"]
    }
