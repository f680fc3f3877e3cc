"""What a merge made, changed and removed, looked for in Airbyte over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airbyte_world import HOURLY, stream
from lake_world import PLANS, SHOP, Lake, lake

from bot.lifecycle.arrival import Landing, ObjectAfter, landing
from bot.lifecycle.observed import ModuleSeen
from bot.model.airbyte import CheckResult
from bot.plan.state import parse_state
from bot.runtime.observe.landings import LandingObserver
from bot.runtime.observe.modules import Inputs
from bot.runtime.observe.predictor import Commit
from bot.runtime.observe.trees import Trees
from bot.simulators.airbyte import Fault

CASE = PLANS / "add-source-and-connection"
ADS, ADS_TO_LAKE = "airbyte_source.ads", "airbyte_connection.ads_to_lake"
MODULE = "airbyte/terraform"


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path, "add-source-and-connection") as found:
        yield found


def head() -> dict[str, bytes]:
    root = CASE / "head"
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


async def landed(made: Lake, files: dict[str, bytes]) -> tuple[ModuleSeen, str]:
    """What a push of these files changed."""
    before = await made.reader.tip("main")
    made.push(files)
    after = await made.reader.tip("main")
    assert before
    assert after
    tree = made.world.snapshots.tree
    base = Commit(await tree(made.reader.github, made.reader.name, before), before)
    now = Commit(await tree(made.reader.github, made.reader.name, after), after)
    trees = Trees(base, now, before, landed=True)
    found = await made.world.modules.observe(
        made.reader, made.deployment(after), trees, made.inputs
    )
    return found.seen, after


async def applied(made: Lake) -> Inputs:
    """The new source and connection in Airbyte, and in the state."""
    sources = await made.world.airbyte.client.sources(made.airbyte.workspace_id)  # type: ignore[union-attr]
    destinations = await made.world.airbyte.client.destinations(made.airbyte.workspace_id)  # type: ignore[union-attr]
    assert sources
    source = await made.airbyte.act(
        "sources/create",
        {
            "workspaceId": made.airbyte.workspace_id,
            "name": "Ads",
            "sourceDefinitionId": "44444444-4444-4444-8444-444444444444",
            "connectionConfiguration": {"token": "t"},
        },
    )
    connection = await made.airbyte.act(
        "connections/create",
        {
            "sourceId": source["sourceId"],
            "destinationId": destinations[0].id,
            "status": "active",
            "name": "Ads to lake",
            "syncCatalog": {"streams": [stream("clicks")]},
            **HOURLY,
        },
    )
    document = json.loads(made.state)
    for kind, name, attributes in (
        ("airbyte_source", "ads", {"source_id": source["sourceId"], "name": "Ads"}),
        ("airbyte_connection", "ads_to_lake", {"connection_id": connection["connectionId"]}),
    ):
        document["resources"].append(_resource(kind, name, attributes))
    return replace(made.inputs, state=parse_state(json.dumps(document)))


def _resource(kind: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    provider = 'provider["registry.opentofu.org/aballiet/airbyte-oss"]'
    instance = {"schema_version": 0, "attributes": attributes}
    return {
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider": provider,
        "instances": [instance],
    }


async def objects(
    made: Lake, seen: ModuleSeen, inputs: Inputs, observer: LandingObserver | None = None
) -> dict[str, ObjectAfter]:
    observer = observer or LandingObserver(made.world)
    return {item.address: item for item in await observer.objects(seen, inputs, "sha")}


async def test_a_new_source_is_in_airbyte_and_its_check_is_made_once(made: Lake) -> None:
    seen, _ = await landed(made, head())
    inputs = await applied(made)
    observer = LandingObserver(made.world)
    for _ in range(3):
        found = await objects(made, seen, inputs, observer)
    assert found.keys() == {ADS, ADS_TO_LAKE}
    assert all(item.found and item.well for item in found.values())
    check = found[ADS].check
    assert check is not None
    assert check.result is CheckResult.ACCEPTED
    assert sum("check_connection" in request for request in made.airbyte.requests) == 1


async def test_what_the_connector_says_against_it_is_told(made: Lake) -> None:
    seen, _ = await landed(made, head())
    inputs = await applied(made)
    made.airbyte.refuse("Ads", lambda _: "The token is not valid")
    observer = LandingObserver(made.world)
    refused = (await objects(made, seen, inputs, observer))[ADS]
    assert refused.check is not None
    assert "The token is not valid" in refused.check.message
    assert not refused.well
    made.airbyte.refuse("Ads", lambda _: "")
    made.clock.pass_(700)
    assert (await objects(made, seen, inputs, observer))[ADS].well, "it is asked again in a while"


async def test_what_the_state_has_and_airbyte_has_not(made: Lake) -> None:
    seen, _ = await landed(made, head())
    inputs = await applied(made)
    await made.airbyte.act("sources/delete", {"sourceId": inputs.ids[ADS]})
    found = await objects(made, seen, inputs)
    assert not found[ADS].found
    assert not found[ADS].well
    assert found[ADS].check is None


async def test_what_is_removed_is_gone_or_told_by_its_name(made: Lake) -> None:
    await landed(made, head())
    inputs = await applied(made)
    base = {path: (CASE / "base" / path).read_bytes() for path in head() if "_catalog" not in path}
    seen, _ = await landed(made, base)
    without = replace(inputs, state=parse_state(made.state))
    left = await objects(made, seen, without)
    assert not left[ADS].wanted
    assert left[ADS].found == (inputs.ids[ADS],)
    await made.airbyte.act("sources/delete", {"sourceId": inputs.ids[ADS]})
    gone = await objects(made, seen, without)
    assert [item.found for item in gone.values()] == [(), ()]
    assert [item.hanging for item in gone.values()] == [(), ()]


async def test_a_list_that_cannot_be_had_is_no_evidence(made: Lake) -> None:
    seen, _ = await landed(made, head())
    inputs = await applied(made)
    made.airbyte.faults.append(Fault("sources/list", 500, times=9))
    found = await objects(made, seen, inputs)
    assert all(item.problem and not item.found for item in found.values())


async def test_a_changed_connection_arrives_with_its_next_sync(made: Lake) -> None:
    text = made.file(f"{MODULE}/connections.tf")
    changed = text.replace(
        b'name                 = "Shop to lake"', b'name                 = "Shop"', 1
    )
    assert changed != text
    seen, _ = await landed(made, {f"{MODULE}/connections.tf": changed})
    since = made.clock.now()
    observer = LandingObserver(made.world)
    [item] = await observer.changed(seen, made.inputs, frozenset(), (since, since))
    assert item.address == SHOP
    assert landing(item)[0] in (Landing.WAITING, Landing.SYNCING)
    made.clock.pass_(2 * 3600)
    [item] = await observer.changed(seen, made.inputs, frozenset(), (since, since))
    assert landing(item)[0] is Landing.ARRIVED
    assert await observer.changed(seen, made.inputs, frozenset({SHOP}), (since, since)) == ()
