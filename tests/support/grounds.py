"""Where a day is played: on the simulated API server, or on a real one under the bot's own account.

On the real one exactly the manifests' rights are given, with the names that the doctor prints.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from api_server import ROOT
from audit import Asked, Grant, grants
from real_cluster import CLUSTER_WIDE, NAMESPACED, RealCluster, real_cluster

from bot.clients.kubernetes.permissions import role
from bot.demo.stage import ApiServer
from bot.model.names import names_of
from bot.simulators.flux import manifests

Json = dict[str, Any]
OVERLAYS = {
    "cluster-wide": ("lotus-bot", "lotus-bot"),
    "namespaced": (manifests.NAMESPACE, "lotus-bot"),
}
"""Each overlay with the ServiceAccount (namespace, name) that the bot has there."""
_RIGHTS = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
_ASKED_AT_MOST = 20_000


@dataclass(frozen=True)
class Ground:
    """`cluster` None: the stage's own simulator. `token`: the bot's, who sees `namespaces`."""

    cluster: ApiServer | None = None
    token: str = ""
    namespaces: tuple[str, ...] = ()
    hear: Callable[[], object] | None = None
    """Blocks until the API server has answered, where that is another process."""


EMBEDDED = Ground()


def ground(name: str, config_map: str = "") -> Ground:
    """One of `GROUNDS`, ready for a new day; what `installed` adds for a ConfigMap is given too."""
    if name == "embedded":
        return EMBEDDED
    cluster = real_cluster()
    if name == "one namespace":
        _install(cluster, "namespaced", config_map)
        return Ground(cluster, NAMESPACED, (manifests.NAMESPACE,), cluster.hear)
    _install(cluster, "cluster-wide", config_map)
    return Ground(cluster, CLUSTER_WIDE, hear=cluster.hear)


GROUNDS = ["embedded", pytest.param("real", marks=pytest.mark.cluster)]
"""As a fixture's parameters; besides there is `one namespace`: the other overlay."""


def user(overlay: str) -> str:
    """The name that the API server knows the bot by."""
    return "system:serviceaccount:{}:{}".format(*OVERLAYS[overlay])


@cache
def installed(overlay: str, config_map: str = "") -> tuple[Json, ...]:
    """An overlay and what the doctor prints for the stage's Terraform object, namespaces first.

    `config_map`: as if the object had variables of this ConfigMap too.
    """
    item = manifests.terraform()
    if config_map:
        item["spec"]["varsFrom"].append({"kind": "ConfigMap", "name": config_map})
    named = [dict(each) for each in role(manifests.NAMESPACE, names_of([item]), OVERLAYS[overlay])]
    printed = {(each["kind"], each["metadata"]["name"]) for each in named}
    folder = ROOT / "manifests" / "overlays" / overlay
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    items = list(yaml.safe_load_all(done.stdout))
    others = [each for each in items if (each["kind"], each["metadata"]["name"]) not in printed]
    return (*sorted(others, key=lambda each: each["kind"] != "Namespace"), *named)


def _install(cluster: RealCluster, overlay: str, config_map: str) -> None:
    """These rights and no others: both overlays have roles of the same names."""
    wanted = installed(overlay, config_map)
    if cluster.installed == wanted:
        return
    for item in cluster.installed:
        if item["kind"] in _RIGHTS:
            place = item["metadata"].get("namespace", ""), item["metadata"]["name"]
            cluster.delete(item["kind"], *place)
    done = cluster.server.kubectl("apply", "--server-side", "-f", "-", given=list(wanted))
    assert done.returncode == 0, done.stderr
    cluster.installed = wanted
    given = [_as_asked(grant) for grant in grants(wanted)]
    until(lambda: all(cluster.may(user(overlay), asked) for asked in given), "the rights are there")


def _as_asked(grant: Grant) -> Asked:
    name = grant.names[0] if grant.names else ""
    return Asked(grant.verb, grant.group, grant.resource, grant.namespace, name)


def until(holds: Callable[[], bool], what: str) -> None:
    """Ask the API server until it is so: what it knows of rights follows what is written."""
    for _ in range(_ASKED_AT_MOST):
        if holds():
            return
    raise TimeoutError(f"never: {what}")
