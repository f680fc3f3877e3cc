"""Misbehaviour on purpose: slow answers, HTML, errors, and errors after the deed was done.

A list of faults, each applied a number of times to the paths that it names.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(slots=True)
class Fault:
    """What goes wrong on paths that match `path` (a regular expression), `times` times.

    `status` None: the true answer, `delay` simulated seconds late. `after`: the request is
    carried out first, and then answered with `status` all the same. `truncate`: the true
    answer, cut in the middle.
    """

    path: str
    status: int | None = None
    body: bytes = b'{"errorId":"00000000-0000-4000-8000-000000000000"}'
    content_type: str = "application/json"
    delay: float = 0.0
    after: bool = False
    truncate: bool = False
    times: int = 1


Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def apply(
    fault: Fault,
    request: web.Request,
    handle: Handle,
    sleep: Callable[[float], Awaitable[None]],
) -> web.StreamResponse:
    """Answer one request with the fault."""
    await sleep(fault.delay)
    if fault.status is not None and not fault.after:
        return _answer(fault)
    response = await handle(request)
    if fault.status is not None:
        return _answer(fault)
    if fault.truncate and isinstance(response, web.Response) and isinstance(response.body, bytes):
        half = response.body[: len(response.body) // 2]
        return web.Response(body=half, status=response.status, content_type="application/json")
    return response


def take(faults: list[Fault], path: str) -> Fault | None:
    """The first fault for this path that is not used up, counted down."""
    for fault in faults:
        if fault.times > 0 and re.search(fault.path, path):
            fault.times -= 1
            return fault
    return None


def _answer(fault: Fault) -> web.Response:
    return web.Response(
        body=fault.body, status=fault.status or 500, content_type=fault.content_type
    )
