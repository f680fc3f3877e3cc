"""A cluster with simulated Flux, and the hands of those who use it, in a time that leaps."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from flux_story import Story, Storyteller
from paced_clock import PacedClock

from bot.simulators.flux import V0_16_5, Flux, Version, manifests
from bot.simulators.flux.scripted import ImaginaryProvider, ScriptedGit, ScriptedPlanner
from bot.simulators.flux.terraform import REQUEST
from bot.simulators.kubernetes import Kubernetes
from bot.simulators.kubernetes.kinds import named

Json = dict[str, Any]

URL = "http://git.example/platform.git"
NAMESPACE = "platform"
SOURCE = "platform"
TERRAFORM = "platform-airbyte"
VARIABLES = {"mail_key": "key-91c2", "shop_token": "tok-55aa"}
_SEEN = ("GitRepository", "Terraform", "Secret", "ConfigMap", "Lease", "Event")


class World:
    """Everything that a test of the simulator needs at hand."""

    def __init__(self, kubernetes: Kubernetes, flux: Flux, clock: PacedClock) -> None:
        self.kubernetes = kubernetes
        self.flux = flux
        self.clock = clock
        self._teller = Storyteller()
        held = [named(kind) for kind in _SEEN]
        self._subscriptions = [(kind, kubernetes.store.subscribe(kind, None)) for kind in held]

    async def run(self, seconds: float) -> None:
        """Let so many simulated seconds pass."""
        await self.clock.run(seconds)

    def story(self) -> Story:
        """What happened since the last time that this was asked."""
        told: Story = {}
        happened = [
            item for _, subscription in self._subscriptions for item in subscription.waiting
        ]
        for _, subscription in self._subscriptions:
            subscription.waiting.clear()
        for happening in sorted(happened, key=lambda item: item.revision):
            event = _event(happening.type, happening.before, happening.item)
            if event is not None:
                self._teller.tell(told, event)
        return told

    # Hands

    def create(self, item: Json) -> None:
        """Make an object."""
        self.kubernetes.put(item)

    def patch(self, kind: str, name: str, **change: Any) -> None:
        """Merge into an object."""
        self.kubernetes.patch(kind, _namespace(kind), name, change)

    def ask(self, kind: str, name: str = "", value: str = "") -> None:
        """Annotate with `requestedAt`: the time, unless a value is given."""
        name = name or (SOURCE if kind == "GitRepository" else TERRAFORM)
        asked = {REQUEST: value or f"{self.clock.monotonic():.3f}"}
        self.patch(kind, name, metadata={"annotations": asked})

    def delete(self, kind: str, name: str) -> None:
        """Ask for its deletion."""
        self.kubernetes.delete(kind, _namespace(kind), name)

    def set_variable(self, name: str, value: str) -> None:
        """Change a value in the Secret."""
        packed = base64.b64encode(value.encode()).decode()
        self.patch("Secret", "platform-vars", data={name: packed})

    def terraform(self, name: str = TERRAFORM) -> Json:
        """The object."""
        return self.kubernetes.get("Terraform", NAMESPACE, name)

    def status(self, name: str = TERRAFORM) -> Json:
        """Its status."""
        return dict(self.terraform(name).get("status") or {})

    def ready(self, name: str = TERRAFORM) -> str:
        """`True/NoDrift`."""
        conditions = self.status(name).get("conditions") or ()
        found = next(item for item in conditions if item["type"] == "Ready")
        return f"{found['status']}/{found['reason']}"

    def message(self, name: str = TERRAFORM) -> str:
        """What Ready says."""
        conditions = self.status(name)["conditions"]
        return str(next(item for item in conditions if item["type"] == "Ready")["message"])


def _namespace(kind: str) -> str:
    return "flux-system" if kind == "GitRepository" else NAMESPACE


def _event(type: str, before: Json | None, item: Json) -> Json | None:
    """In the recordings' shape; None for what they did not record."""
    metadata, kind = item["metadata"], item["kind"]
    if kind == "Event":
        if item["involvedObject"]["kind"] != "Terraform":
            return None
        shown = {name: item[name] for name in ("type", "reason", "message")}
        return {"kind": kind, "regarding": item["involvedObject"]["name"], **shown}
    keys = {name: len(value) for name, value in (item.get("data") or {}).items()}
    word = "DELETED" if type == "DELETED" else "MODIFIED" if before is not None else "ADDED"
    return {
        "event": word,
        "kind": kind,
        "name": metadata["name"],
        "generation": metadata.get("generation", 1),
        "annotations": metadata.get("annotations"),
        "finalizers": metadata.get("finalizers"),
        "deletionTimestamp": metadata.get("deletionTimestamp"),
        "status": item.get("status"),
        "keys": keys,
    }


@asynccontextmanager
async def world(
    planner: ScriptedPlanner,
    git: ScriptedGit,
    *,
    version: Version = V0_16_5,
    provider: ImaginaryProvider | None = None,
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
) -> AsyncIterator[World]:
    """A cluster with Flux and the two namespaces, and nothing in them."""
    clock = PacedClock(start)
    async with Kubernetes(clock) as kubernetes:
        clock.pulse = lambda: len(kubernetes.requests) + kubernetes.store.revision
        for name in (NAMESPACE, "flux-system"):
            kubernetes.put(manifests.namespace(name))
        async with Flux(
            kubernetes.url,
            git=git,
            planner=planner,
            provider=provider or ImaginaryProvider(),
            clock=clock,
            version=version,
        ) as flux:
            await clock.run(0.0)
            yield World(kubernetes, flux, clock)


def source(name: str = SOURCE, **spec: Any) -> Json:
    """A GitRepository of the recordings' platform."""
    return manifests.git_repository(URL, name, **spec)


def terraform(name: str = TERRAFORM, from_source: str = SOURCE, **spec: Any) -> Json:
    """A Terraform of the recordings' platform."""
    wanted = {
        "retryInterval": "20s",
        "path": "./airbyte/terraform",
        "varsFrom": [{"kind": "Secret", "name": "platform-vars"}],
        "backendConfig": {"secretSuffix": TERRAFORM},
        "workspace": "default",
    }
    made = manifests.terraform(from_source, name, **{**wanted, **spec})
    made["metadata"]["namespace"] = NAMESPACE
    return made


def copy(name: str = "platform-airbyte-pr-7", from_source: str = "pr-7") -> Json:
    """A plan-only copy of it."""
    asked = manifests.plan_only_copy(from_source, name, of=TERRAFORM)["spec"]
    same = ("path", "varsFrom", "workspace", "retryInterval")
    return terraform(name, from_source, **{k: v for k, v in asked.items() if k not in same})


def variables() -> Json:
    """The Secret of the recordings' platform."""
    made = manifests.variables(VARIABLES, "platform-vars")
    made["metadata"]["namespace"] = NAMESPACE
    return made


LOCK = "11111111-2222-3333-4444-555555555555"


def held_lock() -> Json:
    """What a colleague's interrupted apply leaves in the Lease."""
    info = {
        "ID": LOCK,
        "Operation": "OperationTypeApply",
        "Who": "somebody@laptop",
        "Created": "2026-01-07T10:00:00Z",
    }
    annotations = {"app.terraform.io/lock-info": json.dumps(info)}
    return {"metadata": {"annotations": annotations}, "spec": {"holderIdentity": LOCK}}
