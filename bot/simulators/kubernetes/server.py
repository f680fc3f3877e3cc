"""The API server on loopback, and hands that reach into its objects.

A simulator: imports nothing of the bot. The hands go through the same rules and tell the same
watches as HTTP does. No controller runs: nothing collects garbage, a Namespace stays Terminating.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from bot.simulators import faults
from bot.simulators.clock import Clock
from bot.simulators.kubernetes import kinds, patches
from bot.simulators.kubernetes.access import Access, user_named
from bot.simulators.kubernetes.definitions import definitions
from bot.simulators.kubernetes.ownership import Writer
from bot.simulators.kubernetes.registry import Registry
from bot.simulators.kubernetes.rest import Rest
from bot.simulators.kubernetes.store import Json, Store
from bot.simulators.lifetime import Lifetime

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_HAND, _STATUS_HAND = Writer("hand"), Writer("hand", subresource="status")
_VOLATILE = ("resourceVersion", "uid", "managedFields")
_BODY_BYTES = 3 * 2**20


class Kubernetes(Lifetime):
    """`async with Kubernetes(clock) as server:`; then `server.url` is the API server's address.

    `faults` is a list of misbehaviour to come, its paths are matched with their query
    (`watch=true` hits watches only); `requests` what was asked. Stopped and started again it
    listens at the same address, with what it held.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.store = Store()
        self.registry = Registry(self.store, clock.now)
        self.access = Access(self.store)
        self.faults: list[faults.Fault] = []
        self.requests: list[str] = []
        self.url = ""
        self._port = 0
        self._rest = Rest(self.registry, self.access, clock)
        self._runner: web.AppRunner | None = None
        self._open: dict[int, web.Request] = {}
        for name in _NAMESPACES:
            self.put({"kind": "Namespace", "metadata": {"name": name}})
        for definition in definitions():
            self.put(definition)

    # Its life

    async def start(self) -> None:
        """Listen on a port of the system's choice, later on the same."""
        application = web.Application(client_max_size=_BODY_BYTES)
        application.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        host, self._port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{self._port}"

    async def stop(self) -> None:
        """Stop listening, and end what is being watched."""
        self.end_watches()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path_qs}")
        self._open[id(request)] = request
        try:
            fault = faults.take(self.faults, request.method, request.path_qs)
            if fault is None:
                return await self._rest.handle(request)
            return await faults.answer(fault, request, self._rest.handle, self.clock.sleep)
        finally:
            del self._open[id(request)]

    # Misbehaviour

    def compact(self) -> None:
        """Every resourceVersion that was given out so far is too old from now on: 410."""
        self.store.compact()

    def end_watches(self, *, abruptly: bool = False) -> int:
        """End every watch; abruptly: by cutting their connections. How many there were."""
        if not abruptly:
            return self.store.end_subscriptions()
        cut = self._watches()
        for request in cut:
            if request.transport is not None:
                request.transport.abort()
        return len(cut)

    @property
    def watching(self) -> int:
        """How many watches are open."""
        return len(self._watches())

    def _watches(self) -> list[web.Request]:
        return [request for request in self._open.values() if "watch" in request.query]

    # Finding it

    def token_for(self, user: str, groups: Iterable[str] = ()) -> str:
        """A bearer token; `system:serviceaccount:<namespace>:<name>` is a ServiceAccount's."""
        token = f"token-{len(self.access.tokens)}"
        self.access.tokens[token] = user_named(user, groups)
        return token

    def kubeconfig(self, path: Path, *, namespace: str = "default", token: str = "") -> Path:
        """Write a kubeconfig that leads here. kubectl sends no token over plain HTTP."""
        here = {"cluster": "simulated", "user": "simulated", "namespace": namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "simulated",
            "clusters": [{"name": "simulated", "cluster": {"server": self.url}}],
            "contexts": [{"name": "simulated", "context": here}],
            "users": [{"name": "simulated", "user": {"token": token} if token else {}}],
        }
        path.write_text(yaml.safe_dump(config))
        return path

    # Hands. A kind is named as `Terraform` or `terraforms`; a cluster's own have namespace "".

    def put(self, item: Mapping[str, Any]) -> Json:
        """Make an object be like this; its namespace comes with it.

        Without a status in it, the one that it has stays.
        """
        kind, item = kinds.named(item["kind"]), copy.deepcopy(dict(item))
        for key in _VOLATILE:
            item["metadata"].pop(key, None)
        namespace = item["metadata"].get("namespace", "default") if kind.namespaced else ""
        place = (namespace, item["metadata"].get("name", ""))
        if namespace and self.store.get(kinds.NAMESPACE, ("", namespace)) is None:
            self.put({"kind": kinds.NAMESPACE.name, "metadata": {"name": namespace}})
        if self.store.get(kind, place) is None:
            made = self.registry.create(kind, namespace, item, _HAND)
            place = (namespace, made["metadata"]["name"])
        if kind.status and "status" in item:
            self.registry.patch(kind, place, lambda _: item, _STATUS_HAND)
        return copy.deepcopy(self.registry.patch(kind, place, lambda _: item, _HAND))

    def get(self, kind: str, namespace: str, name: str) -> Json:
        """An object, for the caller to keep; raises `LookupError`."""
        found = self.store.get(kinds.named(kind), (namespace, name))
        if found is None:
            raise LookupError(f"{kind} {namespace}/{name} is not there")
        return copy.deepcopy(found)

    def list(self, kind: str, namespace: str = "") -> list[Json]:
        """All of a kind, in one namespace or in all."""
        found = self.store.all(kinds.named(kind)).items()
        return [copy.deepcopy(item) for place, item in found if namespace in ("", place[0])]

    def patch(self, kind: str, namespace: str, name: str, patch: Mapping[str, Any]) -> Json:
        """Merge into an object, its status included; None removes."""
        held, place, change = kinds.named(kind), (namespace, name), copy.deepcopy(dict(patch))
        if "status" in change:
            self.registry.patch(
                held, place, lambda item: patches.merged(item, change), _STATUS_HAND
            )
        patched = self.registry.patch(held, place, lambda i: patches.merged(i, change), _HAND)
        return copy.deepcopy(patched)

    def delete(self, kind: str, namespace: str, name: str) -> bool:
        """As a client does; whether it is gone, or its finalizers still keep it."""
        return self.registry.delete(kinds.named(kind), (namespace, name))[1]

    async def until(
        self, kind: str, namespace: str, name: str, holds: Callable[[Json | None], object]
    ) -> Json | None:
        """Wait until something holds for an object (None: it is not there), and return it."""
        held = kinds.named(kind)
        subscription = self.store.subscribe(held, None)
        try:
            while not holds(found := self.store.get(held, (namespace, name))):
                await subscription.bell.wait()
                subscription.bell.clear()
                subscription.waiting.clear()
            return copy.deepcopy(found)
        finally:
            self.store.unsubscribe(held, subscription)
