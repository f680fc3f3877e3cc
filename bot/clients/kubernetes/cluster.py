"""Reading objects, and the few patches that the bot makes.

An edge. Custom objects come back as the API server's JSON; `bot.model.cluster` reads them. Every
patch is a merge patch that names nothing but what it changes, under a field manager of our own, so
that no other writer's update is lost.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from bot.clients.errors import ClientError, Throttled, Unavailable, Unintelligible, refusal
from bot.model.cluster import Warned

SYSTEM = "Kubernetes"
FIELD_MANAGER = "lotus-bot"
LOCK_INFO = "app.terraform.io/lock-info"
_MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of custom object, as the API's paths name it."""

    group: str
    version: str
    plural: str

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}"


TERRAFORM = Resource("infra.contrib.fluxcd.io", "v1alpha2", "terraforms")
GIT_REPOSITORY = Resource("source.toolkit.fluxcd.io", "v1", "gitrepositories")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, and the point from which a watch goes on."""

    items: tuple[dict[str, Any], ...]
    resource_version: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a lock, since when; `holder` is "" where nobody does. `info`: its own words."""

    holder: str
    acquired: datetime | None
    info: str = ""


class Cluster:
    """One API server with one identity; `seconds` is the time limit of one request."""

    def __init__(self, api: client.ApiClient, seconds: float) -> None:
        self._custom = client.CustomObjectsApi(api)
        self._core = client.CoreV1Api(api)
        self._leases = client.CoordinationV1Api(api)
        self._seconds = seconds

    async def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """One object; raises `NotFound` where it is not."""
        with translated(f"{resource} {namespace}/{name}"):
            return _object(
                await self._custom.get_namespaced_custom_object(
                    resource.group,
                    resource.version,
                    namespace,
                    resource.plural,
                    name,
                    _request_timeout=self._seconds,
                )
            )

    async def list(self, resource: Resource, namespace: str | None) -> Listed:
        """All objects of a kind in a namespace, or in all of them, pages read to the end."""
        items: list[dict[str, Any]] = []
        token: str | None = None
        with translated(f"list {resource}"):
            while True:
                page = _object(await self._page(resource, namespace, token))
                items += page["items"]
                token = page["metadata"].get("continue")
                if not token:
                    return Listed(tuple(items), page["metadata"]["resourceVersion"])

    async def annotate(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        annotations: Mapping[str, str | None],
        seen: str = "",
    ) -> dict[str, Any]:
        """Set these annotations (None removes) and touch nothing else; the object as it is then.

        Raises `Conflict` where the object is not of the resourceVersion `seen` any more.
        """
        patch: dict[str, Any] = {"metadata": {"annotations": dict(annotations)}}
        if seen:
            patch["metadata"]["resourceVersion"] = seen
        with translated(f"annotate {resource} {namespace}/{name}"):
            return await self._patch(resource, namespace, name, patch)

    async def patch_spec(
        self, resource: Resource, namespace: str, name: str, spec: Mapping[str, object]
    ) -> dict[str, Any]:
        """Merge this into the spec; None removes a field."""
        with translated(f"patch {resource} {namespace}/{name}"):
            return await self._patch(resource, namespace, name, {"spec": dict(spec)})

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, status: Mapping[str, object]
    ) -> dict[str, Any]:
        """Merge this into the status subresource; None removes a field."""
        with translated(f"patch status of {resource} {namespace}/{name}"):
            return _object(
                await self._custom.patch_namespaced_custom_object_status(
                    resource.group,
                    resource.version,
                    namespace,
                    resource.plural,
                    name,
                    {"status": dict(status)},
                    field_manager=FIELD_MANAGER,
                    _content_type=_MERGE_PATCH,
                    _request_timeout=self._seconds,
                )
            )

    async def secret(self, namespace: str, name: str) -> dict[str, bytes]:
        """A Secret's data by key; raises `NotFound`, and `Forbidden` where it is not named."""
        with translated(f"secret {namespace}/{name}"):
            found = await self._core.read_namespaced_secret(
                name, namespace, _request_timeout=self._seconds
            )
            return {key: decoded(value) for key, value in (found.data or {}).items()}

    async def put_secret(self, namespace: str, name: str, data: Mapping[str, bytes]) -> None:
        """A Secret of ours with this data, made or changed by server-side apply."""
        packed = {key: base64.b64encode(value).decode() for key, value in data.items()}
        with translated(f"put secret {namespace}/{name}"):
            await self._core.patch_namespaced_secret(
                name,
                namespace,
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": name, "namespace": namespace},
                    "data": packed,
                },
                field_manager=FIELD_MANAGER,
                _content_type="application/apply-patch+yaml",
                _request_timeout=self._seconds,
            )

    async def secret_at(self, namespace: str, name: str) -> tuple[dict[str, bytes], str]:
        """A Secret's data with its resourceVersion; raises as `secret` does."""
        with translated(f"secret {namespace}/{name}"):
            found = await self._core.read_namespaced_secret(
                name, namespace, _request_timeout=self._seconds
            )
            data = {key: decoded(value) for key, value in (found.data or {}).items()}
            version = found.metadata.resource_version if found.metadata else None
            return data, str(version or "")

    async def patch_secret(
        self, namespace: str, name: str, data: Mapping[str, bytes | None], seen: str
    ) -> None:
        """Set these keys (None removes) and no other, while it is of the resourceVersion `seen`.

        Raises `Conflict` where it is not any more.
        """
        packed = {
            key: None if value is None else base64.b64encode(value).decode()
            for key, value in data.items()
        }
        with translated(f"patch secret {namespace}/{name}"):
            await self._core.patch_namespaced_secret(
                name,
                namespace,
                {"metadata": {"resourceVersion": seen}, "data": packed},
                field_manager=FIELD_MANAGER,
                _content_type=_MERGE_PATCH,
                _request_timeout=self._seconds,
            )

    async def delete_secret(self, namespace: str, name: str) -> None:
        """Delete a Secret; no error where it is gone already."""
        with translated(f"delete secret {namespace}/{name}"):
            answer = await self._core.delete_namespaced_secret_without_preload_content(
                name, namespace, _request_timeout=self._seconds
            )
            if answer.status >= 400 and answer.status != 404:
                raise ApiException(status=answer.status, reason=str(answer.reason))

    async def suspend_with(
        self, resource: Resource, namespace: str, name: str, annotations: Mapping[str, str]
    ) -> None:
        """Suspend an object and annotate it, in one patch."""
        patch = {"metadata": {"annotations": dict(annotations)}, "spec": {"suspend": True}}
        with translated(f"suspend {resource} {namespace}/{name}"):
            await self._patch(resource, namespace, name, patch)

    async def config_map(self, namespace: str, name: str) -> dict[str, str]:
        """A ConfigMap's text by key, of `binaryData` too; raises `NotFound`."""
        with translated(f"configmap {namespace}/{name}"):
            found = await self._core.read_namespaced_config_map(
                name, namespace, _request_timeout=self._seconds
            )
            packed = {key: decoded(value) for key, value in (found.binary_data or {}).items()}
            binary = {key: value.decode(errors="replace") for key, value in packed.items()}
            return dict(found.data or {}) | binary

    async def version_of(self, kind: str, namespace: str, name: str) -> str:
        """The resourceVersion of a Secret or ConfigMap; raises as `secret` does."""
        if kind == "Secret":
            return (await self.secret_at(namespace, name))[1]
        with translated(f"configmap {namespace}/{name}"):
            found = await self._core.read_namespaced_config_map(
                name, namespace, _request_timeout=self._seconds
            )
            return str((found.metadata.resource_version if found.metadata else None) or "")

    async def lease(self, namespace: str, name: str) -> Lease:
        """A Lease; raises `NotFound`, which for a state lock means that it was never taken."""
        with translated(f"lease {namespace}/{name}"):
            found = await self._leases.read_namespaced_lease(
                name, namespace, _request_timeout=self._seconds
            )
            spec = found.spec
            notes = (found.metadata.annotations if found.metadata else None) or {}
            holder = spec.holder_identity if spec else None
            acquired = spec.acquire_time if spec else None
            return Lease(holder or "", acquired, str(notes.get(LOCK_INFO) or ""))

    async def warnings(self, kind: str, namespace: str, name: str) -> tuple[Warned, ...]:
        """The Warnings among an object's Events; the API server forgets them after an hour."""
        about = f"involvedObject.kind={kind},involvedObject.name={name},type=Warning"
        with translated(f"list events of {namespace}/{name}"):
            found = await self._core.list_namespaced_event(
                namespace, field_selector=about, _request_timeout=self._seconds
            )
            return tuple(
                Warned(item.reason or "", item.last_timestamp or item.event_time)
                for item in found.items
            )

    async def release_lease(self, namespace: str, name: str, holder: str) -> None:
        """Free a Lease that `holder` has, as the backend's own force-unlock does.

        Nothing where somebody else has it; `Conflict` where that changed at the same moment.
        """
        with translated(f"release lease {namespace}/{name}"):
            found = await self._leases.read_namespaced_lease(
                name, namespace, _request_timeout=self._seconds
            )
            if not found.spec or not found.metadata or found.spec.holder_identity != holder:
                return
            notes = {
                "resourceVersion": found.metadata.resource_version,
                "annotations": {LOCK_INFO: None},
            }
            await self._leases.patch_namespaced_lease(
                name,
                namespace,
                {"metadata": notes, "spec": {"holderIdentity": None}},
                field_manager=FIELD_MANAGER,
                _content_type=_MERGE_PATCH,
                _request_timeout=self._seconds,
            )

    async def pod_since(self, namespace: str, name: str) -> datetime | None:
        """When a Pod was made; None where there is none."""
        with translated(f"pod {namespace}/{name}"):
            try:
                found = await self._core.read_namespaced_pod(
                    name, namespace, _request_timeout=self._seconds
                )
            except ApiException as error:
                if error.status == 404:
                    return None
                raise
            made = found.metadata.creation_timestamp if found.metadata else None
            if not isinstance(made, datetime):
                raise TypeError("a Pod without a time")
            return made

    async def delete_pod(self, namespace: str, name: str) -> None:
        """Delete a Pod; no error where it is gone already.

        What is answered, a Pod or a Status, depends on how far it is gone, so it is not read.
        """
        with translated(f"delete pod {namespace}/{name}"):
            answer = await self._core.delete_namespaced_pod_without_preload_content(
                name, namespace, _request_timeout=self._seconds
            )
            if answer.status >= 400 and answer.status != 404:
                raise ApiException(status=answer.status, reason=str(answer.reason))

    async def _patch(
        self, resource: Resource, namespace: str, name: str, patch: dict[str, Any]
    ) -> dict[str, Any]:
        return _object(
            await self._custom.patch_namespaced_custom_object(
                resource.group,
                resource.version,
                namespace,
                resource.plural,
                name,
                patch,
                field_manager=FIELD_MANAGER,
                _content_type=_MERGE_PATCH,
                _request_timeout=self._seconds,
            )
        )

    async def _page(self, resource: Resource, namespace: str | None, token: str | None) -> Any:
        rest: dict[str, Any] = {"limit": 500, "_request_timeout": self._seconds}
        if token:
            rest["_continue"] = token
        place = (resource.group, resource.version)
        if namespace is None:
            return await self._custom.list_cluster_custom_object(*place, resource.plural, **rest)
        return await self._custom.list_namespaced_custom_object(
            *place, namespace, resource.plural, **rest
        )


