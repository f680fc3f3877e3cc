"""HTTP: a path and a query become a verb on a kind; answers and refusals become JSON.

https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from aiohttp import web

from bot.simulators.clock import Clock
from bot.simulators.kubernetes import discovery, kinds, refusals, registry
from bot.simulators.kubernetes.access import Access, Attempt, User
from bot.simulators.kubernetes.kinds import Kind
from bot.simulators.kubernetes.listing import Page, listed
from bot.simulators.kubernetes.ownership import Writer
from bot.simulators.kubernetes.refusals import Refusal, bad_request
from bot.simulators.kubernetes.registry import Registry
from bot.simulators.kubernetes.selectors import Test, chosen_name, selecting
from bot.simulators.kubernetes.store import Json
from bot.simulators.kubernetes.watch import Wanted, shown, watch

_HEALTH = ("/readyz", "/livez", "/healthz")
_PROTOBUF = "application/vnd.kubernetes.protobuf"  # `kubectl create` of built-in kinds sends it
_WATCH_SECONDS = 1800
_ITEM_VERBS = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ATTRIBUTES = ("verb", "group", "resource", "subresource", "namespace", "name")
_LIST_VERBS = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names: a kind, or with `name` one object, or a part of it."""

    kind: Kind
    version: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may be carried out."""

    request: web.Request
    target: Target
    verb: str
    user: User
    body: Any

    @property
    def place(self) -> tuple[str, str]:
        return self.target.namespace, self.target.name

    def query(self, key: str) -> str:
        return self.request.query.get(key, "")

    def number(self, key: str) -> int | None:
        """A number in the query, None where it is not given; raises `Refusal` 400."""
        text = self.query(key)
        if text and not text.isdigit():
            raise bad_request(f"invalid value for {key}: {text!r}")
        return int(text) if text else None

    def flag(self, key: str) -> bool:
        return self.query(key) in ("true", "1")

    @property
    def dry_run(self) -> bool:
        options = self.body if isinstance(self.body, Mapping) and self.verb == "delete" else {}
        return self.query("dryRun") == "All" or "All" in (options.get("dryRun") or ())

    def selected(self) -> Test:
        """Whether an object is in the namespace and chosen by the selectors."""
        target = self.target
        chosen = selecting(target.kind, self.query("labelSelector"), self.query("fieldSelector"))
        if not target.namespace:
            return chosen
        return lambda item: item["metadata"].get("namespace") == target.namespace and chosen(item)

    def writer(self) -> Writer:
        """Who writes; raises `Refusal` 400, and 422 where an apply does not name its manager."""
        agent = self.request.headers.get("User-Agent", "unknown").partition("/")[0]
        manager, force = self.query("fieldManager"), self.flag("force")
        writer = Writer(manager or agent, self.target.subresource, force=force)
        if self.request.content_type != registry.APPLY:
            return writer
        if not manager:
            message = "fieldManager: Required value: is required for apply patch"
            raise Refusal(422, "Invalid", f'PatchOptions.meta.k8s.io "" is invalid: {message}')
        return registry.applying(self.target.kind, self.body, writer)


class Rest:
    """Requests to one registry."""

    def __init__(self, held: Registry, access: Access, clock: Clock) -> None:
        self._registry = held
        self._access = access
        self._clock = clock
        self._documents = discovery.documents()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer, with a Status where the answer is no."""
        if request.path in _HEALTH:
            return web.Response(text="ok")
        try:
            if document := self._documents.get(request.path.rstrip("/")):
                self._access.user(request)
                return web.json_response(document)
            target = resolve(request.path)
            if target is None:
                return web.Response(status=404, text="404 page not found\n")
            return await self._carry_out(await self._admitted(request, target))
        except Refusal as refusal:
            headers = {} if refusal.after is None else {"Retry-After": str(refusal.after)}
            return web.json_response(refusal.status, status=refusal.code, headers=headers)

    async def _admitted(self, request: web.Request, target: Target) -> Call:
        """The request as a call; raises `Refusal` 400, 401, 403, 405."""
        user = self._access.user(request)
        verb = (_ITEM_VERBS if target.name else _LIST_VERBS).get(request.method, "")
        if verb == "list" and request.query.get("watch") in ("true", "1"):
            verb = "watch"
        wanted = verb not in target.kind.verbs and not target.subresource
        if not verb or wanted or (verb == "delete" and target.subresource):
            raise refusals.not_allowed(request.method)
        if target.kind is not kinds.SELF_SUBJECT_ACCESS_REVIEW:
            name = target.name
            if verb in ("list", "watch", "deletecollection"):
                name = chosen_name(request.query.get("fieldSelector", ""))
            self._access.check(user, _attempt(target, verb, name))
        return Call(request, target, verb, user, await _body(request))

    async def _carry_out(self, call: Call) -> web.StreamResponse:
        match call.verb:
            case "watch":
                return await watch(call.request, self._registry.store, self._clock, _wanted(call))
            case "list":
                return web.json_response(self._listed(call))
            case "get":
                return self._item(call, self._registry.read(call.target.kind, call.place))
            case "create":
                return self._created(call)
            case "update":
                return self._updated(call)
            case "patch":
                return self._patched(call)
            case "delete":
                return self._deleted(call)
            case _:
                return self._all_deleted(call)

    def _listed(self, call: Call) -> Json:
        exact = call.query("resourceVersionMatch") == "Exact"
        revision = call.number("resourceVersion") or 0
        page = Page(call.number("limit") or 0, call.query("continue"), revision, exact)
        found = listed(self._registry.store, call.target.kind, call.selected(), page)
        return _list(call.target, found.items, found.metadata)

    def _created(self, call: Call) -> web.Response:
        if call.target.kind is kinds.SELF_SUBJECT_ACCESS_REVIEW:
            return web.json_response(self._reviewed(call), status=201)
        target = call.target
        if target.kind.namespaced and not target.namespace:
            raise refusals.not_allowed("POST")
        item = self._registry.create(
            target.kind, target.namespace, call.body, call.writer(), dry_run=call.dry_run
        )
        return self._item(call, item, 201)

    def _updated(self, call: Call) -> web.Response:
        target = call.target
        try:
            item = self._registry.update(
                target.kind, call.place, call.body, call.writer(), dry_run=call.dry_run
            )
        except Refusal as refusal:
            if refusal.code != 404 or not target.kind.upsert:
                raise
            return self._upserted(call, call.body, call.writer())
        return self._item(call, item)

    def _patched(self, call: Call) -> web.Response:
        target, media = call.target, call.request.content_type
        writer = call.writer()
        patch = registry.patching(target.kind, media, call.body, writer)
        try:
            item = self._registry.patch(
                target.kind, call.place, patch, writer, dry_run=call.dry_run
            )
        except Refusal as refusal:
            if refusal.code != 404 or media != registry.APPLY or target.subresource:
                raise
            return self._upserted(call, call.body, writer)
        return self._item(call, item)

    def _upserted(self, call: Call, body: Any, writer: Writer) -> web.Response:
        """What a PUT or an apply makes where nothing is: its name is the path's."""
        target = call.target
        self._access.check(call.user, _attempt(target, "create", target.name))
        metadata = {"name": target.name, **(body.get("metadata") or {})}
        item = self._registry.create(
            target.kind,
            target.namespace,
            {**body, "metadata": metadata},
            writer,
            dry_run=call.dry_run,
        )
        return self._item(call, item, 201)

    def _deleted(self, call: Call) -> web.Response:
        options = call.body if isinstance(call.body, Mapping) else {}
        kind = call.target.kind
        item, gone = self._registry.delete(
            kind, call.place, options.get("preconditions"), dry_run=call.dry_run
        )
        return web.json_response(refusals.success(kind, item)) if gone else self._item(call, item)

    def _all_deleted(self, call: Call) -> web.Response:
        target = call.target
        items = self._registry.delete_all(target.kind, call.selected(), dry_run=call.dry_run)
        metadata = {"resourceVersion": str(self._registry.store.revision)}
        return web.json_response(_list(target, items, metadata))

    def _item(self, call: Call, item: Json, status: int = 200) -> web.Response:
        target = call.target
        return web.json_response(shown(target.kind, target.version, item), status=status)

    def _reviewed(self, call: Call) -> Json:
        """SelfSubjectAccessReview. What is no resource may be asked for by everybody."""
        spec = (call.body.get("spec") or {}) if isinstance(call.body, Mapping) else {}
        asked = spec.get("resourceAttributes")
        attempt = Attempt(**{key: str((asked or {}).get(key, "")) for key in _ATTRIBUTES})
        allowed = not asked or self._access.allows(call.user, attempt)
        kind = kinds.SELF_SUBJECT_ACCESS_REVIEW
        return {
            "kind": kind.name,
            "apiVersion": kind.api_version(),
            "metadata": {"creationTimestamp": None},
            "spec": spec,
            "status": {"allowed": allowed},
        }


