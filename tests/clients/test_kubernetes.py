"""The Kubernetes client over HTTP: every question and every patch, and what it makes of trouble."""

from __future__ import annotations

import base64
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kubernetes.aio import client
from kubernetes_world import (
    APPLY,
    LEASE,
    Place,
    config_map,
    git_repository,
    lease,
    place_at,
    secret,
    servers,
    terraform,
)
from kubernetes_world import (
    GIT_REPOSITORY as GIT_REPOSITORY_PATH,
)
from kubernetes_world import (
    TERRAFORM as TERRAFORM_PATH,
)

from bot.clients.errors import (
    ClientError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Throttled,
    Unavailable,
    Unintelligible,
)
from bot.clients.kubernetes.access import Access, Attempt
from bot.clients.kubernetes.cluster import (
    GIT_REPOSITORY,
    LOCK_INFO,
    TERRAFORM,
    Cluster,
    Resource,
)
from bot.clients.kubernetes.connection import connected
from bot.clients.kubernetes.installing import apply_secret
from bot.simulators.clock import Clock
from bot.simulators.faults import Fault
from bot.simulators.kubernetes import Kubernetes

PASSWORD = "t0p-s3cret"


@pytest.fixture(params=servers())
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def cluster(place: Place) -> Cluster:
    return Cluster(place.api, 10)


# Reading


async def test_an_object_is_the_servers_json(place: Place, cluster: Cluster) -> None:
    made = await place.create(terraform("lake"))
    assert await cluster.get(TERRAFORM, place.namespace, "lake") == made
    with pytest.raises(NotFound) as told:
        await cluster.get(TERRAFORM, place.namespace, "pond")
    assert str(told.value) == (
        f"Kubernetes: terraforms.infra.contrib.fluxcd.io {place.namespace}/pond: Not Found (404)"
    )


async def test_a_kind_that_is_not_installed_is_not_found(place: Place, cluster: Cluster) -> None:
    with pytest.raises(NotFound):
        await cluster.list(Resource("infra.contrib.fluxcd.io", "v9", "terraforms"), None)


async def test_a_list_is_of_one_namespace_or_of_all(place: Place, cluster: Cluster) -> None:
    for name in ("lake", "pond"):
        await place.create(git_repository(name))
    listed = await cluster.list(GIT_REPOSITORY, place.namespace)
    assert [item["metadata"]["name"] for item in listed.items] == ["lake", "pond"]
    assert listed.resource_version.isdigit()
    everywhere = await cluster.list(GIT_REPOSITORY, None)
    assert set(map(_place, listed.items)) <= set(map(_place, everywhere.items))
    assert (await cluster.list(TERRAFORM, place.namespace)).items == ()


async def test_a_secret_is_bytes(place: Place, cluster: Cluster) -> None:
    packed = gzip.compress(b"{}")
    await place.create(secret("full", {"tfstate": packed, "empty": b""}))
    await place.create(secret("bare", {}))
    assert await cluster.secret(place.namespace, "full") == {"tfstate": packed, "empty": b""}
    assert await cluster.secret(place.namespace, "bare") == {}
    with pytest.raises(NotFound):
        await cluster.secret(place.namespace, "none")


async def test_a_config_map_is_text(place: Place, cluster: Cluster) -> None:
    await place.create(config_map("full", {"plan": "1 to add"}))
    await place.create(config_map("bare", {}))
    assert await cluster.config_map(place.namespace, "full") == {"plan": "1 to add"}
    assert await cluster.config_map(place.namespace, "bare") == {}
    with pytest.raises(NotFound):
        await cluster.config_map(place.namespace, "none")


async def test_a_lease_tells_its_holder(place: Place, cluster: Cluster) -> None:
    since = "2026-03-01T12:00:00.000000Z"
    held = lease("held", holderIdentity="anna", acquireTime=since)
    held["metadata"]["annotations"] = {LOCK_INFO: '{"ID":"1"}'}
    await place.create(held)
    await place.create(lease("free"))
    found = await cluster.lease(place.namespace, "held")
    assert (found.holder, found.info) == ("anna", '{"ID":"1"}')
    assert found.acquired == datetime(2026, 3, 1, 12, tzinfo=UTC)
    free = await cluster.lease(place.namespace, "free")
    assert (free.holder, free.acquired, free.info) == ("", None, "")
    with pytest.raises(NotFound):
        await cluster.lease(place.namespace, "none")


