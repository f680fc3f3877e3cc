"""One request to GitHub: gidgethub's, with ETags, the installation's budget and our errors.

An edge. A GET that got 5xx or no answer is asked once more at once; anything else is the
queue's to repeat, for a write may have been done although its answer was lost.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypedDict

import aiohttp
import gidgethub
import gidgethub.abc
import gidgethub.sansio
from cachetools import LRUCache

from bot.clients.clock import Clock
from bot.clients.errors import Forbidden, Unavailable, Unintelligible, refusal
from bot.clients.github.budget import Budget, limited

_SYSTEM = "GitHub"
_AGENT = "lotus-bot"
_REMEMBERED = 16 * 2**20  # characters of the answers that are kept for their ETags
_NEVER_CHANGES = re.compile(r"/git/(?:trees|blobs)/[0-9a-f]{40}\b")


@dataclass(slots=True)
class Answers:
    """How often which method was answered with which status: for metrics and the benchmark."""

    counted: dict[tuple[str, int], int] = field(default_factory=dict)

    def count(self, method: str, status: int) -> None:
        """One answer more."""
        self.counted[method, status] = self.counted.get((method, status), 0) + 1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where GitHub is, and what every identity there shares."""

    session: aiohttp.ClientSession
    base_url: str
    clock: Clock
    answers: Answers


class Credentials(TypedDict, total=False):
    """gidgethub's keyword for who asks: one of the two, or none."""

    jwt: str
    oauth_token: str


class _Known(LRUCache[str, tuple[Any, Any, Any, Any]]):
    """gidgethub's answers by URL, to be asked for anew by their ETags; bounded by what they hold.

    Trees and blobs are not asked for again: `Snapshots` keeps them, by their SHA.
    """

    def __init__(self, limit: int = _REMEMBERED) -> None:
        super().__init__(limit, lambda answer: len(str(answer)))

    def __setitem__(self, url: str, answer: tuple[Any, Any, Any, Any]) -> None:
        if not _NEVER_CHANGES.search(url):
            with suppress(ValueError):  # it alone is larger than all that is kept
                super().__setitem__(url, answer)


class _Wire(gidgethub.abc.GitHubAPI):
    """gidgethub with our session and budget beneath."""

    def __init__(self, endpoint: Endpoint, budget: Budget) -> None:
        super().__init__(_AGENT, base_url=endpoint.base_url, cache=_Known())
        self._endpoint = endpoint
        self._budget = budget

    async def manage_rate_limit(self, *, method: str, url: str) -> None:  # noqa: ARG002 - gidgethub's
        self._budget.check()

    async def handle_rate_limit_error(
        self,
        *,
        method: str,
        url: str,  # noqa: ARG002 - the library's signature
        exception: gidgethub.HTTPException,
        attempt: int,
    ) -> bool:
        patient = "retry-after" in exception.headers
        return method == "GET" and exception.status_code >= 500 and attempt == 1 and not patient

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            return await self._ask(method, url, headers, body)
        except aiohttp.ClientError:
            if method != "GET":
                raise
            return await self._ask(method, url, headers, body)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        async with (
            self._budget.admitted,
            self._endpoint.session.request(method, url, headers=headers, data=body) as response,
        ):
            content = await response.read()
        self._endpoint.answers.count(method, response.status)
        self._budget.learn(response.headers)
        return response.status, response.headers, content

    async def download(self, path: str, limit: int, token: str) -> bytes:
        """gidgethub decodes every answer as text, so what is not text comes this way."""
        self._budget.check()
        url = gidgethub.sansio.format_url(path, None, base_url=self.base_url)
        headers = gidgethub.sansio.create_headers(_AGENT, oauth_token=token)
        async with (
            self._budget.admitted,
            self._endpoint.session.get(url, headers=headers) as response,
        ):
            self._endpoint.answers.count("GET", response.status)
            content = b"".join([chunk async for chunk in _bounded(response, limit)])
            if response.status != 200:
                gidgethub.sansio.decipher_response(response.status, response.headers, content)
            return content

    async def sleep(self, seconds: float) -> None:
        await self._endpoint.clock.sleep(seconds)


