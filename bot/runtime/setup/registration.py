"""A page on loopback that hands the App's manifest to GitHub and gets a code back.

The page holds no secret. The code counts only with the state that the page sent along, so that
nobody else's link can make us adopt their App; a request to another host name is no one's business
(DNS rebinding), and answered as such.
"""

from __future__ import annotations

import asyncio
import hmac
import html
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

_HOST = "127.0.0.1"
CALLBACK = "/callback"


class Registration:
    """`url` is the page to open; `code` waits for GitHub to send the person back."""

    def __init__(self, target: str, manifest: Callable[[str], dict[str, Any]]) -> None:
        self._target = target
        self._manifest = manifest
        self._state = secrets.token_urlsafe(32)
        self._code: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.url = ""

    async def code(self) -> str:
        """The code that GitHub made for the App."""
        return await self._code

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[Registration]:
        """Serve within this context; `port` 0 takes any that is free. Raises `OSError`."""
        application = web.Application(middlewares=[self._local])
        application.router.add_get("/", self._page)
        application.router.add_get(CALLBACK, self._back)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, _HOST, port).start()
            self.url = f"http://{_HOST}:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _local(
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        if request.host not in (self.url.removeprefix("http://"), self._localhost()):
            raise web.HTTPMisdirectedRequest(text=f"open {self.url}\n")
        answer: web.StreamResponse = await handler(request)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    def _localhost(self) -> str:
        return f"localhost:{self.url.rsplit(':', 1)[1]}"

    async def _page(self, _request: web.Request) -> web.Response:
        manifest = self._manifest(self.url + CALLBACK)
        action = f"{self._target}?{urlencode({'state': self._state})}"
        text = _FORM.format(
            name=html.escape(manifest["name"]),
            action=html.escape(action),
            manifest=html.escape(json.dumps(manifest)),
            asked=_asked(manifest),
        )
        return web.Response(text=text, content_type="text/html")

    async def _back(self, request: web.Request) -> web.Response:
        state, code = request.query.get("state", ""), request.query.get("code", "")
        if not hmac.compare_digest(state.encode(), self._state.encode()) or not code:
            return web.Response(
                status=400, text=f"This is no answer to {self.url}; nothing done.\n"
            )
        if not self._code.done():
            self._code.set_result(code)
        return web.Response(text=_DONE, content_type="text/html")


def _asked(manifest: dict[str, Any]) -> str:
    permissions = [f"{name}: {level}" for name, level in manifest["default_permissions"].items()]
    return html.escape(", ".join(permissions))


_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>lotus setup</title>'
    "<style>body{{font:16px/1.5 system-ui;margin:4em auto;max-width:40em}}"
    "button{{font:inherit;padding:.5em 1em}}</style>"
)
_FORM = (
    _HEAD + "<h1>Create the GitHub App</h1><p>GitHub shows you <b>{name}</b> and makes it when you "
    "agree. It asks for {asked}.</p>"
    '<form method="post" action="{action}"><input type="hidden" name="manifest" value="{manifest}">'
    "<button autofocus>Go on to GitHub</button></form>"
)
_DONE = _HEAD.format() + "<h1>Done</h1><p>The rest is in the terminal; this page can be closed.</p>"