async def test_a_pod_tells_since_when_it_is(place: Place, cluster: Cluster) -> None:
    pod = {
        "kind": "Pod",
        "metadata": {"name": "lake-tf-runner"},
        "spec": {"containers": [{"name": "tf-runner", "image": "runner"}]},
    }
    made = await place.create(pod)
    since = await cluster.pod_since(place.namespace, "lake-tf-runner")
    assert since == datetime.fromisoformat(made["metadata"]["creationTimestamp"])
    assert await cluster.pod_since(place.namespace, "none") is None


# Patching


async def test_an_annotation_touches_nothing_else(place: Place, cluster: Cluster) -> None:
    await place.create(terraform("lake", annotations={"kept": "1", "requested": "1"}))
    before = await place.patch_status(TERRAFORM_PATH, "lake", {"status": {"lastPlanAt": "x"}})
    after = await cluster.annotate(TERRAFORM, place.namespace, "lake", {"requested": "2"})
    assert after["metadata"]["annotations"] == {"kept": "1", "requested": "2"}
    assert (after["spec"], after["status"]) == (before["spec"], before["status"])
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert "lotus-bot" in {entry["manager"] for entry in after["metadata"]["managedFields"]}
    with pytest.raises(NotFound):
        await cluster.annotate(TERRAFORM, place.namespace, "pond", {"requested": "2"})


async def test_an_annotation_is_refused_where_somebody_was_faster(
    place: Place, cluster: Cluster
) -> None:
    made = await place.create(terraform("lake", annotations={"requested": "1"}))
    seen = made["metadata"]["resourceVersion"]
    await place.patch(TERRAFORM_PATH, "lake", {"metadata": {"annotations": {"requested": "2"}}})
    with pytest.raises(Conflict):
        await cluster.annotate(TERRAFORM, place.namespace, "lake", {"requested": "3"}, seen)
    found = await place.get(TERRAFORM_PATH, "lake")
    assert found["metadata"]["annotations"] == {"requested": "2"}
    seen = found["metadata"]["resourceVersion"]
    await cluster.annotate(TERRAFORM, place.namespace, "lake", {"requested": "3"}, seen)


async def test_a_source_is_annotated_too(place: Place, cluster: Cluster) -> None:
    await place.create(git_repository("lake"))
    await cluster.annotate(GIT_REPOSITORY, place.namespace, "lake", {"requested": "1"})
    found = await place.get(GIT_REPOSITORY_PATH, "lake")
    assert found["metadata"]["annotations"] == {"requested": "1"}


async def test_a_spec_is_merged_and_none_removes(place: Place, cluster: Cluster) -> None:
    await place.create(terraform("lake"))
    changes: dict[str, object] = {"suspend": True, "path": None}
    after = await cluster.patch_spec(TERRAFORM, place.namespace, "lake", changes)
    assert after["spec"]["suspend"] is True
    assert "path" not in after["spec"]
    assert after["metadata"]["generation"] == 2


async def test_a_status_is_merged_and_none_removes(place: Place, cluster: Cluster) -> None:
    await place.create(terraform("lake"))
    status = {"status": {"lastPlanAt": "2026-03-01T12:00:00Z", "lastAttemptedRevision": "a"}}
    before = await place.patch_status(TERRAFORM_PATH, "lake", status)
    cleared: dict[str, object] = {"lastPlanAt": None}
    after = await cluster.patch_status(TERRAFORM, place.namespace, "lake", cleared)
    assert after["status"] == {"lastAttemptedRevision": "a"}
    assert after["spec"] == before["spec"]
    with pytest.raises(NotFound):
        await cluster.patch_status(TERRAFORM, place.namespace, "pond", cleared)


async def test_a_lease_is_freed_from_its_holder_only(place: Place, cluster: Cluster) -> None:
    held = lease("lock", holderIdentity="anna", acquireTime="2026-03-01T12:00:00.000000Z")
    held["metadata"]["annotations"] = {LOCK_INFO: "{}", "kept": "1"}
    await place.create(held)
    await cluster.release_lease(place.namespace, "lock", "adam")
    assert (await cluster.lease(place.namespace, "lock")).holder == "anna"
    await cluster.release_lease(place.namespace, "lock", "anna")
    free = await place.get(LEASE, "lock")
    assert "holderIdentity" not in free["spec"]
    assert free["metadata"]["annotations"] == {"kept": "1"}


async def test_a_secret_is_applied_twice(place: Place) -> None:
    document = {**secret("app", {"key": b"1"}), "apiVersion": "v1"}
    document["metadata"]["namespace"] = place.namespace
    await apply_secret(place.api, document, 10)
    document["data"] = {"key": base64.b64encode(b"2").decode()}
    await apply_secret(place.api, document, 10)
    assert await Cluster(place.api, 10).secret(place.namespace, "app") == {"key": b"2"}


