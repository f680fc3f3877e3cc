"""Watches, held by the official client: the same on every API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.watch import Watch
from kubernetes_world import MERGE, TERRAFORM, Place, secret, terraform


class Watched:
    """A watch in the background; `next` is what it heard next: type, name, object."""

    def __init__(self, place: Place, options: dict[str, Any]) -> None:
        self._place, self._options = place, options
        self._heard: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
        self.error: Exception | None = None

    async def run(self) -> None:
        source = self._place.custom.list_namespaced_custom_object
        where = (*TERRAFORM[:2], self._place.namespace, TERRAFORM[2])
        try:
            async with Watch(object) as watch:
                async for event in watch.stream(source, *where, **self._options):
                    await self._heard.put((event["type"], event["raw_object"]))
        except ApiException as error:
            self.error = error
        await self._heard.put(None)

    async def next(self) -> tuple[str, str] | None:
        """Type and name; None where the stream ended."""
        heard = await self.next_object()
        return heard and (heard[0], heard[1]["metadata"].get("name", ""))

    async def next_object(self) -> tuple[str, Any] | None:
        return await asyncio.wait_for(self._heard.get(), 20)


@asynccontextmanager
async def watched(place: Place, **options: Any) -> AsyncIterator[Watched]:
    options = {"timeout_seconds": 30, **options}
    made = Watched(place, options)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def version(place: Place) -> str:
    return (await place.list(TERRAFORM))["metadata"]["resourceVersion"]


async def test_what_happens_after_a_list_is_told(place: Place) -> None:
    await place.create(terraform("before"))
    async with watched(place, resource_version=await version(place)) as watch:
        made = await place.create(terraform("lake"))
        assert await watch.next_object() == ("ADDED", made)
        changed = await place.patch(TERRAFORM, "lake", {"spec": {"suspend": True}})
        assert await watch.next_object() == ("MODIFIED", changed)
        told = await place.patch_status(TERRAFORM, "lake", {"status": {"lastPlanAt": "x"}})
        assert await watch.next_object() == ("MODIFIED", told)
        await place.delete(TERRAFORM, "lake")
        kind, last = await watch.next_object() or ("", {})
        assert kind == "DELETED"
        assert last["status"] == {"lastPlanAt": "x"}
        assert int(last["metadata"]["resourceVersion"]) > int(told["metadata"]["resourceVersion"])


async def test_what_was_missed_since_a_version_is_told(place: Place) -> None:
    since = await version(place)
    await place.create(terraform("lake"))
    await place.patch(TERRAFORM, "lake", {"spec": {"suspend": True}})
    await place.delete(TERRAFORM, "lake")
    async with watched(place, resource_version=since) as watch:
        heard = [await watch.next() for _ in range(3)]
    assert heard == [("ADDED", "lake"), ("MODIFIED", "lake"), ("DELETED", "lake")]


@pytest.mark.parametrize("options", [{}, {"resource_version": "0"}], ids=str)
async def test_without_a_version_all_that_is_comes_first(
    place: Place, options: dict[str, str]
) -> None:
    for name in "ab":
        await place.create(terraform(name))
    await version(place)
    async with watched(place, **options) as watch:
        first = {await watch.next(), await watch.next()}
        assert first == {("ADDED", "a"), ("ADDED", "b")}
        await place.delete(TERRAFORM, "a")
        assert await watch.next() == ("DELETED", "a")


async def test_a_finalized_object_changes_and_then_goes(place: Place) -> None:
    await place.create(terraform("lake", finalizers=["tf.example/keep"]))
    async with watched(place, resource_version=await version(place)) as watch:
        await place.delete(TERRAFORM, "lake")
        assert await watch.next() == ("MODIFIED", "lake")
        await place.patch(TERRAFORM, "lake", {"metadata": {"finalizers": None}})
        assert await watch.next() == ("DELETED", "lake")


async def test_entering_and_leaving_a_selection_are_birth_and_death(place: Place) -> None:
    await place.create(terraform("lake"))
    since = await version(place)
    async with watched(place, resource_version=since, label_selector="app=lake") as watch:
        await place.patch(TERRAFORM, "lake", {"metadata": {"labels": {"app": "lake"}}})
        assert await watch.next() == ("ADDED", "lake")
        await place.patch(TERRAFORM, "lake", {"spec": {"suspend": True}})
        assert await watch.next() == ("MODIFIED", "lake")
        await place.patch(TERRAFORM, "lake", {"metadata": {"labels": None}})
        kind, last = await watch.next_object() or ("", {})
        assert (kind, last["metadata"]["labels"]) == ("DELETED", {"app": "lake"})


async def test_one_name_is_watched_alone(place: Place) -> None:
    since = await version(place)
    async with watched(place, resource_version=since, field_selector="metadata.name=b") as watch:
        for name in "abc":
            await place.create(terraform(name))
        await place.delete(TERRAFORM, "b")
        assert [await watch.next(), await watch.next()] == [("ADDED", "b"), ("DELETED", "b")]


async def test_what_changes_nothing_is_not_told(place: Place) -> None:
    await place.create(terraform("lake", annotations={"a": "1"}))
    async with watched(place, resource_version=await version(place)) as watch:
        await place.patch(TERRAFORM, "lake", {"metadata": {"annotations": {"a": "1"}}})
        await place.create(terraform("next"))
        assert await watch.next() == ("ADDED", "next")


async def test_a_stream_ends_when_its_time_is_over(place: Place) -> None:
    async with watched(place, resource_version=await version(place), timeout_seconds=1) as watch:
        assert await watch.next() is None
        assert watch.error is None


async def test_built_in_kinds_are_watched_as_models(place: Place) -> None:
    async with Watch() as watch:
        stream = watch.stream(
            place.core.list_namespaced_secret, place.namespace, timeout_seconds=30
        )
        await place.create(secret("s", {"a": b"1"}))
        event = await anext(stream)
        assert (event["type"], event["object"].metadata.name) == ("ADDED", "s")


async def test_a_version_from_the_future_is_waited_for(place: Place) -> None:
    async with watched(place, resource_version="999999999", timeout_seconds=1) as watch:
        await place.create(terraform("lake"))
        assert await watch.next() is None
        assert watch.error is None


async def test_two_watchers_hear_the_same(place: Place) -> None:
    since = await version(place)
    async with (
        watched(place, resource_version=since) as one,
        watched(place, resource_version=since) as two,
    ):
        await place.create(terraform("lake"))
        assert await one.next_object() == await two.next_object()


async def test_a_lease_is_watched_in_all_namespaces(place: Place) -> None:
    leases = client.CoordinationV1Api(place.api)
    lease = {"metadata": {"name": "lock"}, "spec": {"holderIdentity": "anna"}}
    await leases.create_namespaced_lease(place.namespace, lease)
    async with Watch() as watch:
        async for event in watch.stream(leases.list_lease_for_all_namespaces, timeout_seconds=30):
            metadata = event["object"].metadata
            if (metadata.namespace, metadata.name) == (place.namespace, "lock"):
                break
    patch = {"spec": {"holderIdentity": "adam"}}
    held = await leases.patch_namespaced_lease("lock", place.namespace, patch, _content_type=MERGE)
    assert held.spec.holder_identity == "adam"
