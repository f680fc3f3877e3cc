"""A platform on which nothing is missing: the simulators, the manifests' own RBAC, the settings."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import github_world
import yaml

from bot.cli.doctor import diagnose
from bot.clients.kubernetes.permissions import role
from bot.config import Settings
from bot.lifecycle.diagnosis import Finding
from bot.model.names import names_of
from bot.runtime.examination.whole import examine
from bot.simulators.airbyte import Airbyte
from bot.simulators.clock import Clock
from bot.simulators.github import GitHub
from bot.simulators.kubernetes import Kubernetes

ROOT = Path(__file__).parents[2]
ACCOUNT = ("lotus-bot", "lotus-bot")
Json = dict[str, Any]


MODULE: dict[str, bytes | None] = {
    "platform/variables.tf": b'variable "token" {}\nvariable "login" {}\nvariable "region" {\n'
    b'  default = "eu"\n}\n'
}


def terraform(name: str = "lake", **spec: Any) -> Json:
    return {
        "apiVersion": "infra.contrib.fluxcd.io/v1alpha2",
        "kind": "Terraform",
        "metadata": {"name": name, "namespace": "data"},
        "spec": {
            "interval": "5m",
            "path": "./platform",
            "approvePlan": "auto",
            "sourceRef": {"kind": "GitRepository", "name": "lake"},
            "varsFrom": [{"kind": "Secret", "name": "vars", "varsKeys": ["token", "user:login"]}],
            **spec,
        },
    }


def git_repository(url: str = "https://github.com/octo/lake") -> Json:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "lake", "namespace": "data"},
        "spec": {"interval": "5m", "url": url, "ref": {"branch": "main"}},
    }


def secret(name: str, **data: bytes) -> Json:
    packed = {key: b64encode(value).decode() for key, value in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "data"},
        "data": packed,
    }


@dataclass
class Platform:
    """The three systems, and what the bot is told of them."""

    github: GitHub
    kubernetes: Kubernetes
    airbyte: Airbyte
    clock: Clock
    settings: dict[str, Any]

    async def findings(self) -> list[Finding]:
        """What the doctor finds, settings as they are now."""
        return diagnose(await examine(Settings(**self.settings), self.clock))

    def environment(self) -> dict[str, str]:
        """The settings as the environment has them."""
        return {f"LOTUS_{name.upper()}": str(value) for name, value in self.settings.items()}


@asynccontextmanager
async def healthy(folder: Path) -> AsyncIterator[Platform]:
    """Everything as it should be."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        clock = Clock()
        hook = "http://127.0.0.1:1/webhook"
        github = await enter(github_world.running(folder, clock, webhook_url=hook))
        kubernetes = await enter(Kubernetes(clock))
        airbyte = await enter(Airbyte(clock))
        github.webhooks.policy = lambda _event, _payload: []  # nobody listens
        github.push(github_world.REPOSITORY, "main", MODULE, login="anna")
        for item in _cluster():
            kubernetes.put(item)
        token = kubernetes.token_for("system:serviceaccount:{}:{}".format(*ACCOUNT))
        settings = {
            "github_app_id": str(github_world.APP_ID),
            "github_private_key": github_world.keys().private,
            "github_webhook_secret": github_world.WEBHOOK_SECRET,
            "github_url": github.url,
            "airbyte_url": airbyte.url,
            "kubeconfig": kubernetes.kubeconfig(folder / "kubeconfig", token=token),
        }
        yield Platform(github, kubernetes, airbyte, clock, settings)


def _cluster() -> list[Json]:
    overlay = ROOT / "manifests" / "overlays" / "cluster-wide"
    granted = list(yaml.safe_load_all((overlay / "cluster-role.yaml").read_text()))
    granted[1]["subjects"][0]["namespace"] = ACCOUNT[0]
    named = role("data", names_of([terraform()]), ACCOUNT)
    state = gzip.compress(b'{"version":4,"serial":1,"lineage":"l","resources":[],"outputs":{}}')
    return [
        *granted,
        *(dict(item) for item in named),
        git_repository(),
        terraform(),
        secret("vars", token=b"t0p-s3cret", user=b"anna"),
        secret("tfstate-default-lake", tfstate=state),
    ]
