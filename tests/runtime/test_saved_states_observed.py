"""Sync states in the whole service, over HTTP: saved for whom, refreshed when, and never told."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from github_world import REPOSITORY
from lake_service import BOT, NAME, NAMESPACE, Lake, lake

from bot.lifecycle.keys import PullRequestKey
from bot.lifecycle.saved_states import SavedState, unpack
from bot.simulators.faults import Fault

SOURCES = "airbyte/terraform/sources.tf"
SECRET = f"lotus-sync-state-{NAME}"
CURSOR = "a-cursor-that-nobody-may-read"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path) as made:
        yield made


def connection_of(here: Lake) -> str:
    (found,) = [
        instance["attributes"]["connection_id"]
        for resource in here.state()["resources"]
        if resource["name"] == "shop_to_lake"
        for instance in resource["instances"]
    ]
    return str(found)


async def synced(here: Lake, cursor: str) -> None:
    """As a sync leaves it; Airbyte's own write is not held back by a sync that runs."""
    connection = connection_of(here)
    entry = {"streamDescriptor": {"name": "orders"}, "streamState": {"cursor": cursor}}
    state = {"stateType": "stream", "connectionId": connection, "streamState": [entry]}
    body = {"connectionId": connection, "connectionState": state}
    await here.airbyte.act("state/create_or_update", body)


def renamed(here: Lake, login: str = "anna") -> int:
    text = here.github.file(REPOSITORY, "main", SOURCES)
    edited = text.replace(b'"Shop"', b'"Shop EU"', 1)
    here.github.push(REPOSITORY, "rename", {SOURCES: edited}, login=login)
    return here.github.open_pull_request(REPOSITORY, "rename", title="Rename", login=login)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        # The service is looked at from outside, where nothing rings a bell.
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def look(here: Lake, number: int) -> None:
    here.service.queue.add(PullRequestKey(REPOSITORY, number))


def said(here: Lake, number: int) -> str:
    bodies = (c.body for c in here.github.comments(REPOSITORY, number) if c.author == BOT)
    return "\n".join(bodies)


def secret(here: Lake) -> dict[str, Any] | None:
    found = [
        s for s in here.kubernetes.list("Secret", NAMESPACE) if s["metadata"]["name"] == SECRET
    ]
    return found[0] if found else None


def saved(here: Lake) -> SavedState | None:
    data = (secret(here) or {}).get("data") or {}
    packed = data.get(connection_of(here))
    return unpack(connection_of(here), base64.b64decode(packed)) if packed else None


def cursor(here: Lake) -> str:
    found = saved(here)
    return found.state.document["streamState"][0]["streamState"]["cursor"] if found else ""


async def test_a_state_is_saved_and_anew_after_each_sync_and_never_told(
    here: Lake, capfd: pytest.CaptureFixture[str]
) -> None:
    await synced(here, CURSOR)
    number = renamed(here)
    look(here, number)
    await until(lambda: "The state is saved" in said(here, number))
    first = saved(here)
    assert first is not None
    assert (first.pull_requests, first.address) == ((number,), "airbyte_connection.shop_to_lake")
    assert cursor(here) == CURSOR
    await synced(here, CURSOR + "-later")
    look(here, number)
    await until(lambda: cursor(here) == CURSOR + "-later")
    logged = capfd.readouterr()
    assert CURSOR not in said(here, number) + logged.out + logged.err


async def test_nothing_is_saved_for_somebody_who_may_not_write(here: Lake) -> None:
    await synced(here, CURSOR)
    number = renamed(here, login="rita")
    look(here, number)
    await until(lambda: "Sync state lost" in said(here, number))
    assert "looks for it at the deleted connection" in said(here, number)
    assert secret(here) is None


@pytest.mark.parametrize("verb", ["GET", "PATCH"])
async def test_what_the_cluster_forbids_is_said_and_the_rest_is_told(here: Lake, verb: str) -> None:
    await synced(here, CURSOR)
    here.kubernetes.faults.append(Fault(f"/secrets/{SECRET}", verb, 403, times=99))
    number = renamed(here)
    look(here, number)
    await until(lambda: "Sync state lost" in said(here, number))
    assert f"{SECRET} is not allowed (lotus doctor)" in said(here, number).replace("\\", "")
    assert saved(here) is None


async def test_a_connection_that_never_synced_has_nothing_to_lose(here: Lake) -> None:
    number = renamed(here)
    look(here, number)
    await until(lambda: "No sync state" in said(here, number))
    assert "nothing of that is lost" in said(here, number)
    assert secret(here) is None
