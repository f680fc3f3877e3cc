"""The GitHub App: its own identity (a JWT), and one renewed token for each installation.

An edge. https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import jwt
from cachetools import TLRUCache

from bot.clients.clock import Clock
from bot.clients.errors import Invalid, NotFound, Unintelligible
from bot.clients.github.transport import Credentials, Endpoint, Transport

_SYSTEM = "GitHub"
# GitHub allows ten minutes in all, and nothing of its future: our clock may be off by four.
_JWT_BEFORE = 240  # seconds
_JWT_AFTER = 300
_JWT_ONCE = 60  # seconds in which it is used again
_RENEW_BEFORE = 300  # seconds before a token's end in which a new one is fetched
_INSTALLATIONS = 1024


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """The App's id and its private key (PEM)."""

    app_id: str
    private_key: str

    def __repr__(self) -> str:
        return f"AppIdentity({self.app_id})"


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    renew_at: float  # on the clock's monotonic scale


class GitHubApp:
    """Everything the App asks in its own name; `installation` gives what acts on repositories."""

    def __init__(self, endpoint: Endpoint, identity: AppIdentity) -> None:
        self._endpoint = endpoint
        self._identity = identity
        self._transport = Transport(endpoint, self._as_app)
        self._installations: dict[int, Transport] = {}
        self._tokens: TLRUCache[int, _Token] = TLRUCache(
            _INSTALLATIONS, lambda _key, token, _now: token.renew_at, endpoint.clock.monotonic
        )
        self._slug: str | None = None
        self._own: _Token | None = None

    async def login(self) -> str:
        """The login under which the App comments: `<slug>[bot]`."""
        if self._slug is None:
            self._slug = str((await self._transport.get("/app"))["slug"])
        return f"{self._slug}[bot]"

    async def described(self) -> dict[str, Any]:
        """The App as GitHub has it: `html_url`, `permissions`, `events`."""
        found: dict[str, Any] = await self._transport.get("/app")
        return found

    async def hook_url(self) -> str:
        """Where GitHub sends webhooks to; "" for nowhere. Whether they are on is not told."""
        try:
            return str((await self._transport.get("/app/hook/config")).get("url") or "")
        except NotFound:
            return ""

    async def installed(self) -> list[dict[str, Any]]:
        """All installations as GitHub describes them, the suspended ones too."""
        return await self._transport.all("/app/installations")

    async def installations(self) -> list[int]:
        """The ids of all installations that are not suspended."""
        found = await self._transport.all("/app/installations")
        return [int(item["id"]) for item in found if not item.get("suspended_at")]

    def installation(self, number: int) -> Transport:
        """GitHub in the name of an installation: one budget, one ETag cache, one token."""
        if number not in self._installations:

            async def credentials() -> Credentials:
                return {"oauth_token": await self._token(number)}

            forget = partial(self._tokens.pop, number, None)
            self._installations[number] = Transport(self._endpoint, credentials, forget)
        return self._installations[number]

    async def repositories(self, installation: int) -> list[dict[str, Any]]:
        """The repositories that an installation may see, as GitHub describes them."""
        transport = self.installation(installation)
        return await transport.all("/installation/repositories", key="repositories")

    def deliveries(self) -> AsyncIterator[dict[str, Any]]:
        """The App's webhook deliveries, newest first; stop iterating where you know them."""
        return self._transport.each("/app/hook/deliveries")

    async def delivery(self, number: int) -> dict[str, Any]:
        """One delivery with its request, payload and all."""
        found: dict[str, Any] = await self._transport.get(f"/app/hook/deliveries/{number}")
        return found

    async def _as_app(self) -> Credentials:
        """Signed once a minute: reading the key takes longer than a request."""
        clock = self._endpoint.clock
        if self._own is None or clock.monotonic() >= self._own.renew_at:
            value = signed(self._identity, clock)
            self._own = _Token(value, clock.monotonic() + _JWT_ONCE)
        return {"jwt": self._own.value}

    async def _token(self, installation: int) -> str:
        held = self._tokens.get(installation)
        if held is None:
            held = await self._fetch(installation)
            self._tokens[installation] = held
        return held.value

    async def _fetch(self, installation: int) -> _Token:
        path = f"/app/installations/{installation}/access_tokens"
        answer = await self._transport.post(path, {})
        try:
            ends = datetime.fromisoformat(answer["expires_at"].replace("Z", "+00:00"))
            value = str(answer["token"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unintelligible(_SYSTEM, f"{path}: no token in the answer") from None
        left = (ends - self._endpoint.clock.now()).total_seconds() - _RENEW_BEFORE
        return _Token(value, self._endpoint.clock.monotonic() + max(left, 1.0))


def signed(identity: AppIdentity, clock: Clock) -> str:
    """The App's JWT for the next minutes; raises `Invalid` where the key is no key."""
    now = int(clock.now().timestamp())
    claims = {"iat": now - _JWT_BEFORE, "exp": now + _JWT_AFTER, "iss": identity.app_id}
    try:
        return jwt.encode(claims, identity.private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.exceptions.PyJWTError):
        raise Invalid(_SYSTEM, "the App's private key is no RSA key in PEM", 400) from None