async def test_keys_of_a_secret_are_set_and_removed_where_nobody_was_faster(
    place: Place, cluster: Cluster
) -> None:
    at = (place.namespace, "kept")
    await cluster.put_secret(*at, {})
    _, empty = await cluster.secret_at(*at)
    await cluster.patch_secret(*at, {"a": b"1", "b": b"2"}, empty)
    data, seen = await cluster.secret_at(*at)
    assert data == {"a": b"1", "b": b"2"}
    with pytest.raises(Conflict):
        await cluster.patch_secret(*at, {"a": b"3"}, empty)
    await cluster.patch_secret(*at, {"a": None}, seen)
    await cluster.put_secret(*at, {})  # who makes it as well takes nothing away
    assert await cluster.secret(*at) == {"b": b"2"}
    with pytest.raises(NotFound):
        await cluster.secret_at(place.namespace, "none")


async def test_a_secret_that_somebody_else_applied_stays(place: Place) -> None:
    document = secret("app", {"key": b"1"})
    document["metadata"]["namespace"] = place.namespace
    await place.core.patch_namespaced_secret(
        "app", place.namespace, document, field_manager="anna", _content_type=APPLY
    )
    document["data"] = {"key": base64.b64encode(b"2").decode()}
    with pytest.raises(Conflict):
        await apply_secret(place.api, document, 10)
    assert await Cluster(place.api, 10).secret(place.namespace, "app") == {"key": b"1"}


# What one may


async def test_who_may_everything_is_told_so(place: Place) -> None:
    access = Access(place.api, 10)
    attempt = Attempt("patch", TERRAFORM.group, "terraforms/status", place.namespace, "lake")
    assert await access.allows(attempt) is True


async def test_versions_are_those_that_are_served(place: Place) -> None:
    access = Access(place.api, 10)
    assert await access.versions(TERRAFORM) == ("v1alpha2", "v1alpha1")
    assert await access.versions(Resource("example.org", "v1", "ponds")) == ()
    assert await access.versions(Resource(TERRAFORM.group, "v1", "ponds")) == ()


# Trouble: the embedded server only


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Kubernetes]:
    async with Kubernetes(Clock()) as made:
        made.kubeconfig(tmp_path / "kubeconfig")
        yield made


@pytest.fixture
async def api(server: Kubernetes, tmp_path: Path) -> AsyncIterator[client.ApiClient]:
    async with connected(tmp_path / "kubeconfig", None) as made:
        yield made


async def test_a_long_list_is_read_page_by_page(server: Kubernetes, api: client.ApiClient) -> None:
    for number in range(1001):
        server.put(terraform(f"lake-{number:04}"))
    listed = await Cluster(api, 10).list(TERRAFORM, None)
    names = [item["metadata"]["name"] for item in listed.items]
    assert names == [f"lake-{number:04}" for number in range(1001)]
    assert len([line for line in server.requests if "terraforms" in line]) == 3


async def test_a_list_that_is_compacted_meanwhile_is_begun_anew_by_who_asked(
    server: Kubernetes, api: client.ApiClient
) -> None:
    for number in range(501):
        server.put(terraform(f"lake-{number:04}"))
    gone = Fault("continue=", status=410, body=b'{"reason":"Expired","code":410}')
    server.faults.append(gone)
    with pytest.raises(NotFound) as told:
        await Cluster(api, 10).list(TERRAFORM, None)
    assert told.value.status == 410


LEAKY = f'{{"message":"{PASSWORD}"}}'.encode()
ANSWERS: list[tuple[Fault, type[ClientError]]] = [
    (Fault(".*", status=400, body=LEAKY), Invalid),
    (Fault(".*", status=401, body=LEAKY), Forbidden),
    (Fault(".*", status=403, body=LEAKY), Forbidden),
    (Fault(".*", status=404, body=LEAKY), NotFound),
    (Fault(".*", status=409, body=LEAKY), Conflict),
    (Fault(".*", status=410, body=LEAKY), NotFound),
    (Fault(".*", status=422, body=LEAKY), Invalid),
    (Fault(".*", status=429, body=LEAKY), Throttled),
    (Fault(".*", status=500, body=LEAKY), Unavailable),
    (Fault(".*", status=502, body=b"<html>", content_type="text/html"), Unavailable),
    (Fault(".*", status=503, body=b""), Unavailable),
    (Fault(".*", drop=True), Unavailable),
    (Fault(".*", status=200, body=b"<html>", content_type="text/html"), Unintelligible),
    (Fault(".*", status=200, body=b'{"metadata":'), Unintelligible),
    (Fault(".*", status=200, body=b"[]"), Unintelligible),
    (Fault(".*", status=200, body=b"\xff\xfe"), Unintelligible),
    (Fault(".*", status=200, body=b""), Unintelligible),
    (Fault(".*", status=302, body=b""), Unintelligible),
]


