"""An Airbyte that misbehaves: said, asked again, nothing concluded, nothing reset, nothing deleted.

Each row is a trouble; what it must not bring about is the same for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from airbyte_world import LeapingClock
from lake_service import Lake as Service
from lake_service import lake as service
from lake_world import ORDERS, Lake, lake, observers

from bot.clients.airbyte import AirbyteClient, ClientCredentials, NoCredentials, TimeLimits
from bot.lifecycle.backfill import BackfillObserved, Stage, decide_backfill, progress
from bot.runtime.observe.airbyte import AirbyteReader
from bot.runtime.observe.backfill.backfills import BackfillObserver
from bot.simulators.airbyte import HTML, Airbyte, Applications, Fault

EVERY = {
    "500": Fault("", 500),
    "HTML for 502": Fault("", 502, HTML, "text/html"),
    "HTML for 200": Fault("", 200, HTML, "text/html"),
    "401": Fault("", 401),
    "403": Fault("", 403, HTML, "text/html"),
    "409": Fault("", 409),
    "429": Fault("", 429, b""),
    "half an answer": Fault("", truncate=True),
    "an empty answer": Fault("", 200, b"{}"),
    "nothing": Fault("", 204, b""),
}


def troubled(airbyte: Airbyte, fault: Fault, path: str) -> None:
    airbyte.faults.append(replace(fault, path=path, times=999))


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path, "todo-004-flag-set") as found:
        yield found


async def observed(made: Lake) -> BackfillObserved:
    return await BackfillObserver(made.world, observers(made)).observe(await made.tip())


async def backfilled(made: Lake) -> None:
    """A flag merged, reset and read again: all has arrived."""
    flagged = made.file(ORDERS).replace(b'"backfill": false', b'"backfill": true')
    made.merge({ORDERS: flagged}, "flag orders")
    made.clock.pass_(10)
    await made.airbyte.act("connections/reset", {"connectionId": made.connection})
    made.clock.pass_(2 * 3600)


def resets(airbyte: Airbyte) -> int:
    return sum("/reset" in request or "/clear" in request for request in airbyte.requests)


@pytest.mark.parametrize("path", ["jobs/list", "connections/get"])
@pytest.mark.parametrize("fault", EVERY.values(), ids=EVERY)
async def test_a_backfill_that_cannot_be_seen_is_not_concluded(
    made: Lake, fault: Fault, path: str
) -> None:
    await backfilled(made)
    troubled(made.airbyte, fault, path)
    seen = await observed(made)
    [flagged] = seen.connections
    assert (progress(flagged).stage, bool(flagged.problem)) == (Stage.UNSEEN, True)
    decision = decide_backfill(seen)
    assert decision.effects == ()
    assert decision.requeue.after is not None, "it is looked at again"
    made.airbyte.faults.clear()
    assert progress((await observed(made)).connections[0]).stage is Stage.DONE
    assert resets(made.airbyte) == 0, "the provisioner's own was no request over HTTP"


async def test_an_airbyte_that_is_slow_is_given_up_and_asked_again(made: Lake) -> None:
    """Its 30 seconds and our limit of 25, each a hundredth of that."""
    await backfilled(made)

    class Real(LeapingClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    async with Airbyte(cast("Any", Real())) as slow, aiohttp.ClientSession() as session:
        limits = TimeLimits(read=0.25, act=0.25)
        client = AirbyteClient(session, slow.url, NoCredentials(), cast("Any", made.clock), limits)
        slow.faults.append(Fault("", delay=0.3, times=999))
        seen = await AirbyteReader(client).connection(made.connection, made.clock.now())
    assert "no answer within 0.25 s" in seen.problem


async def test_jobs_that_vanish_take_nothing_back(made: Lake) -> None:
    """Airbyte was cleaned up: the follow-up stays as it was opened."""
    await backfilled(made)
    [opened] = decide_backfill(await observed(made)).effects
    await made.performer.perform(opened)
    made.airbyte.jobs.clear()
    seen = await observed(made)
    assert progress(seen.connections[0]).stage is not Stage.DONE
    assert decide_backfill(seen).effects == ()


async def test_a_hundred_thousand_jobs_cost_no_more_than_a_few(made: Lake) -> None:
    made.airbyte.history(made.connection, 100_000, every=60)
    await backfilled(made)
    made.airbyte.requests.clear()
    assert progress((await observed(made)).connections[0]).stage is Stage.DONE
    lists = [request for request in made.airbyte.requests if request.endswith("jobs/list")]
    assert len(lists) == 2, "what happened since, and what it cost before"


@pytest.mark.parametrize("seconds", [-45, -5, 5, 45, 600])
async def test_clocks_that_differ_lose_no_reset(made: Lake, seconds: int) -> None:
    """Airbyte's clock goes wrong by so much from the start."""
    made.clock_of_airbyte.ahead = seconds
    await backfilled(made)
    [flagged] = (await observed(made)).connections
    assert progress(flagged).stage is Stage.DONE


# --- orphans ------------------------------------------------------------------------------------


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as found:
        yield found


LISTS = {
    **{f"{path}: {name}": (path, fault) for path in ("sources/list", "connections/list$")
       for name, fault in EVERY.items()},
    "no workspace": ("workspaces/list", Fault("", 200, b'{"workspaces":[]}')),
    "a workspace that is not there": ("connections/list$", Fault("", 404)),
    "credentials that expired": ("workspaces/list", Fault("", 401)),
    "a list that is short": (
        "destinations/list",
        Fault("", 200, b'{"destinations":[],"num_connections":3}'),
    ),
    "a list without its end": (
        "sources/list",
        Fault("", 200, b'{"page_size":1,"sources":[{"sourceId":"x","name":"n","workspaceId":"w"}]}'),
    ),
    "a list that is older than the state": (
        "connections/list$", Fault("", 200, b'{"connections":[]}'),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "fault"), LISTS.values(), ids=LISTS)
async def test_nothing_is_deleted_on_a_doubtful_list(
    here: Service, path: str, fault: Fault
) -> None:
    """Confirmed while all was well; then the trouble comes."""
    actor = {"workspaceId": here.airbyte.workspace_id, "connectionConfiguration": {}}
    definition = "11111111-1111-4111-8111-111111111111"
    lost = {**actor, "name": "Old shop", "sourceDefinitionId": definition}
    source = (await here.airbyte.act("sources/create", lost))["sourceId"]
    asked = await here.ask(f"/lotus orphans delete {source}")
    confirmation = next(line for line in asked.splitlines() if line.startswith("/lotus"))
    troubled(here.airbyte, fault, path)
    told = await here.ask(confirmation)
    assert not told.startswith("Deleted")
    assert not [request for request in here.airbyte.requests if "delete" in request]
    here.airbyte.faults.clear()
    assert source in await here.ask("/lotus orphans"), "nobody touched it"


async def test_credentials_that_expire_are_renewed_and_only_once(made: Lake) -> None:
    """The token is refused early: one more is fetched; where that is refused too, it is said."""
    clock: Any = made.clock
    auth = Applications({"id": "secret"})
    async with Airbyte(clock, auth=auth) as airbyte, aiohttp.ClientSession() as session:
        client = AirbyteClient(session, airbyte.url, ClientCredentials("id", "secret"), clock)
        await client.workspaces()
        airbyte.gate.revoke()
        await client.workspaces()
        troubled(airbyte, Fault("", 401), "connections/get")
        seen = await AirbyteReader(client).connection("c", clock.now())
    assert "(401)" in seen.problem
    assert sum("connections/get" in request for request in airbyte.requests) == 2
