"""The same tests at every API server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kubernetes_world import Place, place_at, servers


@pytest.fixture(params=servers())
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(request.param, tmp_path) as made:
        yield made
