"""The objects that keep a plan: the binary Secret, the readable Secret or ConfigMap, in chunks.

A simulator: imports nothing of the bot. Names, labels and annotations are the recorded ones'.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import asdict
from typing import Any

from bot.simulators.flux.api import Api
from bot.simulators.flux.planning import Plan
from bot.simulators.flux.terraform import Terraform

Json = dict[str, Any]

CHUNK = 2**20
"""Bytes that one object holds; what is longer is cut."""
_PREFIX = "infra.contrib.fluxcd.io/"
_LONGEST_LABEL = 63


def binary(plan: Plan) -> bytes:
    """What stands for the tool's plan file. Nobody but the tool reads that."""
    return json.dumps([asdict(change) for change in plan.changes]).encode()


async def store(api: Api, terraform: Terraform, plan_id: str, kind: str, content: bytes) -> None:
    """Put the content in place of what an earlier plan left. `kind`: binary, json or human."""
    suffix = ".json" if kind == "json" else ""
    what = "ConfigMap" if kind == "human" else "Secret"
    await forget(api, terraform, what, suffix)
    packed = content if kind == "human" else gzip.compress(content, mtime=0)
    chunks = [packed[start : start + CHUNK] for start in range(0, len(packed), CHUNK)] or [b""]
    for number, chunk in enumerate(chunks):
        place = f"-{number}" if len(chunks) > 1 else ""
        document = _document(terraform, what, suffix, place)
        document["metadata"]["annotations"] |= {
            "savedPlan": plan_id,
            f"{_PREFIX}plan-hash": hashlib.sha256(chunk).hexdigest(),
        }
        if place:
            document["metadata"]["annotations"][f"{_PREFIX}plan-chunk"] = str(number)
        readable = what == "ConfigMap"
        data = chunk.decode(errors="ignore") if readable else base64.b64encode(chunk).decode()
        await api.create(what, terraform.key[0], {**document, "data": {"tfplan": data}})


async def forget(api: Api, terraform: Terraform, what: str = "Secret", suffix: str = "") -> None:
    """Delete what an earlier plan left of that kind."""
    namespace, name = terraform.key
    labels = _labels(terraform, name + suffix)
    selector = ",".join(f"{label}={value}" for label, value in labels.items())
    for found in (await api.list(what, namespace, selector))[0]:
        await api.delete(what, namespace, found["metadata"]["name"])


def _labels(terraform: Terraform, name: str) -> dict[str, str]:
    return {
        f"{_PREFIX}plan-name": _label(name),
        f"{_PREFIX}plan-workspace": _label(terraform.workspace),
    }


def _label(name: str) -> str:
    if len(name) <= _LONGEST_LABEL:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_LABEL - 9]}-{digest}"


def _document(terraform: Terraform, what: str, suffix: str, place: str) -> Json:
    name = terraform.key[1]
    encoding = {} if what == "ConfigMap" else {"encoding": "gzip"}
    owner = {
        "apiVersion": "infra.contrib.fluxcd.io/v1alpha2",
        "kind": "Terraform",
        "name": name,
        "uid": terraform.metadata.get("uid", ""),
    }
    metadata = {
        "name": f"tfplan-{terraform.workspace}-{name}{suffix}{place}",
        "labels": _labels(terraform, name + suffix),
        "annotations": {
            **encoding,
            f"{_PREFIX}plan-full-name": name + suffix,
            f"{_PREFIX}plan-full-workspace": terraform.workspace,
        },
        "ownerReferences": [owner],
    }
    kind = {"type": "Opaque"} if what == "Secret" else {}
    return {"apiVersion": "v1", "kind": what, **kind, "metadata": metadata}
