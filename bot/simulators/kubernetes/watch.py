"""A watch: what is, then what happens, a line of JSON each, until its time is over.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.simulators.clock import Clock
from bot.simulators.kubernetes.kinds import Kind
from bot.simulators.kubernetes.refusals import Refusal
from bot.simulators.kubernetes.selectors import Test
from bot.simulators.kubernetes.store import Happening, Json, Store, Subscription

_BOOKMARK_EVERY = 60.0
_INITIAL_END = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is watched, and how. `since` None: everything that is there comes first, as ADDED.

    `selected` judges an object, its namespace included; `seconds` are simulated.
    """

    kind: Kind
    version: str
    selected: Test
    since: int | None
    seconds: float
    bookmarks: bool
    initial_end: bool

    def shown(self, item: Json) -> Json:
        """In the version that was asked for."""
        return shown(self.kind, self.version, item)


async def watch(
    request: web.Request, store: Store, clock: Clock, wanted: Wanted
) -> web.StreamResponse:
    """Answer a watch. A resourceVersion that is too old is an event of type ERROR."""
    try:
        subscription = store.subscribe(wanted.kind, wanted.since)
    except Refusal as refusal:
        return web.Response(body=_line("ERROR", refusal.status), content_type="application/json")
    try:
        first = b"".join(_first(store, wanted))
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if first:
            await response.write(first)
        await _follow(response, store, clock, wanted, subscription)
    finally:
        store.unsubscribe(wanted.kind, subscription)
    return response


def shown(kind: Kind, version: str, item: Json) -> Json:
    """An object in one of its versions; they differ in nothing else."""
    return (
        item if version == kind.versions[0] else {**item, "apiVersion": kind.api_version(version)}
    )


async def _follow(
    response: web.StreamResponse,
    store: Store,
    clock: Clock,
    wanted: Wanted,
    subscription: Subscription,
) -> None:
    ends = clock.monotonic() + wanted.seconds
    while not subscription.ended and (left := ends - clock.monotonic()) > 0:
        try:
            async with asyncio.timeout(min(left, _BOOKMARK_EVERY) / clock.speed):
                await subscription.bell.wait()
        except TimeoutError:
            if wanted.bookmarks:
                await response.write(_bookmark(store, wanted))
            continue
        subscription.bell.clear()
        while subscription.waiting:
            line = _told(wanted, subscription.waiting.popleft())
            if line:
                await response.write(line)


def _first(store: Store, wanted: Wanted) -> Iterator[bytes]:
    if wanted.since is None:
        for item in store.all(wanted.kind).values():
            if wanted.selected(item):
                yield _line("ADDED", wanted.shown(item))
    if wanted.initial_end:
        yield _bookmark(store, wanted, {"annotations": _INITIAL_END})


def _told(wanted: Wanted, happening: Happening) -> bytes:
    """What the watcher hears: entering and leaving its selection are ADDED and DELETED."""
    before = happening.before is not None and wanted.selected(happening.before)
    now = happening.type != "DELETED" and wanted.selected(happening.item)
    if now:
        return _line("MODIFIED" if before else "ADDED", wanted.shown(happening.item))
    if not before:
        return b""
    item = happening.item
    if happening.type != "DELETED" and happening.before is not None:
        version = {"resourceVersion": str(happening.revision)}
        item = {**happening.before, "metadata": {**happening.before["metadata"], **version}}
    return _line("DELETED", wanted.shown(item))


def _bookmark(store: Store, wanted: Wanted, more: Json | None = None) -> bytes:
    item = {
        "kind": wanted.kind.name,
        "apiVersion": wanted.kind.api_version(wanted.version),
        "metadata": {"resourceVersion": str(store.revision), **(more or {})},
    }
    return _line("BOOKMARK", item)


def _line(kind: str, item: Any) -> bytes:
    return json.dumps({"type": kind, "object": item}, separators=(",", ":")).encode() + b"\n"
