"""The Airbyte client against the simulator over HTTP: versions, pages, tokens, jobs, and trouble."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from airbyte_world import START, LeapingClock

from bot.clients.airbyte import (
    AirbyteClient,
    BasicCredentials,
    ClientCredentials,
    Credentials,
    NoCredentials,
    TimeLimits,
)
from bot.clients.airbyte.transport import root_url
from bot.clients.errors import (
    ClientError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unavailable,
    Unintelligible,
)
from bot.model.airbyte import (
    ActorKind,
    Check,
    CheckResult,
    JobKind,
    JobStatus,
    RunState,
    Schedule,
    ScheduleKind,
    StreamName,
    StreamStatus,
    latest_states,
)
from bot.simulators.airbyte import HTML, Airbyte, Applications, Basic, Failure, Fault, Volume

DEFINITION = "11111111-1111-4111-8111-111111111111"
SECRET = "t0p-s3cret"


class Setting:
    """A simulator with one connection, and a client of it."""

    def __init__(self, airbyte: Airbyte, client: AirbyteClient, clock: LeapingClock) -> None:
        self.airbyte, self.client, self.clock = airbyte, client, clock
        self.source = self.destination = self.connection = ""

    async def furnish(self) -> None:
        actor = {
            "workspaceId": self.airbyte.workspace_id,
            "connectionConfiguration": {"token": SECRET},
        }
        source = {**actor, "name": "Shop", "sourceDefinitionId": DEFINITION}
        lake = {**actor, "name": "Lake", "destinationDefinitionId": DEFINITION}
        self.source = (await self.airbyte.act("sources/create", source))["sourceId"]
        self.destination = (await self.airbyte.act("destinations/create", lake))["destinationId"]
        body = {
            "sourceId": self.source,
            "destinationId": self.destination,
            "status": "active",
            "name": "Shop to lake",
            "syncCatalog": {"streams": [entry("orders"), entry("customers")]},
        }
        self.connection = (await self.airbyte.act("connections/create", body))["connectionId"]


def entry(name: str) -> dict[str, Any]:
    config = {"syncMode": "incremental", "destinationSyncMode": "append", "selected": True}
    return {"stream": {"name": name, "jsonSchema": {}}, "config": config}


@asynccontextmanager
async def setting(
    version: str = "2.0",
    credentials: Credentials | None = None,
    auth: Any = None,
) -> AsyncIterator[Setting]:
    clock = LeapingClock()
    async with Airbyte(clock, version, auth) as airbyte, aiohttp.ClientSession() as session:
        client = AirbyteClient(session, airbyte.url, credentials or NoCredentials(), clock)
        made = Setting(airbyte, client, clock)
        await made.furnish()
        yield made


@pytest.fixture
async def given() -> AsyncIterator[Setting]:
    async with setting() as made:
        yield made


@pytest.mark.parametrize(
    "written",
    ["http://a:8001", "http://a:8001/", "http://a:8001/api", "http://a:8001/api/v1/",
     "http://a:8001/api/public/v1", " http://a:8001/api/ "],
)  # fmt: skip
def test_the_address_is_taken_in_any_form_that_people_write(written):
    assert root_url(written) == "http://a:8001/"


def test_a_path_before_api_is_kept():
    assert root_url("https://x.org/airbyte/api/v1/") == "https://x.org/airbyte/"


@pytest.mark.parametrize("version", ["1.0", "1.6", "1.7", "1.8", "2.0"])
async def test_the_workspace_is_found_in_every_version(version):
    async with setting(version) as given:
        assert [w.id for w in await given.client.workspaces()] == [given.airbyte.workspace_id]
        assert await given.client.version() == f"{version}.0"


@pytest.mark.parametrize("version", ["1.7", "1.8", "2.0"])
@pytest.mark.parametrize("count", [0, 19, 20, 21, 250])
async def test_all_pages_of_sources_are_read(version, count):
    async with setting(version) as given:
        for number in range(count):
            body = {"name": f"s{number}", "workspaceId": given.airbyte.workspace_id,
                    "sourceDefinitionId": DEFINITION, "connectionConfiguration": {}}  # fmt: skip
            await given.airbyte.act("sources/create", body)
        found = await given.client.sources(given.airbyte.workspace_id)
    assert len({actor.id for actor in found}) == len(found) == count + 1


async def test_a_list_that_never_ends_is_an_error_not_a_list(given):
    await given.airbyte.act("sources/delete", {"sourceId": given.source})
    page = b'{"page_size":1,"sources":[{"sourceId":"x","name":"n","workspaceId":"w"}]}'
    given.airbyte.faults.append(Fault("sources/list", 200, page, times=2))
    with pytest.raises(Unintelligible, match="sources/list"):
        await given.client.sources(given.airbyte.workspace_id)


async def test_a_list_that_is_short_is_an_error_not_a_list(given):
    page = b'{"page_size":20,"num_connections":2,"sources":[{"sourceId":"x","name":"n","workspaceId":"w"}]}'
    given.airbyte.faults.append(Fault("sources/list", 200, page))
    given.airbyte.faults.append(Fault("sources/list", 200, b'{"page_size":20,"sources":[]}'))
    with pytest.raises(Unintelligible, match="1 of 2, the list is short"):
        await given.client.sources(given.airbyte.workspace_id)


async def test_deleted_connections_are_not_listed_but_answer(given):
    await given.client.delete_connection(given.connection)
    assert await given.client.connections(given.airbyte.workspace_id) == ()
    assert (await given.client.connection(given.connection)).deleted


async def test_deleting_a_source_takes_it_and_its_connections_off_the_lists(given):
    await given.client.delete_actor(ActorKind.SOURCE, given.source)
    assert await given.client.sources(given.airbyte.workspace_id) == ()
    assert await given.client.connections(given.airbyte.workspace_id) == ()
    assert len(await given.client.destinations(given.airbyte.workspace_id)) == 1


@pytest.mark.parametrize(
    ("sent", "schedule", "by_itself"),
    [
        ({"scheduleType": "manual"}, Schedule(), False),
        (
            {"scheduleType": "basic", "scheduleData": {"basicSchedule": {"timeUnit": "days", "units": 2}}},
            Schedule(ScheduleKind.BASIC, 172800),
            True,
        ),
        (
            {"scheduleType": "cron", "scheduleData": {"cron": {"cronExpression": "0 0 3 * * ?", "cronTimeZone": "UTC"}}},
            Schedule(ScheduleKind.CRON, cron="0 0 3 * * ?", zone="UTC"),
            True,
        ),
    ],
)  # fmt: skip
async def test_a_connection_with_its_streams_and_schedule(given, sent, schedule, by_itself):
    body = {"connectionId": given.connection, **sent}
    await given.airbyte.act("connections/update", body)
    found = await given.client.connection(given.connection)
    assert (found.name, found.status, found.schedule) == ("Shop to lake", "active", schedule)
    assert found.streams == (StreamName("orders"), StreamName("customers"))
    assert found.created == START
    assert found.runs_by_itself is by_itself


async def test_a_job_its_rows_and_its_streams_from_start_to_end(given):
    given.airbyte.volume("orders", Volume(rows=1000, rows_per_second=100, bytes_per_row=10))
    given.airbyte.volume("customers", Volume(rows=500, rows_per_second=100, bytes_per_row=10))
    begun = await given.client.sync(given.connection)
    assert (begun.kind, begun.status, begun.connection_id) == (
        JobKind.SYNC, JobStatus.PENDING, given.connection,
    )  # fmt: skip
    given.clock.pass_(17)
    progress = await given.client.progress(given.connection)
    assert (progress.job_id, progress.kind, progress.records) == (begun.id, JobKind.SYNC, 500)
    assert [(rows.stream.name, rows.records) for rows in progress.streams] == [
        ("orders", 500), ("customers", 0),
    ]  # fmt: skip
    statuses = await given.client.stream_statuses(given.airbyte.workspace_id, begun.id)
    states = {stream.name: row.state for stream, row in latest_states(statuses).items()}
    assert states == {"orders": RunState.RUNNING, "customers": RunState.PENDING}
    given.clock.pass_(60)
    done = await given.client.job(begun.id)
    assert (done.status, done.records, done.bytes) == (JobStatus.SUCCEEDED, 1500, 15000)
    assert done.created == START
    assert done.started == START + timedelta(seconds=2)
    assert (await given.client.progress(given.connection)).job_id is None


async def test_a_failed_attempt_tells_why_in_airbytes_words(given):
    given.airbyte.fail(given.connection, Failure("Rate limit reached"), None)
    begun = await given.client.sync(given.connection)
    given.clock.pass_(30)
    (job,) = await given.client.jobs(given.connection)
    assert (job.id, job.status) == (begun.id, JobStatus.INCOMPLETE)
    assert job.failure is not None
    assert (job.failure.message, job.failure.origin) == ("Rate limit reached", "source")


async def test_jobs_are_read_over_all_pages_back_to_a_moment(given):
    given.airbyte.history(given.connection, 900, every=60)
    everything = await given.client.jobs(given.connection)
    assert [job.id for job in everything] == list(range(900, 0, -1))
    since = await given.client.jobs(given.connection, since=START - timedelta(minutes=300))
    assert [job.id for job in since] == list(range(900, 600, -1))
    assert [job.id for job in await given.client.latest_jobs(given.connection, 3)] == [
        900,
        899,
        898,
    ]


async def test_a_long_history_costs_one_page_where_a_moment_is_given(given):
    given.airbyte.history(given.connection, 2000, every=60)
    given.airbyte.requests.clear()
    await given.client.jobs(given.connection, since=START - timedelta(hours=1))
    assert len(given.airbyte.requests) == 1


async def test_a_job_that_vanished_is_not_found(given):
    with pytest.raises(NotFound):
        await given.client.job(4711)


async def test_cancel_stops_what_runs(given):
    begun = await given.client.sync(given.connection)
    assert (await given.client.cancel(begun.id)).status is JobStatus.CANCELLED


async def test_a_sync_while_one_runs_is_a_conflict(given):
    await given.client.sync(given.connection)
    with pytest.raises(Conflict):
        await given.client.sync(given.connection)


async def test_a_reset_whose_answer_is_a_500_is_found_and_not_sent_again(given):
    given.airbyte.faults.append(Fault("connections/reset$", 500, after=True))
    job = await given.client.reset(given.connection)
    assert (job.kind, job.streams) == (
        JobKind.RESET, (StreamName("customers"), StreamName("orders")),
    )  # fmt: skip
    assert resets(given) == 1
    assert len(given.airbyte.jobs) == 1


async def test_a_reset_that_did_not_begin_is_an_error_and_not_sent_again(given):
    given.airbyte.faults.append(Fault("connections/reset$", 502, HTML, "text/html"))
    with pytest.raises(Unavailable):
        await given.client.reset(given.connection)
    assert resets(given) == 1
    assert given.airbyte.jobs == []


def resets(given: Setting) -> int:
    return sum(request.endswith("connections/reset") for request in given.airbyte.requests)


async def test_a_check_says_yes_no_or_nothing(given):
    check = given.client.check
    assert await check(ActorKind.SOURCE, given.source) == Check(CheckResult.ACCEPTED)
    given.airbyte.refuse("Shop", lambda _: "401 from the shop")
    assert await check(ActorKind.SOURCE, given.source) == Check(
        CheckResult.REFUSED, "401 from the shop"
    )
    given.airbyte.actors.broken_checks.add("Shop")
    assert await check(ActorKind.SOURCE, given.source) == Check(CheckResult.BROKEN)


async def test_a_state_moves_from_a_deleted_connection_to_another(given):
    await given.client.sync(given.connection)
    given.clock.pass_(600)
    await given.client.delete_connection(given.connection)
    saved = await given.client.sync_state(given.connection)
    assert saved.kind == "stream"
    old = given.connection
    await given.furnish()
    stored = await given.client.put_sync_state(given.connection, saved.document)
    assert given.connection != old
    assert stored.document["streamState"] == saved.document["streamState"]
    assert stored.connection_id == given.connection


async def test_a_state_cannot_be_put_while_a_sync_runs(given):
    await given.client.sync(given.connection)
    with pytest.raises(Conflict):
        await given.client.put_sync_state(given.connection, {"stateType": "stream"})


async def test_a_token_is_fetched_once_and_renewed_before_it_ends():
    credentials = ClientCredentials("id", "secret")
    async with setting("2.0", credentials, Applications({"id": "secret"})) as given:
        for minutes, tokens in ((0, 1), (11, 1), (2, 2), (10, 2), (3, 3)):
            given.clock.pass_(minutes * 60)
            await given.client.connections(given.airbyte.workspace_id)
            assert sum("token" in request for request in given.airbyte.requests) == tokens


async def test_a_token_that_is_refused_early_is_renewed_once():
    credentials = ClientCredentials("id", "secret")
    async with setting("2.0", credentials, Applications({"id": "secret"})) as given:
        await given.client.connections(given.airbyte.workspace_id)
        given.clock.pass_(1)
        given.airbyte.gate.revoke()
        await given.client.connections(given.airbyte.workspace_id)
        assert sum("token" in request for request in given.airbyte.requests) == 2


@pytest.mark.parametrize(
    ("credentials", "auth"),
    [
        (ClientCredentials("id", "wrong"), Applications({"id": "secret"})),
        (BasicCredentials("admin", "wrong"), Basic("admin", "pw")),
        (NoCredentials(), Basic("admin", "pw")),
    ],
)
async def test_wrong_credentials_are_forbidden_and_never_repeated(credentials, auth):
    async with setting("2.0", credentials, auth) as given:
        with pytest.raises(Forbidden) as refused:
            await given.client.connections(given.airbyte.workspace_id)
    assert "wrong" not in str(refused.value)
    assert "wrong" not in repr(credentials)
    assert len(given.airbyte.requests) == 1


async def test_basic_credentials_let_in():
    async with setting("1.5", BasicCredentials("admin", "pw"), Basic("admin", "pw")) as given:
        assert len(await given.client.connections(given.airbyte.workspace_id)) == 1


LEAK = b'{"message":"Invalid configuration {token: t0p-s3cret}","errorId":"0a1b2c3d-0000"}'


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("connections/list", 502, HTML, "text/html"), Unavailable),
        (Fault("connections/list", 200, HTML, "text/html"), Unintelligible),
        (Fault("connections/list", 200, b"[]"), Unintelligible),
        (Fault("connections/list", 200, b'{"connections":[{}]}'), Unintelligible),
        (Fault("connections/list", truncate=True), Unintelligible),
        (Fault("connections/list", 500, LEAK), Unavailable),
        (Fault("connections/list", 422, LEAK), Invalid),
        (Fault("connections/list", 409, b""), Conflict),
        (Fault("connections/list", 423, b"{}"), Conflict),
        (Fault("connections/list", 404, b"null"), NotFound),
        (Fault("connections/list", 302, b""), Unintelligible),
        (Fault("connections/list", 418, b""), ClientError),
    ],
)
async def test_whatever_comes_back_is_one_of_our_errors_and_holds_no_secret(given, fault, error):
    given.airbyte.faults.append(fault)
    with pytest.raises(error, match="connections/list") as raised:
        await given.client.connections(given.airbyte.workspace_id)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    if fault.body == LEAK:
        assert "0a1b2c3d-0000" in str(raised.value)


async def test_the_configuration_is_in_no_repr(given):
    (source,) = await given.client.sources(given.airbyte.workspace_id)
    assert source.configuration == {"token": "**********"}
    assert "token" not in repr(source)


async def test_an_airbyte_that_does_not_answer_in_time_is_unavailable():
    class RealTime(LeapingClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    clock = RealTime()
    async with Airbyte(clock) as airbyte, aiohttp.ClientSession() as session:
        client = AirbyteClient(
            session, airbyte.url, NoCredentials(), clock, TimeLimits(read=0.05, act=0.05)
        )
        airbyte.faults.append(Fault("connections/list", delay=0.5))
        with pytest.raises(Unavailable, match=r"no answer within 0\.05 s"):
            await client.connections(airbyte.workspace_id)


async def test_an_airbyte_that_is_not_there_is_unavailable():
    async with aiohttp.ClientSession() as session:
        client = AirbyteClient(session, "http://127.0.0.1:9", NoCredentials(), LeapingClock())
        with pytest.raises(Unavailable, match="no connection"):
            await client.workspaces()


def test_of_a_streams_rows_the_latest_attempt_counts():
    orders = StreamName("orders")
    rows = [
        StreamStatus(orders, 7, 1, RunState.COMPLETE, at=START),
        StreamStatus(orders, 7, 0, RunState.INCOMPLETE, "FAILED", START),
        StreamStatus(orders, 6, 3, RunState.RUNNING, at=START + timedelta(days=1)),
    ]
    assert latest_states(rows)[orders].state is RunState.COMPLETE
    assert latest_states(reversed(rows))[orders].state is RunState.COMPLETE


async def test_deleted_connections_are_listed_for_themselves(given):
    workspace = given.airbyte.workspace_id
    assert await given.client.deleted_connections(workspace) == ()
    await given.client.delete_connection(given.connection)
    (found,) = await given.client.deleted_connections(workspace)
    assert (found.id, found.deleted) == (given.connection, True)
    assert await given.client.connections(workspace) == ()


METHODS = {
    "version": lambda given: given.client.version(),
    "workspaces": lambda given: given.client.workspaces(),
    "connections": lambda given: given.client.connections("w"),
    "deleted_connections": lambda given: given.client.deleted_connections("w"),
    "connection": lambda given: given.client.connection("c"),
    "sources": lambda given: given.client.sources("w"),
    "destinations": lambda given: given.client.destinations("w"),
    "check": lambda given: given.client.check(ActorKind.SOURCE, "s"),
    "jobs": lambda given: given.client.jobs("c"),
    "latest_jobs": lambda given: given.client.latest_jobs("c", 1),
    "job": lambda given: given.client.job(1),
    "progress": lambda given: given.client.progress("c"),
    "stream_statuses": lambda given: given.client.stream_statuses("w", 1),
    "cancel": lambda given: given.client.cancel(1),
    "sync": lambda given: given.client.sync("c"),
    "reset": lambda given: given.client.reset("c"),
    "sync_state": lambda given: given.client.sync_state("c"),
    "put_sync_state": lambda given: given.client.put_sync_state("c", {}),
    "delete_connection": lambda given: given.client.delete_connection("c"),
    "delete_actor": lambda given: given.client.delete_actor(ActorKind.SOURCE, "s"),
}
ODD = [
    b"null", b"[]", b"1", b'"x"', b"{}", b'{"job": null}', b'{"jobs": [{"job": {}}]}',
    b'{"jobs": [{"job": {"id": 1, "configId": "c", "configType": "sync", "status": "running", "createdAt": 1e300, "updatedAt": 0}}]}',
    b'{"connections": 5}', b'{"sources": [1], "page_size": "x"}', b'{"version": 2}',
    b'{"sources": [], "num_connections": "many"}', b'{"streamStatuses": [[]]}', b'{"workspaces": {}}',
    b'{"status": "failed", "message": null}', b'{"connectionId": "c", "stateType": null}',
]  # fmt: skip


def test_every_public_method_has_its_odd_answers():
    public = {name for name in vars(AirbyteClient) if not name.startswith("_")}
    assert public == set(METHODS)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
async def test_no_odd_answer_gets_out_as_anything_but_our_errors(given, method):
    for body in ODD:
        given.airbyte.faults[:] = [Fault(".*", 200, body, times=99)]
        with contextlib.suppress(ClientError):
            await method(given)
