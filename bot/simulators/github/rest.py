"""How GitHub's REST behaves whatever is asked: identities, permissions, pages, ETags, limits.

A simulator: imports nothing of the bot. The areas' modules say what is asked; `Gate` says whether
and how it is answered. https://docs.github.com/rest/using-the-rest-api
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web

from bot.simulators.github.state import Repository, Requested
from bot.simulators.github.world import Unprocessable, World

Json = dict[str, Any]

LIMIT = 5000


class Refusal(Exception):
    """An answer of 4xx, with GitHub's message."""

    def __init__(self, status: int, message: str, errors: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors


@dataclass(slots=True)
class Reply:
    """A status and its JSON (None: no body); or raw bytes with their type; or a redirect."""

    body: object = None
    status: int = 200
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"
    location: str | None = None
    key: str | None = None
    paged: bool = False


def page(items: Sequence[object], key: str | None = None) -> Reply:
    """A list that is cut into pages; under `key` where GitHub wraps it."""
    return Reply(list(items), key=key, paged=True)


@dataclass(slots=True)
class Identity:
    """Who asks: the App itself, an installation, a person, or nobody."""

    kind: str
    name: str
    login: str = ""
    installation: int | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """A request as the areas see it."""

    world: World
    who: Identity
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    @property
    def repository(self) -> Repository:
        """The repository in the path, which the caller was found to see."""
        return self.world.repositories[f"{self.path['owner']}/{self.path['repo']}"]

    def given(self, name: str) -> Any:
        """A field of the body that must be there."""
        if not isinstance(self.body, dict) or self.body.get(name) is None:
            raise Refusal(
                422, "Invalid request.\n\n" + f'"{name}" wasn\'t supplied.', [{"field": name}]
            )
        return self.body[name]

    def number(self, name: str) -> int:
        """A number in the path."""
        try:
            return int(self.path[name])
        except ValueError:
            raise Refusal(404, "Not Found") from None


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint; `permission` is what an installation needs ("" : none; "app": only the App)."""

    method: str
    pattern: str
    handler: Handler
    permission: str = ""
    level: str = "read"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The parts of the path, None where it is another endpoint."""
        if method != self.method:
            return None
        found = _compiled(self.pattern).fullmatch(path)
        return found.groupdict() if found else None


class Gate:
    """Everything between the socket and an area."""

    def __init__(self, world: World, routes: Sequence[Route]) -> None:
        self._world = world
        self._routes = routes
        self.requests: list[Requested] = []
        self.spent: dict[str, int] = {}
        self.limit = LIMIT

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; errors have GitHub's bodies."""
        who = Identity("nobody", "nobody")
        counted = True
        try:
            who = self._identify(request)
            self._check_limit(who)
            reply = self._reply(request, who, await _json(request))
            response = self._rendered(request, reply)
            counted = response.status != 304
        except Refusal as error:
            response = _refused(error.status, error.message, error.errors)
        except Unprocessable as error:
            response = _refused(422, "Validation Failed", [{"message": str(error)}])
        if counted:
            self.spent[who.name] = self.spent.get(who.name, 0) + 1
        self._limit_headers(response, who)
        self.requests.append(
            Requested(request.method, request.path_qs, response.status, who.name, counted)
        )
        return response

    # Who

    def _identify(self, request: web.Request) -> Identity:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            return Identity("nobody", "nobody")
        if scheme.lower() == "bearer" and token.count(".") == 2:
            return self._app(token)
        held = self._world.tokens.get(token)
        if held is None or held.expires_at <= self._world.clock.now():
            raise Refusal(401, "Bad credentials")
        if held.login:
            return Identity("person", held.login, held.login)
        installation = self._world.installations.get(held.installation or 0)
        if installation is None or installation.suspended_at or self._world.app is None:
            raise Refusal(403, "This installation has been suspended")
        return Identity(
            "installation",
            f"installation {installation.id}",
            self._world.app.login,
            installation.id,
            installation.permissions,
        )

    def _app(self, token: str) -> Identity:
        app, now = self._world.app, self._world.clock.now().timestamp()
        if app is None:
            raise Refusal(401, "A JSON web token could not be decoded")
        try:
            claims = jwt.decode(
                token,
                app.public_key,
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            raise Refusal(401, "A JSON web token could not be decoded") from None
        if str(claims.get("iss")) != str(app.id):
            raise Refusal(401, "A JSON web token could not be decoded")
        if claims.get("iat", 0) > now + 5 or claims.get("exp", 0) < now:
            raise Refusal(401, "'Expiration time' claim ('exp') must be a numeric value")
        if claims["exp"] - claims["iat"] > timedelta(minutes=10, seconds=1).total_seconds():
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        return Identity("app", "app", app.login)

    # Whether

    def _reply(self, request: web.Request, who: Identity, body: Any) -> Reply:
        for route in self._routes:
            found = route.match(request.method, request.rel_url.path)
            if found is not None:
                self._allow(route, found, who)
                return route.handler(Call(self._world, who, found, request.query, body))
        raise Refusal(404, "Not Found")

    def _allow(self, route: Route, path: Mapping[str, str], who: Identity) -> None:
        if route.permission == "app" and who.kind != "app":
            raise Refusal(401, "A JSON web token could not be decoded")
        if "owner" not in path:
            return
        full_name = f"{path['owner']}/{path['repo']}"
        repository = self._world.repositories.get(full_name)
        if repository is None or not self._sees(repository, who):
            raise Refusal(404, "Not Found")
        if who.kind == "installation" and route.permission:
            held = who.permissions.get(route.permission, "none")
            if held != "write" and held != route.level:
                raise Refusal(403, "Resource not accessible by integration")
        if who.kind == "person" and route.level == "write":
            self._allow_person(repository, who.login, route.permission)

    def _allow_person(self, repository: Repository, login: str, permission: str) -> None:
        needed = "write" if permission in ("contents", "checks") else "read"
        if not self._world.may(repository, login, needed):
            raise Refusal(403, "Must have write access to the repository")

    def _sees(self, repository: Repository, who: Identity) -> bool:
        if not repository.private:
            return True
        match who.kind:
            case "installation":
                found = self._world.installation_of(repository.full_name)
                return found is not None and found.id == who.installation
            case "person":
                return self._world.may(repository, who.login, "read")
            case "app":
                return self._world.installation_of(repository.full_name) is not None
            case _:
                return False

    def _check_limit(self, who: Identity) -> None:
        if self.spent.get(who.name, 0) >= self.limit:
            raise Refusal(403, f"API rate limit exceeded for {who.name}.")

    # How

    def _rendered(self, request: web.Request, reply: Reply) -> web.Response:
        if reply.location:
            return web.Response(status=302, headers={"Location": reply.location})
        if reply.raw is not None:
            return web.Response(body=reply.raw, headers={"Content-Type": reply.content_type})
        headers = {"Content-Type": reply.content_type}
        body = reply.body
        if reply.paged:
            body = self._cut(request, reply, headers)
        if body is None:
            return web.Response(status=reply.status)
        data = json.dumps(body).encode()
        if request.method == "GET":
            etag = f'W/"{hashlib.sha256(data).hexdigest()}"'
            headers["ETag"] = etag
            if request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers={"ETag": etag})
        return web.Response(status=reply.status, body=data, headers=headers)

    def _cut(self, request: web.Request, reply: Reply, headers: dict[str, str]) -> object:
        items: list[Any] = reply.body  # type: ignore[assignment] # `page` made it
        size = min(100, max(1, _int(request.query.get("per_page"), 30)))
        at = max(1, _int(request.query.get("page"), 1))
        last = max(1, -(-len(items) // size))
        links = {"next": at + 1, "last": last} if at < last else {}
        links |= {"prev": at - 1, "first": 1} if at > 1 else {}
        if links:
            base = f"{self._world.views.url}{request.path}"
            headers["Link"] = ", ".join(
                f'<{base}?{urlencode({**request.query, "page": number})}>; rel="{name}"'
                for name, number in links.items()
            )
        cut = items[(at - 1) * size : at * size]
        return {"total_count": len(items), reply.key: cut} if reply.key else cut

    def _limit_headers(self, response: web.Response, who: Identity) -> None:
        spent = self.spent.get(who.name, 0)
        reset = self._world.clock.now() + timedelta(hours=1)
        response.headers["X-RateLimit-Limit"] = str(self.limit)
        response.headers["X-RateLimit-Remaining"] = str(max(0, self.limit - spent))
        response.headers["X-RateLimit-Used"] = str(spent)
        response.headers["X-RateLimit-Reset"] = str(int(reset.timestamp()))
        response.headers["X-GitHub-Request-Id"] = f"{len(self.requests):04X}:SIM"


async def _json(request: web.Request) -> Any:
    data = await request.read()
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None


def _refused(status: int, message: str, errors: Sequence[object]) -> web.Response:
    body: Json = {"message": message, "documentation_url": "https://docs.github.com/rest"}
    if errors:
        body["errors"] = list(errors)
    return web.json_response(body | {"status": str(status)}, status=status)


def _int(text: str | None, otherwise: int) -> int:
    try:
        return int(text) if text else otherwise
    except ValueError:
        return otherwise


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    """`{name}` is one part of the path, `{name*}` the rest of it."""
    if pattern not in _PATTERNS:
        literal = pattern.replace(".", r"\.")
        text = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", literal)
        _PATTERNS[pattern] = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text))
    return _PATTERNS[pattern]
