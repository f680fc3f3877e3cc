"""Confirmations on the demo's stage: who asks, what the cluster has of it, what must not be told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from day import Day

from bot.demo.planner import EvaluatorPlanner
from bot.demo.stage import ANNA, REPOSITORY, VARIABLES, Stage, step
from bot.model.plan_copy import is_copy
from bot.simulators.flux.planning import Change, Plan, Request
from bot.simulators.kubernetes import Kubernetes

SECRETS = tuple(value for name, value in VARIABLES.items() if name != "airbyte_username")


class Contrary:
    """The evaluator, but for pull requests: what `otherwise` makes of their plans.

    While `goes_on` is not set, none of theirs comes to an end.
    """

    def __init__(self, otherwise: Callable[[Plan], Plan] = lambda plan: plan) -> None:
        self._evaluator = EvaluatorPlanner()
        self._otherwise = otherwise
        self.revisions: list[str] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def plan(self, request: Request) -> Plan:
        self.revisions.append(request.revision)
        plan = await self._evaluator.plan(request)
        if request.revision.startswith("main@"):
            return plan
        await self.goes_on.wait()
        return self._otherwise(plan)

    @property
    def of_pull_requests(self) -> list[str]:
        return [revision for revision in self.revisions if not revision.startswith("main@")]


def without(address: str) -> Callable[[Plan], Plan]:
    """The plan without one of its changes."""

    def cut(plan: Plan) -> Plan:
        kept: tuple[Change, ...] = tuple(c for c in plan.changes if c.address != address)
        return replace(plan, changes=kept)

    return cut


def adding_recharge(day: Day, branch: str = "add-recharge") -> int:
    """A pull request with a new source and connection."""
    return day.propose(branch, dict(step("add-recharge")))


def ask(day: Day, number: int, login: str = ANNA) -> Callable[[], set[str]]:
    """`/lotus plan`; the reactions that it has got."""
    asked = day.stage.github.comment(REPOSITORY, number, "/lotus plan", login=login)
    reactions = day.stage.github.world.comments[asked].reactions
    return lambda: {reaction.content for reaction in reactions} & {"rocket", "confused"}


async def answered(day: Day, number: int, login: str = ANNA) -> set[str]:
    reactions = ask(day, number, login)
    await day.until(lambda: bool(reactions()), "the command is answered")
    return reactions()


def cluster(stage: Stage) -> Kubernetes:
    assert isinstance(stage.cluster, Kubernetes)
    return stage.cluster


def copies(stage: Stage, kind: str = "") -> list[dict[str, Any]]:
    """What carries our label now."""
    kinds = (kind,) if kind else ("GitRepository", "Terraform")
    return [item for each in kinds for item in stage.cluster.list(each) if is_copy(item)]


def left(stage: Stage) -> list[str]:
    """All that a confirmation may leave behind, and did."""
    kept = [
        item["metadata"]["name"]
        for kind in ("Secret", "ConfigMap")
        for item in stage.cluster.list(kind)
    ]
    plans = [name for name in kept if name.startswith("tfplan-") and "lotus-plan" in name]
    return [*plans, *(item["metadata"]["name"] for item in copies(stage))]


def everything_told(stage: Stage) -> str:
    """All comments, on commits too, decoded markers included, and all checks."""
    world = stage.github.world
    said = [comment.body for comment in world.comments.values()]
    for check in world.checks.values():
        said += [str(check.title), str(check.summary), str(check.text)]
        said.append(json.dumps(check.annotations, default=str))
    return "\n".join(said)
