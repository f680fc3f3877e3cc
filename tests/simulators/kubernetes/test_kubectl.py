"""The real kubectl, against every API server."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest
from kubernetes_world import Place, git_repository, secret, terraform

pytestmark = pytest.mark.kubectl


async def kubectl(place: Place, *words: str, given: Any = None, fails: bool = False) -> str:
    """What it prints; `given` is a manifest for its standard input."""
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "--kubeconfig", str(place.kubeconfig), "--namespace", place.namespace),
        *("--cache-dir", str(place.kubeconfig.parent / "cache"), *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(place.kubeconfig.parent)},
    )
    sent = b"" if given is None else json.dumps(given).encode()
    out, err = await process.communicate(sent)
    assert (process.returncode != 0) is fails, err.decode()
    return (err if fails else out).decode()


async def test_it_discovers_what_is_served(place: Place) -> None:
    listed = await kubectl(place, "api-resources", "-o", "name")
    assert {
        "terraforms.infra.contrib.fluxcd.io",
        "gitrepositories.source.toolkit.fluxcd.io",
        "secrets",
        "leases.coordination.k8s.io",
    } <= set(listed.split())
    version = json.loads(await kubectl(place, "get", "--raw", "/version"))
    assert {"major", "minor", "gitVersion", "platform"} <= version.keys()


async def test_it_applies_and_gets(place: Place) -> None:
    apply = ("apply", "--server-side", "-f", "-")
    assert "lake serverside-applied" in await kubectl(place, *apply, given=terraform("lake"))
    assert "lake serverside-applied" in await kubectl(place, *apply, given=git_repository("lake"))
    assert "s serverside-applied" in await kubectl(place, *apply, given=secret("s", {"a": b"1"}))
    found = json.loads(await kubectl(place, "get", "terraform", "lake", "-o", "json"))
    assert found["spec"] == terraform("lake")["spec"]
    assert json.loads(await kubectl(place, "get", "secret", "s", "-o", "json"))["data"]["a"]
    assert "lake" in await kubectl(place, "get", "gitrepositories")


async def test_it_applies_the_old_way_too(place: Place) -> None:
    apply = ("apply", "-f", "-")
    assert "lake created" in await kubectl(place, *apply, given=terraform("lake"))
    changed = terraform("lake")
    changed["spec"]["suspend"] = True
    del changed["spec"]["path"]
    assert "lake configured" in await kubectl(place, *apply, given=changed)
    found = json.loads(await kubectl(place, "get", "terraform", "lake", "-o", "json"))
    assert found["spec"] == changed["spec"]


async def test_it_annotates_labels_and_patches(place: Place) -> None:
    await place.create(terraform("lake"))
    await kubectl(place, "annotate", "terraform/lake", "reconcile.fluxcd.io/requestedAt=now")
    await kubectl(place, "label", "terraform/lake", "app=lake")
    await kubectl(
        place, "patch", "terraform/lake", "--type=merge", "-p", '{"spec":{"suspend":true}}'
    )
    operations = '[{"op":"replace","path":"/spec/interval","value":"1m"}]'
    await kubectl(place, "patch", "terraform/lake", "--type=json", "-p", operations)
    listed = await kubectl(place, "get", "terraforms", "-l", "app=lake", "-o", "json")
    (found,) = json.loads(listed)["items"]
    assert found["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"] == "now"
    assert (found["spec"]["suspend"], found["spec"]["interval"]) == (True, "1m")


async def test_it_waits_for_a_condition(place: Place) -> None:
    await place.create(terraform("lake"))
    waiting = asyncio.create_task(
        kubectl(place, "wait", "terraform/lake", "--for=condition=Ready", "--timeout=20s")
    )
    status = json.dumps({"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    patch = ("patch", "terraform/lake", "--subresource=status", "--type=merge", "-p", status)
    await kubectl(place, *patch)
    assert "condition met" in await waiting


async def test_it_waits_for_a_deletion(place: Place) -> None:
    await place.create(terraform("lake", finalizers=["tf.example/keep"]))
    await kubectl(place, "delete", "terraform", "lake", "--wait=false")
    waiting = asyncio.create_task(
        kubectl(place, "wait", "terraform/lake", "--for=delete", "--timeout=20s")
    )
    patch = '{"metadata":{"finalizers":null}}'
    await kubectl(place, "patch", "terraform/lake", "--type=merge", "-p", patch)
    await waiting
    told = await kubectl(place, "get", "terraform", "lake", fails=True)
    assert '(NotFound): terraforms.infra.contrib.fluxcd.io "lake" not found' in told


async def test_it_is_told_why_not(place: Place) -> None:
    bad = terraform("Lake")
    told = await kubectl(place, "apply", "--server-side", "-f", "-", given=bad, fails=True)
    assert '"Lake" is invalid: metadata.name: Invalid value' in told


async def test_the_definitions_are_established(place: Place) -> None:
    for name in ("terraforms.infra.contrib.fluxcd.io", "gitrepositories.source.toolkit.fluxcd.io"):
        waited = await kubectl(place, "wait", f"crd/{name}", "--for=condition=Established")
        assert "condition met" in waited
