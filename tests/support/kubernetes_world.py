"""An API server to test against, whichever it is, and hands that every API server understands.

`SERVERS` names the ways to have one; each is given a folder and yields the path of a kubeconfig.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from real_cluster import cluster

from bot.clients.kubernetes.connection import connected
from bot.simulators.clock import Clock
from bot.simulators.kubernetes import Kubernetes

Json = dict[str, Any]

TERRAFORM = ("infra.contrib.fluxcd.io", "v1alpha2", "terraforms")
GIT_REPOSITORY = ("source.toolkit.fluxcd.io", "v1", "gitrepositories")
LEASE = ("coordination.k8s.io", "v1", "leases")
_CUSTOM = {"Terraform": TERRAFORM, "GitRepository": GIT_REPOSITORY, "Lease": LEASE}

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[Path]:
    """The simulator."""
    async with Kubernetes(Clock()) as server:
        admin = server.token_for("admin", ["system:masters"])
        yield server.kubeconfig(folder / "kubeconfig", token=admin)


@asynccontextmanager
async def real(folder: Path) -> AsyncIterator[Path]:
    """A kube-apiserver, shared by the tests of this process."""
    yield cluster().server.kubeconfig()


SERVERS: dict[str, Callable[[Path], AbstractAsyncContextManager[Path]]] = {
    "embedded": embedded,
    "real": real,
}


def servers() -> list[Any]:
    """`SERVERS` as a fixture's parameters: all but the simulator are marked `cluster`."""
    return [
        pytest.param(name, marks=() if name == "embedded" else pytest.mark.cluster)
        for name in SERVERS
    ]


class Place:
    """A fresh namespace of an API server, and hands in it that go over HTTP."""

    def __init__(self, api: client.ApiClient, namespace: str, kubeconfig: Path) -> None:
        self.api, self.namespace, self.kubeconfig = api, namespace, kubeconfig
        self.custom = client.CustomObjectsApi(api)
        self.core = client.CoreV1Api(api)

    async def create(self, item: Json) -> Json:
        """A new object of whatever kind, as it is then."""
        item = copy.deepcopy(item)
        if item["kind"] in _CUSTOM:
            group, version, plural = _CUSTOM[item["kind"]]
            return await self.custom.create_namespaced_custom_object(
                group, version, self.namespace, plural, item
            )
        create = {
            "Secret": self.core.create_namespaced_secret,
            "ConfigMap": self.core.create_namespaced_config_map,
            "Event": self.core.create_namespaced_event,
            "Pod": self.core.create_namespaced_pod,
        }[item["kind"]]
        return self.api.sanitize_for_serialization(await create(self.namespace, item))

    async def get(self, resource: tuple[str, str, str], name: str) -> Json:
        return await self.custom.get_namespaced_custom_object(
            *resource[:2], self.namespace, resource[2], name
        )

    async def list(self, resource: tuple[str, str, str], **options: Any) -> Json:
        return await self.custom.list_namespaced_custom_object(
            *resource[:2], self.namespace, resource[2], **options
        )

    async def put(self, resource: tuple[str, str, str], item: Json, **options: Any) -> Json:
        """Replace an object."""
        return await self.custom.replace_namespaced_custom_object(
            *resource[:2],
            self.namespace,
            resource[2],
            item["metadata"]["name"],
            copy.deepcopy(item),
            **options,
        )

    async def patch(
        self,
        resource: tuple[str, str, str],
        name: str,
        patch: Any,
        *,
        media: str = MERGE,
        **options: Any,
    ) -> Json:
        return await self.custom.patch_namespaced_custom_object(
            *resource[:2],
            self.namespace,
            resource[2],
            name,
            patch,
            _content_type=media,
            **options,
        )

    async def patch_status(
        self, resource: tuple[str, str, str], name: str, patch: Any, *, media: str = MERGE
    ) -> Json:
        return await self.custom.patch_namespaced_custom_object_status(
            *resource[:2], self.namespace, resource[2], name, patch, _content_type=media
        )

    async def delete(self, resource: tuple[str, str, str], name: str, **options: Any) -> Json:
        return await self.custom.delete_namespaced_custom_object(
            *resource[:2], self.namespace, resource[2], name, **options
        )


class Refused:
    """`async with Refused(409, "Conflict")`: the API server says no, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason

    async def __aenter__(self) -> Refused:
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert isinstance(error, ApiException), "nothing was refused"
        assert error.status == self.code
        assert json.loads(error.body)["reason"] == self.reason
        return True


@asynccontextmanager
async def place_at(server: str, folder: Path) -> AsyncIterator[Place]:
    """A `Place` at one of `SERVERS`."""
    async with (
        SERVERS[server](folder) as kubeconfig,
        connected(kubeconfig, None) as api,
    ):
        core = client.CoreV1Api(api)
        made = await core.create_namespace({"metadata": {"generateName": "place-"}})
        yield Place(api, made.metadata.name, kubeconfig)
        await core.delete_namespace(made.metadata.name)


def terraform(name: str, **metadata: Any) -> Json:
    return {
        "apiVersion": "infra.contrib.fluxcd.io/v1alpha2",
        "kind": "Terraform",
        "metadata": {"name": name, **metadata},
        "spec": {
            "interval": "5m",
            "path": "./platform",
            "approvePlan": "auto",
            "sourceRef": {"kind": "GitRepository", "name": "lake"},
        },
    }


def git_repository(name: str, **metadata: Any) -> Json:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": name, **metadata},
        "spec": {"interval": "5m", "url": "https://git.example/octo/lake"},
    }


def secret(name: str, data: dict[str, bytes]) -> Json:
    packed = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": packed}


def config_map(name: str, data: dict[str, str]) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def lease(name: str, **spec: Any) -> Json:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name},
        "spec": spec,
    }
