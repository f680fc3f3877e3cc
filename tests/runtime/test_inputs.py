"""What the controller gives to a module, read from Secrets and ConfigMaps over HTTP."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes_world import Place, config_map, place_at, secret, servers, terraform

from bot.clients.errors import Unavailable
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.connection import connected
from bot.model.cluster import STATE_PARTS, state_parts
from bot.model.names import names_of
from bot.model.plan_copy import CHUNKS
from bot.model.variables import unmodelled
from bot.plan.state import StateError, parse_state
from bot.runtime.observe.inputs import StateText, Variables, read_state, read_variables
from bot.simulators.clock import Clock
from bot.simulators.faults import Fault
from bot.simulators.kubernetes import Kubernetes

STATE = "tfstate-default-lake"
MIB = 2**20


@pytest.fixture(params=servers())
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(request.param, tmp_path) as made:
        yield made


def state(serial: int = 1, **more: Any) -> bytes:
    return json.dumps({"version": 4, "serial": serial, "resources": [], **more}).encode()


def noise(size: int) -> str:
    """Text that gzip makes hardly smaller than three quarters of it."""
    return random.Random(7).randbytes(size // 2).hex()


async def stored(place: Place, *parts: bytes, **spec: Any) -> StateText:
    """What is read of a state that is kept in these parts."""
    for number, part in enumerate(parts):
        name = f"{STATE}-part-{number}" if number else STATE
        await place.create(secret(name, {"tfstate": part}))
    item = terraform("lake", namespace=place.namespace)
    item["spec"] |= spec
    return await read_state(Cluster(place.api, 10), item)


# The state


async def test_a_state_is_unpacked(place: Place) -> None:
    assert await stored(place, gzip.compress(state(7))) == StateText(state(7))


async def test_a_state_that_is_not_packed_is_taken_as_it_is(place: Place) -> None:
    assert await stored(place, state(7)) == StateText(state(7))


async def test_no_state_yet_is_no_problem(place: Place) -> None:
    assert await stored(place) == StateText(None, "")


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({"workspace": "blue"}, "tfstate-blue-lake"),
        ({"backendConfig": {"secretSuffix": "pond"}}, "tfstate-default-pond"),
    ],
    ids=str,
)
async def test_its_name_follows_from_the_object(place: Place, spec: Any, name: str) -> None:
    await place.create(secret(name, {"tfstate": gzip.compress(state())}))
    assert (await stored(place, **spec)).text == state()


async def test_a_secret_without_a_state_is_said(place: Place) -> None:
    await place.create(secret(STATE, {"other": b"1"}))
    assert await stored(place) == StateText(
        None, f"Secret {place.namespace}/{STATE} has no key tfstate"
    )


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(state())[:-9],
        gzip.compress(state())[:12],
        b"\x1f\x8b",
        b"\x1f\x8b" + bytes(40),
    ],
    ids=["no end", "half", "two bytes", "zeros"],
)
async def test_a_broken_package_is_said(place: Place, packed: bytes) -> None:
    found = await stored(place, packed)
    assert found == StateText(None, f"Secret {place.namespace}/{STATE}: the state is no gzip")


@pytest.mark.parametrize(
    "text", [b"", b"nonsense", b"\xff\xfe", b"[]", b'{"version": 3}'], ids=repr
)
async def test_what_is_no_state_is_for_the_reader_of_states(place: Place, text: bytes) -> None:
    found = await stored(place, gzip.compress(text))
    assert found.text == text
    with pytest.raises(StateError):
        parse_state(found.text)


async def test_20_mib_that_pack_well_are_one_secret(place: Place) -> None:
    large = state(noise="x" * 20 * MIB)
    assert (await stored(place, gzip.compress(large))).text == large


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_state_in_parts_is_put_together(place: Place) -> None:
    large = state(noise=noise(6 * MIB))
    packed = gzip.compress(large, 1)
    parts = [packed[start : start + MIB] for start in range(0, len(packed), MIB)]
    assert len(parts) > 2
    assert (await stored(place, *parts)).text == large


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_missing_part_is_a_broken_package(place: Place) -> None:
    packed = gzip.compress(state(noise=noise(4 * MIB)), 1)
    assert (await stored(place, packed[:MIB])).problem.endswith("the state is no gzip")


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_one_part_that_is_exactly_full_is_all(place: Place) -> None:
    full = state() + b" " * (MIB - len(state()))
    assert (await stored(place, full)).text == full


# Variables


async def read(place: Place, **spec: Any) -> Variables:
    item = terraform("lake", namespace=place.namespace)
    item["spec"] |= spec
    return await read_variables(Cluster(place.api, 10), item)


async def test_later_sources_overwrite_earlier_ones(place: Place) -> None:
    await place.create(secret("s", {"b": b"secret", "c": b"secret", "d": b"secret"}))
    await place.create(config_map("c", {"c": "map", "d": "map"}))
    found = await read(
        place,
        values={"x": 1},
        vars=[{"name": "a", "value": [1]}, {"name": "b", "value": "var"}],
        varsFrom=[{"kind": "Secret", "name": "s"}, {"kind": "ConfigMap", "name": "c"}],
    )
    assert found.problems == ()
    assert found.values == {
        "values": {"x": 1},
        "a": [1],
        "b": "secret",
        "c": "map",
        "d": "map",
    }
    assert {"secret", "map"} <= found.secrets()
    assert "secret" not in repr(found)


async def test_keys_are_chosen_and_renamed(place: Place) -> None:
    await place.create(secret("s", {"a": b"1", "b": b"2", "c": b"3"}))
    keys = ["a", "b:renamed", "none"]
    found = await read(place, varsFrom=[{"kind": "Secret", "name": "s", "varsKeys": keys}])
    assert found.values == {"a": "1", "renamed": "2", "none": ""}


async def test_what_is_lacking_is_empty_from_a_secret_and_nothing_from_a_config_map(
    place: Place,
) -> None:
    await place.create(config_map("c", {"a": "1"}))
    keys = ["a", "none"]
    found = await read(
        place,
        varsFrom=[
            {"kind": "Secret", "name": "s", "varsKeys": ["x", "y:z"], "optional": True},
            {"kind": "ConfigMap", "name": "c", "varsKeys": keys},
            {"kind": "ConfigMap", "name": "d", "varsKeys": keys, "optional": True},
        ],
    )
    assert found == Variables({"x": "", "z": "", "a": "1"}, plain=frozenset({"a"}))


async def test_binary_data_of_a_config_map_counts(place: Place) -> None:
    item = config_map("c", {"a": "1"})
    await place.create({**item, "binaryData": {"b": "Mg=="}})
    found = await read(place, varsFrom=[{"kind": "ConfigMap", "name": "c"}])
    assert found.values == {"a": "1", "b": "2"}


@pytest.mark.parametrize("pattern", ["a:b:c", ":b", "a:", ""])
async def test_a_key_that_the_controller_refuses_is_said(place: Place, pattern: str) -> None:
    await place.create(secret("s", {"a": b"1"}))
    found = await read(place, varsFrom=[{"kind": "Secret", "name": "s", "varsKeys": [pattern]}])
    assert found.problems == (f"varsKeys has {pattern!r}, which is no key and no `old:new`",)


async def test_values_that_only_the_controller_fills_in_are_said(place: Place) -> None:
    (problem,) = (await read(place, values={"a": {"b": "x ${{ .net.id }}"}})).problems
    assert "spec.values has templates" in problem


def test_what_makes_the_controllers_plan_another_one_is_said() -> None:
    odd: list[tuple[dict[str, Any], str]] = [
        ({"destroy": True}, "destroy everything"),
        ({"targets": ["a.b"]}, "only a part"),
        ({"fileMappings": [{}]}, "adds files"),
        ({"cloud": {}}, ""),
        ({"cloud": {"organization": "x"}}, "kept elsewhere"),
        ({"backendConfig": {"customConfiguration": "x"}}, "kept elsewhere"),
        ({"backendConfig": "odd", "targets": []}, ""),
    ]
    for spec, words in odd:
        told = list(unmodelled(spec))
        assert len(told) == bool(words)
        assert all(words in line for line in told)


async def test_a_reference_to_nothing_is_said_unless_optional(place: Place) -> None:
    found = await read(
        place,
        varsFrom=[
            {"kind": "Secret", "name": "s"},
            {"kind": "Secret", "name": "t", "optional": True},
            {"kind": "ConfigMap", "name": "c"},
        ],
    )
    assert found == Variables(
        {},
        (f"Secret {place.namespace}/s is not there", f"ConfigMap {place.namespace}/c is not there"),
    )


async def test_bytes_that_are_no_text_do_not_stop_the_rest(place: Place) -> None:
    await place.create(secret("s", {"a": b"\xff", "b": b"2"}))
    found = await read(place, varsFrom=[{"kind": "Secret", "name": "s"}])
    assert found.values["b"] == "2"


# Trouble: the embedded server only


@pytest.fixture
async def server() -> AsyncIterator[Kubernetes]:
    async with Kubernetes(Clock()) as made:
        yield made


@pytest.fixture
async def cluster(server: Kubernetes, tmp_path: Path) -> AsyncIterator[Cluster]:
    async with connected(server.kubeconfig(tmp_path / "kubeconfig"), None) as api:
        yield Cluster(api, 10)


async def test_what_may_not_be_read_is_said_with_its_name(
    server: Kubernetes, cluster: Cluster
) -> None:
    server.faults.append(Fault("secrets", status=403, times=2))
    item = terraform("lake", namespace="default")
    item["spec"]["varsFrom"] = [{"kind": "Secret", "name": "s"}]
    found = await read_state(cluster, item)
    assert found.problem == f"reading Secret default/{STATE} is not allowed (lotus doctor)"
    told = await read_variables(cluster, item)
    assert told.problems == ("Kubernetes: secret default/s: Forbidden (403)",)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_more_parts_than_are_named_are_said(server: Kubernetes, cluster: Cluster) -> None:
    names = state_parts(STATE)
    for name in names:
        server.put(secret(name, {"tfstate": bytes(MIB)}))
    server.faults.append(Fault(f"{STATE}-part-{len(names)}$", status=403))
    found = await read_state(cluster, terraform("lake", namespace="default"))
    words = f"the state in default/{STATE} has more than the {len(names)} Secrets that are named"
    assert found.problem == words


def test_every_part_that_is_read_is_named_beforehand() -> None:
    item = terraform("lake", namespace="default")
    item["spec"]["storeReadablePlan"] = "json"
    names = names_of([item])
    assert {STATE, f"{STATE}-part-1", f"{STATE}-part-{STATE_PARTS - 1}"} <= set(names.secrets)
    assert f"tfplan-default-lake.json-{CHUNKS - 1}" in names.secrets
    assert f"tfplan-default-lake-{CHUNKS - 1}" in names.config_maps
    assert names.states == (STATE,), "a state in parts is not deleted"


async def test_a_server_that_does_not_answer_is_no_missing_state(
    server: Kubernetes, cluster: Cluster
) -> None:
    server.faults.append(Fault("secrets", status=503))
    with pytest.raises(Unavailable):
        await read_state(cluster, terraform("lake", namespace="default"))


async def test_a_bomb_ends_at_256_mib(server: Kubernetes, cluster: Cluster) -> None:
    bomb = gzip.compress(bytes(8 * MIB)) * 33
    server.put(secret(STATE, {"tfstate": bomb}))
    found = await read_state(cluster, terraform("lake", namespace="default"))
    assert found.text is None
    assert found.problem == f"Secret default/{STATE}: the state is larger than 268435456 bytes"
