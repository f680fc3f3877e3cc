"""The Config API over HTTP: versions, errors, paging, soft deletes, progress, state, misbehaviour."""

from __future__ import annotations

import base64

import aiohttp
import pytest
from airbyte_world import HOURLY, LeapingClock, furnish, post, stream

from bot.simulators.airbyte import HTML, Airbyte, Applications, Basic, Failure, Fault, Volume


@pytest.fixture
def clock():
    return LeapingClock()


@pytest.fixture
async def airbyte(clock):
    async with Airbyte(clock) as made:
        yield made


async def test_lists_of_actors_page_by_20_from_1_8_on(airbyte):
    for number in range(45):
        await airbyte.act("sources/create", actor(airbyte, f"s{number:02}"))
    names, cursor = [], None
    for _ in range(3):
        _, page = await post(
            airbyte, "sources/list", workspaceId=airbyte.workspace_id, cursor=cursor
        )
        names += [source["name"] for source in page["sources"]]
        cursor = page["sources"][-1]["sourceId"]
    assert (page["page_size"], page["num_connections"]) == (20, 45)
    assert names == [f"s{number:02}" for number in range(45)]
    _, beyond = await post(airbyte, "sources/list", workspaceId=airbyte.workspace_id, cursor=cursor)
    assert beyond["sources"] == []


async def test_lists_of_actors_are_whole_before_1_8(clock):
    async with Airbyte(clock, version="1.7") as airbyte:
        for number in range(25):
            await airbyte.act("sources/create", actor(airbyte, f"s{number}"))
        _, answer = await post(airbyte, "sources/list", workspaceId=airbyte.workspace_id)
    assert len(answer["sources"]) == 25
    assert "page_size" not in answer


def actor(airbyte, name, **configuration):
    return {
        "name": name,
        "workspaceId": airbyte.workspace_id,
        "sourceDefinitionId": "11111111-1111-4111-8111-111111111111",
        "connectionConfiguration": configuration,
    }


@pytest.mark.parametrize(("version", "there"), [("1.6", True), ("1.8", False), ("2.0", False)])
async def test_workspaces_are_found_in_the_versions_own_way(clock, version, there):
    async with Airbyte(clock, version=version) as airbyte:
        status, _ = await post(airbyte, "workspaces/list")
        assert (status == 200) is there
        url = f"{airbyte.url}/api/v1/instance_configuration"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            instance = await response.json()
        organization = instance["defaultOrganizationId"]
        _, listed = await post(
            airbyte, "workspaces/list_by_organization_id", organizationId=organization
        )
    assert instance["version"] == f"{version}.0"
    assert "defaultWorkspaceId" not in instance
    assert [w["workspaceId"] for w in listed["workspaces"]] == [airbyte.workspace_id]


ERRORS = [
    (
        "connections/get",
        {"connectionId": "no"},
        404,
        {"errorId"},
        {"message", "exceptionClassName"},
    ),
    ("connections/get", {}, 400, {"errorId"}, {"message", "exceptionClassName"}),
    ("jobs/list", {"configTypes": []}, 500, {"errorId"}, {"message", "exceptionClassName"}),
]


@pytest.mark.parametrize(("path", "body", "status", "new", "old"), ERRORS)
async def test_an_error_body_depends_on_the_version(clock, path, body, status, new, old):
    for version, keys in (("2.0", new), ("1.8", old)):
        async with Airbyte(clock, version=version) as airbyte:
            got, answer = await post(airbyte, path, **body)
        assert got == status
        assert keys <= set(answer)
        assert ("message" in answer) == (version == "1.8")


async def test_a_409_keeps_its_message_in_every_version(clock):
    for version in ("1.8", "2.0"):
        async with Airbyte(clock, version=version) as airbyte:
            platform = await furnish(airbyte)
            await post(airbyte, "connections/sync", connectionId=platform.connection)
            status, answer = await post(
                airbyte, "connections/sync", connectionId=platform.connection
            )
        assert status == 409
        assert "already running" in answer["message"]


