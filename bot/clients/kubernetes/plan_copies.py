"""Creating and deleting plan-only copies and their sources, and reading the plans that are stored.

An edge. Whatever is deleted or freed here carries our label and is the very object that was meant:
both are looked at first, and the deletion says so again (`preconditions`). Of what was created by
others nothing can be hit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from bot.clients.errors import Conflict, NotFound
from bot.clients.kubernetes.access import Access, Attempt
from bot.clients.kubernetes.cluster import (
    FIELD_MANAGER,
    GIT_REPOSITORY,
    TERRAFORM,
    Resource,
    decoded,
    translated,
)
from bot.model.plan_copy import is_copy

_MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A Secret's or ConfigMap's contents by key, and its annotations."""

    data: Mapping[str, bytes] = field(repr=False)
    annotations: Mapping[str, str] = field(default_factory=dict)


class PlanCopies:
    """One API server with one identity; `seconds` is the time limit of one request."""

    def __init__(self, api: client.ApiClient, seconds: float) -> None:
        self._custom = client.CustomObjectsApi(api)
        self._core = client.CoreV1Api(api)
        self._seconds = seconds
        self._access = Access(api, seconds)

    async def may_create(self, resource: Resource, namespace: str) -> bool:
        """Whether we may; nothing is tried."""
        attempt = Attempt("create", resource.group, resource.plural, namespace)
        return await self._access.allows(attempt)

    async def find(self, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
        """An object's JSON, None where it is not there."""
        with translated(f"{resource} {namespace}/{name}"):
            try:
                found = await self._custom.get_namespaced_custom_object(
                    *_place(resource, namespace), name, _request_timeout=self._seconds
                )
            except ApiException as error:
                if error.status == 404:
                    return None
                raise
            if not isinstance(found, dict):
                raise TypeError("not an object")
            return found

    async def create(self, document: Mapping[str, Any]) -> None:
        """A copy; raises `Conflict` where the name is taken."""
        resource = TERRAFORM if document["kind"] == "Terraform" else GIT_REPOSITORY
        namespace = str(document["metadata"]["namespace"])
        with translated(f"create {resource} {namespace}/{document['metadata']['name']}"):
            await self._custom.create_namespaced_custom_object(
                *_place(resource, namespace),
                dict(document),
                field_manager=FIELD_MANAGER,
                _request_timeout=self._seconds,
            )

    async def suspend(self, resource: Resource, namespace: str, name: str) -> None:
        """A copy stays as it is from now on; raises `Conflict` where it is not ours."""
        found = await self.find(resource, namespace, name)
        if found is None:
            raise NotFound("Kubernetes", f"{resource} {namespace}/{name}", 404)
        if not is_copy(found):
            raise Conflict("Kubernetes", f"{resource} {namespace}/{name} is no copy", 409)
        version = found["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version}, "spec": {"suspend": True}}
        await self._patch(resource, namespace, name, patch)

    async def delete(self, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Delete a copy, if it is still this one; no error where it is gone."""
        if not await self._is_this(resource, namespace, name, uid):
            return
        only = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=uid))
        with translated(f"delete {resource} {namespace}/{name}"):
            try:
                await self._custom.delete_namespaced_custom_object(
                    *_place(resource, namespace),
                    name,
                    body=only,
                    _request_timeout=self._seconds,
                )
            except ApiException as error:
                if error.status not in (404, 409):
                    raise

    async def release(self, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Take every finalizer off a copy that is being deleted, if it is still this one."""
        found = await self.find(resource, namespace, name)
        if found is None or not is_copy(found) or found["metadata"].get("uid") != uid:
            return
        if not found["metadata"].get("deletionTimestamp"):
            raise Conflict("Kubernetes", f"{resource} {namespace}/{name} is not deleted", 409)
        version = found["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version, "finalizers": None}}
        await self._patch(resource, namespace, name, patch)

    async def secret(self, namespace: str, name: str) -> Kept:
        """A Secret with a plan; raises `NotFound`, and `Forbidden` where it is not named."""
        with translated(f"secret {namespace}/{name}"):
            found = await self._core.read_namespaced_secret(
                name, namespace, _request_timeout=self._seconds
            )
            data = {key: decoded(value) for key, value in (found.data or {}).items()}
            return Kept(data, _annotations(found))

    async def config_map(self, namespace: str, name: str) -> Kept:
        """A ConfigMap with a plan; raises as for a Secret."""
        with translated(f"configmap {namespace}/{name}"):
            found = await self._core.read_namespaced_config_map(
                name, namespace, _request_timeout=self._seconds
            )
            data = {key: value.encode() for key, value in (found.data or {}).items()}
            return Kept(data, _annotations(found))

    async def _is_this(self, resource: Resource, namespace: str, name: str, uid: str) -> bool:
        found = await self.find(resource, namespace, name)
        return found is not None and is_copy(found) and found["metadata"].get("uid") == uid

    async def _patch(
        self, resource: Resource, namespace: str, name: str, patch: dict[str, Any]
    ) -> None:
        with translated(f"patch {resource} {namespace}/{name}"):
            await self._custom.patch_namespaced_custom_object(
                *_place(resource, namespace),
                name,
                patch,
                field_manager=FIELD_MANAGER,
                _content_type=_MERGE_PATCH,
                _request_timeout=self._seconds,
            )


def _place(resource: Resource, namespace: str) -> tuple[str, str, str, str]:
    return resource.group, resource.version, namespace, resource.plural


def _annotations(found: Any) -> dict[str, str]:
    return dict((found.metadata.annotations if found.metadata else None) or {})
