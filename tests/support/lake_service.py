"""The whole service at a lake at rest: code, state and Airbyte agree, and nothing moves by itself.

There is no controller: a test changes one thing and asks.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from github_world import APP_ID, REPOSITORY, WEBHOOK_SECRET, keys
from github_world import running as running_github
from pydantic import SecretStr
from truth_platform import Case

from bot.app import Running, serving
from bot.clients.clock import SystemClock
from bot.config import Settings
from bot.lifecycle.keys import CommandKey
from bot.model.cluster import REQUESTED_AT
from bot.simulators.airbyte import Airbyte
from bot.simulators.airbyte.provider import AirbyteProvider
from bot.simulators.clock import Clock
from bot.simulators.github import GitHub
from bot.simulators.kubernetes import Kubernetes

CASE = Case("nothing-changed")
NAMESPACE, NAME = "lake", "lake-airbyte"
BOT = "lotus-bot[bot]"
_ORDER = ("airbyte_source", "airbyte_destination", "airbyte_connection")


@dataclass
class Lake:
    """The service with all that surrounds it."""

    service: Running
    github: GitHub
    kubernetes: Kubernetes
    airbyte: Airbyte
    issue: int

    async def ask(self, body: str, *, number: int = 0, login: str = "adam") -> str:
        """Comment, and wait for the answer's words."""
        number = number or self.issue
        comment = self.github.comment(REPOSITORY, number, body, login=login)
        self.service.queue.add(CommandKey(REPOSITORY, number, comment))
        async with asyncio.timeout(60):
            # The service is looked at from outside, where GitHub rings no bell.
            while not self.reactions(comment) & {"rocket", "confused"}:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        said = [c for c in self.github.comments(REPOSITORY, number) if f":{comment} " in c.body]
        return said[-1].body.partition("\n")[2] if said else ""

    def reactions(self, comment: int) -> set[str]:
        """What the bot has reacted with."""
        found = self.github.world.comments[comment].reactions
        return {item.content for item in found}

    def set_variable(self, name: str, value: str) -> None:
        """A value of the Secret that the module is given."""
        packed = base64.b64encode(value.encode()).decode()
        self.kubernetes.patch("Secret", NAMESPACE, "vars", {"data": {name: packed}})

    async def pass_over_nothing(self) -> None:
        """What the controller does when it is asked and there is no state: all is made anew."""
        await self.kubernetes.until("Terraform", NAMESPACE, NAME, _is_asked)
        state, _ = await _applied(self.airbyte)
        state["lineage"] = "another"
        text = base64.b64encode(gzip.compress(json.dumps(state).encode())).decode()
        self.kubernetes.put(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"namespace": NAMESPACE, "name": f"tfstate-default-{NAME}"},
                "data": {"tfstate": text},
            }
        )
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        status = {"status": {"lastSuccessfulReconcileAt": now}}
        self.kubernetes.patch("Terraform", NAMESPACE, NAME, status)

    def terraform(self) -> dict[str, Any]:
        """The object."""
        return self.kubernetes.get("Terraform", NAMESPACE, NAME)

    def has_state(self) -> bool:
        """Whether there is a state."""
        name = f"tfstate-default-{NAME}"
        found = self.kubernetes.list("Secret", NAMESPACE)
        return any(item["metadata"]["name"] == name for item in found)

    def state(self) -> dict[str, Any]:
        """As the Secret has it."""
        found = self.kubernetes.get("Secret", NAMESPACE, f"tfstate-default-{NAME}")
        return json.loads(gzip.decompress(base64.b64decode(found["data"]["tfstate"])))


