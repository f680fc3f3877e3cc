"""The HTTP face: webhook, probes and metrics.

It owns no state: what it shows is asked of those who know. It names no repository: whoever can send
a webhook can read all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.runtime.web.metrics import Metrics
from bot.runtime.web.webhook import WebhookReceiver

WEBHOOK_PATH = "/webhook"


@dataclass(frozen=True, slots=True)
class Face:
    """What the server shows: `missing` names what keeps it from being ready, nothing if ready."""

    receiver: WebhookReceiver
    metrics: Metrics
    missing: Callable[[], Sequence[str]]
    refresh: Callable[[], None]


def application(face: Face) -> web.Application:
    """The aiohttp application; whoever starts it chooses host and port."""
    app = web.Application()

    async def healthy(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_request: web.Request) -> web.Response:
        missing = face.missing()
        return web.Response(
            status=503 if missing else 200, text="\n".join(missing or ["ok"]) + "\n"
        )

    async def metrics(_request: web.Request) -> web.Response:
        face.refresh()
        return web.Response(body=face.metrics.text(), headers={"Content-Type": _EXPOSITION})

    app.router.add_post(WEBHOOK_PATH, face.receiver.receive)
    app.router.add_get("/healthz", healthy)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)
    return app


_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