async def test_deletes_are_soft_and_only_the_lists_tell(airbyte):
    platform = await furnish(airbyte)
    status, _ = await post(airbyte, "sources/delete", sourceId=platform.source)
    assert status == 204
    status, source = await post(airbyte, "sources/get", sourceId=platform.source)
    assert status == 200
    assert "connectionConfiguration" not in source
    _, listed = await post(airbyte, "sources/list", workspaceId=airbyte.workspace_id)
    assert listed["sources"] == []
    _, connections = await post(airbyte, "connections/list", workspaceId=airbyte.workspace_id)
    _, everything = await post(airbyte, "connections/list_all", workspaceId=airbyte.workspace_id)
    assert connections["connections"] == []
    assert [c["status"] for c in everything["connections"]] == ["deprecated"]


async def test_secrets_are_masked_and_a_mask_sent_back_keeps_them(airbyte):
    _, made = await post(airbyte, "sources/create", **actor(airbyte, "s", token="t1", start="2026"))
    held = made["connectionConfiguration"]
    assert held == {"token": "**********", "start": "2026"}
    body = {
        "sourceId": made["sourceId"],
        "name": "s",
        "connectionConfiguration": {**held, "start": "2027"},
    }
    await post(airbyte, "sources/update", **body)
    assert airbyte.world.actors[made["sourceId"]].configuration == {"token": "t1", "start": "2027"}
    await post(airbyte, "sources/partial_update", sourceId=made["sourceId"],
               connectionConfiguration={"token": "t2"})  # fmt: skip
    assert airbyte.world.actors[made["sourceId"]].configuration == {"token": "t2", "start": "2027"}


async def test_created_at_is_snake_case_and_in_seconds(airbyte, clock):
    platform = await furnish(airbyte)
    _, connection = await post(airbyte, "connections/get", connectionId=platform.connection)
    assert connection["created_at"] == int(clock.now().timestamp())


async def test_rows_progress_with_time_stream_after_stream(airbyte, clock):
    airbyte.volume("orders", Volume(rows=1000, rows_per_second=100, bytes_per_row=10))
    airbyte.volume("customers", Volume(rows=500, rows_per_second=100))
    platform = await furnish(airbyte)
    await post(airbyte, "connections/sync", connectionId=platform.connection)
    clock.pass_(2 + 10 + 4)
    _, progress = await post(airbyte, "connections/sync_progress", connectionId=platform.connection)
    rows = {one["streamName"]: one["recordsEmitted"] for one in progress["streams"]}
    assert (progress["configType"], rows) == ("sync", {"orders": 400, "customers": 0})
    assert progress["bytesEmitted"] == 4000
    assert await run_states(airbyte) == {"orders": "RUNNING", "customers": "PENDING"}
    clock.pass_(8)
    assert await run_states(airbyte) == {"orders": "COMPLETE", "customers": "RUNNING"}
    clock.pass_(5)
    assert await run_states(airbyte) == {"orders": "COMPLETE", "customers": "COMPLETE"}
    _, idle = await post(airbyte, "connections/sync_progress", connectionId=platform.connection)
    assert idle == {"connectionId": platform.connection, "streams": []}
    _, final = await post(airbyte, "jobs/get_without_logs", id=1)
    assert final["job"]["aggregatedStats"]["recordsCommitted"] == 1500
    assert final["attempts"][0]["attempt"]["status"] == "succeeded"
    _, light = await post(airbyte, "jobs/get_light", id=1)
    assert "aggregatedStats" not in light["job"]


async def run_states(airbyte):
    _, answer = await post(airbyte, "stream_statuses/list", workspaceId=airbyte.workspace_id,
                           pagination={"pageSize": 100, "rowOffset": 0})  # fmt: skip
    return {row["streamName"]: row["runState"] for row in answer["streamStatuses"]}


async def test_a_killed_job_leaves_its_streams_running(airbyte, clock):
    platform = await furnish(airbyte)
    await post(airbyte, "connections/sync", connectionId=platform.connection)
    clock.pass_(15)
    airbyte.kill(platform.connection)
    assert airbyte.jobs[0].status == "failed"
    assert set((await run_states(airbyte)).values()) == {"RUNNING"}


