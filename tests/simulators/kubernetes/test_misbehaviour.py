"""What the simulator does wrong on purpose, and its hands: for the embedded server only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.watch import Watch
from kubernetes_world import TERRAFORM, Refused, terraform

from bot.clients.kubernetes.connection import connected
from bot.simulators.clock import Clock
from bot.simulators.faults import Fault
from bot.simulators.kubernetes import Kubernetes


@pytest.fixture
async def server() -> AsyncIterator[Kubernetes]:
    async with Kubernetes(Clock()) as made:
        yield made


@pytest.fixture
async def custom(server: Kubernetes, tmp_path: Path) -> AsyncIterator[client.CustomObjectsApi]:
    async with connected(server.kubeconfig(tmp_path / "kubeconfig"), None) as api:
        yield client.CustomObjectsApi(api)


PLACE = (*TERRAFORM[:2], "default", TERRAFORM[2])


async def follow(custom: client.CustomObjectsApi, **options: Any) -> AsyncIterator[tuple[str, Any]]:
    async with Watch(object) as watch:
        stream = watch.stream(
            custom.list_namespaced_custom_object, *PLACE, **{"timeout_seconds": 60, **options}
        )
        async for event in stream:
            yield event["type"], event["raw_object"]


async def test_what_was_compacted_is_an_error_event(
    server: Kubernetes, custom: client.CustomObjectsApi
) -> None:
    version = (await custom.list_namespaced_custom_object(*PLACE))["metadata"]["resourceVersion"]
    server.compact()
    with pytest.raises(ApiException) as told:
        await anext(follow(custom, resource_version=version))
    assert told.value.status == 410


async def test_a_page_of_what_was_compacted_has_expired(
    server: Kubernetes, custom: client.CustomObjectsApi
) -> None:
    for name in "abc":
        server.put(terraform(name))
    page = await custom.list_namespaced_custom_object(*PLACE, limit=2)
    server.delete("Terraform", "default", "c")
    server.compact()
    async with Refused(410, "Expired"):
        await custom.list_namespaced_custom_object(*PLACE, _continue=page["metadata"]["continue"])


async def test_a_watch_that_runs_survives_a_compaction(
    server: Kubernetes, custom: client.CustomObjectsApi
) -> None:
    server.put(terraform("a"))
    events = follow(custom)
    assert (await anext(events))[0] == "ADDED"
    server.put(terraform("b"))
    server.compact()
    assert (await anext(events))[1]["metadata"]["name"] == "b"
    await events.aclose()


async def test_watches_end_in_good_order_or_not(
    server: Kubernetes, custom: client.CustomObjectsApi
) -> None:
    server.put(terraform("a"))
    events = follow(custom)
    await anext(events)
    assert server.end_watches() == 1
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    events = follow(custom)
    await anext(events)
    assert server.end_watches(abruptly=True) == 1
    with pytest.raises(aiohttp.ClientError):
        await anext(events)


async def test_who_hangs_up_is_forgotten(server: Kubernetes) -> None:
    server.put(terraform("a"))
    url = f"{server.url}/apis/infra.contrib.fluxcd.io/v1alpha2/terraforms?watch=1"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        await response.content.readline()
        assert server.watching == 1
    async with asyncio.timeout(10):
        while server.watching:  # noqa: ASYNC110  (the server's own task sees to it)
            await asyncio.sleep(0)


async def test_bookmarks_come_with_time(tmp_path: Path) -> None:
    async with (
        Kubernetes(Clock(speed=600)) as server,
        connected(server.kubeconfig(tmp_path / "kubeconfig"), None) as api,
    ):
        server.put(terraform("a"))
        events = follow(
            client.CustomObjectsApi(api), allow_watch_bookmarks=True, timeout_seconds=90
        )
        heard = [event async for event in events]
        assert [kind for kind, _ in heard] == ["ADDED", "BOOKMARK", "BOOKMARK"]
        assert heard[1][1]["metadata"]["resourceVersion"] == str(server.store.revision)
        assert heard[1][1]["kind"] == "Terraform"


async def test_initial_events_end_with_a_bookmark(
    server: Kubernetes, custom: client.CustomObjectsApi
) -> None:
    server.put(terraform("a"))
    url = f"{server.url}/apis/infra.contrib.fluxcd.io/v1alpha2/terraforms"
    query = {"watch": "1", "sendInitialEvents": "true", "allowWatchBookmarks": "true"}
    query |= {"resourceVersionMatch": "NotOlderThan", "timeoutSeconds": "60"}
    async with aiohttp.ClientSession() as session, session.get(url, params=query) as response:
        lines = [await response.content.readline() for _ in range(2)]
    assert b'"type":"ADDED"' in lines[0]
    assert b'"k8s.io/initial-events-end":"true"' in lines[1]


async def test_a_server_that_comes_back_is_where_it_was(
    server: Kubernetes, custom: client.CustomObjectsApi
) -> None:
    server.put(terraform("a"))
    await server.stop()
    with pytest.raises(aiohttp.ClientError):
        await custom.get_namespaced_custom_object(*PLACE, "a")
    await server.start()
    assert (await custom.get_namespaced_custom_object(*PLACE, "a"))["metadata"]["name"] == "a"


async def test_faults_are_told_from_their_query_and_used_up(
    server: Kubernetes, custom: client.CustomObjectsApi
) -> None:
    server.put(terraform("a"))
    server.faults.append(Fault("watch=true", status=429, headers={"Retry-After": "3"}, body=b"{}"))
    await custom.list_namespaced_custom_object(*PLACE)
    answer = await custom.list_namespaced_custom_object_without_preload_content(*PLACE, watch=True)
    await answer.read()
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert [kind async for kind, _ in follow(custom, timeout_seconds=1)] == ["ADDED"]


# Hands


async def test_hands_put_status_and_namespace_and_count_generations(server: Kubernetes) -> None:
    item = {**terraform("lake", namespace="flux-system"), "status": {"lastPlanAt": "x"}}
    made = server.put(item)
    assert made["status"] == {"lastPlanAt": "x"}
    assert server.get("namespaces", "", "flux-system")["status"]["phase"] == "Active"
    same = server.put(item)
    assert same == made
    changed = server.put({**made, "spec": {**made["spec"], "suspend": True}})
    assert changed["metadata"]["generation"] == 2
    assert changed["metadata"]["uid"] == made["metadata"]["uid"]


async def test_hands_patch_list_and_delete(server: Kubernetes) -> None:
    server.put(terraform("lake", finalizers=["tf.example/keep"]))
    patch = {"spec": {"suspend": True}, "status": {"lastPlanAt": "x"}}
    patched = server.patch("Terraform", "default", "lake", patch)
    assert (patched["spec"]["suspend"], patched["status"]["lastPlanAt"]) == (True, "x")
    assert server.delete("terraforms", "default", "lake") is False
    server.patch("Terraform", "default", "lake", {"metadata": {"finalizers": None}})
    assert server.list("Terraform") == []
    with pytest.raises(LookupError):
        server.get("Terraform", "default", "lake")


async def test_hands_hold_copies(server: Kubernetes) -> None:
    item = terraform("lake")
    server.put(item)["spec"]["path"] = "changed"
    item["spec"]["path"] = "changed"
    server.get("Terraform", "default", "lake")["spec"]["path"] = "changed"
    server.list("Terraform")[0]["spec"]["path"] = "changed"
    assert server.get("Terraform", "default", "lake")["spec"]["path"] == "./platform"


async def test_one_waits_until_something_holds(server: Kubernetes) -> None:
    waiting = asyncio.create_task(
        server.until("Terraform", "default", "lake", lambda item: item and "status" in item)
    )
    server.put(terraform("lake"))
    await asyncio.sleep(0)
    assert not waiting.done()
    server.patch("Terraform", "default", "lake", {"status": {"lastPlanAt": "x"}})
    found = await waiting
    assert found is not None
    assert found["status"] == {"lastPlanAt": "x"}