@contextlib.asynccontextmanager
async def lake(folder: Path) -> AsyncIterator[Lake]:
    """Everything over HTTP on loopback, in real time; nothing waits for long."""
    clock = Clock()
    async with contextlib.AsyncExitStack() as stack:
        airbyte = await stack.enter_async_context(Airbyte(clock, "2.0"))
        github = await stack.enter_async_context(running_github(folder / "github", clock))
        kubernetes = await stack.enter_async_context(Kubernetes(clock))
        state, variables = await _applied(airbyte)
        tip = github.push(REPOSITORY, "main", CASE.files.contents, message="The lake", login="anna")
        for item in _objects(tip, state, variables):
            kubernetes.put(item)
        admin = kubernetes.token_for("admin", ["system:masters"])
        settings = Settings(
            github_app_id=str(APP_ID),
            github_private_key=SecretStr(keys().private),
            github_webhook_secret=SecretStr(WEBHOOK_SECRET),
            github_url=github.url,
            kubeconfig=kubernetes.kubeconfig(folder / "kubeconfig", token=admin),
            airbyte_url=airbyte.url,
            host="127.0.0.1",
            port=0,
            status_port=0,
            escalate_seconds=0.2,
            log_level="error",
        )
        service = await stack.enter_async_context(serving(settings, SystemClock()))
        issue = github.open_issue(REPOSITORY, "Questions", login="adam")
        yield Lake(service, github, kubernetes, airbyte, issue)


def _is_asked(item: dict[str, Any] | None) -> bool:
    return bool(item and REQUESTED_AT in (item["metadata"].get("annotations") or {}))


async def _applied(airbyte: Airbyte) -> tuple[dict[str, Any], dict[str, str]]:
    """The case's state, its objects made in this Airbyte, by the provider itself."""
    state = json.loads((CASE.folder / "state.json").read_text())
    variables = {**CASE.case["head_variables"], "airbyte_server_url": f"{airbyte.url}/api/"}
    renamed = {variables["workspace_id"]: airbyte.workspace_id}
    variables["workspace_id"] = airbyte.workspace_id
    async with AirbyteProvider(f"{airbyte.url}/api/") as provider:
        resources = sorted(state["resources"], key=lambda item: _ORDER.index(item["type"]))
        for resource in resources:
            for instance in resource["instances"]:
                before = instance["attributes"]
                identity = f"{resource['type'].removeprefix('airbyte_')}_id"
                wanted = json.loads(_replaced(json.dumps(before), renamed)) | {identity: None}
                made = await provider.create(resource["type"], wanted)
                renamed[before[identity]] = made[identity]
                instance["attributes"] = made
    return json.loads(_replaced(json.dumps(state), renamed)), variables


def _replaced(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def _objects(tip: str, state: dict[str, Any], variables: dict[str, str]) -> list[dict[str, Any]]:
    packed = base64.b64encode(gzip.compress(json.dumps(state).encode())).decode()
    data = {name: base64.b64encode(text.encode()).decode() for name, text in variables.items()}
    ready = {"type": "Ready", "status": "True", "reason": "NoDrift", "message": "No drift"}
    ready["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    place = {"namespace": NAMESPACE}
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "lake", **place},
        "spec": {"url": f"https://github.com/{REPOSITORY}.git", "ref": {"branch": "main"}},
        "status": {
            "artifact": {"revision": f"main@sha1:{tip}", "lastUpdateTime": "2026-01-01T00:00:00Z"},
            "conditions": [ready],
        },
    }
    terraform = {
        "apiVersion": "infra.contrib.fluxcd.io/v1alpha2",
        "kind": "Terraform",
        "metadata": {"name": NAME, **place},
        "spec": {
            "interval": "5m",
            "path": f"./{CASE.case['module']}",
            "approvePlan": "auto",
            "sourceRef": {"kind": "GitRepository", "name": "lake"},
            "varsFrom": [{"kind": "Secret", "name": "vars"}],
        },
        "status": {
            "lastAttemptedRevision": f"main@sha1:{tip}",
            "lastAppliedRevision": f"main@sha1:{tip}",
            "conditions": [ready],
        },
    }
    secret = {"apiVersion": "v1", "kind": "Secret"}
    return [
        source,
        {**secret, "metadata": {"name": "vars", **place}, "data": data},
        {
            **secret,
            "metadata": {"name": f"tfstate-default-{NAME}", **place},
            "data": {"tfstate": packed},
        },
        terraform,
    ]
