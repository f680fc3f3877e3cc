"""The shared watch: nothing is missed, whatever the server does to its streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from airbyte_world import LeapingClock
from kubernetes.aio import client
from kubernetes_world import TERRAFORM as TERRAFORM_PATH
from kubernetes_world import Place, place_at, servers, terraform

from bot.clients.kubernetes.cluster import TERRAFORM, Resource
from bot.clients.kubernetes.connection import connected
from bot.clients.kubernetes.watch import Change, SharedWatch
from bot.simulators.clock import Clock
from bot.simulators.faults import Fault
from bot.simulators.kubernetes import Kubernetes


class CountingClock(LeapingClock):
    """Leaps over every wait, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)
        await asyncio.sleep(0)


class Following:
    """A `SharedWatch` that runs, and what it tells."""

    def __init__(self, api: client.ApiClient, resource: Resource, namespace: str | None) -> None:
        self.clock = CountingClock()
        self._told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.watch = SharedWatch(api, resource, namespace, self.clock, self._tell)

    def _tell(self, change: Change) -> None:
        assert change.resource == TERRAFORM
        name = change.object["metadata"]["name"]
        self._told.put_nowait((name, "gone" if change.gone else "here"))

    async def told(self, count: int = 1) -> list[tuple[str, str]]:
        """The next changes; their order does not matter."""
        async with asyncio.timeout(20):
            return sorted([await self._told.get() for _ in range(count)])

    def silent(self) -> bool:
        return self._told.empty()

    def known(self) -> set[str]:
        return {name for _, name in self.watch.objects}


@asynccontextmanager
async def following(
    api: client.ApiClient, namespace: str | None = None, resource: Resource = TERRAFORM
) -> AsyncIterator[Following]:
    made = Following(api, resource, namespace)
    task = asyncio.create_task(made.watch.run())
    yield made
    assert not task.done(), "the watch is over"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# On every API server


@pytest.fixture(params=servers())
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(request.param, tmp_path) as made:
        yield made


async def test_what_is_and_what_happens_is_told(place: Place) -> None:
    await place.create(terraform("lake"))
    async with following(place.api, place.namespace) as it:
        assert await it.told() == [("lake", "here")]
        assert it.watch.listed.is_set()
        await place.create(terraform("pond"))
        assert await it.told() == [("pond", "here")]
        changed = await place.patch(TERRAFORM_PATH, "lake", {"spec": {"suspend": True}})
        assert await it.told() == [("lake", "here")]
        assert it.watch.objects[place.namespace, "lake"] == changed
        await place.delete(TERRAFORM_PATH, "lake")
        assert await it.told() == [("lake", "gone")]
        assert it.known() == {"pond"}
        assert it.watch.error is None


async def test_all_namespaces_are_followed_together(place: Place) -> None:
    async with following(place.api) as it:
        await it.watch.listed.wait()
        await place.create(terraform("lake"))
        await until(lambda: (place.namespace, "lake") in it.watch.objects)
        await place.delete(TERRAFORM_PATH, "lake")
        await until(lambda: (place.namespace, "lake") not in it.watch.objects)


async def test_another_namespace_is_not_heard(place: Place) -> None:
    async with following(place.api, place.namespace) as it:
        await it.watch.listed.wait()
        place.namespace = "default"
        await place.create(terraform("elsewhere"))
        place.namespace = it.watch.namespace or ""
        await place.create(terraform("lake"))
        assert await it.told() == [("lake", "here")]
    place.namespace = "default"
    await place.delete(TERRAFORM_PATH, "elsewhere")


async def test_a_kind_that_is_not_installed_is_said_and_tried_again(place: Place) -> None:
    resource = Resource("infra.contrib.fluxcd.io", "v9", "terraforms")
    async with following(place.api, None, resource) as it:
        await until(lambda: len(it.clock.waits) >= 8)
        assert it.clock.waits[:8] == [1, 2, 4, 8, 16, 30, 30, 30]
        assert (
            it.watch.error == "Kubernetes: list terraforms.infra.contrib.fluxcd.io: Not Found (404)"
        )
        assert not it.watch.listed.is_set()


