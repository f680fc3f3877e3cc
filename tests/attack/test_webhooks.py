"""The webhook's door is open to the whole world: nobody gets in, and nobody blocks it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from aiohttp import web
from github_world import WEBHOOK_SECRET
from lake_service import lake

from bot.lifecycle.hints import keys_of
from bot.runtime.web.metrics import Metrics
from bot.runtime.web.server import Face, application
from bot.runtime.web.webhook import WebhookReceiver

LIMIT = 100_000
PING = json.dumps({"zen": "quiet"}).encode()


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A receiver of little patience."""
    metrics = Metrics()
    receiver = WebhookReceiver(WEBHOOK_SECRET, LIMIT, lambda *_: 0, metrics, patience=0.3)
    face = Face(receiver, metrics, list, lambda: None)
    runner = web.AppRunner(application(face), auto_decompress=False, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def headers(body: bytes) -> dict[str, str]:
    digest = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={digest}"}


async def post(url: str, body: bytes, more: Mapping[str, str] | None = None) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/webhook", data=body, headers=headers(body) | {**(more or {})}) as got,
    ):
        return got.status, await got.text()


async def answered(url: str, sent: int, length: int | None = None) -> bytes:
    """The first line of the answer to a request that sends a part of its body, and no more."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    size = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
    writer.write(f"POST /webhook HTTP/1.1\r\nHost: x\r\n{size}\r\n\r\n".encode())
    body = b"x" * sent
    writer.write(body if length else b"%x\r\n%s\r\n" % (sent, body))
    try:
        async with asyncio.timeout(5):
            return await reader.readline()
    finally:
        writer.close()


@pytest.mark.parametrize("length", [None, 1000], ids=["chunked", "with a length"])
async def test_a_body_without_an_end_is_given_up(url: str, length: int | None) -> None:
    assert b" 408 " in await answered(url, 10, length)


async def test_many_slow_bodies_hold_no_more_than_a_few_of_the_largest(url: str) -> None:
    lines = await asyncio.gather(*(answered(url, LIMIT - 1, LIMIT) for _ in range(12)))
    assert sum(b" 503 " in line for line in lines) >= 12 - 5
    assert (await post(url, PING))[0] == 202


async def test_a_form_is_told_what_to_set(url: str) -> None:
    body = f"payload={quote(PING.decode())}".encode()
    status, words = await post(url, body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 415
    assert "application/json" in words


async def test_what_is_packed_stays_packed(tmp_path: Path) -> None:
    bomb = gzip.compress(b"[" * 50_000_000)
    async with lake(tmp_path) as here:
        status, _ = await post(here.service.url, bomb, {"Content-Encoding": "gzip"})
    assert status == 400


REPO = {"repository": {"full_name": "octo/lake"}}


@pytest.mark.parametrize("number", ["seven", "9" * 5000, "1e999", None, [], {}, float("inf")])
@pytest.mark.parametrize("event", ["pull_request", "issue_comment", "check_run", "check_suite"])
def test_a_number_that_is_none_names_nothing(event: str, number: Any) -> None:
    there = {"number": number, "id": number, "pull_requests": [{"number": number}]}
    payload = {**REPO, "number": number, "issue": there, "comment": there, event: there}
    assert keys_of(event, {**payload, "action": "created"}) == ()
