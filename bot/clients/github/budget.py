"""One budget for everything that an installation is asked: limits, `Retry-After`, few at a time.

GitHub counts per installation, so all keys share it: one that hits a secondary limit makes all
wait, instead of each finding out by itself. Nothing here talks; the transport asks and tells.
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.clients.clock import Clock
from bot.clients.errors import Throttled

_SYSTEM = "GitHub"
_UNSAID = 60.0  # "wait for at least one minute" where no header says how long
_RESERVE = 50  # requests kept back, so that people's own work with the App never stops dead
_AT_ONCE = 8


class Budget:
    """`admitted` around each request; `learn` from each answer; `throttle` when told to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed_until = 0.0
        self._room = asyncio.Semaphore(_AT_ONCE)
        self.remaining: int | None = None
        self.spent = 0

    @property
    def admitted(self) -> asyncio.Semaphore:
        """Use as an async context manager: at most so many requests at once."""
        return self._room

    def check(self) -> None:
        """Raises `Throttled` while we were told to wait: the queue waits, not the worker."""
        left = self._closed_until - self._clock.monotonic()
        if left > 0:
            raise Throttled(_SYSTEM, f"rate limited for another {left:.0f} s", left)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Remember what is left of the primary limit; close when the reserve is reached."""
        remaining = _number(headers.get("x-ratelimit-remaining"))
        if remaining is None:
            return
        self.remaining = int(remaining)
        if remaining <= min(_RESERVE, (_number(headers.get("x-ratelimit-limit")) or 0) / 10):
            self._close(self._until_reset(headers) or _UNSAID)

    def throttle(self, headers: Mapping[str, str]) -> Throttled:
        """Obey a refusal for a limit; the error to raise says how long."""
        after = _number(headers.get("retry-after"))
        if after is None and headers.get("x-ratelimit-remaining") == "0":
            after = self._until_reset(headers)
        self._close(_UNSAID if after is None else after)
        return Throttled(_SYSTEM, "rate limit reached", after or _UNSAID)

    def _until_reset(self, headers: Mapping[str, str]) -> float | None:
        reset = _number(headers.get("x-ratelimit-reset"))
        if reset is None:
            return None
        return max(1.0, (datetime.fromtimestamp(reset, UTC) - self._clock.now()).total_seconds())

    def _close(self, seconds: float) -> None:
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)


def limited(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Whether a refusal is about a limit: 429, or a 403 that says so in header or words."""
    if status == 429:
        return True
    if status != 403:
        return False
    exhausted = headers.get("x-ratelimit-remaining") == "0"
    return exhausted or "retry-after" in headers or "rate limit" in message.lower()


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
