"""Who may ask: nobody asked, Basic, or an application's token (JWT with `exp`).

Tokens live in simulated time. A check knows headers, no endpoint.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

import jwt
from aiohttp import web

_KEY = "a key of the simulator's, as long as HS256 wants it"


@dataclass(frozen=True, slots=True)
class NoAuth:
    """`API_AUTHORIZATION_ENABLED` is off: the default of charts up to 1.8, inside the cluster."""


@dataclass(frozen=True, slots=True)
class Basic:
    """A user and a password."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Applications:
    """Client ids and their secrets; `lifetime` in seconds, None for the version's own."""

    clients: dict[str, str] = field(repr=False)
    lifetime: int | None = None


Auth = NoAuth | Basic | Applications


class Gate:
    """Issues tokens and checks requests."""

    def __init__(self, auth: Auth, lifetime: int, now: Callable[[], float]) -> None:
        self.auth = auth
        self._lifetime = lifetime
        self._now = now
        self._revoked_before = 0.0

    def token(self, client_id: str, client_secret: str) -> str | None:
        """An access token, None for wrong credentials."""
        if not isinstance(self.auth, Applications):
            return None
        known = self.auth.clients.get(client_id, "")
        if not known or not hmac.compare_digest(known, client_secret):
            return None
        now = self._now()
        ends = now + (self.auth.lifetime or self._lifetime)
        claims = {"iss": "airbyte", "sub": client_id, "iat": now, "exp": ends}
        return jwt.encode(claims, _KEY, algorithm="HS256")

    def revoke(self) -> None:
        """All tokens issued so far stop working, whatever their `exp`."""
        self._revoked_before = self._now()

    def admits(self, request: web.Request) -> bool:
        """Whether the request may pass."""
        header = request.headers.get("Authorization", "")
        if isinstance(self.auth, Applications):
            return self._valid(header.removeprefix("Bearer "))
        if isinstance(self.auth, Basic):
            pair = f"{self.auth.user}:{self.auth.password}".encode()
            return hmac.compare_digest(header, "Basic " + base64.b64encode(pair).decode())
        return True

    def _valid(self, token: str) -> bool:
        try:
            claims = jwt.decode(
                token,
                _KEY,
                algorithms=["HS256"],
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return False
        issued = float(claims["iat"])
        return self._now() < float(claims["exp"]) and issued >= self._revoked_before
