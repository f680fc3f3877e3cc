"""A Kubernetes API server over HTTP, as much of it as the simulated controllers need.

A simulator: imports nothing of the bot. Speaks to an embedded API server and to a real one.
"""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml

Json = dict[str, Any]

_GROUPS = {
    "GitRepository": ("/apis/source.toolkit.fluxcd.io/v1", "gitrepositories"),
    "Terraform": ("/apis/infra.contrib.fluxcd.io/v1alpha2", "terraforms"),
    "Secret": ("/api/v1", "secrets"),
    "ConfigMap": ("/api/v1", "configmaps"),
    "Event": ("/api/v1", "events"),
    "Pod": ("/api/v1", "pods"),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases"),
}
_ENDED = 410


class ApiError(Exception):
    """The API server refused; its code and what it said."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API server is, and how one shows who one is."""

    url: str
    token: str = ""
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, where: str | Path) -> Server:
        """From an address, or from the path of a kubeconfig (its current context)."""
        text = str(where)
        if text.startswith(("http://", "https://")):
            return cls(text.rstrip("/"))
        return _from_kubeconfig(yaml.safe_load(Path(text).read_text()))


def _from_kubeconfig(document: Json) -> Server:
    def named(kind: str, name: str) -> Json:
        found = next(item for item in document[kind + "s"] if item["name"] == name)
        return dict(found[kind])

    context = named("context", document["current-context"])
    cluster, user = named("cluster", context["cluster"]), named("user", context["user"])
    url = str(cluster["server"]).rstrip("/")
    tls = _tls(cluster, user) if url.startswith("https://") else None
    return Server(url, str(user.get("token", "")), tls)


def _tls(cluster: Json, user: Json) -> ssl.SSLContext:
    authority = _content(cluster, "certificate-authority")
    tls = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    certificate, key = _content(user, "client-certificate"), _content(user, "client-key")
    if certificate and key:
        with tempfile.NamedTemporaryFile(suffix=".pem") as both:
            both.write(certificate + b"\n" + key)
            both.flush()
            tls.load_cert_chain(both.name)
    return tls


def _content(section: Json, name: str) -> bytes:
    if f"{name}-data" in section:
        return base64.b64decode(section[f"{name}-data"])
    return Path(section[name]).read_bytes() if name in section else b""


class Api:
    """`async with Api(Server.of(url)) as api:`; objects are plain JSON."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self._server.token}"} if self._server.token else {}
        connector = aiohttp.TCPConnector(ssl=self._server.tls or True, limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector, headers=headers, timeout=aiohttp.ClientTimeout(total=None)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session:
            await self._session.close()

    async def get(self, kind: str, namespace: str, name: str) -> Json | None:
        """The object, None where there is none."""
        try:
            return await self._call("GET", _path(kind, namespace, name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    async def list(
        self, kind: str, namespace: str = "", labels: str = ""
    ) -> tuple[list[Json], str]:
        """The objects (of all namespaces, with ""), and where a watch goes on from them."""
        parameters = {"labelSelector": labels} if labels else None
        answer = await self._call("GET", _path(kind, namespace), parameters=parameters)
        return list(answer.get("items") or ()), str(answer["metadata"].get("resourceVersion", ""))

    async def create(self, kind: str, namespace: str, body: Mapping[str, Any]) -> Json:
        """Make it. 409 where it exists."""
        return await self._call("POST", _path(kind, namespace), body)

    async def replace(self, kind: str, namespace: str, body: Mapping[str, Any]) -> Json:
        """Put it, if its `resourceVersion` is still the one in `body` (else 409)."""
        return await self._call("PUT", _path(kind, namespace, body["metadata"]["name"]), body)

    async def patch(
        self, kind: str, namespace: str, name: str, change: Mapping[str, Any], part: str = ""
    ) -> Json:
        """A JSON merge patch of the object, or of its `status`."""
        path = _path(kind, namespace, name) + (f"/{part}" if part else "")
        return await self._call("PATCH", path, change, "application/merge-patch+json")

    async def delete(self, kind: str, namespace: str, name: str) -> bool:
        """Whether there was one."""
        try:
            await self._call("DELETE", _path(kind, namespace, name))
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        return True

    async def watch(self, kind: str, version: str) -> AsyncIterator[tuple[str, Json]]:
        """Events (`ADDED`, the object) in all namespaces; ends when the server ends it. Raises
        `ApiError` 410 where `version` is too old: list again."""
        parameters = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        async with self._http().get(
            self._server.url + _path(kind, ""), params=parameters
        ) as response:
            if response.status >= 400:
                raise ApiError(response.status, await response.text())
            async for line in _lines(response.content):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise ApiError(int(event["object"].get("code", _ENDED)), line.decode())
                yield event["type"], event["object"]

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        parameters: Mapping[str, str] | None = None,
    ) -> Json:
        data = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": content_type}
        url = self._server.url + path
        async with self._http().request(
            method, url, data=data, headers=headers, params=parameters
        ) as response:
            text = await response.text()
            if response.status >= 400:
                raise ApiError(response.status, text)
            return dict(json.loads(text))

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the API is used outside of its `async with`")
        return self._session


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length (`readline` has a limit that a long condition message exceeds)."""
    rest = b""
    async for chunk in content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line


def _path(kind: str, namespace: str, name: str = "") -> str:
    prefix, plural = _GROUPS[kind]
    space = f"/namespaces/{namespace}" if namespace else ""
    return f"{prefix}{space}/{plural}" + (f"/{name}" if name else "")
