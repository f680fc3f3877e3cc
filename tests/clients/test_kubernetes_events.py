"""Events over HTTP: the warnings about one object, by their reasons alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kubernetes_world import Place, place_at, servers

from bot.clients.kubernetes.cluster import Cluster
from bot.model.cluster import Warned

AT = "2026-03-01T12:00:00Z"


@pytest.fixture(params=servers())
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(request.param, tmp_path) as made:
        yield made


def event(name: str, type_: str, reason: str, about: str = "lake", **more: Any) -> dict[str, Any]:
    return {
        "kind": "Event",
        "metadata": {"name": name},
        "involvedObject": {"kind": "Terraform", "name": about},
        "type": type_,
        "reason": reason,
        "message": "password = hunter2",
        **more,
    }


async def test_only_the_warnings_about_this_object_are_told(place: Place) -> None:
    in_namespace = {"namespace": place.namespace}
    for item in (
        event("a", "Warning", "DriftDetected", lastTimestamp=AT),
        event("b", "Normal", "NoDrift", lastTimestamp=AT),
        event("c", "Warning", "ArtifactFailed", "other", lastTimestamp=AT),
    ):
        await place.create(item | {"involvedObject": item["involvedObject"] | in_namespace})
    found = await Cluster(place.api, 10).warnings("Terraform", place.namespace, "lake")
    assert found == (Warned("DriftDetected", datetime(2026, 3, 1, 12, tzinfo=UTC)),)
