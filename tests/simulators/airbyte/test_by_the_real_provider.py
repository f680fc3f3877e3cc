"""The simulator and our provider, held against OpenTofu and the real provider where they are.

Marked `tofu`: needs `tofu` or `terraform` on PATH that can install aballiet/airbyte-oss 1.2.3 and
hashicorp/null (from a registry, or a mirror named in its CLI configuration).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.lifecycle.catalog import quieted, written
from bot.simulators.airbyte import Airbyte
from bot.simulators.airbyte.provider import AirbyteProvider

pytestmark = [pytest.mark.tofu, pytest.mark.timeout(300)]

MODULE = """
terraform {
  required_providers {
    airbyte = { source = "aballiet/airbyte-oss", version = "1.2.3" }
    null    = { source = "hashicorp/null" }
  }
}
variable "server" {}
variable "workspace_id" {}
variable "armed" { default = false }
provider "airbyte" {
  server_url = var.server
  username   = "nobody"
  password   = "asks"
}
resource "airbyte_source" "shop" {
  name                     = "Shop"
  workspace_id             = var.workspace_id
  source_definition_id     = "11111111-1111-4111-8111-111111111111"
  connection_configuration = jsonencode({ token = "t", nested = { n = 1.50 } })
}
resource "airbyte_destination" "lake" {
  name                      = "Lake"
  workspace_id              = var.workspace_id
  destination_definition_id = "33333333-3333-4333-8333-333333333333"
  connection_configuration  = jsonencode({ bucket = "b" })
}
resource "airbyte_connection" "shop_to_lake" {
  name           = "Shop to lake"
  source_id      = airbyte_source.shop.source_id
  destination_id = airbyte_destination.lake.destination_id
  status         = "active"
  schedule_type  = "manual"
  sync_catalog   = jsondecode(file("${path.module}/_catalog.json"))
}
resource "null_resource" "backfill" {
  count    = var.armed ? 1 : 0
  triggers = { connection_id = airbyte_connection.shop_to_lake.connection_id }
  provisioner "local-exec" {
    command = "curl -s -X POST ${var.server}v1/connections/reset -H 'Content-Type: application/json' -d '{\\"connectionId\\": \\"${airbyte_connection.shop_to_lake.connection_id}\\"}'"
  }
}
"""


def stream(**config: Any) -> dict[str, Any]:
    return {
        "stream": {
            "name": "or-ders",
            "supported_sync_modes": ["full_refresh", "incremental"],
            "json_schema": {
                "type": '["null", "object"]',
                "properties": '{"id": {"type": "integer"}, "total": {"maximum": 1.50e21}, "é<": {}}',
            },
            "default_cursor_field": [],
            "source_defined_cursor": True,
        },
        "config": {
            "sync_mode": "incremental",
            "cursor_field": ["id"],
            "destination_sync_mode": "append_dedup",
            "primary_key": [["id"]],
            "alias_name": "or-ders",
            "selected": True,
            "suggested": True,
            **config,
        },
    }


SELECTED = {
    "field_selection_enabled": True,
    "selected_fields": [{"field_path": ["total"]}, {"field_path": ["id"]}],
}
CATALOGS = {
    "all fields": [stream()],
    "selected fields": [stream(**SELECTED)],
    "a stream that is not selected": [
        stream(),
        {**stream(selected=False), "stream": {**stream()["stream"], "name": "b"}},
    ],
}


class RealTime:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Tofu:
    """The tool in one folder, against one simulator."""

    def __init__(self, folder: Path, airbyte: Airbyte) -> None:
        self.folder = folder
        self.airbyte = airbyte

    async def run(self, *arguments: str) -> int:
        tool = shutil.which("tofu") or shutil.which("terraform")
        assert tool
        variables = {
            "TF_VAR_server": f"{self.airbyte.url}/api/",
            "TF_VAR_workspace_id": self.airbyte.workspace_id,
            "TF_IN_AUTOMATION": "1",
        }
        process = await asyncio.create_subprocess_exec(
            tool,
            *arguments,
            cwd=self.folder,
            env={**os.environ, **variables},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await process.wait()

    async def apply(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Apply; the attributes of every resource by its type."""
        assert await self.run("apply", "-auto-approve", "-input=false", *arguments) == 0
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        return {
            resource["type"]: resource["instances"][0]["attributes"]
            for resource in state["resources"]
        }


@pytest.fixture
async def tofu(tmp_path: Path) -> AsyncIterator[Tofu]:
    if not (shutil.which("tofu") or shutil.which("terraform")):
        pytest.skip("neither tofu nor terraform is on PATH")
    (tmp_path / "main.tf").write_text(MODULE)
    async with Airbyte(RealTime()) as airbyte:
        made = Tofu(tmp_path, airbyte)
        if await made.run("init", "-input=false") != 0:
            pytest.skip("the providers cannot be installed here")
        yield made


@pytest.mark.parametrize("streams", CATALOGS.values(), ids=CATALOGS.keys())
async def test_our_provider_stores_and_reads_what_the_real_one_does(tofu, streams):
    (tofu.folder / "_catalog.json").write_text(json.dumps({"streams": streams}))
    created = await tofu.apply()
    refreshed = await tofu.apply("-refresh-only")
    async with AirbyteProvider(f"{tofu.airbyte.url}/api/") as ours:
        ids: dict[str, str] = {}
        for type_, attributes in sorted(created.items(), reverse=True):
            own_id = type_.replace("airbyte_", "") + "_id"
            assert await ours.read(type_, attributes) == refreshed[type_]
            planned = {**attributes, **ids} if type_ == "airbyte_connection" else attributes
            made = await ours.create(type_, {**planned, own_id: None})
            ids[own_id] = made[own_id]
            assert {**made, own_id: attributes[own_id]} == {**planned, own_id: attributes[own_id]}


async def test_a_real_apply_fires_one_reset_and_a_real_destroy_leaves_nothing(tofu):
    (tofu.folder / "_catalog.json").write_text(json.dumps({"streams": CATALOGS["all fields"]}))
    await tofu.apply("-var=armed=true")
    assert [job.type.value for job in tofu.airbyte.jobs] == ["reset_connection"]
    assert await tofu.run("destroy", "-auto-approve", "-input=false") == 0
    assert tofu.airbyte.world.listed("source") == []
    assert tofu.airbyte.world.connections_of(tofu.airbyte.workspace_id) == []


@pytest.mark.parametrize("streams", CATALOGS.values(), ids=CATALOGS.keys())
async def test_a_catalog_drifts_for_ever_and_its_quiet_form_plans_nothing_at_once(tofu, streams):
    file, catalog = tofu.folder / "_catalog.json", {"streams": streams}
    file.write_text(json.dumps(catalog))
    await tofu.apply()
    assert await tofu.run("plan", "-detailed-exitcode", "-input=false") == 2
    file.write_bytes(written(quieted(catalog).catalog, None))
    assert await tofu.run("plan", "-detailed-exitcode", "-input=false") == 0
