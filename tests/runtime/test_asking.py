"""Commands in the whole service: what they see is what there is, over HTTP to the last edge."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from airbyte_world import stream
from github_world import REPOSITORY
from kubernetes_world import git_repository
from lake_service import CASE, NAME, NAMESPACE, Lake, lake

from bot.lifecycle.keys import BranchKey
from bot.model.cluster import REBUILD
from bot.model.plan_copy import LABEL, POOL
from bot.simulators.faults import Fault

DEFINITION = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path) as made:
        yield made


async def orphan(here: Lake) -> tuple[str, str]:
    """A source with a connection that no state knows."""
    actor = {"workspaceId": here.airbyte.workspace_id, "connectionConfiguration": {}}
    source = await here.airbyte.act(
        "sources/create", {**actor, "name": "Old shop", "sourceDefinitionId": DEFINITION}
    )
    state = here.state()["resources"]
    (lake_id,) = [
        instance["attributes"]["destination_id"]
        for resource in state
        if resource["type"] == "airbyte_destination"
        for instance in resource["instances"]
    ]
    connection = await here.airbyte.act(
        "connections/create",
        {
            "sourceId": source["sourceId"],
            "destinationId": lake_id,
            "status": "inactive",
            "name": "Shop to lake",
            "syncCatalog": {"streams": [stream("orders")]},
        },
    )
    return source["sourceId"], connection["connectionId"]


async def test_at_rest_nothing_differs_and_nothing_is_an_orphan(here: Lake) -> None:
    assert await here.ask("/lotus drift") == "Git, the states and Airbyte agree."
    assert await here.ask("/lotus orphans") == "Every object in Airbyte belongs to a state."
    assert await here.ask("/lotus backfill status") == (
        "No `backfill` flag is set on what is applied."
    )
    assert await here.ask("/lotus unlock") == "No state is locked."
    assert (await here.ask("/lotus status")).startswith("**Stable**")


async def test_an_orphan_is_found_confirmed_and_deleted(here: Lake) -> None:
    source, connection = await orphan(here)
    told = await here.ask("/lotus orphans")
    assert told.index(connection) < told.index(source)
    assert "a duplicate by name" in told
    asked = await here.ask(f"/lotus orphans delete {source} {connection}")
    confirmation = next(line for line in asked.splitlines() if line.startswith("/lotus"))
    assert (await here.ask(confirmation, login="anna")).startswith("`/lotus orphans delete")
    assert connection in await here.ask("/lotus orphans")
    assert (await here.ask(confirmation)).startswith("Deleted from Airbyte")
    assert await here.ask("/lotus orphans") == "Every object in Airbyte belongs to a state."


async def test_a_plan_only_copy_of_ours_holds_nothing_back(here: Lake) -> None:
    source, _ = await orphan(here)
    copy = here.terraform()
    copy["metadata"] = {"namespace": NAMESPACE, "name": POOL[0], "labels": {LABEL: "true"}}
    here.kubernetes.put({**copy, "status": {}})
    assert source in await here.ask("/lotus orphans")


async def test_another_object_that_fails_holds_back_what_it_may_have_made(here: Lake) -> None:
    source, _ = await orphan(here)
    other = here.terraform()
    other["metadata"] = {"namespace": NAMESPACE, "name": "other"}
    here.kubernetes.put({**other, "status": {}})
    told = await here.ask("/lotus orphans")
    assert told.startswith("Nothing in Airbyte is certain to be nobody's.")
    assert source in told
    refused = await here.ask(f"/lotus orphans delete {source}")
    assert refused.startswith("Nothing was deleted")


async def test_an_object_that_fails_holds_back_nothing_else(here: Lake) -> None:
    """Its code says what it could have made: anything of another name is nobody's."""
    source, connection = await orphan(here)
    await here.airbyte.act("connections/delete", {"connectionId": connection})
    other = here.terraform()
    other["metadata"] = {"namespace": NAMESPACE, "name": "other"}
    here.kubernetes.put({**other, "status": {}})
    told = await here.ask("/lotus orphans")
    assert f"`/lotus orphans delete {source}` deletes it" in told


async def test_an_object_whose_code_is_broken_says_where(here: Lake) -> None:
    await orphan(here)
    other = here.terraform()
    other["metadata"] = {"namespace": NAMESPACE, "name": "other"}
    broken = {f"{CASE.case['module']}/broken.tf": b'resource "airbyte_source" {'}
    here.github.push(REPOSITORY, "main", broken, message="Broken", login="anna")
    here.kubernetes.put({**other, "status": {}})
    told = await here.ask("/lotus orphans")
    assert "what its code declares is not known" in told
    assert r"broken\.tf\:1" in told


