"""A small platform in a simulated Airbyte, and a clock that leaps over every wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bot.simulators.airbyte import Airbyte

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class LeapingClock:
    """Time moves when told, and over a sleep in no time: nothing waits for real."""

    def __init__(self) -> None:
        self._passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    async def sleep(self, seconds: float) -> None:
        self._passed += seconds

    def pass_(self, seconds: float) -> None:
        self._passed += seconds


class ApartClock:
    """Somebody else's: `ahead` seconds before the right one, or behind it where negative."""

    def __init__(self, right: LeapingClock) -> None:
        self._right = right
        self.ahead = 0.0

    def now(self) -> datetime:
        return self._right.now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return self._right.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._right.sleep(seconds)


def stream(name: str, **config: Any) -> dict[str, Any]:
    """A catalog entry in Airbyte's casing."""
    return {
        "stream": {
            "name": name,
            "jsonSchema": {"type": "object", "properties": {"id": {}, "updated_at": {}, "b": {}}},
            "supportedSyncModes": ["full_refresh", "incremental"],
            "defaultCursorField": ["updated_at"],
        },
        "config": {
            "syncMode": "incremental",
            "destinationSyncMode": "append_dedup",
            "cursorField": ["updated_at"],
            "primaryKey": [["id"]],
            "selected": True,
            **config,
        },
    }


HOURLY = {
    "scheduleType": "basic",
    "scheduleData": {"basicSchedule": {"timeUnit": "hours", "units": 1}},
}


@dataclass
class Platform:
    """Ids of what `furnish` made."""

    source: str
    destination: str
    connection: str


async def furnish(airbyte: Airbyte, **connection: Any) -> Platform:
    """A source, a destination and a connection with two streams; manual unless told otherwise."""
    definition = "11111111-1111-4111-8111-111111111111"
    actor = {"workspaceId": airbyte.workspace_id, "connectionConfiguration": {"token": "t0p"}}
    source = await airbyte.act(
        "sources/create", {**actor, "name": "Shop", "sourceDefinitionId": definition}
    )
    silent = {
        "destinationType": "dev-null",
        "test_destination": {"test_destination_type": "SILENT"},
    }
    body = {**actor, "name": "Lake", "destinationDefinitionId": definition}
    lake = await airbyte.act("destinations/create", {**body, "connectionConfiguration": silent})
    made = await airbyte.act(
        "connections/create",
        {
            "sourceId": source["sourceId"],
            "destinationId": lake["destinationId"],
            "status": "active",
            "name": "Shop to lake",
            "syncCatalog": {"streams": [stream("orders"), stream("customers")]},
            **connection,
        },
    )
    return Platform(source["sourceId"], lake["destinationId"], made["connectionId"])


async def post(airbyte: Airbyte, path: str, **body: Any) -> tuple[int, Any]:
    """A raw call of the Config API: status and decoded body."""
    url = f"{airbyte.url}/api/v1/{path}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return response.status, await response.json() if response.status != 204 else None
