"""The objects that a platform like lotus-lake has in its cluster, as plain manifests.

A simulator: imports nothing of the bot. `facts/lotus-lake.md` and `facts/tofu-controller.md`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

NAMESPACE = "lotus-lake"
SOURCE_NAMESPACE = "flux-system"
TERRAFORM = "lotus-lake-airbyte"
VARIABLES = "lotus-lake-terraform-vars"


def namespace(name: str = NAMESPACE) -> Json:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def git_repository(url: str, name: str = "lotus-lake", **spec: Any) -> Json:
    """A GitRepository that follows `main`; `spec` replaces what is said otherwise."""
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": name, "namespace": SOURCE_NAMESPACE},
        "spec": {
            "url": url,
            "interval": "10m",
            "timeout": "60s",
            "ref": {"branch": "main"},
            **spec,
        },
    }


def terraform(source: str = "lotus-lake", name: str = TERRAFORM, **spec: Any) -> Json:
    """A Terraform that applies by itself; `spec` replaces what is said otherwise."""
    return {
        "apiVersion": "infra.contrib.fluxcd.io/v1alpha2",
        "kind": "Terraform",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "interval": "5m",
            "retryInterval": "1m",
            "approvePlan": "auto",
            "destroyResourcesOnDeletion": True,
            "storeReadablePlan": "human",
            "path": "./orchestration/airbyte/terraform",
            "sourceRef": {"kind": "GitRepository", "name": source, "namespace": SOURCE_NAMESPACE},
            "varsFrom": [{"kind": "Secret", "name": VARIABLES}],
            **spec,
        },
    }


def plan_only_copy(source: str, name: str, *, of: str = TERRAFORM, **spec: Any) -> Json:
    """The copy that only plans, on the state of the original."""
    wanted: Json = {
        "approvePlan": "",
        "planOnly": True,
        "force": False,
        "destroyResourcesOnDeletion": False,
        "interval": "60m",
        "storeReadablePlan": "json",
        "plan": {"lock": False},
        "backendConfig": {"secretSuffix": of, "inClusterConfig": True},
    }
    return terraform(source, name, **{**wanted, **spec})


def variables(values: Mapping[str, str], name: str = VARIABLES) -> Json:
    """The Secret that the variables come from."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "data": data,
    }