# With the embedded server, which can misbehave


@pytest.fixture
async def server() -> AsyncIterator[Kubernetes]:
    async with Kubernetes(Clock()) as made:
        made.put(terraform("lake"))
        made.put(terraform("pond"))
        yield made


@pytest.fixture
async def it(server: Kubernetes, tmp_path: Path) -> AsyncIterator[Following]:
    """Following, with `lake` and `pond` told and the stream open."""
    path = server.kubeconfig(tmp_path / "kubeconfig")
    async with connected(path, None) as api, following(api) as made:
        assert await made.told(2) == [("lake", "here"), ("pond", "here")]
        await streaming(server)
        yield made


async def until(holds: Callable[[], object]) -> None:
    """Let everything run until something holds that it brings about."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  (other people's tasks bring it about)
            await asyncio.sleep(0)


async def streaming(server: Kubernetes, count: int = 1) -> None:
    """Until so many watches were asked for in all."""
    await until(lambda: len([line for line in server.requests if "watch=" in line]) >= count)


def suspend(server: Kubernetes, name: str) -> None:
    server.patch("Terraform", "default", name, {"spec": {"suspend": True}})


@pytest.mark.parametrize("abruptly", [False, True])
async def test_a_stream_that_ends_is_followed_by_another(
    server: Kubernetes, it: Following, abruptly: bool
) -> None:
    server.end_watches(abruptly=abruptly)
    await streaming(server, 2)
    suspend(server, "lake")
    assert await it.told() == [("lake", "here")]
    assert it.silent()


async def test_after_an_absence_exactly_what_differs_is_told(
    server: Kubernetes, it: Following
) -> None:
    await server.stop()
    await until(lambda: it.watch.error)
    suspend(server, "lake")
    server.put(terraform("new"))
    server.put(terraform("brief"))
    server.delete("Terraform", "default", "brief")
    server.put(terraform("kept"))
    server.delete("Terraform", "default", "pond")
    await server.start()
    assert await it.told(4) == [
        ("kept", "here"),
        ("lake", "here"),
        ("new", "here"),
        ("pond", "gone"),
    ]
    assert it.silent()
    assert it.known() == {"kept", "lake", "new"}
    assert it.watch.error is None


async def test_an_object_made_anew_meanwhile_is_a_change(server: Kubernetes, it: Following) -> None:
    await server.stop()
    server.delete("Terraform", "default", "lake")
    made = server.put(terraform("lake"))
    await server.start()
    assert await it.told() == [("lake", "here")]
    assert it.watch.objects["default", "lake"]["metadata"]["uid"] == made["metadata"]["uid"]


GONE = b'{"kind":"Status","status":"Failure","reason":"Expired","message":"old","code":410}'


@pytest.mark.parametrize(
    "fault",
    [
        Fault("watch=", status=410, body=GONE + b"\n"),
        Fault("watch=", status=200, body=b'{"type":"ERROR","object":' + GONE + b"}\n"),
    ],
    ids=["as status", "as event"],
)
async def test_a_version_that_is_too_old_means_to_list(
    server: Kubernetes, it: Following, fault: Fault
) -> None:
    server.faults.append(fault)
    server.end_watches()
    await until(lambda: fault.times == 0)
    suspend(server, "lake")
    assert await it.told() == [("lake", "here")]
    assert it.watch.error is None
    assert it.known() == {"lake", "pond"}


async def test_a_compaction_loses_nothing(server: Kubernetes, it: Following) -> None:
    """Between the list and the watch everything is forgotten: a true 410."""
    slow = Fault("watch=", delay=0.05)
    server.faults.append(slow)
    server.end_watches()
    await until(lambda: slow.times == 0)
    server.delete("Terraform", "default", "pond")
    server.compact()
    assert await it.told() == [("pond", "gone")]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("limit=", status=429, headers={"Retry-After": "40"}),
        Fault("limit=", status=500),
        Fault("limit=", status=200, body=b"<html>", content_type="text/html"),
        Fault("limit=", status=200, body=b'{"items":[{}],"metadata":{"resourceVersion":"1"}}'),
        Fault("limit=", status=200, body=b'{"items":[5],"metadata":{"resourceVersion":"1"}}'),
        Fault("limit=", drop=True, times=2),
    ],
    ids=lambda fault: f"{fault.status}-{fault.body[:12]!r}",
)
async def test_a_list_that_fails_is_said_and_tried_again(
    server: Kubernetes, it: Following, fault: Fault
) -> None:
    server.faults.append(fault)
    server.end_watches()
    await until(lambda: it.watch.error)
    await until(lambda: it.watch.error is None)
    assert max(it.clock.waits) == float(fault.headers.get("Retry-After", 1))
    await streaming(server, 2)
    suspend(server, "pond")
    assert await it.told() == [("pond", "here")]
    assert it.known() == {"lake", "pond"}


NONSENSE = [
    b"<html>502</html>\n",
    b'{"type":"ADDED","object":{"metada',
    b'{"type":"ADDED","object":{}}\n',
    b'{"type":"ADDED","object":null}\n',
    b'{"type":"ADDED","object":{"metadata":null}}\n',
    b'{"type":"ADDED"}\n',
    b'{"type":"SURPRISE","object":{"metadata":{"name":"x"}}}\n',
    b'{"type":"BOOKMARK","object":{}}\n',
    b'{"type":"BOOKMARK","object":5}\n',
    b'{"type":"ERROR","object":{}}\n',
    b'{"type":"ERROR","object":{"reason":"R","message":"M","code":"many"}}\n',
    b'{"type":5,"object":{}}\n',
    b"[]\n",
    b"5\n",
    b"null\n",
    b"\xff\xfe\n",
    b"\n",
    b"",
]


@pytest.mark.parametrize("body", NONSENSE, ids=repr)
async def test_nonsense_in_a_stream_means_to_list_again(
    server: Kubernetes, it: Following, body: bytes
) -> None:
    fault = Fault("watch=", status=200, body=body, times=3)
    server.faults.append(fault)
    server.end_watches()
    await until(lambda: fault.times == 0)
    suspend(server, "lake")
    assert await it.told() == [("lake", "here")]
    assert it.known() == {"lake", "pond"}
    assert len(it.clock.waits) >= 3, "it went round without a pause"


async def test_a_watch_that_is_refused_is_asked_for_less_and_less_often(
    server: Kubernetes, it: Following
) -> None:
    """Who may list and not watch is told so, and does not list every second."""
    body = b'{"kind":"Status","reason":"Forbidden","message":"no","code":403}'
    server.faults.append(Fault("watch=", status=403, body=body, times=1000))
    del it.clock.waits[:]
    server.end_watches()
    await until(lambda: len(it.clock.waits) >= 9)
    assert it.clock.waits[-2:] == [30, 30]


async def test_a_server_that_ends_every_stream_at_once_is_not_hurried(
    server: Kubernetes, it: Following
) -> None:
    fault = Fault("watch=", status=200, body=b"", times=20)
    server.faults.append(fault)
    server.end_watches()
    await until(lambda: fault.times == 0)
    assert len(it.clock.waits) >= 20


async def test_a_large_object_comes_through(server: Kubernetes, it: Following) -> None:
    message = "x" * 1_200_000
    server.patch("Terraform", "default", "lake", {"status": {"message": message}})
    assert await it.told() == [("lake", "here")]
    assert it.watch.objects["default", "lake"]["status"]["message"] == message
    assert it.watch.error is None


async def test_many_changes_at_once_are_all_told(server: Kubernetes, it: Following) -> None:
    for number in range(300):
        server.put(terraform(f"many-{number:03}"))
    assert await it.told(300) == [(f"many-{number:03}", "here") for number in range(300)]
    assert len(it.known()) == 302