@contextmanager
def translated(what: str) -> Iterator[None]:
    """The libraries' exceptions as ours. Bodies are left out: a Secret's would be in them."""
    try:
        yield
    except ApiException as error:
        raise _translate(error, what) from None
    except TimeoutError:
        raise Unavailable(SYSTEM, f"{what}: no answer in time") from None
    except aiohttp.ClientError as error:
        raise Unavailable(SYSTEM, f"{what}: {type(error).__name__}") from None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise Unintelligible(SYSTEM, f"{what}: answered nonsense") from None


def _translate(error: ApiException, what: str) -> ClientError:
    status = error.status if isinstance(error.status, int) else 0  # as a stream's text has it
    headers = error.headers or {}
    after = str(headers.get("Retry-After", ""))
    seconds = float(after) if after.isdigit() else None
    if status == 429:
        return Throttled(SYSTEM, f"{what}: too many requests", seconds)
    if 400 <= status < 500:
        return refusal(SYSTEM, f"{what}: {error.reason}", status)
    if status >= 500:
        return Unavailable(SYSTEM, f"{what}: {error.reason} ({status})", seconds)
    return Unintelligible(SYSTEM, f"{what}: unexpected status {status}")


def _object(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError("not an object")
    return answer


def decoded(value: str | bytes) -> bytes:
    """A Secret's value as it was put in."""
    return base64.b64decode(value, validate=True)
