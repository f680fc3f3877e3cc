"""The public API held to its contract by a client that we did not write: Airbyte's own SDK.

The SDK validates every answer against models generated from Airbyte's OpenAPI.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import airbyte_api
import pytest
from airbyte_api import api, errors, models
from airbyte_world import HOURLY, LeapingClock, furnish

from bot.simulators.airbyte import Airbyte, Applications


@pytest.fixture
def clock():
    return LeapingClock()


@pytest.fixture
async def airbyte(clock):
    async with Airbyte(clock, auth=Applications({"id": "secret"})) as made:
        yield made


@pytest.fixture
def sdk(airbyte):
    credentials = models.SchemeClientCredentials(
        client_id="id",
        client_secret="secret",
        token_url=f"{airbyte.url}/api/public/v1/applications/token",
    )
    with airbyte_api.AirbyteAPI(
        server_url=f"{airbyte.url}/api/public/v1",
        security=models.Security(client_credentials=credentials),
    ) as client:
        yield client


async def ask(call, request):
    """The SDK is synchronous; the server lives in this loop."""
    return await asyncio.to_thread(call, request=request)


async def test_a_jobs_life(airbyte, clock, sdk):
    platform = await furnish(airbyte)
    wanted = models.JobCreateRequest(
        connection_id=platform.connection, job_type=models.JobTypeEnum.SYNC
    )
    begun = (await ask(sdk.jobs.create_job, wanted)).job_response
    assert (begun.job_id, begun.status, begun.job_type) == (
        1,
        models.JobStatusEnum.PENDING,
        models.JobTypeEnum.SYNC,
    )
    clock.pass_(600)
    done = (await ask(sdk.jobs.get_job, api.GetJobRequest(job_id=1))).job_response
    assert (done.status, done.rows_synced) == (models.JobStatusEnum.SUCCEEDED, 2000)
    assert done.start_time == "2026-03-01T12:00:00Z"


async def test_a_reset_and_its_cancellation(airbyte, clock, sdk):
    platform = await furnish(airbyte, **HOURLY)
    clock.pass_(600)
    wanted = models.JobCreateRequest(
        connection_id=platform.connection, job_type=models.JobTypeEnum.RESET
    )
    begun = (await ask(sdk.jobs.create_job, wanted)).job_response
    assert begun.job_type == models.JobTypeEnum.RESET
    cancelled = await ask(sdk.jobs.cancel_job, api.CancelJobRequest(job_id=begun.job_id))
    assert cancelled.job_response.status == models.JobStatusEnum.CANCELLED


async def test_a_refresh_cannot_be_created(airbyte, sdk):
    platform = await furnish(airbyte)
    wanted = models.JobCreateRequest(
        connection_id=platform.connection, job_type=models.JobTypeEnum.REFRESH
    )
    with pytest.raises(errors.SDKError) as refused:
        await ask(sdk.jobs.create_job, wanted)
    assert refused.value.status_code == 422


async def test_jobs_are_filtered_and_paged_until_nothing_is_left(airbyte, sdk):
    platform = await furnish(airbyte)
    airbyte.history(platform.connection, 250)
    seen, offset = [], 0
    while True:
        request = api.ListJobsRequest(
            connection_id=platform.connection,
            status=models.JobStatusEnum.SUCCEEDED,
            limit=100,
            offset=offset,
        )
        page = (await ask(sdk.jobs.list_jobs, request)).jobs_response.data
        if not page:
            break
        seen += [job.job_id for job in page]
        offset += 100
    assert seen == list(range(250, 0, -1))
    request = api.ListJobsRequest(connection_id=platform.connection)
    assert len((await ask(sdk.jobs.list_jobs, request)).jobs_response.data) == 20


async def test_jobs_of_a_time_oldest_first(airbyte, clock, sdk):
    platform = await furnish(airbyte)
    airbyte.history(platform.connection, 10, every=3600)
    request = api.ListJobsRequest(
        connection_id=platform.connection,
        created_at_start=clock.now() - timedelta(hours=3),
        order_by="createdAt|ASC",
    )
    found = (await ask(sdk.jobs.list_jobs, request)).jobs_response.data
    assert [job.job_id for job in found] == [8, 9, 10]


async def test_a_connection_and_its_deletion(airbyte, sdk):
    cron = {"cronExpression": "0 0 3 * * ?", "cronTimeZone": "UTC"}
    platform = await furnish(airbyte, scheduleType="cron", scheduleData={"cron": cron})
    request = api.GetConnectionRequest(connection_id=platform.connection)
    found = (await ask(sdk.connections.get_connection, request)).connection_response
    assert found.status == models.ConnectionStatusEnum.ACTIVE
    assert found.schedule.cron_expression == "0 0 3 * * ? UTC"
    assert found.workspace_id == airbyte.workspace_id
    assert [stream.name for stream in found.configurations.streams] == ["orders", "customers"]
    await ask(
        sdk.connections.delete_connection,
        api.DeleteConnectionRequest(connection_id=platform.connection),
    )
    listed = await ask(sdk.connections.list_connections, api.ListConnectionsRequest())
    assert listed.connections_response.data == []
    request = api.ListConnectionsRequest(include_deleted=True)
    (gone,) = (await ask(sdk.connections.list_connections, request)).connections_response.data
    assert gone.status == models.ConnectionStatusEnum.DEPRECATED


async def test_sources_and_destinations_page_by_20(airbyte, sdk):
    await furnish(airbyte)
    for number in range(25):
        body = {
            "name": f"s{number}",
            "workspaceId": airbyte.workspace_id,
            "sourceDefinitionId": "11111111-1111-4111-8111-111111111111",
            "connectionConfiguration": {},
        }
        await airbyte.act("sources/create", body)
    first = (await ask(sdk.sources.list_sources, api.ListSourcesRequest())).sources_response
    assert len(first.data) == 20
    assert first.next
    rest = api.ListSourcesRequest(offset=20)
    assert len((await ask(sdk.sources.list_sources, rest)).sources_response.data) == 6
    request = api.ListDestinationsRequest()
    lakes = (await ask(sdk.destinations.list_destinations, request)).destinations_response.data
    assert [lake.name for lake in lakes] == ["Lake"]


async def test_a_deleted_source_is_off_the_list(airbyte, sdk):
    platform = await furnish(airbyte)
    request = api.DeleteSourceRequest(source_id=platform.source)
    assert (await ask(sdk.sources.delete_source, request)).status_code == 204
    listed = await ask(sdk.sources.list_sources, api.ListSourcesRequest())
    assert listed.sources_response.data == []


DEFINITION = "11111111-1111-4111-8111-111111111111"


async def test_a_source_a_destination_and_a_connection_are_made_and_changed(airbyte, sdk):
    workspace = airbyte.workspace_id
    made = {"name": "Shop", "workspace_id": workspace, "definition_id": DEFINITION}
    wanted = models.SourceCreateRequest(**made, configuration=models.SourceFaker(count=7))
    source = (await ask(sdk.sources.create_source, wanted)).source_response
    kept = models.DestinationDuckdb(destination_path="/lake.db")
    lake = models.DestinationCreateRequest(**{**made, "name": "Lake"}, configuration=kept)
    destination = (await ask(sdk.destinations.create_destination, lake)).destination_response
    assert (source.name, destination.name) == ("Shop", "Lake")

    change = api.PatchSourceRequest(
        source_id=source.source_id,
        source_patch_request=models.SourcePatchRequest(name="Shop 2"),
    )
    assert (await ask(sdk.sources.patch_source, change)).source_response.name == "Shop 2"
    standing = airbyte.world.actor("source", source.source_id).configuration
    assert standing["count"] == 7, "what is not named stays"
    change = api.PatchDestinationRequest(
        destination_id=destination.destination_id,
        destination_patch_request=models.DestinationPatchRequest(name="Lake 2"),
    )
    patched = (await ask(sdk.destinations.patch_destination, change)).destination_response
    assert patched.name == "Lake 2"

    stream = models.StreamConfiguration(
        name="orders", sync_mode=models.ConnectionSyncModeEnum.INCREMENTAL_APPEND
    )
    wanted = models.ConnectionCreateRequest(
        source_id=source.source_id,
        destination_id=destination.destination_id,
        name="Shop to lake",
        configurations=models.StreamConfigurations(streams=[stream]),
    )
    connection = (await ask(sdk.connections.create_connection, wanted)).connection_response
    assert connection.status == models.ConnectionStatusEnum.ACTIVE
    [found] = connection.configurations.streams
    assert (found.name, found.sync_mode) == ("orders", stream.sync_mode)

    schedule = models.AirbyteAPIConnectionSchedule(
        schedule_type=models.ScheduleTypeEnum.CRON, cron_expression="0 0 3 * * ? Europe/Berlin"
    )
    change = api.PatchConnectionRequest(
        connection_id=connection.connection_id,
        connection_patch_request=models.ConnectionPatchRequest(
            status=models.ConnectionStatusEnum.INACTIVE, schedule=schedule
        ),
    )
    patched = (await ask(sdk.connections.patch_connection, change)).connection_response
    assert patched.status == models.ConnectionStatusEnum.INACTIVE
    assert patched.schedule.cron_expression == "0 0 3 * * ? Europe/Berlin"
    assert patched.name == "Shop to lake"


async def test_connections_page_until_nothing_is_left(airbyte, sdk):
    platform = await furnish(airbyte)
    for number in range(24):
        body = {
            "sourceId": platform.source,
            "destinationId": platform.destination,
            "status": "inactive",
            "name": f"c{number}",
            "syncCatalog": {"streams": []},
        }
        await airbyte.act("connections/create", body)
    seen = []
    for offset in (0, 20, 40):
        request = api.ListConnectionsRequest(offset=offset, workspace_ids=[airbyte.workspace_id])
        page = (await ask(sdk.connections.list_connections, request)).connections_response.data
        seen += [each.connection_id for each in page]
    assert len(seen) == len(set(seen)) == 25


async def test_the_streams_of_a_source(airbyte, sdk):
    platform = await furnish(airbyte)
    request = api.GetStreamPropertiesRequest(source_id=platform.source)
    found = (await ask(sdk.streams.get_stream_properties, request)).stream_properties_response
    assert [each.stream_name for each in found] == ["orders", "customers"]
    assert found[0].default_cursor_field == ["updated_at"]
    assert ["id"] in found[0].property_fields
    assert models.ConnectionSyncModeEnum.INCREMENTAL_DEDUPED_HISTORY in found[0].sync_modes


async def test_a_deleted_destination_takes_its_connections_along(airbyte, sdk):
    platform = await furnish(airbyte)
    request = api.DeleteDestinationRequest(destination_id=platform.destination)
    assert (await ask(sdk.destinations.delete_destination, request)).status_code == 204
    listed = await ask(sdk.connections.list_connections, api.ListConnectionsRequest())
    assert listed.connections_response.data == []


async def test_workspaces(airbyte, sdk):
    request = api.ListWorkspacesRequest()
    found = (await ask(sdk.workspaces.list_workspaces, request)).workspaces_response
    assert [workspace.workspace_id for workspace in found.data] == [airbyte.workspace_id]


async def test_what_is_not_there_is_a_problem_object(sdk):
    with pytest.raises(errors.SDKError) as refused:
        await ask(sdk.jobs.get_job, api.GetJobRequest(job_id=99))
    assert refused.value.status_code == 404
    assert "detail" in refused.value.body
