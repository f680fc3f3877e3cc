"""One HTTP call to Airbyte: address, credentials, time limit, errors. Knows no endpoint.

A token is renewed before it ends, and once after a 401. Nothing else is ever sent twice.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt

from bot.clients.clock import Clock
from bot.clients.errors import (
    Conflict,
    Forbidden,
    Refused,
    Unavailable,
    Unintelligible,
    refusal,
)

SYSTEM = "Airbyte"
_TOKEN_PATH = "api/public/v1/applications/token"  # noqa: S105 - a path
_RENEW_EARLY = 0.2
_ERROR_ID = re.compile(r"[0-9a-fA-F-]{8,40}")
_MOST_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class NoCredentials:
    """Airbyte asks for nothing: the default inside the cluster with charts up to 1.8."""


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """A user and a password."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """An application's: exchanged for a token of 15 minutes (24 hours before v1.6)."""

    client_id: str
    client_secret: str = field(repr=False)


Credentials = NoCredentials | BasicCredentials | ClientCredentials


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds until a call is given up. Airbyte itself has no limit on `act` and `check`."""

    read: float = 25.0
    act: float = 20.0
    check: float = 300.0


class Transport:
    """Calls below one base address, with one set of credentials."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        credentials: Credentials,
        clock: Clock,
        limits: TimeLimits,
    ) -> None:
        self._session = session
        self._base = root_url(base_url)
        self._credentials = credentials
        self._clock = clock
        self.limits = limits
        self._token = ""
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    async def post(self, path: str, body: Mapping[str, Any], limit: float) -> Any:
        """POST to the Config API; the decoded answer, None for 204."""
        return await self._call("POST", f"api/v1/{path}", body, limit)

    async def get(self, path: str, limit: float) -> Any:
        """GET from the Config API."""
        return await self._call("GET", f"api/v1/{path}", None, limit)

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, limit: float
    ) -> Any:
        header = await self._authorization()
        try:
            return await self._send(method, path, body, limit, header)
        except Forbidden as error:
            if not isinstance(self._credentials, ClientCredentials) or error.status != 401:
                raise
        # A 401 is answered before anything is carried out, so that this is not a repetition.
        await self._forget(header)
        return await self._send(method, path, body, limit, await self._authorization())

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        limit: float,
        authorization: str,
    ) -> Any:
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        try:
            async with self._session.request(
                method,
                self._base + path,
                json=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=limit),
                allow_redirects=False,
            ) as response:
                return _decoded(path, response.status, await _read(path, response))
        except TimeoutError:
            raise Unavailable(SYSTEM, f"{path}: no answer within {limit:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            reason = type(error).__name__
            raise Unavailable(SYSTEM, f"{path}: no connection ({reason})") from None

    # Credentials

    async def _authorization(self) -> str:
        match self._credentials:
            case NoCredentials():
                return ""
            case BasicCredentials(user, password):
                return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
            case ClientCredentials():
                return f"Bearer {await self._valid_token(self._credentials)}"

    async def _valid_token(self, credentials: ClientCredentials) -> str:
        async with self._renewing:
            now = self._clock.monotonic()
            if not self._token or now >= self._renew_at:
                body = {
                    "client_id": credentials.client_id,
                    "client_secret": credentials.client_secret,
                }
                answer = await self._send("POST", _TOKEN_PATH, body, self.limits.read, "")
                self._token, lifetime = _token(answer)
                self._renew_at = now + lifetime * (1 - _RENEW_EARLY)
            return self._token

    async def _forget(self, header: str) -> None:
        async with self._renewing:
            if header == f"Bearer {self._token}":
                self._token = ""


def root_url(base_url: str) -> str:
    """The address before `api/`, with a slash at its end, from whatever form people write."""
    trimmed = base_url.strip().rstrip("/")
    return re.sub(r"(/api)?(/public)?(/v1)?$", "", trimmed) + "/"


async def _read(path: str, response: aiohttp.ClientResponse) -> bytes:
    length = response.content_length
    if length is not None and length > _MOST_BYTES:
        raise Unintelligible(SYSTEM, f"{path}: an answer of {length} bytes")
    return await response.read()


def _decoded(path: str, status: int, content: bytes) -> Any:
    if status == 204 or (200 <= status < 300 and not content):
        return None
    if not 200 <= status < 300:
        raise _error(path, status, _error_id(content))
    try:
        return json.loads(content)
    except ValueError:
        raise Unintelligible(SYSTEM, f"{path}: HTTP {status}, and not JSON") from None


def _error(path: str, status: int, error_id: str) -> Unavailable | Refused | Unintelligible:
    """The error for an HTTP status; `errorId` finds the words in Airbyte's own log."""
    message = f"{path}, errorId {error_id}" if error_id else path
    if status == 423:
        return Conflict(SYSTEM, message, status)
    if 400 <= status < 500:
        return refusal(SYSTEM, message, status)
    if status >= 500:
        return Unavailable(SYSTEM, f"{message} ({status})")
    return Unintelligible(SYSTEM, f"{message}: an unexpected HTTP status ({status})")


def _error_id(content: bytes) -> str:
    """The `errorId` of an error body, "" without one. Nothing else of a body leaves this place."""
    try:
        found = json.loads(content).get("errorId")
    except (ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) and _ERROR_ID.fullmatch(found) else ""


def _token(answer: Any) -> tuple[str, float]:
    """The token and its life in seconds, by its own claims: clocks may differ."""
    try:
        token = str(answer["access_token"])
        claims = jwt.decode(token, options={"verify_signature": False})
        ends = float(claims["exp"])
        return token, ends - float(claims["iat"]) if "iat" in claims else 60.0
    except (KeyError, TypeError, ValueError, jwt.InvalidTokenError):
        raise Unintelligible(SYSTEM, f"{_TOKEN_PATH}: no usable access_token") from None