async def test_stream_statuses_want_an_offset_that_is_a_multiple(airbyte):
    status, _ = await post(airbyte, "stream_statuses/list", workspaceId=airbyte.workspace_id,
                           pagination={"pageSize": 100, "rowOffset": 50})  # fmt: skip
    assert status == 400


async def test_job_lists_are_filtered_paged_and_newest_first(airbyte):
    platform = await furnish(airbyte)
    airbyte.history(platform.connection, 450)
    await post(airbyte, "connections/reset", connectionId=platform.connection)

    async def listed(**body):
        _, answer = await post(airbyte, "jobs/list", **body)
        return [entry["job"]["id"] for entry in answer["jobs"]], answer["totalJobCount"]

    everything = {"configTypes": ["sync", "reset_connection"], "configId": platform.connection}
    ids, total = await listed(**everything)
    assert (ids[0], len(ids), total) == (451, 200, 451)
    ids, _ = await listed(**everything, pagination={"pageSize": 100, "rowOffset": 250})
    assert ids[0] == 251  # the offset is floored to a page
    ids, _ = await listed(configTypes=["reset_connection"])
    assert ids == [451]
    ids, _ = await listed(**everything, includingJobId=3, pagination={"pageSize": 10})
    assert 3 in ids
    oldest, _ = await listed(**everything, orderByField="createdAt", orderByMethod="ASC")
    assert oldest[0] == 1
    half, _ = await listed(**everything, orderByField="createdAt")
    assert half[0] == 451  # one without the other does nothing
    _, failed = await listed(**everything, statuses=["failed"])
    assert failed == 0


async def test_a_failed_attempt_says_why_in_the_connectors_words(airbyte, clock):
    platform = await furnish(airbyte)
    airbyte.fail(platform.connection, Failure("Rate limit reached", after=0.5), None)
    await post(airbyte, "connections/sync", connectionId=platform.connection)
    clock.pass_(60)
    _, answer = await post(airbyte, "jobs/list", configTypes=["sync"])
    (entry,) = answer["jobs"]
    assert entry["job"]["status"] == "incomplete"
    (failure,) = entry["attempts"][0]["failureSummary"]["failures"]
    assert (failure["externalMessage"], failure["failureOrigin"]) == (
        "Rate limit reached",
        "source",
    )
    assert failure["timestamp"] > 10**12  # milliseconds here, seconds elsewhere
    assert entry["attempts"][0]["endedAt"] < 10**11


async def test_state_is_upserted_per_stream_and_null_deletes(airbyte, clock):
    platform = await furnish(airbyte)
    _, empty = await post(airbyte, "state/get", connectionId=platform.connection)
    assert empty["stateType"] == "not_set"

    async def put(path="state/create_or_update", **streams):
        rows = [{"streamDescriptor": {"name": n}, "streamState": s} for n, s in streams.items()]
        state = {"stateType": "stream", "connectionId": platform.connection, "streamState": rows}
        return await post(airbyte, path, connectionId=platform.connection, connectionState=state)

    await put(orders={"cursor": 1}, customers={"cursor": 2})
    await put(orders={"cursor": 3})
    _, state = await put(customers=None)
    assert state["streamState"] == [
        {"streamDescriptor": {"name": "orders"}, "streamState": {"cursor": 3}}
    ]
    await post(airbyte, "connections/sync", connectionId=platform.connection)
    status, answer = await put("state/create_or_update_safe", orders={"cursor": 4})
    assert (status, "message" in answer) == (423, True)
    await post(airbyte, "connections/delete", connectionId=platform.connection)
    status, kept = await post(airbyte, "state/get", connectionId=platform.connection)
    assert kept["streamState"]


async def test_the_type_of_a_state_cannot_change(airbyte):
    platform = await furnish(airbyte)
    for kind, expected in (("stream", 200), ("global", 500)):
        state = {"stateType": kind, "connectionId": platform.connection, "globalState": {}}
        status, _ = await post(
            airbyte,
            "state/create_or_update",
            connectionId=platform.connection,
            connectionState=state,
        )
        assert status == expected


