"""A day on the demo's stage, as a test plays it: quick jobs, quick time, the same final questions.

People act on the stage only; what the service is told, and whether it lives, is the test's affair.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from beating_clock import BeatingClock
from grounds import EMBEDDED, Ground

from bot.demo.stage import ANNA, BOT, NAMESPACE, REPOSITORY, TERRAFORM, Cast, Stage, until
from bot.simulators.airbyte import Timing
from bot.simulators.airbyte.jobs import ConfigType, JobStatus, Volume
from bot.simulators.clock import Clock
from bot.simulators.flux import V0_16_5, Version
from bot.simulators.flux.manifests import SOURCE_NAMESPACE
from bot.simulators.flux.planning import Planner

SPEED = 20.0
ORDERS = "orchestration/assets/streams/shopify/orders.json"
CONNECTIONS = "orchestration/airbyte/terraform/connections.tf"
FAST_JOBS = Timing(pending=0.2, startup=0.5, reset=0.5, backoff=(1.0, 1.0))
_SMALL = Volume(rows=40, changed=4, rows_per_second=400.0)
_STREAMS = ("orders", "customers", "products", "events", "campaigns", "subscriptions")
QUICK = {
    "resync_seconds": 20.0,
    "poll_seconds": 5.0,
    "escalate_seconds": 4.0,
    "backoff_seconds": 0.5,
    "delivery_sweep_seconds": 30.0,
    "log_level": "error",
}
"""The service's patience in the stage's seconds, so that a test need not wait for minutes."""


@dataclass
class Day:
    """A stage with what people do on it; every wait is in the stage's seconds."""

    stage: Stage
    seen: dict[str, float] = field(default_factory=dict)

    # What people do

    def propose(self, branch: str, files: dict[str, bytes | None], title: str = "Change") -> int:
        self.stage.github.push(REPOSITORY, branch, files, message=title, login=ANNA)
        return self.stage.github.open_pull_request(REPOSITORY, branch, title=title, login=ANNA)

    def push(self, files: dict[str, bytes | None], message: str = "Change") -> str:
        return self.stage.github.push(REPOSITORY, "main", files, message=message, login=ANNA)

    def merge(self, number: int) -> str:
        return self.stage.github.merge_pull_request(REPOSITORY, number, login=ANNA)

    def edited(self, path: str, old: str, new: str) -> dict[str, bytes | None]:
        text = self.stage.github.file(REPOSITORY, "main", path)
        assert old.encode() in text, f"{path} has no {old!r}"
        return {path: text.replace(old.encode(), new.encode(), 1)}

    def flag(self, value: str) -> dict[str, bytes | None]:
        """The file of the orders with `backfill` set to this."""
        other = "false" if value == "true" else "true"
        return self.edited(ORDERS, f'"backfill": {other}', f'"backfill": {value}')

    # What everybody can see

    def comments(self, number: int) -> list[str]:
        """Our comments on a pull request that show its plan."""
        found = self.stage.github.comments(REPOSITORY, number)
        return [c.body for c in found if c.author == BOT and "lotus:preview" in c.body]

    def said(self, number: int) -> str:
        return self.comments(number)[0] if self.comments(number) else ""

    def rung(self, number: int) -> str:
        """The word at the end of the comment's headline."""
        heads = [line for line in self.said(number).splitlines() if line.startswith("### ")]
        return heads[0].rpartition("·")[2].strip() if heads else ""

    def follow_ups(self) -> list[int]:
        pulls = self.stage.github.pull_requests(REPOSITORY)
        return [pull.issue.number for pull in pulls if pull.issue.author == BOT]

    def flagged(self) -> bool:
        content = json.loads(self.stage.github.file(REPOSITORY, "main", ORDERS))
        return bool(content["backfill"])

    def resets(self) -> list[JobStatus]:
        return [j.status for j in self.stage.airbyte.jobs if j.type is ConfigType.RESET]

    def status(self) -> dict[str, Any]:
        return self.stage.terraform().get("status") or {}

    def ready(self) -> bool:
        found = [c for c in self.status().get("conditions") or () if c["type"] == "Ready"]
        return bool(found) and found[0]["status"] == "True"

    def attempted(self, sha: str) -> bool:
        return str(self.status().get("lastAttemptedRevision") or "").endswith(sha)

    def at_rest(self) -> bool:
        tip = self.stage.github.tip(REPOSITORY, "main") or "?"
        return self.ready() and self.attempted(tip)

    def requested(self) -> str:
        annotations = self.stage.terraform()["metadata"].get("annotations") or {}
        return str(annotations.get("reconcile.fluxcd.io/requestedAt") or "")

    async def until(self, holds: Callable[[], bool], what: str, seconds: float = 400.0) -> float:
        return await until(self.stage.clock, holds, seconds, what)


def stage_at(
    folder: Path,
    version: Version = V0_16_5,
    *,
    interval: str = "5m",
    on: Ground = EMBEDDED,
    planner: Planner | None = None,
    runner_pods: bool = False,
    clock: Clock | None = None,
) -> Stage:
    """The demo's stage with small streams and quick jobs; its clock waits for whoever is late."""
    cast = Cast(
        version=version,
        planner=planner,
        interval=interval,
        jobs=FAST_JOBS,
        cluster=on.cluster,
        token=on.token,
        source_namespace=on.namespaces[0] if on.namespaces else SOURCE_NAMESPACE,
        runner_pods=runner_pods,
    )
    stage = Stage(clock or BeatingClock(SPEED, on.hear), folder, cast)
    for name in _STREAMS:
        stage.airbyte.volume(name, _SMALL)
    return stage


async def begun(stage: Stage) -> Day:
    """A day on this stage, whose service runs: the platform is applied."""
    day = Day(stage)
    await day.until(day.at_rest, "the platform is applied")
    return day


__all__ = ["NAMESPACE", "QUICK", "TERRAFORM", "Day", "begun", "stage_at"]
