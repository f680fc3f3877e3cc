"""One watch of one kind, however many wait for it: list, follow, and list again when in doubt.

An edge. After a 410, an error or an end of the stream everything is listed anew, and what
differs from what was known is told, so that nothing is missed; nobody polls.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from kubernetes.aio import client
from kubernetes.aio.watch import Watch

from bot.clients.clock import Clock
from bot.clients.errors import ClientError, NotFound, Unavailable
from bot.clients.kubernetes.cluster import Cluster, Resource, translated

log = structlog.get_logger(__name__)

_STREAM_SECONDS = 300  # the server ends the stream then; a list follows
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Change:
    """An object as it is now; `gone` where it is not there any more."""

    resource: Resource
    object: dict[str, Any]
    gone: bool = False


class SharedWatch:
    """Follows one kind in one namespace (None: all) and tells each change to `tell`.

    `objects` is what is known, by (namespace, name): good for finding what there is; whoever
    acts on an object reads it again first.
    """

    def __init__(
        self,
        api: client.ApiClient,
        resource: Resource,
        namespace: str | None,
        clock: Clock,
        tell: Callable[[Change], None],
    ) -> None:
        self._cluster = Cluster(api, 30)
        self._custom = client.CustomObjectsApi(api)
        self.resource = resource
        self.namespace = namespace
        self._clock = clock
        self._tell = tell
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.listed = asyncio.Event()
        self.error: str | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        wait = _FIRST_WAIT
        while True:
            began = self._clock.monotonic()
            try:
                await self._follow(await self._list())
                wait = _FIRST_WAIT
                if self._clock.monotonic() - began < _FIRST_WAIT:
                    await self._clock.sleep(_FIRST_WAIT)  # a server that ends each stream at once
            except ClientError as error:
                if self._clock.monotonic() - began > _LONGEST_WAIT:
                    wait = _FIRST_WAIT  # it went well for long
                wait = await self._failed(error, wait)

    async def _failed(self, error: ClientError, wait: float) -> float:
        """Say it, wait, and return how long to wait the next time."""
        self.error = str(error)
        log.warning("watch failed", resource=str(self.resource), reason=self.error)
        told = error.after if isinstance(error, Unavailable) else None
        await self._clock.sleep(max(wait, told or 0.0))
        return min(_LONGEST_WAIT, wait * 2)

    async def _list(self) -> str:
        listed = await self._cluster.list(self.resource, self.namespace)
        with translated(f"list {self.resource}"):
            found = {_key(item): item for item in listed.items}
        for key in self.objects.keys() - found.keys():
            self._forget(key)
        for key, item in found.items():
            self._learn(key, item)
        self.listed.set()
        self.error = None
        return listed.resource_version

    async def _follow(self, version: str) -> None:
        """Until the stream ends; raises `ClientError`, but for a 410, which only means "list"."""
        try:
            with translated(f"watch {self.resource}"):
                await self._stream(version)
        except NotFound as error:
            if error.status != 410:
                raise

    async def _stream(self, version: str) -> None:
        async with Watch(object) as watch:  # type: ignore[no-untyped-call]
            events = watch.stream(self._source(), *self._place(), **self._options(version))
            while (event := await _next(events)) is not None:
                if not self._heard(event):
                    return

    def _heard(self, event: Any) -> bool:
        """Take one event in; False where it tells that a list is due."""
        if not isinstance(event, dict):
            return False
        item = event["raw_object"]
        match event["type"]:
            case "ADDED" | "MODIFIED":
                self._learn(_key(item), item)
            case "DELETED":
                self._forget(_key(item))
            case "BOOKMARK":
                pass
            case _:
                return False
        return True

    def _source(self) -> Any:
        if self.namespace is None:
            return self._custom.list_cluster_custom_object
        return self._custom.list_namespaced_custom_object

    def _place(self) -> tuple[str, ...]:
        group, version, plural = self.resource.group, self.resource.version, self.resource.plural
        if self.namespace is None:
            return group, version, plural
        return group, version, self.namespace, plural

    def _options(self, version: str) -> dict[str, Any]:
        return {
            "resource_version": version,
            "allow_watch_bookmarks": True,
            "timeout_seconds": _STREAM_SECONDS,
            "_request_timeout": float(_STREAM_SECONDS + 30),
        }

    def _learn(self, key: tuple[str, str], item: dict[str, Any]) -> None:
        known = self.objects.get(key)
        self.objects[key] = item
        if known is None or _version(known) != _version(item):
            self._tell(Change(self.resource, item))

    def _forget(self, key: tuple[str, str]) -> None:
        item = self.objects.pop(key, None)
        if item is not None:
            self._tell(Change(self.resource, item, gone=True))


async def _next(events: AsyncIterator[Any]) -> Any:
    """The next event, None at the end; raises `ValueError` for a line that is none."""
    try:
        return await anext(events, None)
    except Exception as error:
        if type(error) is Exception:  # so, and no narrower, the library says it
            raise ValueError("no event") from None
        raise


def _key(item: dict[str, Any]) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _version(item: dict[str, Any]) -> str:
    return str(item["metadata"].get("resourceVersion"))
