"""Webhooks: signed, delivered over HTTP one after the other, listed, and misdelivered on purpose.

A simulator: imports nothing of the bot. A failed delivery is not repeated, as at GitHub.
https://docs.github.com/webhooks
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from bot.simulators.clock import Clock
from bot.simulators.github.state import App

Json = dict[str, Any]

Policy = Callable[[str, Json], list[float]]
"""(event, payload) -> the delay in simulated seconds of each copy; [] never leaves GitHub."""


def deliver(_event: str, _payload: Json) -> list[float]:
    """Once, at once."""
    return [0.0]


def double(_event: str, _payload: Json) -> list[float]:
    """Twice, the second time later."""
    return [0.0, 3.0]


def lose(_event: str, _payload: Json) -> list[float]:
    """Not at all, and no list knows of it."""
    return []


def fail(_event: str, _payload: Json) -> list[float]:
    """An attempt that reaches nobody; the list knows it as failed."""
    return [-1.0]


@dataclass(slots=True)
class Delivery:
    """An attempt to deliver; `status_code` 0: nobody answered."""

    id: int
    guid: str
    event: str
    action: str | None
    delivered_at: datetime
    status_code: int
    payload: Json
    redelivery: bool = False


class Webhooks:
    """Sends to the App's URL in the order of events, in the background."""

    def __init__(self, clock: Clock) -> None:
        self.policy: Policy = deliver
        self.deliveries: list[Delivery] = []
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._seed = 0

    async def start(self) -> None:
        """Be able to send."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))

    async def stop(self) -> None:
        """Forget what was not sent."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def send(self, app: App, event: str, payload: Json, action: str | None = None) -> None:
        """Deliver an event as the policy says; returns at once."""
        if event not in app.events and event not in _ALWAYS:
            return
        self._seed += 1
        guid = str(uuid.UUID(int=self._seed))
        for delay in self.policy(event, payload):
            self._spawn(
                self._attempt(
                    app, Delivery(0, guid, event, action, self._clock.now(), 0, payload), delay
                )
            )

    def redeliver(self, app: App, delivery: Delivery) -> None:
        """Somebody asked for another attempt."""
        again = Delivery(
            0,
            delivery.guid,
            delivery.event,
            delivery.action,
            self._clock.now(),
            0,
            delivery.payload,
            redelivery=True,
        )
        self._spawn(self._attempt(app, again, 0.0))

    async def settled(self) -> None:
        """Wait until everything was sent."""
        while self._tasks:
            await asyncio.gather(*tuple(self._tasks))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, app: App, delivery: Delivery, delay: float) -> None:
        if delay > 0:
            await self._clock.sleep(delay)
        async with self._turn:
            delivery.status_code = 0 if delay < 0 else await self._post(app, delivery)
        delivery.delivered_at = self._clock.now()
        delivery.id = 1000 + len(self.deliveries)
        self.deliveries.append(delivery)

    async def _post(self, app: App, delivery: Delivery) -> int:
        if self._session is None or not app.webhook_url:
            return 0
        body = json.dumps(delivery.payload).encode()
        digest = hmac.new(app.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0000000",
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Hook-ID": "1",
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-GitHub-Hook-Installation-Target-ID": str(app.id),
            "X-Hub-Signature-256": f"sha256={digest}",
        }
        try:
            async with self._session.post(app.webhook_url, data=body, headers=headers) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0


_ALWAYS = frozenset({"ping", "installation", "installation_repositories"})