async def test_what_an_unread_state_may_hold_is_no_orphan(here: Lake) -> None:
    await orphan(here)
    here.kubernetes.delete("Secret", NAMESPACE, f"tfstate-default-{NAME}")
    told = await here.ask("/lotus orphans")
    assert "cannot say what is an orphan" in told
    assert "is not there" in told


async def test_what_a_person_changed_in_airbyte_is_drift(here: Lake) -> None:
    for resource in here.state()["resources"]:
        if (resource["type"], resource["name"]) == ("airbyte_connection", "mail_to_lake"):
            (instance,) = resource["instances"]
            body = {"connectionId": instance["attributes"]["connection_id"], "status": "inactive"}
            await here.airbyte.act("connections/update", body)
    told = await here.ask("/lotus drift")
    row = next(line for line in told.splitlines() if "mail_to_lake" in line)
    assert row.startswith("| `airbyte_connection.mail_to_lake` | `")
    assert "` | state and Airbyte | " in row
    assert "status `active` → `inactive`" in told
    assert "shop_to_lake" not in told


async def test_a_changed_secret_is_told_and_its_value_is_not(here: Lake) -> None:
    here.set_variable("mail_key", "a-new-value-7f3c")
    told = await here.ask("/lotus drift")
    assert "`airbyte_source.mail` lacks it" in told
    assert "replaces `airbyte_connection.mail_to_lake`" in told
    said = [item.body for item in here.github.comments(REPOSITORY, here.issue)]
    assert not [body for body in said if "a-new-value-7f3c" in body or "key-91c2" in body]


async def test_a_changed_secret_is_noticed_without_being_asked_once(here: Lake) -> None:
    here.set_variable("mail_key", "a-new-value-7f3c")
    tip = here.github.tip(REPOSITORY, "main")
    assert tip is not None
    async with asyncio.timeout(60):
        while not here.github.commit_comments(REPOSITORY, tip):
            here.service.queue.add(BranchKey(NAMESPACE, NAME))
            await asyncio.sleep(0.05)
    for _ in range(3):
        here.service.queue.add(BranchKey(NAMESPACE, NAME))
        await here.ask("/lotus help")
    (said,) = here.github.commit_comments(REPOSITORY, tip)
    assert "`airbyte_source.mail` lacks it" in said.body
    assert "a-new-value-7f3c" not in said.body


async def test_a_flag_is_set_by_a_pull_request_and_on_one_by_a_commit(here: Lake) -> None:
    told = await here.ask("/lotus backfill shop/orders")
    (opened,) = here.github.pull_requests(REPOSITORY)
    branch = told.split("`")[-2]
    path = "streams/shop/orders.json"
    assert b'"backfill": true' in here.github.file(REPOSITORY, branch, path)
    number = opened.issue.number
    assert (await here.ask("/lotus backfill cancel shop/orders", number=number)).endswith(
        f"Committed to `{branch}`."
    )
    assert here.github.file(REPOSITORY, branch, path) == here.github.file(REPOSITORY, "main", path)


async def test_why_follows_a_change_to_the_edit(here: Lake) -> None:
    path = "airbyte/terraform/connections.tf"
    before = here.github.file(REPOSITORY, "main", path)
    edited = before.replace(b'time_unit = "hours", units = 1', b'time_unit = "hours", units = 6', 1)
    here.github.push(REPOSITORY, "slower", {path: edited}, login="anna")
    number = here.github.open_pull_request(REPOSITORY, "slower", title="Slower", login="anna")
    told = await here.ask("/lotus why shop_to_lake", number=number, login="rita")
    assert told.startswith("`~` `airbyte_connection.shop_to_lake`: ")


async def test_an_object_is_suspended_and_resumed(here: Lake) -> None:
    await here.ask("/lotus suspend")
    assert here.terraform()["spec"]["suspend"] is True
    await here.ask("/lotus resume")
    assert here.terraform()["spec"]["suspend"] is False


async def test_a_replaced_connection_gets_its_predecessors_state(here: Lake) -> None:
    (found,) = [
        instance["attributes"]
        for resource in here.state()["resources"]
        if resource["name"] == "mail_to_lake"
        for instance in resource["instances"]
    ]
    client = here.service.world.airbyte.client
    assert client is not None
    (first,) = await client.latest_jobs(found["connection_id"], 1)
    assert "takes no state meanwhile" in await here.ask("/lotus keep-state mail_to_lake")
    await client.cancel(first.id)
    assert "no state to go on from" in await here.ask("/lotus keep-state mail_to_lake")
    old = await here.airbyte.act(
        "connections/create",
        {
            "sourceId": found["source_id"],
            "destinationId": found["destination_id"],
            "status": "inactive",
            "name": "Mail to lake",
            "syncCatalog": {"streams": [stream("events")]},
        },
    )
    entry = {"streamDescriptor": {"name": "events"}, "streamState": {"cursor": 7}}
    kept = {"stateType": "stream", "streamState": [entry]}
    await client.put_sync_state(old["connectionId"], kept)
    await client.delete_connection(old["connectionId"])
    assert "goes on where" in await here.ask("/lotus keep-state mail_to_lake")
    given = (await client.sync_state(found["connection_id"])).document["streamState"]
    assert [item["streamState"] for item in given] == [{"cursor": 7}]


