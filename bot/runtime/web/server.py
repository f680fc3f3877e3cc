"""The HTTP face: webhook, probes, metrics and a plain status page.

It owns no state: what it shows is asked of those who know.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.runtime.web.metrics import Metrics
from bot.runtime.web.webhook import WebhookReceiver

WEBHOOK_PATH = "/webhook"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the status page: what it is about, how it is, in words; `part` is its heading.

    Words of a controller or of a plan never belong here: they may hold a value, and the page knows
    none to take out. What is shown is of closed sets, names and commits, and our own errors.
    """

    subject: str
    state: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """What the server shows: `missing` names what keeps it from being ready, nothing if ready."""

    receiver: WebhookReceiver
    metrics: Metrics
    missing: Callable[[], Sequence[str]]
    rows: Callable[[], Sequence[Row]]
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

    async def status(_request: web.Request) -> web.Response:
        return web.Response(text=page(face.rows()), content_type="text/html")

    app.router.add_post(WEBHOOK_PATH, face.receiver.receive)
    app.router.add_get("/healthz", healthy)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/", status)
    return app


def page(rows: Sequence[Row]) -> str:
    """The status page: a table for each part, everything in it escaped."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.part, []).append(row)
    tables = "".join(_table(part, of_part) for part, of_part in parts.items())
    return _HEAD + (tables or "<p>nothing to look after yet</p>")


def _table(part: str, rows: Sequence[Row]) -> str:
    heading = f"<h2>{html.escape(part)}</h2>" if part else ""
    body = "".join(
        f"<tr><th scope=row>{html.escape(row.subject)}</th><td>{html.escape(row.state)}</td></tr>"
        for row in rows
    )
    return f"{heading}<table>{body}</table>"


_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>lotus-bot</title>'
    "<style>body{font:16px/1.5 system-ui;margin:2em auto;max-width:60em}"
    "th,td{padding:.3em 1em .3em 0;vertical-align:top;text-align:left}th{font-weight:normal}"
    "h2{font-size:1em}</style><h1>lotus-bot</h1>"
)
