"""A whole platform on this machine: GitHub, a cluster with Flux, Airbyte, and the real service.

Everything but the service is simulated, and everything talks HTTP on loopback. The demo and the
end-to-end tests play on it; who stands on it acts through `github` as people do.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.app import Running, serving
from bot.config import Settings
from bot.demo.planner import EvaluatorPlanner
from bot.simulators.airbyte import Airbyte, Timing
from bot.simulators.airbyte.provider import AirbyteProvider
from bot.simulators.clock import Clock
from bot.simulators.flux import V0_16_5, Flux, Folders, Version, manifests
from bot.simulators.flux.planning import Planner
from bot.simulators.github import GitHub
from bot.simulators.github.server import EVENTS, PERMISSIONS
from bot.simulators.github.state import App
from bot.simulators.kubernetes import Kubernetes

REPOSITORY = "lotus-tea/platform"
MODULE = "orchestration/airbyte/terraform"
NAMESPACE, TERRAFORM = manifests.NAMESPACE, manifests.TERRAFORM
ANNA, RITA, ADAM = "anna", "rita", "adam"
BOT = "lotus-bot[bot]"

_HERE = Path(__file__).parent
_SIGNED_WITH = "what the simulated GitHub signs its webhooks with"
_APP_ID = 7
VARIABLES = {
    "airbyte_username": "airbyte",
    "airbyte_password": "p4ssw0rd-of-airbyte",
    "shopify_token": "shpat-0123456789abcdef",
    "klaviyo_api_key": "pk-fedcba9876543210",
    "lake_secret_access_key": "lake-secret-access-key-1",
    "recharge_access_token": "sk-recharge-42",
}


class ApiServer(Protocol):
    """Where the cluster's objects are: the simulated API server, or a real one that runs already.

    It serves the custom kinds. `kubeconfig` without a token leads there with every right.
    """

    def kubeconfig(self, path: Path, *, token: str = "") -> Path: ...

    def put(self, item: Mapping[str, Any], /) -> Any: ...

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any]: ...

    def patch(self, kind: str, namespace: str, name: str, patch: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: which controller, which planner (None: the bot's own evaluator), how fast.

    `cluster` None: a simulated API server of the stage's own. `token`: as whom the service comes
    there, "" for somebody who may do everything. `runner_pods`: runners are Pods that can be seen.
    """

    version: Version = V0_16_5
    planner: Planner | None = None
    interval: str = "5m"
    source_interval: str = "10m"
    jobs: Timing = field(default_factory=Timing)
    cluster: ApiServer | None = None
    token: str = ""
    source_namespace: str = manifests.SOURCE_NAMESPACE
    runner_pods: bool = False


class Stage:
    """`async with Stage(clock, folder) as stage:`, then `async with stage.service():`."""

    def __init__(self, clock: Clock, folder: Path, cast: Cast | None = None) -> None:
        self.clock = clock
        self.folder = folder
        self.cast = cast or Cast()
        self.github = GitHub(clock, folder / "github")
        self.cluster: ApiServer = self.cast.cluster or Kubernetes(clock)
        self.airbyte = Airbyte(clock, timing=self.cast.jobs)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._exits = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Stage:
        await self._exits.enter_async_context(self.github)
        await self._exits.enter_async_context(self.airbyte)
        if isinstance(self.cluster, Kubernetes):
            await self._exits.enter_async_context(self.cluster)
        self._people()
        self._objects()
        provider = AirbyteProvider(f"{self.airbyte.url}/api/")
        await self._exits.enter_async_context(provider)
        self.flux = Flux(
            self.cluster.kubeconfig(self.folder / "kubeconfig-of-the-controllers"),
            git=Folders(self._folder),
            planner=self.cast.planner or EvaluatorPlanner(),
            provider=provider,
            clock=self.clock,
            version=self.cast.version,
        )
        self.flux.runner_pods = self.cast.runner_pods
        await self._exits.enter_async_context(self.flux)
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._exits.aclose()

    # The service

    @contextlib.asynccontextmanager
    async def service(self, **changed: Any) -> AsyncIterator[Running]:
        """The real service, told of this platform; GitHub delivers its webhooks to it."""
        async with serving(self.settings(**changed), self.clock) as running:
            if self.github.world.app is not None:
                self.github.world.app.webhook_url = f"{running.url}/webhook"
            yield running

    def settings(self, **changed: Any) -> Settings:
        """What the service is started with."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        values: dict[str, Any] = {
            "github_app_id": str(_APP_ID),
            "github_private_key": pem.decode(),
            "github_webhook_secret": _SIGNED_WITH,
            "github_url": self.github.url,
            "kubeconfig": self.cluster.kubeconfig(
                self.folder / "kubeconfig", token=self.cast.token
            ),
            "airbyte_url": self.airbyte.url,
            "host": "127.0.0.1",
            "port": 0,
            "status_port": 0,
            "log_level": "error",
            **changed,
        }
        return Settings(**values)

    # Looking

    def terraform(self) -> dict[str, Any]:
        """The Terraform object as it is."""
        return self.cluster.get("Terraform", NAMESPACE, TERRAFORM)

    async def sources(self) -> list[str]:
        """The names of Airbyte's sources."""
        sent = {"workspaceId": self.airbyte.workspace_id, "pageSize": 100}
        found = await self.airbyte.act("sources/list", sent)
        return sorted(item["name"] for item in found["sources"])

    # Setting up

    def _people(self) -> None:
        github = self.github
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        github.register(
            App(_APP_ID, "lotus-bot", public.decode(), "", _SIGNED_WITH, PERMISSIONS, EVENTS)
        )
        github.create_repository(REPOSITORY)
        for login, permission in ((ANNA, "write"), (RITA, "read"), (ADAM, "admin")):
            github.add_collaborator(REPOSITORY, login, permission)
        github.push(REPOSITORY, "main", platform(), message="The platform", login=ANNA)
        github.install(REPOSITORY.partition("/")[0], announce=False)

    def _objects(self) -> None:
        """What the platform's owners once applied with kubectl."""
        variables = {
            **VARIABLES,
            "workspace_id": self.airbyte.workspace_id,
            "airbyte_server_url": f"{self.airbyte.url}/api/",
        }
        url = f"{self.github.url}/{REPOSITORY}.git"
        source = manifests.git_repository(url, interval=self.cast.source_interval)
        source["metadata"]["namespace"] = self.cast.source_namespace
        terraform = manifests.terraform(path=f"./{MODULE}", interval=self.cast.interval)
        terraform["spec"]["sourceRef"]["namespace"] = self.cast.source_namespace
        for item in (manifests.variables(variables), source, terraform):
            self.cluster.put(item)

    def _folder(self, url: str) -> Path | None:
        """The bare repository behind a GitRepository's URL, None where there is none."""
        name = url.removeprefix(f"{self.github.url}/").removesuffix(".git")
        return self.github.git_folder(name) if name in self.github.world.repositories else None


def platform() -> dict[str, bytes]:
    """The example platform's files."""
    return files_of(_HERE / "platform")


def step(name: str) -> dict[str, bytes]:
    """The files that a step of the story adds."""
    return files_of(_HERE / "steps" / name)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path from there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def until(clock: Clock, holds: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until `holds()`; the clock's seconds that it took. Raises `TimeoutError` with `what`."""
    began = clock.monotonic()
    while not holds():
        if clock.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        await clock.sleep(min(0.05 * clock.speed, seconds / 20))
    return clock.monotonic() - began


Files = Mapping[str, bytes | None]