def resolve(path: str) -> Target | None:
    """What a path names; None where nothing is served there."""
    match path.strip("/").split("/"):
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            return None
    namespace = ""
    own = not group and (len(rest) < 3 or rest[2] in ("status", "finalize"))
    if rest[:1] == ["namespaces"] and len(rest) > 2 and not own:
        _, namespace, *rest = rest
    if not 1 <= len(rest) <= 3:
        return None
    kind = kinds.served(group, version, rest[0])
    plural, name, subresource = [*rest, "", ""][:3]
    if kind is None or plural != kind.plural or bool(namespace) > kind.namespaced:
        return None
    if name and kind.namespaced and not namespace:
        return None
    if subresource and not (subresource == "status" and kind.status):
        return None
    return Target(kind, version, namespace, name, subresource)


def _attempt(target: Target, verb: str, name: str) -> Attempt:
    kind = target.kind
    return Attempt(verb, kind.group, kind.plural, target.subresource, target.namespace, name)


def _wanted(call: Call) -> Wanted:
    since = call.number("resourceVersion") or None
    initial = call.flag("sendInitialEvents")
    bookmarks = call.flag("allowWatchBookmarks")
    seconds = call.number("timeoutSeconds")
    return Wanted(
        call.target.kind,
        call.target.version,
        call.selected(),
        None if initial else since,
        float(seconds or _WATCH_SECONDS),
        bookmarks,
        initial and bookmarks,
    )


def _list(target: Target, items: list[Json], metadata: Json) -> Json:
    kind = target.kind
    return {
        "kind": f"{kind.name}List",
        "apiVersion": kind.api_version(target.version),
        "metadata": metadata,
        "items": [shown(kind, target.version, item) for item in items],
    }


async def _body(request: web.Request) -> Any:
    """JSON, or YAML where the media type says so; None where there is none."""
    if request.content_type == _PROTOBUF:
        raise refusals.unsupported(("application/json", "application/yaml"))
    text = await request.text()
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        if "yaml" not in request.content_type:
            raise bad_request("the body of the request is not valid JSON") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise bad_request("the body of the request is not valid YAML") from None
