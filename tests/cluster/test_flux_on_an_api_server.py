"""The simulated controllers on a real API server tell the recorded story there too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from api_server import ApiServer, api_server
from flux_world import NAMESPACE, SOURCE, TERRAFORM, source, terraform, variables

from bot.simulators.clock import Clock
from bot.simulators.flux import Flux, manifests
from bot.simulators.flux.api import Api, Server
from bot.simulators.flux.scripted import (
    Broken,
    ImaginaryProvider,
    Module,
    ScriptedGit,
    ScriptedPlanner,
)
from bot.simulators.flux.terraform import REQUEST

pytestmark = pytest.mark.cluster

Json = dict[str, Any]
SPEED = 5.0
PATIENCE = 60.0
A, B = "a" * 40, "b" * 40
SCRIPT = {A: Module({"null_resource.a": {"triggers": {}}}, {"names": ["a"]}), B: Broken()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(tmp_path_factory.mktemp("flux")) as server:
        items = [manifests.namespace(NAMESPACE), manifests.namespace("flux-system"), variables()]
        done = server.kubectl("apply", "-f", "-", given=items)
        assert done.returncode == 0, done.stderr
        yield server


@asynccontextmanager
async def running(server: ApiServer, git: ScriptedGit):
    place = server.kubeconfig()
    flux = Flux(
        place,
        git=git,
        planner=ScriptedPlanner(SCRIPT),
        provider=ImaginaryProvider(),
        clock=Clock(SPEED),
    )
    async with flux, Api(Server.of(place)) as api:
        yield api


async def until(api: Api, holds: Callable[[Json | None], object]) -> list[str]:
    """Watch the Terraform until something holds; each Ready on the way."""
    seen: list[str] = []
    items, version = await api.list("Terraform")
    if any(holds(item) for item in items):
        return seen
    async with asyncio.timeout(PATIENCE):
        async for type, item in api.watch("Terraform", version):
            conditions = (item.get("status") or {}).get("conditions") or ()
            for each in conditions:
                shown = f"{each['status']}/{each['reason']}: {each['message'][:24]}"
                if each["type"] == "Ready" and seen[-1:] != [shown]:
                    seen.append(shown)
            if holds(None if type == "DELETED" else item):
                return seen
    raise AssertionError("the watch ended")


def attempted(sha: str, status: str) -> Callable[[Json | None], object]:
    def holds(item: Json | None) -> bool:
        found = (item or {}).get("status") or {}
        ready = [c["status"] for c in found.get("conditions") or () if c["type"] == "Ready"]
        return found.get("lastAttemptedRevision") == f"main@sha1:{sha}" and ready == [status]

    return holds


async def test_a_pass_a_failure_and_a_deletion(server: ApiServer) -> None:
    git = ScriptedGit({"refs/heads/main": A})
    async with running(server, git) as api:
        await api.create("GitRepository", "flux-system", source())
        await api.create("Terraform", NAMESPACE, terraform(storeReadablePlan="json"))
        seen = await until(api, attempted(A, "True"))
        assert seen[-4:] == [
            "Unknown/TerraformPlannedWithChanges: Plan generated",
            "Unknown/Progressing: Applying",
            f"Unknown/TerraformAppliedSucceed: {'Applied successfully: main'[:24]}",
            f"True/TerraformAppliedSucceed: {'Applied successfully: main'[:24]}",
        ]
        secrets = {item["metadata"]["name"] for item in (await api.list("Secret", NAMESPACE))[0]}
        assert {f"tfstate-default-{TERRAFORM}", f"tfplan-default-{TERRAFORM}.json"} <= secrets
        git.refs["refs/heads/main"] = B
        asked = {"metadata": {"annotations": {REQUEST: "now"}}}
        await api.patch("GitRepository", "flux-system", SOURCE, asked)
        seen = await until(api, attempted(B, "False"))
        assert seen[-1].startswith("False/TFExecPlanFailed: error running Plan")
        git.refs["refs/heads/main"] = A
        await api.patch(
            "GitRepository", "flux-system", SOURCE, {"metadata": {"annotations": {REQUEST: "2"}}}
        )
        await until(api, attempted(A, "True"))
        await api.delete("Terraform", NAMESPACE, TERRAFORM)
        await until(api, lambda item: item is None)
        reasons = {item["reason"] for item in (await api.list("Event", NAMESPACE))[0]}
        assert {"TerraformAppliedSucceed", "TFExecPlanFailed", "ReconciliationFailed"} <= reasons
