"""Where a day is played: on the simulated API server, or on a real one under the bot's own account.

On the real one exactly the manifests' rights are given, with the names that the doctor prints.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from api_server import ROOT
from real_cluster import CLUSTER_WIDE, NAMESPACED, RealCluster, real_cluster

from bot.clients.kubernetes.permissions import role
from bot.demo.stage import ApiServer
from bot.model.names import names_of
from bot.simulators.flux import manifests

Json = dict[str, Any]


@dataclass(frozen=True)
class Ground:
    """`cluster` None: the stage's own simulator. `token`: the bot's, who sees `namespaces`."""

    cluster: ApiServer | None = None
    token: str = ""
    namespaces: tuple[str, ...] = ()


EMBEDDED = Ground()


def ground(name: str) -> Ground:
    """One of `GROUNDS`, ready for a new day."""
    if name == "embedded":
        return EMBEDDED
    cluster = real_cluster()
    if name == "one namespace":
        _install(cluster, "namespaced")
        return Ground(cluster, NAMESPACED, (manifests.NAMESPACE,))
    _install(cluster, "cluster-wide")
    return Ground(cluster, CLUSTER_WIDE)


GROUNDS = ["embedded", pytest.param("real", marks=pytest.mark.cluster)]
"""As a fixture's parameters; besides there is `one namespace`: the other overlay."""


def rendered(overlay: str) -> list[Json]:
    """The objects of an overlay, namespaces first."""
    folder = ROOT / "manifests" / "overlays" / overlay
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    items = list(yaml.safe_load_all(done.stdout))
    return sorted(items, key=lambda item: item["kind"] != "Namespace")


def granted_by_name(account: tuple[str, str], config_map: str = "") -> list[Json]:
    """What the doctor prints for the stage's Terraform object, with this ConfigMap if any."""
    item = manifests.terraform()
    if config_map:
        item["spec"]["varsFrom"].append({"kind": "ConfigMap", "name": config_map})
    names = names_of([item])
    return [dict(item) for item in role(manifests.NAMESPACE, names, account)]


@cache
def _install(cluster: RealCluster, overlay: str) -> None:
    """The overlay; what is read by name is in one of them only."""
    given = rendered(overlay)
    if overlay == "cluster-wide":
        given += granted_by_name(("lotus-bot", "lotus-bot"))
    done = cluster.server.kubectl("apply", "--server-side", "-f", "-", given=given)
    assert done.returncode == 0, done.stderr
