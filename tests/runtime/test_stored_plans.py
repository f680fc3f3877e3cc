"""Plans that the controller stored, read over HTTP by name: whole, in parts, odd, and of another."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes_world import Place, place_at, servers

from bot.clients.kubernetes.connection import connected
from bot.clients.kubernetes.plan_copies import PlanCopies
from bot.model.plan_copy import CHUNKS
from bot.plan.prediction import Counts
from bot.runtime.observe.stored_plans import applied_counts, json_plan
from bot.simulators.clock import Clock
from bot.simulators.faults import Fault
from bot.simulators.kubernetes import Kubernetes

PLAN = "plan-main-0123456789"
NAME = "tfplan-default-lake"
HUMAN = (
    "OpenTofu will perform the following actions:\n\nPlan: 2 to add, 1 to change, 3 to destroy.\n"
)
SECRET = "hush-hush-hush"
JSON = json.dumps(
    {
        "variables": {"token": {"value": SECRET}},
        "resource_changes": [
            {"address": "a.b", "mode": "managed", "change": {"actions": ["create"]}},
        ],
    }
).encode()
PACKED = gzip.compress(JSON, mtime=0)
CUT_JSON: list[Any] = [
    (f"{NAME}.json-{n}", PACKED[n : n + 1], {"chunk": str(n)}) for n in range(CHUNKS + 1)
]
CUT_TEXT: list[Any] = [(f"{NAME}-{n}", b"text", {"chunk": str(n)}) for n in range(CHUNKS + 1)]


@pytest.fixture(params=servers())
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(request.param, tmp_path) as found:
        yield found


async def keep(place: Place, kind: str, name: str, content: bytes, **notes: str) -> None:
    """As the controller stores it; `chunk` is its place among the parts."""
    annotations = {"savedPlan": notes.get("plan", PLAN)}
    if "chunk" in notes:
        annotations["infra.contrib.fluxcd.io/plan-chunk"] = notes["chunk"]
    data = {notes.get("key", "tfplan"): content.decode(errors="replace")}
    if kind == "Secret":
        data = {notes.get("key", "tfplan"): base64.b64encode(content).decode()}
    metadata = {"name": name, "annotations": annotations}
    await place.create({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data})


async def counts(place: Place, form: str) -> Counts | str:
    copies = PlanCopies(place.api, 5)
    return await applied_counts(copies, place.namespace, "default-lake", form, PLAN)


async def test_the_plan_that_people_read(place: Place) -> None:
    await keep(place, "ConfigMap", NAME, HUMAN.encode())
    assert await counts(place, "human") == Counts(2, 1, 3)


async def test_the_plan_that_people_read_in_parts(place: Place) -> None:
    text = HUMAN.encode()
    await keep(place, "ConfigMap", f"{NAME}-0", text[:60], chunk="0")
    await keep(place, "ConfigMap", f"{NAME}-1", text[60:], chunk="1")
    assert await counts(place, "human") == Counts(2, 1, 3)


async def test_the_plan_in_json_whole_and_in_parts(place: Place) -> None:
    for number, (start, end) in enumerate(((0, 40), (40, 80), (80, None))):
        chunk = PACKED[start:end]
        await keep(place, "Secret", f"{NAME}.json-{number}", chunk, chunk=str(number))
    assert await counts(place, "json") == Counts(add=1)
    await keep(place, "Secret", f"{NAME}.json", PACKED)
    assert await counts(place, "json") == Counts(add=1)


@pytest.mark.parametrize(
    ("form", "kept", "why"),
    [
        ("none", [], "no readable plan is stored"),
        ("", [], "no readable plan is stored"),
        ("human", [], "the stored plan is another one"),
        ("json", [], "the stored plan is another one"),
        ("human", [(NAME, HUMAN.encode(), {"plan": "plan-main-9"})], "is another one"),
        ("human", [(NAME, b"It would be fine.", {})], "has no counts"),
        ("human", [(NAME, b"x", {"key": "other"})], "has no key tfplan"),
        ("json", [(f"{NAME}.json", b"\x1f\x8bnonsense", {})], "is no gzip"),
        ("json", [(f"{NAME}.json", gzip.compress(b"{"), {})], "no plan in JSON"),
        ("json", [(f"{NAME}.json-0", PACKED[:60], {"chunk": "0"})], "or not whole"),
        ("json", CUT_JSON, f"has more than the {CHUNKS} parts that are named"),
        ("human", CUT_TEXT, f"has more than the {CHUNKS} parts that are named"),
        (
            "json",
            [
                (f"{NAME}.json-0", PACKED[:60], {"chunk": "0"}),
                (f"{NAME}.json-1", PACKED[60:], {"chunk": "1", "plan": "plan-main-9"}),
            ],
            "do not belong together",
        ),
        (
            "json",
            [
                (f"{NAME}.json-0", PACKED[60:], {"chunk": "1"}),
                (f"{NAME}.json-1", PACKED[:60], {"chunk": "0"}),
            ],
            "do not belong together",
        ),
    ],
)
async def test_what_is_not_known_is_said_and_not_guessed(
    place: Place, form: str, kept: list[Any], why: str
) -> None:
    kind = "Secret" if form == "json" else "ConfigMap"
    for name, content, notes in kept:
        await keep(place, kind, name, content, **notes)
    found = await counts(place, form)
    assert isinstance(found, str)
    assert why in found


async def test_nothing_but_addresses_and_actions_is_kept_of_a_plan(place: Place) -> None:
    await keep(place, "Secret", f"{NAME}.json", PACKED)
    copies = PlanCopies(place.api, 5)
    found = await json_plan(copies, place.namespace, "default-lake", PLAN)
    assert found is not None
    assert found.plan is not None
    assert SECRET not in repr(found)
    assert await json_plan(copies, place.namespace, "default-lake", "plan-main-9") is None


async def test_a_plan_that_is_not_named_to_us_is_a_reason_in_words(tmp_path: Path) -> None:
    async with Kubernetes(Clock()) as server:
        server.faults.append(Fault("/(secrets|configmaps)/", status=403, times=99))
        async with connected(server.kubeconfig(tmp_path / "config"), None) as api:
            found = await applied_counts(PlanCopies(api, 5), "lake", "default-lake", "human", PLAN)
            plan = await json_plan(PlanCopies(api, 5), "lake", "default-lake", PLAN)
    assert "may not be read" in str(found)
    assert plan is not None
    assert "secret lake/tfplan-default-lake.json" in plan.problem
