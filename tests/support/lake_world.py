"""A module in a simulated GitHub whose connection is in a simulated Airbyte, observed over HTTP.

The cluster is left out: its part is the state, given as it would be read.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import aiohttp
from airbyte_world import HOURLY, ApartClock, LeapingClock, furnish
from github_world import APP_ID, REPOSITORY, keys, running

from bot.clients.airbyte import AirbyteClient, NoCredentials
from bot.clients.github.app import AppIdentity, GitHubApp
from bot.clients.github.repository import RepositoryReader
from bot.clients.github.snapshot import Snapshots
from bot.clients.github.transport import Answers, Endpoint
from bot.config import Settings
from bot.lifecycle.marker import Signer
from bot.lifecycle.platform import Deployment
from bot.lifecycle.repository_settings import RepositorySettings
from bot.lifecycle.rollout import RolloutObserved
from bot.model.cluster import source_from, terraform_from
from bot.plan.state import parse_state
from bot.runtime.observe.airbyte import AirbyteReader
from bot.runtime.observe.backfill.backfills import TipSeen
from bot.runtime.observe.inputs import Variables
from bot.runtime.observe.installations import Installations
from bot.runtime.observe.modules import Inputs, ModuleObserver
from bot.runtime.observe.predictor import Commit, Predictor
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.trees import Trees
from bot.runtime.observe.world import World
from bot.runtime.perform.copies import CopyHands
from bot.runtime.perform.effects import Performer
from bot.runtime.perform.operations import Operations
from bot.runtime.web.metrics import Metrics
from bot.simulators.airbyte import Airbyte
from bot.simulators.github import GitHub

PLANS = Path(__file__).parents[1] / "truth" / "plans"
SHOP, ORDERS = "airbyte_connection.shop_to_lake", "streams/shop/orders.json"


@dataclass
class Lake:
    """Both systems, and what observes them."""

    github: GitHub
    airbyte: Airbyte
    clock: LeapingClock
    clock_of_airbyte: ApartClock
    world: World
    performer: Performer
    connection: str
    module: str
    state: bytes
    variables: dict[str, object]

    @property
    def reader(self) -> RepositoryReader:
        found = self.world.installations.named(REPOSITORY)
        return self.world.installations.reader(found)

    @property
    def inputs(self) -> Inputs:
        return Inputs(Variables(self.variables), parse_state(self.state))

    def push(self, files: dict[str, bytes], branch: str = "main") -> None:
        self.clock.pass_(60)
        self.github.push(REPOSITORY, branch, files, login="anna")

    def merge(self, files: dict[str, bytes], title: str) -> int:
        """By a pull request of anna's, merged."""
        self.push(files, branch := title.replace(" ", "-"))
        number = self.github.open_pull_request(REPOSITORY, branch, title=title, login="anna")
        self.clock.pass_(60)
        self.github.merge_pull_request(REPOSITORY, number, login="anna")
        return number

    def file(self, path: str, branch: str = "main") -> bytes:
        return self.github.file(REPOSITORY, branch, path)

    async def tip(self, settings: RepositorySettings | None = None) -> TipSeen:
        """The branch's tip, applied just now."""
        reader = self.reader
        sha = await reader.tip("main")
        assert sha
        tree = await self.world.snapshots.tree(reader.github, reader.name, sha)
        commit = Commit(tree, sha)
        trees = Trees(commit, commit, sha, landed=True)
        made = self.deployment(sha)
        seen = await self.world.modules.observe(reader, made, trees, self.inputs)
        rollout = RolloutObserved(made, sha, self.clock.now(), 8.0)
        return TipSeen(
            reader, rollout, commit, seen.seen, self.inputs, settings or RepositorySettings()
        )

    def deployment(self, sha: str) -> Deployment:
        """The Terraform object after it has applied this commit."""
        name = {"namespace": "flux", "name": "lake-airbyte"}
        at = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        ready = {"type": "Ready", "status": "True", "reason": "x", "lastTransitionTime": at}
        revision = f"main@sha1:{sha}"
        status = {
            "conditions": [ready],
            "lastAttemptedRevision": revision,
            "lastAppliedRevision": revision,
        }
        spec: dict[str, Any] = {
            "path": self.module,
            "approvePlan": "auto",
            "sourceRef": {"kind": "GitRepository", "name": "lake"},
        }
        source = {
            "metadata": {**name, "name": "lake"},
            "spec": {"url": f"https://github.com/{REPOSITORY}", "ref": {"branch": "main"}},
            "status": {"artifact": {"revision": revision, "lastUpdateTime": at}},
        }
        terraform = terraform_from({"metadata": name, "spec": spec, "status": status})
        return Deployment(terraform, source_from(source), REPOSITORY, "main")


@asynccontextmanager
async def lake(folder: Path, case: str, **connection: Any) -> AsyncIterator[Lake]:
    """The base of a real case on `main`, its connection `shop_to_lake` in Airbyte, hourly."""
    clock = LeapingClock()
    clock_of_airbyte = ApartClock(clock)
    async with (
        running(folder, cast("Any", clock)) as github,
        Airbyte(clock_of_airbyte) as airbyte,
        aiohttp.ClientSession() as session,
    ):
        platform = await furnish(airbyte, **{**HOURLY, **connection})
        app = GitHubApp(
            Endpoint(session, github.url, cast("Any", clock), Answers()),
            AppIdentity(str(APP_ID), keys().private),
        )
        installations = Installations(app)
        await installations.refresh()
        client = AirbyteClient(session, airbyte.url, NoCredentials(), cast("Any", clock))
        reader, snapshots = AirbyteReader(client), Snapshots()
        nothing = cast("Any", None)
        given: dict[str, Any] = {
            "settings": Settings(
                github_app_id="7",
                github_private_key=cast("Any", keys().private),
                github_webhook_secret=cast("Any", "hush"),
            ),
            "clock": cast("Any", clock),
            "installations": installations,
            "snapshots": snapshots,
            "modules": ModuleObserver(Predictor(snapshots), reader),
            "airbyte": reader,
            "signer": Signer.from_secret("hush"),
            "login": await app.login(),
        }
        # What stands in the cluster is left out: nothing here asks for it.
        world = World(**{item.name: given.get(item.name) for item in fields(World)})
        operations = Operations(installations, nothing, client)
        hands = CopyHands(nothing, nothing)
        performer = Performer(installations, nothing, world.login, Metrics(), operations, hands)
        told = json.loads((PLANS / case / "case.json").read_text())
        variables = {
            **told["head_variables"],
            "workspace_id": airbyte.workspace_id,
            "airbyte_server_url": "http://airbyte",
        }
        state = _stated(case, SHOP, platform.connection, airbyte.workspace_id)
        made = Lake(
            github,
            airbyte,
            clock,
            clock_of_airbyte,
            world,
            performer,
            platform.connection,
            told["module"],
            state,
            variables,
        )
        made.push(_tree(PLANS / case / "base"))
        yield made


def observers(made: Lake) -> RolloutObserver:
    """What looks at rollouts."""
    return RolloutObserver(made.world)


def _stated(case: str, address: str, identity: str, workspace: str) -> bytes:
    """The case's state, were this its connection."""
    document = json.loads((PLANS / case / "state.json").read_text())
    text = json.dumps(document)
    kind, name = address.split(".")
    for resource in document["resources"]:
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            if (resource["type"], resource["name"]) == (kind, name):
                text = text.replace(attributes["connection_id"], identity)
            if attributes.get("workspace_id"):
                text = text.replace(attributes["workspace_id"], workspace)
    return text.encode()


def _tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
