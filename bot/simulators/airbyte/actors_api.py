"""The Config API's workspaces, definitions, sources, destinations and their checks.

Handlers: a request's JSON in, the answer's JSON out (None is 204). No HTTP in here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.simulators.airbyte.refusals import Refusal, need
from bot.simulators.airbyte.views import Json
from bot.simulators.airbyte.world import Actor, Kind, World, masked, merged, unmasked

Handler = Callable[[Json], Awaitable[Any]]
_PAGE_SIZE = 20
_KINDS: tuple[Kind, ...] = ("source", "destination")


class ActorsApi:
    """`broken_checks` names actors whose check breaks itself."""

    def __init__(self, world: World, now: Callable[[], float], delete: Callable[[str], None]):
        self._world = world
        self._now = now
        self._delete_connection = delete
        self.broken_checks: set[str] = set()

    def routes(self) -> dict[str, Handler]:
        """Path below `/api/v1/` -> handler."""
        table: dict[str, Handler] = {
            "workspaces/list_by_organization_id": self._workspaces_of,
            "workspaces/list_by_user_id": self._workspaces_of_user,
            "workspaces/get": self._workspace,
            "workspaces/create": self._create_workspace,
            "workspaces/update": self._update_workspace,
            "workspaces/delete": self._delete_workspace,
        }
        if self._world.version.lists_workspaces:
            table["workspaces/list"] = self._all_workspaces
        for kind in _KINDS:
            table.update(self._actor_routes(kind))
        return table

    def _actor_routes(self, kind: Kind) -> dict[str, Handler]:
        group = f"{kind}s"

        def bind(method: Callable[[Kind, Json], Any]) -> Handler:
            async def handler(body: Json) -> Any:
                return method(kind, body)

            return handler

        return {
            f"{group}/list": bind(self._list),
            f"{group}/get": bind(self._get),
            f"{group}/create": bind(self._create),
            f"{group}/update": bind(self._update),
            f"{group}/partial_update": bind(self._partial_update),
            f"{group}/delete": bind(self._delete),
            f"{group}/check_connection": bind(self._check),
            f"{group}/check_connection_for_update": bind(self._check_update),
            f"{kind}_definitions/get": bind(self._definition),
            f"{kind}_definitions/list": bind(self._definitions),
        }

    # Workspaces

    async def _all_workspaces(self, _: Json) -> Json:
        return {"workspaces": self._standing()}

    async def _workspaces_of(self, body: Json) -> Json:
        (organization,) = need(body, "organizationId")
        return {"workspaces": [w for w in self._standing() if w["organizationId"] == organization]}

    async def _workspaces_of_user(self, body: Json) -> Json:
        need(body, "userId")
        return {"workspaces": self._standing()}

    def _standing(self) -> list[Json]:
        return [w for w in self._world.workspaces.values() if not w["tombstone"]]

    async def _workspace(self, body: Json) -> Json:
        found = self._world.workspace(*need(body, "workspaceId"))
        if found["tombstone"]:
            raise Refusal(404, f"Could not find configuration for WORKSPACE {found['workspaceId']}")
        return found

    async def _create_workspace(self, body: Json) -> Json:
        return self._world.add_workspace(*need(body, "name"))

    async def _update_workspace(self, body: Json) -> Json:
        found = self._world.workspace(*need(body, "workspaceId"))
        found.update({key: value for key, value in body.items() if value is not None})
        return found

    async def _delete_workspace(self, body: Json) -> None:
        self._world.workspace(*need(body, "workspaceId"))["tombstone"] = True

    # Sources and destinations

    def _list(self, kind: Kind, body: Json) -> Json:
        (workspace_id,) = need(body, "workspaceId")
        self._world.workspace(workspace_id)
        listed = self._world.listed(kind, workspace_id)
        if not self._world.version.pages_actors:
            return {f"{kind}s": [self.show(actor) for actor in listed]}
        size = int(body.get("pageSize") or _PAGE_SIZE)
        page = _after(listed, body.get("cursor"))[:size]
        shown = [self.show(actor) for actor in page]
        # Misnamed by Airbyte: it counts the sources or destinations of all pages.
        return {f"{kind}s": shown, "num_connections": len(listed), "page_size": size}

    def _get(self, kind: Kind, body: Json) -> Json:
        return self.show(self._world.actor(kind, *need(body, f"{kind}Id")))

    def _create(self, kind: Kind, body: Json) -> Json:
        need(body, "workspaceId", "name", "connectionConfiguration", f"{kind}DefinitionId")
        return self.show(self._world.add_actor(kind, body, self._now()))

    def _update(self, kind: Kind, body: Json) -> Json:
        actor_id, name, sent = need(body, f"{kind}Id", "name", "connectionConfiguration")
        actor = self._world.actor(kind, actor_id)
        actor.name, actor.configuration = name, unmasked(sent, actor.configuration)
        return self.show(actor)

    def _partial_update(self, kind: Kind, body: Json) -> Json:
        actor = self._world.actor(kind, *need(body, f"{kind}Id"))
        sent = unmasked(body.get("connectionConfiguration") or {}, actor.configuration)
        actor.configuration = merged(actor.configuration, sent)
        actor.name = body.get("name") or actor.name
        return self.show(actor)

    def _delete(self, kind: Kind, body: Json) -> None:
        actor = self._world.actor(kind, *need(body, f"{kind}Id"))
        for connection in self._world.connections_of(actor.workspace_id):
            if connection[f"{kind}Id"] == actor.id:
                self._delete_connection(connection["connectionId"])
        actor.deleted = True

    def show(self, actor: Actor) -> Json:
        """SourceRead or DestinationRead. A deleted one lacks its configuration, no more."""
        shown: Json = {
            f"{actor.kind}Id": actor.id,
            f"{actor.kind}DefinitionId": actor.definition_id,
            f"{actor.kind}Name": self._world.definition_name(actor.definition_id),
            "workspaceId": actor.workspace_id,
            "name": actor.name,
            "icon": "",
            "createdAt": int(actor.created),
        }
        if not actor.deleted:
            shown["connectionConfiguration"] = masked(actor.configuration)
        return shown

    # Definitions and checks

    def _definition(self, kind: Kind, body: Json) -> Json:
        (definition_id,) = need(body, f"{kind}DefinitionId")
        name = self._world.definition_name(definition_id)
        return {f"{kind}DefinitionId": definition_id, "name": name, "dockerImageTag": "1.0.0"}

    def _definitions(self, kind: Kind, _: Json) -> Json:
        ids = {actor.definition_id for actor in self._world.listed(kind)}
        shown = [self._definition(kind, {f"{kind}DefinitionId": one}) for one in sorted(ids)]
        return {f"{kind}Definitions": shown}

    def _check(self, kind: Kind, body: Json) -> Json:
        return self._checked(self._world.actor(kind, *need(body, f"{kind}Id")))

    def _check_update(self, kind: Kind, body: Json) -> Json:
        actor = self._world.actor(kind, *need(body, f"{kind}Id"))
        (sent,) = need(body, "connectionConfiguration")
        held = unmasked(sent, actor.configuration)
        trial = Actor(kind, actor.id, actor.name, "", actor.definition_id, held, actor.created)
        return self._checked(trial)

    def _checked(self, actor: Actor) -> Json:
        millis = int(self._now() * 1000)
        broken = actor.name in self.broken_checks
        info = {
            "id": self._world.new_id(),
            "configType": f"check_connection_{actor.kind}",
            "configId": actor.id,
            "createdAt": millis,
            "endedAt": millis + 2000,
            "succeeded": not broken,
            "connectorConfigurationUpdated": False,
            "logs": {"logLines": []},
        }
        if broken:
            return {"jobInfo": info}
        message = self._world.verdict(actor)
        if not message:
            return {"status": "succeeded", "jobInfo": info}
        return {"status": "failed", "message": message, "jobInfo": info}


def _after(listed: list[Actor], cursor: str | None) -> list[Actor]:
    if cursor is None:
        return listed
    places = [place for place, actor in enumerate(listed) if actor.id == cursor]
    return listed[places[0] + 1 :] if places else []