@pytest.mark.parametrize(
    ("fault", "expected"), ANSWERS, ids=[f"{f.status}-{f.body[:8]!r}" for f, _ in ANSWERS]
)
async def test_every_bad_answer_is_one_of_our_errors(
    server: Kubernetes, api: client.ApiClient, fault: Fault, expected: type[ClientError]
) -> None:
    cluster = Cluster(api, 10)
    fault.times = 99
    server.faults.append(fault)
    for question in (
        cluster.get(TERRAFORM, "default", "lake"),
        cluster.list(TERRAFORM, None),
        cluster.secret("default", "s"),
        cluster.warnings("Terraform", "default", "lake"),
        cluster.annotate(TERRAFORM, "default", "lake", {"a": PASSWORD}),
    ):
        with pytest.raises(ClientError) as told:
            await question
        assert isinstance(told.value, expected)
        assert PASSWORD not in str(told.value)
        assert told.value.__cause__ is None


@pytest.mark.parametrize(
    "data", [b'{"data":{"a":"%%%"}}', b'{"data":{"a":5}}', b'{"data":["a"]}'], ids=str
)
async def test_a_secret_that_is_none_is_nonsense(
    server: Kubernetes, api: client.ApiClient, data: bytes
) -> None:
    server.faults.append(Fault("secrets", status=200, body=data))
    with pytest.raises(Unintelligible):
        await Cluster(api, 10).secret("default", "s")


@pytest.mark.parametrize("status", [429, 503])
async def test_how_long_to_wait_is_passed_on(
    server: Kubernetes, api: client.ApiClient, status: int
) -> None:
    server.faults.append(Fault(".*", status=status, headers={"Retry-After": "7"}))
    with pytest.raises(Unavailable) as told:
        await Cluster(api, 10).get(TERRAFORM, "default", "lake")
    assert told.value.after == 7


async def test_a_slow_server_is_unavailable(server: Kubernetes, api: client.ApiClient) -> None:
    server.faults.append(Fault(".*", delay=30))
    with pytest.raises(Unavailable, match="no answer in time"):
        await Cluster(api, 0.05).get(TERRAFORM, "default", "lake")


async def test_a_server_that_is_gone_is_unavailable(
    server: Kubernetes, api: client.ApiClient
) -> None:
    await server.stop()
    with pytest.raises(Unavailable):
        await Cluster(api, 10).get(TERRAFORM, "default", "lake")


async def test_what_is_not_granted_is_forbidden(server: Kubernetes, tmp_path: Path) -> None:
    name = "system:serviceaccount:lotus:bot"
    rules = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["s"]}
    ]
    metadata = {"name": "bot", "namespace": "default"}
    subject = {"kind": "ServiceAccount", "name": "bot", "namespace": "lotus"}
    server.put({"kind": "Role", "metadata": metadata, "rules": rules})
    server.put(
        {
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [subject],
            "roleRef": {"kind": "Role", "name": "bot"},
        }
    )
    server.put(secret("s", {"a": b"1"}))
    path = server.kubeconfig(tmp_path / "kubeconfig", token=server.token_for(name))
    async with connected(path, None) as api:
        cluster, access = Cluster(api, 10), Access(api, 10)
        assert await cluster.secret("default", "s") == {"a": b"1"}
        with pytest.raises(Forbidden):
            await cluster.secret("default", "t")
        with pytest.raises(Forbidden):
            await cluster.list(TERRAFORM, None)
        assert await access.allows(Attempt("get", "", "secrets", "default", "s")) is True
        assert await access.allows(Attempt("get", "", "secrets", "default", "t")) is False


# Finding the server


async def test_a_context_is_chosen_by_name(server: Kubernetes, tmp_path: Path) -> None:
    path = server.kubeconfig(tmp_path / "kubeconfig")
    async with connected(path, "simulated") as api:
        assert (await Cluster(api, 10).list(TERRAFORM, None)).items == ()
    with pytest.raises(Invalid, match="kubeconfig does not serve"):
        async with connected(path, "elsewhere"):
            pass


@pytest.mark.parametrize("text", [None, "", "a: [", "[]", "kind: Config", "\x00"], ids=repr)
async def test_a_kubeconfig_that_does_not_serve_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Invalid, match="kubeconfig does not serve"):
        async with connected(path, None):
            pass


def _place(item: dict[str, dict[str, str]]) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]
