"""GitHub's webhooks: verified over the raw bytes, answered at once, turned into a hint.

A hint says "look at this" and nothing more; it is not parsed further than to find what to look
at, and nothing is done within the request.
https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiohttp import web

from bot.runtime.web.metrics import Metrics

log = structlog.get_logger(__name__)

Hear = Callable[[str, Mapping[str, Any], str], int]
"""Queues what an event (name, payload, id of its delivery) says to look at; returns how many."""


_PATIENCE = 10.0  # seconds: GitHub gives a delivery up then
_BODIES = 4  # so many of the largest may be on their way at once; what is missed is swept later
_FORM = "application/x-www-form-urlencoded"


class WebhookReceiver:
    """POST only. 202 heard or of no interest, 400 malformed, 401 unsigned, 413 too large.

    408 too slow, 503 too much at once, 415 a form. Until its signature was seen a body is
    anybody's: neither time nor memory is spent on it without end.
    """

    def __init__(
        self, secret: str, limit: int, hear: Hear, metrics: Metrics, patience: float = _PATIENCE
    ) -> None:
        self._secret = secret.encode()
        self._limit = limit
        self._hear = hear
        self._metrics = metrics
        self._patience = patience
        self._held = 0

    async def receive(self, request: web.Request) -> web.Response:
        """aiohttp's handler."""
        event = request.headers.get("X-GitHub-Event", "")
        try:
            body = await self._body(request)
        except TimeoutError:
            return self._answer(408, event, "too_slow", f"not here within {self._patience:g} s")
        except (ConnectionError, web.RequestPayloadError):
            return self._answer(400, event, "malformed", "the body ended too early")
        except _Crowded:
            return self._answer(503, event, "too_many", "too much at once")
        if body is None:
            return self._answer(413, event, "too_large", f"more than {self._limit} bytes")
        if not signed(self._secret, body, request.headers.get("X-Hub-Signature-256", "")):
            return self._answer(401, event, "unsigned", "the signature is missing or wrong")
        if request.content_type == _FORM:
            words = "this is a form: set the webhook's content type to application/json"
            return self._answer(415, event, "form", words)
        payload = _json_object(body)
        if payload is None or not event:
            return self._answer(400, event, "malformed", "expected an event and a JSON object")
        heard = self._hear(event, payload, request.headers.get("X-GitHub-Delivery", ""))
        return self._answer(202, event, "accepted" if heard else "ignored", f"{heard} to look at")

    async def _body(self, request: web.Request) -> bytes | None:
        """The raw bytes, None where there are too many; no more than the limit is ever held."""
        if (request.content_length or 0) > self._limit:
            return None
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience):
                async for chunk in request.content.iter_chunked(2**16):
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > self._limit:
                        return None
                    if self._held > _BODIES * self._limit:
                        raise _Crowded
        finally:
            self._held -= len(body)
        return bytes(body)

    def _answer(self, status: int, event: str, outcome: str, words: str) -> web.Response:
        self._metrics.webhook(event, outcome)
        if status >= 400:
            log.warning("webhook refused", outcome=outcome, status=status)
        return web.Response(status=status, text=words + "\n")


class _Crowded(Exception):
    """More bodies are on their way than there is room for."""


def signed(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether `signature` ("sha256=…") is this body's; takes the same time for any wrong one."""
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None
