"""What the plugins aballiet/airbyte-oss 1.2.3 and hashicorp/null do at refresh and apply.

Talks HTTP to an Airbyte (the simulator, or a real one); plans nothing, keeps no state. The
controller's simulator hands it one resource at a time. `facts/airbyte.md` says how it behaves.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.simulators.airbyte import curl
from bot.simulators.airbyte.provider_values import camel, connection_attributes

Json = dict[str, Any]


class ProviderError(Exception):
    """A diagnostic of the plugin: `summary` and `detail`, as the tool would print them."""

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(f"{summary}: {detail}" if detail else summary)
        self.summary = summary
        self.detail = detail


class AirbyteProvider:
    """`server_url` as in the provider block, with the trailing `api/`."""

    def __init__(self, server_url: str, username: str = "", password: str = "") -> None:
        self._base = server_url.rstrip("/") + "/v1/"
        self._headers = {"Authorization": curl.basic(f"{username}:{password}")} if username else {}
        self._session: aiohttp.ClientSession | None = None
        self._random = random.Random(server_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def create(self, type: str, attributes: Mapping[str, Any]) -> Json:
        """Make the object; the planned attributes with the computed ones filled in."""
        match type:
            case "airbyte_source" | "airbyte_destination":
                return await self._write_actor(type, "create", attributes)
            case "airbyte_connection":
                return await self._write_connection("create", attributes)
            case "airbyte_workspace":
                return await self._create_workspace(attributes)
            case "null_resource":
                number = str(self._random.randrange(10**18, 10**19))
                return {**attributes, "id": number, "triggers": attributes.get("triggers")}
            case "terraform_data":
                return {**attributes, "id": attributes.get("id") or self._uuid(),
                        "output": attributes.get("input")}  # fmt: skip
        raise ProviderError("Invalid resource type", f"The provider has no {type}.")

    async def read(self, type: str, attributes: Mapping[str, Any]) -> Json:
        """The attributes as a refresh leaves them. A 404 is an error, and fails the plan."""
        match type:
            case "airbyte_source" | "airbyte_destination":
                return await self._read_actor(type, attributes)
            case "airbyte_connection":
                sent = {"connectionId": attributes["connection_id"]}
                return connection_attributes(await self._post("connections/get", sent))
            case "airbyte_workspace":
                sent = {"workspaceId": attributes["workspace_id"]}
                found = await self._post("workspaces/get", sent)
                return {**attributes, "name": found["name"], "slug": found.get("slug")}
        return dict(attributes)

    async def update(self, type: str, attributes: Mapping[str, Any]) -> Json:
        """Change the object in place; `attributes` carry its id."""
        match type:
            case "airbyte_source" | "airbyte_destination":
                return await self._write_actor(type, "update", attributes)
            case "airbyte_connection":
                return await self._write_connection("update", attributes)
            case "airbyte_workspace":
                await self._post("workspaces/update", camel(attributes))
                return dict(attributes)
            case "terraform_data":
                return {**attributes, "output": attributes.get("input")}
        return dict(attributes)

    async def delete(self, type: str, attributes: Mapping[str, Any]) -> None:
        """Delete the object (softly, as Airbyte does)."""
        kind = type.removeprefix("airbyte_")
        if kind in ("source", "destination", "connection", "workspace"):
            await self._post(f"{kind}s/delete", {f"{kind}Id": attributes[f"{kind}_id"]})

    async def provision(self, command: str) -> None:
        """A create-time `local-exec`. Without `-f` an HTTP error goes unnoticed (finding E)."""
        try:
            code = await curl.run(self._http(), command)
        except curl.NotCurl as error:
            raise ProviderError("local-exec provisioner error", str(error)) from None
        if code:
            detail = f"Error running command: exit status {code}."
            raise ProviderError("local-exec provisioner error", detail)

    # Sources, destinations, connections, workspaces

    async def _write_actor(self, type: str, verb: str, attributes: Mapping[str, Any]) -> Json:
        kind = type.removeprefix("airbyte_")
        try:
            configuration = json.loads(attributes["connection_configuration"])
        except ValueError:
            raise ProviderError("Invalid JSON String Value", "connection_configuration") from None
        sent = {
            "name": attributes["name"],
            "workspaceId": attributes["workspace_id"],
            f"{kind}DefinitionId": attributes[f"{kind}_definition_id"],
            "connectionConfiguration": configuration,
        }
        if verb == "update":
            sent[f"{kind}Id"] = attributes[f"{kind}_id"]
        return _actor(kind, attributes, await self._post(f"{kind}s/{verb}", sent))

    async def _read_actor(self, type: str, attributes: Mapping[str, Any]) -> Json:
        kind = type.removeprefix("airbyte_")
        sent = {f"{kind}Id": attributes[f"{kind}_id"]}
        found = await self._post(f"{kind}s/get", sent)
        # The configuration is never refreshed: what was changed in the UI stays unseen.
        return {**_actor(kind, attributes, found), "name": found["name"]}

    async def _write_connection(self, verb: str, attributes: Mapping[str, Any]) -> Json:
        answer = await self._post(f"connections/{verb}", camel(attributes))
        known = {key: value for key, value in attributes.items() if value is not None}
        return {**connection_attributes(answer), **known}

    async def _create_workspace(self, attributes: Mapping[str, Any]) -> Json:
        answer = await self._post("workspaces/create", camel(attributes))
        known = {key: value for key, value in attributes.items() if value is not None}
        return {**known, "workspace_id": answer["workspaceId"], "slug": answer["slug"]}

    # HTTP

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        try:
            async with self._http().post(
                self._base + path, json=body, headers=self._headers
            ) as response:
                text = await response.text()
        except aiohttp.ClientError as error:
            raise ProviderError("failure to invoke API", str(error)) from None
        if response.status not in (200, 204):
            detail = (
                f"unexpected response from API. Got an unexpected response code {response.status}"
            )
            raise ProviderError(detail, text)
        return json.loads(text) if text else None

    def _uuid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _actor(kind: str, attributes: Mapping[str, Any], read: Mapping[str, Any]) -> Json:
    shown: Json = {
        **attributes,
        f"{kind}_id": read[f"{kind}Id"],
        f"{kind}_name": read[f"{kind}Name"],
        f"{kind}_definition_id": read[f"{kind}DefinitionId"],
        "workspace_id": read["workspaceId"],
        "icon": read.get("icon"),
    }
    return {**shown, "secret_id": read.get("secretId")} if kind == "source" else shown
