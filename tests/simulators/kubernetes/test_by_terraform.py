"""The real tool keeps its state in the API server, and the bot reads what it kept."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from pathlib import Path

import pytest
from kubernetes_world import Place, terraform

from bot.clients.kubernetes.cluster import Cluster
from bot.plan.state import parse_state
from bot.runtime.observe.inputs import read_state

pytestmark = pytest.mark.tofu

BACKEND = """
terraform {{
  backend "kubernetes" {{
    secret_suffix = "lake"
    namespace     = "{place.namespace}"
    config_path   = "{place.kubeconfig}"
  }}
}}
output "content" {{ value = file("content") }}
"""


async def tool(folder: Path, *words: str) -> str:
    name = shutil.which("tofu") or shutil.which("terraform") or "terraform"
    process = await asyncio.create_subprocess_exec(
        name,
        *words,
        "-no-color",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


@pytest.mark.parametrize("size", [10, 4_000_000])
async def test_a_state_is_read_as_the_tool_keeps_it(
    place: Place, tmp_path: Path, size: int
) -> None:
    """Small, in one Secret; and large, in as many as the tool makes of it."""
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(BACKEND.format(place=place))
    content = random.Random(7).randbytes(size // 2).hex()
    (folder / "content").write_text(content)
    await tool(folder, "init", "-input=false")
    await tool(folder, "apply", "-input=false", "-auto-approve")
    cluster = Cluster(place.api, 10)
    stored = await read_state(cluster, terraform("lake", namespace=place.namespace))
    assert stored.problem == ""
    assert stored.text is not None
    assert set(parse_state(stored.text).outputs) == {"content"}
    assert content.encode() in stored.text
    lock = await cluster.lease(place.namespace, "lock-tfstate-default-lake")
    assert lock.holder == ""