async def test_a_changed_sync_mode_erases_that_streams_state(airbyte, clock):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(600)
    streams = [stream("orders", syncMode="full_refresh"), stream("customers")]
    await post(airbyte, "connections/update", connectionId=platform.connection,
               syncCatalog={"streams": streams})  # fmt: skip
    _, state = await post(airbyte, "state/get", connectionId=platform.connection)
    assert [row["streamDescriptor"]["name"] for row in state["streamState"]] == ["customers"]


async def test_a_check_says_yes_no_or_breaks(airbyte):
    platform = await furnish(airbyte)
    _, yes = await post(airbyte, "sources/check_connection", sourceId=platform.source)
    assert yes["status"] == "succeeded"
    airbyte.refuse(
        "Shop", lambda configuration: "wrong token" if configuration["token"] != "new" else ""
    )
    _, no = await post(airbyte, "sources/check_connection", sourceId=platform.source)
    assert (no["status"], no["message"], no["jobInfo"]["succeeded"]) == (
        "failed",
        "wrong token",
        True,
    )
    body = {
        "sourceId": platform.source,
        "name": "Shop",
        "connectionConfiguration": {"token": "new"},
    }
    _, trial = await post(airbyte, "sources/check_connection_for_update", **body)
    assert trial["status"] == "succeeded"
    airbyte.actors.broken_checks.add("Shop")
    _, broken = await post(airbyte, "sources/check_connection", sourceId=platform.source)
    assert "status" not in broken
    assert broken["jobInfo"]["succeeded"] is False


async def test_an_old_refresh_answers_a_boolean(clock):
    async with Airbyte(clock, version="1.0") as airbyte:
        platform = await furnish(airbyte)
        body = {"connectionId": platform.connection, "refreshMode": "Merge"}
        assert (await post(airbyte, "connections/refresh", **body))[1] is True


async def test_basic_auth_lets_in_whom_it_knows(clock):
    async with Airbyte(clock, auth=Basic("admin", "pw")) as airbyte:
        status, _ = await post(airbyte, "jobs/list", configTypes=["sync"])
        assert status == 401
        header = {"Authorization": "Basic " + base64.b64encode(b"admin:pw").decode()}
        async with aiohttp.ClientSession(headers=header) as session:
            url = f"{airbyte.url}/api/v1/jobs/list"
            async with session.post(url, json={"configTypes": ["sync"]}) as response:
                assert response.status == 200


async def test_a_token_ends_after_15_minutes(clock):
    async with Airbyte(clock, auth=Applications({"id": "secret"})) as airbyte:
        _, answer = await post(
            airbyte, "applications/token", client_id="id", client_secret="secret"
        )
        header = {"Authorization": "Bearer " + answer["access_token"]}
        url = f"{airbyte.url}/api/v1/jobs/list"
        async with aiohttp.ClientSession(headers=header) as session:
            for seconds, expected in ((0, 200), (14 * 60, 200), (61, 401)):
                clock.pass_(seconds)
                async with session.post(url, json={"configTypes": ["sync"]}) as response:
                    assert response.status == expected


async def test_misbehaviour_is_as_ordered_and_then_over(airbyte):
    platform = await furnish(airbyte)
    airbyte.faults += [
        Fault("connections/get", 502, HTML, "text/html"),
        Fault("connections/reset$", 500, after=True),
        Fault("jobs/list", truncate=True),
    ]
    url = f"{airbyte.url}/api/v1/connections/get"
    body = {"connectionId": platform.connection}
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        assert (response.status, response.content_type) == (502, "text/html")
    status, _ = await post(airbyte, "connections/reset", connectionId=platform.connection)
    assert status == 500
    assert len(airbyte.jobs) == 1  # and yet it began
    with pytest.raises(ValueError, match="line 1 column"):
        await post(airbyte, "jobs/list", configTypes=["reset_connection"])
    status, answer = await post(airbyte, "jobs/list", configTypes=["reset_connection"])
    assert (status, answer["totalJobCount"]) == (200, 1)
