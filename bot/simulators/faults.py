"""Misbehaviour on purpose, the same for every simulator: a list of rules, each used so often.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Fault:
    """Wrong answers to `method` (a regular expression, as `path`), `times` times after `skip`.

    `status` None: the true answer, `delay` simulated seconds late. `after`: the request is
    carried out, and answered with `status` all the same. `drop`: the connection ends unanswered.
    """

    path: str
    method: str = ".*"
    status: int | None = None
    body: bytes = b'{"message":"Server Error"}'
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    after: bool = False
    drop: bool = False
    skip: int = 0
    times: int = 1


def take(faults: list[Fault], method: str, path: str) -> Fault | None:
    """The first rule for this request that is not used up, counted down."""
    for fault in faults:
        if not fault.times or not re.search(fault.path, path):
            continue
        if not re.fullmatch(fault.method, method):
            continue
        if fault.skip:
            fault.skip -= 1
            continue
        fault.times -= 1
        return fault
    return None


async def answer(
    fault: Fault,
    request: web.Request,
    handle: Handle,
    sleep: Callable[[float], Awaitable[None]],
) -> web.StreamResponse:
    """Answer one request with the fault."""
    await sleep(fault.delay)
    response = None
    if fault.after or (fault.status is None and not fault.drop):
        response = await handle(request)
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError
    if fault.status is None and response is not None:
        return response
    return web.Response(
        status=fault.status or 500,
        body=fault.body,
        content_type=fault.content_type,
        headers=dict(fault.headers),
    )