class Transport:
    """GitHub's API with one identity.

    `credentials` is asked before each request for gidgethub's keyword: `jwt` or `oauth_token`;
    `forget` is called when GitHub does not take them any more, before the request is tried again.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Callable[[], Awaitable[Credentials]],
        forget: Callable[[], object] | None = None,
    ) -> None:
        self.budget = Budget(endpoint.clock)
        self._wire = _Wire(endpoint, self.budget)
        self._credentials = credentials
        self._forget = forget

    async def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """The JSON of one object or one page; `query` values are percent-encoded here."""
        who = await self._credentials()
        with self._translated(path):
            return await self._wire.getitem(_url(path, query), **who)

    async def each(
        self, path: str, query: Mapping[str, object] | None = None, *, key: str = "items"
    ) -> AsyncIterator[Any]:
        """The items of a paged list, to the end; `key` holds them where the page is an object."""
        who = await self._credentials()
        url = _url(path, {"per_page": 100, **(query or {})})
        with self._translated(path):
            async for item in self._wire.getiter(url, iterable_key=key, **who):
                yield item

    async def all(
        self, path: str, query: Mapping[str, object] | None = None, *, key: str = "items"
    ) -> list[Any]:
        """Every item of a paged list."""
        return [item async for item in self.each(path, query, key=key)]

    async def post(self, path: str, data: object) -> Any:
        """Create something; the answer's JSON."""
        who = await self._credentials()
        with self._translated(path):
            return await self._wire.post(path, data=data, **who)

    async def patch(self, path: str, data: object) -> Any:
        """Change something; the answer's JSON."""
        who = await self._credentials()
        with self._translated(path):
            return await self._wire.patch(path, data=data, **who)

    async def put(self, path: str, data: object) -> Any:
        """Bring something about; the answer's JSON."""
        who = await self._credentials()
        with self._translated(path):
            return await self._wire.put(path, data=data, **who)

    async def delete(self, path: str) -> None:
        """Remove something."""
        who = await self._credentials()
        with self._translated(path):
            await self._wire.delete(path, **who)

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        try:
            with translated(path, self.budget):
                yield
        except Forbidden as error:
            if error.status != 401 or self._forget is None:
                raise
            self._forget()
            message = f"{path}: the token is not taken any more (401)"
            raise Unavailable(_SYSTEM, message) from None

    async def download(self, path: str, limit: int) -> bytes:
        """A binary answer of at most `limit` bytes; raises `Unintelligible` where it is longer."""
        who = await self._credentials()
        with self._translated(path):
            return await self._wire.download(
                path, limit, who.get("oauth_token") or who.get("jwt", "")
            )


def part(text: str) -> str:
    """Text as part of a path: slashes stay (branch names have them), all else is encoded."""
    return urllib.parse.quote(text, safe="/")


@contextmanager
def translated(what: str, budget: Budget) -> Iterator[None]:
    """The libraries' exceptions as ours; `what` is the path asked for, which holds no secret."""
    try:
        yield
    except gidgethub.HTTPException as error:
        raise _translate(error, what, budget) from None
    except TimeoutError:
        raise Unavailable(_SYSTEM, f"{what}: no answer in time") from None
    except aiohttp.ClientError as error:
        raise Unavailable(_SYSTEM, f"{what}: {type(error).__name__}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unintelligible(_SYSTEM, f"{what}: answered nonsense") from None


def _translate(error: gidgethub.HTTPException, what: str, budget: Budget) -> Exception:
    status, message = int(error.status_code), str(error)
    headers = {name.lower(): value for name, value in error.headers.items()}
    if limited(status, headers, message):
        return budget.throttle(headers)
    if status >= 500:
        after = headers.get("retry-after", "")
        seconds = float(after) if after.isdigit() else None
        return Unavailable(_SYSTEM, f"{what}: {message} ({status})", seconds)
    if status >= 400:
        return refusal(_SYSTEM, f"{what}: {message}", status)
    return Unintelligible(_SYSTEM, f"{what}: unexpected status {status}")


async def _bounded(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    total = 0
    async for chunk in response.content.iter_chunked(2**16):
        total += len(chunk)
        if total > limit:
            raise Unintelligible(_SYSTEM, f"{response.url.path}: longer than {limit} bytes")
        yield chunk


def _url(path: str, query: Mapping[str, object] | None) -> str:
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path
