"""Operations at the real edges, over HTTP: done, done twice, and not done where it no longer fits."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from airbyte_world import LeapingClock, furnish
from airbyte_world import Platform as AirbytePlatform
from github_world import APP_ID, REPOSITORY, keys, running
from kubernetes_world import LEASE, TERRAFORM, Place, place_at, secret, terraform

from bot.clients.airbyte import AirbyteClient, NoCredentials
from bot.clients.errors import Conflict, NotFound, Refused
from bot.clients.github.app import AppIdentity, GitHubApp
from bot.clients.github.transport import Answers, Endpoint
from bot.clients.kubernetes.cluster import LOCK_INFO, Cluster
from bot.lifecycle.operations import (
    BeginRebuild,
    CancelJob,
    CommitToBranch,
    CopyState,
    DeleteAirbyteObject,
    DeleteState,
    EndRebuild,
    GiveSyncState,
    Operation,
    ReleaseLock,
    RenewRunner,
    SaveSyncStates,
    StartSync,
    SuspendTerraform,
)
from bot.lifecycle.saved_states import SavedState, pack, unpack
from bot.lifecycle.stability.inventory import Kind
from bot.model.airbyte import JobStatus, SyncState
from bot.model.cluster import REBUILD
from bot.runtime.observe.installations import Installations
from bot.runtime.perform.operations import Operations
from bot.simulators.airbyte import Airbyte
from bot.simulators.clock import Clock
from bot.simulators.github import GitHub


@dataclass
class Stage:
    """All three edges, with the hands to see what became of it."""

    operations: Operations
    airbyte: Airbyte
    client: AirbyteClient
    made: AirbytePlatform
    github: GitHub
    place: Place
    clock: LeapingClock
    cluster: Cluster

    async def twice(self, operation: Operation) -> None:
        """A crash may come between doing it and knowing it."""
        await self.operations.perform(operation)
        await self.operations.perform(operation)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    # The wall clock for GitHub: a token ends by it.
    clock, wall = LeapingClock(), Clock()
    async with contextlib.AsyncExitStack() as stack:
        airbyte = await stack.enter_async_context(Airbyte(clock, "2.0"))
        github = await stack.enter_async_context(running(tmp_path, wall))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        place = await stack.enter_async_context(place_at("embedded", tmp_path))
        client = AirbyteClient(session, airbyte.url, NoCredentials(), clock)
        endpoint = Endpoint(session, github.url, wall, Answers())
        installations = Installations(GitHubApp(endpoint, AppIdentity(str(APP_ID), keys().private)))
        await installations.refresh()
        cluster = Cluster(place.api, 5)
        operations = Operations(installations, cluster, client)
        made = await furnish(airbyte)
        yield Stage(operations, airbyte, client, made, github, place, clock, cluster)


async def names(stage: Stage) -> list[str]:
    workspace = stage.airbyte.workspace_id
    found = [
        *await stage.client.connections(workspace),
        *await stage.client.sources(workspace),
        *await stage.client.destinations(workspace),
    ]
    return [item.name for item in found]


async def test_orphans_go_one_by_one_and_twice_is_once(stage: Stage) -> None:
    await stage.twice(DeleteAirbyteObject(Kind.CONNECTION, stage.made.connection))
    assert await names(stage) == ["Shop", "Lake"]
    await stage.twice(DeleteAirbyteObject(Kind.SOURCE, stage.made.source))
    assert await names(stage) == ["Lake"]
    await stage.twice(DeleteAirbyteObject(Kind.DESTINATION, stage.made.destination))
    assert await names(stage) == []


@pytest.mark.parametrize("kind", [Kind.SOURCE, Kind.DESTINATION])
async def test_what_a_connection_hangs_on_is_not_deleted_with_it(stage: Stage, kind: Kind) -> None:
    identity = stage.made.source if kind is Kind.SOURCE else stage.made.destination
    with pytest.raises(Conflict, match="has connection"):
        await stage.operations.perform(DeleteAirbyteObject(kind, identity))
    assert len(await names(stage)) == 3


async def test_a_sync_is_started_once_and_never_after_a_newer_job(stage: Stage) -> None:
    start = StartSync(stage.made.connection, after=0)
    await stage.twice(start)
    assert len(await stage.client.latest_jobs(stage.made.connection, 9)) == 1
    stage.clock.pass_(86_400)
    await stage.operations.perform(start)
    assert len(await stage.client.latest_jobs(stage.made.connection, 9)) == 1


async def test_just_the_job_that_was_meant_is_cancelled(stage: Stage) -> None:
    job = await stage.client.sync(stage.made.connection)
    await stage.operations.perform(CancelJob(stage.made.connection, job.id - 1))
    assert not (await stage.client.job(job.id)).status.terminal
    await stage.twice(CancelJob(stage.made.connection, job.id))
    assert (await stage.client.job(job.id)).status is JobStatus.CANCELLED


async def test_a_deleted_connections_state_goes_to_its_successor_once(stage: Stage) -> None:
    entry = {"streamDescriptor": {"name": "orders"}, "streamState": {"cursor": 7}}
    other = {"streamDescriptor": {"name": "gone"}, "streamState": {"cursor": 8}}
    kept = {"stateType": "stream", "streamState": [entry, other]}
    await stage.client.put_sync_state(stage.made.connection, kept)
    await stage.client.delete_connection(stage.made.connection)
    new = (await furnish(stage.airbyte)).connection
    await stage.operations.perform(GiveSyncState(stage.made.connection, new))
    given = (await stage.client.sync_state(new)).document["streamState"]
    assert [item["streamState"] for item in given] == [{"cursor": 7}]
    await stage.client.sync(new)
    stage.clock.pass_(86_400)
    own = (await stage.client.sync_state(new)).document
    assert own["streamState"] != given
    await stage.operations.perform(GiveSyncState(stage.made.connection, new))
    assert (await stage.client.sync_state(new)).document == own


def state_of(*names: str) -> dict[str, Any]:
    entries = [{"streamDescriptor": {"name": n}, "streamState": {"cursor": 7}} for n in names]
    return {"stateType": "stream", "streamState": entries}


async def save(stage: Stage, connection: str, *names: str) -> tuple[str, str]:
    """A state in the Secret, as an open pull request leaves it."""
    namespace, secret = stage.place.namespace, "lotus-sync-state-lake"
    state = SyncState(connection, "stream", state_of(*names))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    packed = pack(SavedState(REPOSITORY, (3,), "airbyte_connection.shop", now, state))
    await stage.operations.perform(SaveSyncStates(namespace, secret, "", {connection: packed}))
    return namespace, secret


async def test_a_saved_state_is_given_once_and_what_is_left_is_that_it_was(stage: Stage) -> None:
    place = await save(stage, "old", "orders", "gone")
    given = GiveSyncState("old", stage.made.connection, place)
    await stage.operations.perform(given)
    held = (await stage.client.sync_state(stage.made.connection)).document
    assert held["streamState"] == state_of("orders")["streamState"]
    (left,) = (await stage.cluster.secret(*place)).items()
    spent = unpack(*left)
    assert spent is not None
    assert (spent.given, spent.pull_requests) == (True, (3,))
    assert b"cursor" not in gzip.decompress(left[1])
    await stage.operations.perform(given)
    assert (await stage.client.sync_state(stage.made.connection)).document == held


async def test_while_a_sync_runs_nothing_is_given_and_what_is_saved_stays(stage: Stage) -> None:
    place = await save(stage, "old", "orders")
    job = await stage.client.sync(stage.made.connection)
    with pytest.raises(Refused):
        await stage.operations.perform(GiveSyncState("old", stage.made.connection, place))
    assert set(await stage.cluster.secret(*place)) == {"old"}
    await stage.operations.perform(CancelJob(stage.made.connection, job.id))
    await stage.operations.perform(GiveSyncState("old", stage.made.connection, place))
    assert (await stage.client.sync_state(stage.made.connection)).kind == "stream"


async def test_states_are_saved_and_removed_key_by_key_where_nobody_was_faster(
    stage: Stage,
) -> None:
    place = await save(stage, "one", "orders")
    await save(stage, "two", "orders")
    data, seen = await stage.cluster.secret_at(*place)
    assert set(data) == {"one", "two"}
    await stage.operations.perform(SaveSyncStates(*place, seen, {"one": None}))
    with pytest.raises(Conflict):
        await stage.operations.perform(SaveSyncStates(*place, seen, {"two": None}))
    assert set(await stage.cluster.secret(*place)) == {"two"}


async def test_a_commit_comes_onto_the_tip_that_was_seen_and_no_other(stage: Stage) -> None:
    seen = stage.github.push(REPOSITORY, "work", {"a.txt": b"1"}, login="anna")
    commit = CommitToBranch(REPOSITORY, "work", seen, {"a.txt": b"2"}, "Two")
    await stage.twice(commit)
    assert stage.github.file(REPOSITORY, "work", "a.txt") == b"2"
    await stage.operations.perform(
        CommitToBranch(REPOSITORY, "work", seen, {"a.txt": b"3"}, "Three")
    )
    assert stage.github.file(REPOSITORY, "work", "a.txt") == b"2"


async def test_a_terraform_object_is_suspended_and_resumed(stage: Stage) -> None:
    await stage.place.create(terraform("lake"))
    for suspended in (True, False):
        await stage.twice(SuspendTerraform(stage.place.namespace, "lake", suspended))
        found = await stage.place.get(TERRAFORM, "lake")
        assert found["spec"]["suspend"] is suspended
        assert found["spec"]["sourceRef"]


async def test_a_lock_is_taken_from_its_holder_and_from_no_other(stage: Stage) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "lock-x", "annotations": {LOCK_INFO: "{}", "other": "1"}},
        "spec": {"holderIdentity": "id-1"},
    }
    await stage.place.create(lease)
    await stage.operations.perform(ReleaseLock(stage.place.namespace, "lock-x", "id-0"))
    assert (await stage.place.get(LEASE, "lock-x"))["spec"]["holderIdentity"] == "id-1"
    await stage.twice(ReleaseLock(stage.place.namespace, "lock-x", "id-1"))
    found = await stage.place.get(LEASE, "lock-x")
    assert not found["spec"].get("holderIdentity")
    assert found["metadata"]["annotations"] == {"other": "1"}


async def test_a_runner_older_than_the_question_is_renewed(stage: Stage) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "lake-tf-runner"},
        "spec": {"containers": [{"name": "tf-runner", "image": "x"}]},
    }
    await stage.place.create(pod)
    cluster, now = Cluster(stage.place.api, 5), datetime.now(UTC)
    place = (stage.place.namespace, "lake-tf-runner")
    await stage.operations.perform(RenewRunner(*place, now - timedelta(hours=1)))
    assert await cluster.pod_since(*place) is not None
    await stage.twice(RenewRunner(*place, now + timedelta(hours=1)))
    assert await cluster.pod_since(*place) is None


async def test_a_rebuild_is_begun_and_ended_in_one_patch_each(stage: Stage) -> None:
    await stage.place.create(terraform("lake"))
    await stage.twice(BeginRebuild(stage.place.namespace, "lake", "lineage:7"))
    found = await stage.place.get(TERRAFORM, "lake")
    assert found["spec"]["suspend"] is True
    assert found["metadata"]["annotations"] == {REBUILD: "lineage:7"}
    await stage.twice(EndRebuild(stage.place.namespace, "lake"))
    found = await stage.place.get(TERRAFORM, "lake")
    assert not found["metadata"].get("annotations")
    assert found["spec"]["suspend"] is True


async def test_a_state_is_deleted_only_where_its_copy_is_the_same(stage: Stage) -> None:
    await stage.place.create(secret("tfstate-x", {"tfstate": b"1", "more": b"2"}))
    cluster, place = Cluster(stage.place.api, 5), stage.place.namespace
    await cluster.put_secret(place, "kept", {"tfstate": b"0"})
    with pytest.raises(Conflict, match="not as it was copied"):
        await stage.operations.perform(DeleteState(place, "tfstate-x", "kept"))
    await stage.twice(CopyState(place, "tfstate-x", "kept"))
    assert await cluster.secret(place, "kept") == {"tfstate": b"1", "more": b"2"}
    await stage.twice(DeleteState(place, "tfstate-x", "kept"))
    with pytest.raises(NotFound):
        await cluster.secret(place, "tfstate-x")
    assert await cluster.secret(place, "kept") == {"tfstate": b"1", "more": b"2"}


async def test_without_airbyte_nothing_is_done_to_it(stage: Stage) -> None:
    operations = Operations(Installations(None), Cluster(stage.place.api, 5), None)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="LOTUS_AIRBYTE_URL"):
        await operations.perform(DeleteAirbyteObject(Kind.SOURCE, stage.made.source))
