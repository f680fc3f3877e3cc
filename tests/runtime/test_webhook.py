"""Webhooks over real HTTP: what is answered, what is heard, what is counted."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.runtime.web.metrics import Metrics
from bot.runtime.web.server import Face, application
from bot.runtime.web.webhook import WebhookReceiver

SECRET = "hush"
LIMIT = 10_000


class Service:
    """The server on loopback, and what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Mapping[str, Any], str]] = []
        self.missing: list[str] = []
        self.url = ""

    def hear(self, event: str, payload: Mapping[str, Any], delivery: str) -> int:
        self.heard.append((event, payload, delivery))
        return 1 if event == "push" else 0


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    metrics = Metrics()
    receiver = WebhookReceiver(SECRET, LIMIT, service.hear, metrics)
    face = Face(receiver, metrics, lambda: service.missing, lambda: None)
    runner = web.AppRunner(application(face))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()


def headers(body: bytes, event: str = "push", secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": event, "X-Hub-Signature-256": "sha256=" + digest}


async def post(service: Service, body: bytes, given: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(service.url + "/webhook", data=body, headers=given) as response,
    ):
        return response.status


async def get(service: Service, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(service.url + path) as response:
        return response.status, await response.text()


GOOD = json.dumps({"ref": "refs/heads/main"}).encode()


async def test_a_signed_event_is_heard_and_answered_202(service: Service) -> None:
    assert await post(service, GOOD, headers(GOOD) | {"X-GitHub-Delivery": "d-1"}) == 202
    assert service.heard == [("push", {"ref": "refs/heads/main"}, "d-1")]


@pytest.mark.parametrize(
    ("body", "given", "status"),
    [
        pytest.param(GOOD, headers(GOOD, secret="guess"), 401, id="signed with another secret"),
        pytest.param(GOOD, headers(GOOD + b" "), 401, id="signature of other bytes"),
        pytest.param(GOOD, {"X-GitHub-Event": "push"}, 401, id="no signature"),
        pytest.param(GOOD, headers(GOOD) | {"X-Hub-Signature-256": "sha256="}, 401, id="half"),
        pytest.param(GOOD, headers(GOOD) | {"X-Hub-Signature-256": "sha1=zz"}, 401, id="sha1"),
        pytest.param(b"{", headers(b"{"), 400, id="not JSON"),
        pytest.param(b"\xff\xfe", headers(b"\xff\xfe"), 400, id="not UTF-8"),
        pytest.param(b"[" * 5000, headers(b"[" * 5000), 400, id="nested without end"),
        pytest.param(b"[]", headers(b"[]"), 400, id="not an object"),
        pytest.param(b"", headers(b""), 400, id="empty"),
        pytest.param(GOOD, headers(GOOD, event=""), 400, id="no event"),
        pytest.param(b" " * (LIMIT + 1), headers(b""), 413, id="too large"),
    ],
)
async def test_what_is_wrong_is_refused_and_not_heard(
    service: Service, body: bytes, given: dict[str, str], status: int
) -> None:
    assert await post(service, body, given) == status
    assert service.heard == []


async def test_a_body_without_a_length_cannot_get_past_the_limit(service: Service) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    async with (
        aiohttp.ClientSession() as session,
        session.post(service.url + "/webhook", data=endless(), headers=headers(b"")) as response,
    ):
        assert response.status == 413


async def test_an_unknown_event_is_no_error(service: Service) -> None:
    assert await post(service, GOOD, headers(GOOD, event="star")) == 202


async def test_outcomes_are_counted_with_labels_that_do_not_grow(service: Service) -> None:
    await post(service, GOOD, headers(GOOD, secret="guess"))
    await post(service, GOOD, headers(GOOD, event="star"))
    _, text = await get(service, "/metrics")
    assert 'lotus_webhooks_total{event="push",outcome="unsigned"} 1.0' in text
    assert 'lotus_webhooks_total{event="other",outcome="ignored"} 1.0' in text


async def test_only_post_reaches_the_webhook(service: Service) -> None:
    assert (await get(service, "/webhook"))[0] == 405


async def test_alive_is_not_ready_and_ready_says_what_is_missing(service: Service) -> None:
    service.missing = ["Kubernetes: nobody answers"]
    assert (await get(service, "/healthz"))[0] == 200
    assert await get(service, "/readyz") == (503, "Kubernetes: nobody answers\n")
    service.missing = []
    assert (await get(service, "/readyz"))[0] == 200


async def test_what_anybody_may_reach_names_no_repository(service: Service) -> None:
    assert (await get(service, "/"))[0] == 404