async def test_what_the_cluster_forbids_is_said_and_not_tried_for_ever(here: Lake) -> None:
    here.kubernetes.faults.append(Fault(f"/terraforms/{NAME}", "PATCH", 403, times=9))
    told = await here.ask("/lotus suspend")
    assert told.startswith("That could not be done: Kubernetes")
    assert not here.terraform()["spec"].get("suspend")


async def settled(here: Lake) -> None:
    """The first syncs of the schedules, out of the way."""
    client = here.service.world.airbyte.client
    assert client is not None
    for connection in await client.connections(here.airbyte.workspace_id):
        body = {"connectionId": connection.id, "status": "inactive"}
        await here.airbyte.act("connections/update", body)
        for job in await client.latest_jobs(connection.id, 1):
            if not job.status.terminal:
                await client.cancel(job.id)


def to_confirm(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("/lotus"))


@pytest.mark.slow
async def test_a_platform_is_rebuilt_from_nothing(here: Lake) -> None:
    assert "runs" in await here.ask("/lotus rebuild")
    await settled(here)
    before = here.state()
    body = to_confirm(await here.ask(to_confirm(await here.ask("/lotus rebuild"))))
    answer = asyncio.create_task(here.ask(body))
    async with asyncio.timeout(60):
        while here.has_state() or here.terraform()["spec"].get("suspend"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    client = here.service.world.airbyte.client
    assert client is not None
    assert await client.connections(here.airbyte.workspace_id) == ()
    assert await client.sources(here.airbyte.workspace_id) == ()
    assert await client.destinations(here.airbyte.workspace_id) == ()
    await here.pass_over_nothing()
    assert "is made anew: 5 objects" in await answer
    assert here.state()["lineage"] == "another"
    assert not here.terraform()["metadata"].get("annotations", {}).keys() & {REBUILD}
    kept = here.kubernetes.get("Secret", NAMESPACE, f"lotus-rebuild-{NAME}")
    packed = base64.b64decode(kept["data"]["tfstate"])
    assert json.loads(gzip.decompress(packed)) == before


async def test_a_state_that_is_split_is_not_rebuilt_and_says_why(here: Lake) -> None:
    padded = here.state() | {"outputs": {"x": {"value": os.urandom(2**20).hex(), "type": "string"}}}
    packed = gzip.compress(json.dumps(padded).encode())
    name = f"tfstate-default-{NAME}"
    for place, part in ((name, packed[: 2**20]), (f"{name}-part-1", packed[2**20 :])):
        here.kubernetes.put(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"namespace": NAMESPACE, "name": place},
                "data": {"tfstate": base64.b64encode(part).decode()},
            }
        )
    told = await here.ask("/lotus rebuild")
    assert told.startswith("Nothing was begun")
    assert "is split over 2 Secrets: a rebuild keeps its copy in one Secret" in plain_text(told)
    assert "**Stable**" in await here.ask("/lotus status"), "it is read as any other"


def plain_text(markdown: str) -> str:
    """Without the escapes of Markdown."""
    return re.sub(r"\\(.)", r"\1", markdown)


async def test_with_airbyte_down_it_is_said_and_nothing_is_deleted(here: Lake) -> None:
    source, _ = await orphan(here)
    await here.airbyte.stop()
    assert "cannot say what is an orphan" in await here.ask(f"/lotus orphans delete {source}")


async def test_objects_that_cannot_be_followed_are_in_the_status(here: Lake) -> None:
    bucket = here.terraform()
    bucket["metadata"] = {"namespace": NAMESPACE, "name": "net"}
    bucket["spec"] = {
        **bucket["spec"],
        "suspend": True,
        "sourceRef": {"kind": "Bucket", "name": "b"},
    }
    tagged = json.loads(json.dumps(bucket))
    tagged["metadata"]["name"] = "released"
    tagged["spec"]["sourceRef"] = {"kind": "GitRepository", "name": "tagged"}
    release = git_repository("tagged", namespace=NAMESPACE)
    release["spec"] = {
        **release["spec"],
        "url": f"https://github.com/{REPOSITORY}",
        "suspend": True,
    }
    release["spec"]["ref"] = {"tag": "v1"}
    for item in (bucket, tagged, release):
        here.kubernetes.put({**item, "status": {}})
    told = await here.ask("/lotus status")
    assert told.startswith("**Not stable.**")
    assert "### net — not followed" in told
    assert "Its source is a Bucket" in told
    assert "### released — not followed" in told
    assert "follows tag v1, no branch" in told.replace("\\", "")
