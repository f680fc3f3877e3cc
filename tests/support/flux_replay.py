"""The actions of the recordings, done to the simulator at the recorded times."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flux_story import Story
from flux_world import (
    NAMESPACE,
    TERRAFORM,
    URL,
    World,
    copy,
    held_lock,
    source,
    terraform,
    variables,
    world,
)

from bot.simulators.flux import V0_16_0_RC7, V0_16_5
from bot.simulators.flux.scripted import Broken, Module, Resources, ScriptedGit, ScriptedPlanner

Json = dict[str, Any]
FOLDER = Path(__file__).parent.parent / "recordings"
VERSIONS = {
    "tofu-controller-0.16.5": V0_16_5,
    "tofu-controller-0.16.5-copy": V0_16_5,
    "tofu-controller-0.16.0-rc.7": V0_16_0_RC7,
}
COPY = "platform-airbyte-pr-7"
_LAST = 10.0
"""Seconds after the last action."""


@cache
def recording(name: str) -> Json:
    """A reduced recording."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


# What the pushed commits declare. The names are those of the recordings.


def _platform(
    more: Resources | None = None, without: frozenset[str] = frozenset(), schedule: str = "1 h"
) -> Module:
    def declared(given: Any) -> Resources:
        found: Resources = {
            "airbyte_source.shop": {"name": "Shop", "configuration": given["shop_token"]},
            "airbyte_source.mail": {"name": "Mail", "configuration": given["mail_key"]},
            "airbyte_destination.lake": {"name": "Lake"},
            "airbyte_connection.shop_to_lake": {"schedule": schedule},
            "airbyte_connection.mail_to_lake": {"name": "Mail to lake"},
            **(more or {}),
        }
        return {place: value for place, value in found.items() if place not in without}

    flagged = bool(more and _FIRED in more)
    return Module(declared, {"backfill": {"shop": flagged, "mail": False}})


_FIRED = "null_resource.shop_backfill[0]"
_BACKFILL: Resources = {_FIRED: {"triggers": {"connection_id": "shop_to_lake"}}}
_CONNECTIONS = frozenset({"airbyte_connection.shop_to_lake", "airbyte_connection.mail_to_lake"})
_FLAGGED = _platform(_BACKFILL)
_MODULES = {
    "todo-004-flag-set": _FLAGGED,
    "reset-loop": Module(_FLAGGED.resources, _FLAGGED.outputs, _CONNECTIONS | {_FIRED}),
    "todo-003-remove-source": _platform(
        without=frozenset({"airbyte_source.mail", "airbyte_connection.mail_to_lake"})
    ),
    "todo-001-add-source": _platform({"airbyte_source.ads": {"name": "Ads"}}),
    "schedule-change": _platform(schedule="6 h"),
    "schedule-change-again": _platform(schedule="3 h"),
}


def _planner(recorded: Json) -> ScriptedPlanner:
    broken = Broken(recorded["diagnostic"])
    script = {
        push["sha"]: broken if push["name"] == "stream-folder-moved" else _MODULES.get(push["name"])
        for action in recorded["actions"]
        for push in action["pushed"]
    }
    known = {sha: outcome for sha, outcome in script.items() if outcome is not None}
    return ScriptedPlanner(known, otherwise=_platform())


# What is done


class Replay:
    """A world, the refs of its remote, and the recorded action that is being done."""

    def __init__(self, there: World, git: ScriptedGit, recorded: Json) -> None:
        self.world = there
        self.git = git
        self.recorded = recorded
        self.action: Json = {}

    async def push(self, number: int = 0) -> None:
        """Wait until it was pushed, and push it."""
        push = self.action["pushed"][number]
        await self.world.clock.run_to(push["at"])
        ref = push["to"] if push["to"].startswith("refs/") else f"refs/heads/{push['to']}"
        self.git.refs[ref] = push["sha"]
        if ref == "refs/heads/main":
            self.git.reachable.add(push["sha"])

    def first(self) -> str:
        """The commit that the branch began with."""
        for event in self.recorded["actions"][0]["story"]["GitRepository/platform"]:
            for line in event:
                if line.startswith("artifact"):
                    return str(json.loads(line.partition(" ")[2])).rpartition(":")[2]
        raise LookupError("no artifact at the start")

    def revision_of_the_story(self) -> str:
        """The commit that the action's own story fetched."""
        for event in self.action["story"]["GitRepository/platform"]:
            for line in event:
                if line.startswith("artifact"):
                    return str(json.loads(line.partition(" ")[2])).rpartition(":")[2]
        raise LookupError("no artifact in the story")


Hand = Callable[[Replay], Awaitable[None]]


async def _create(replay: Replay) -> None:
    there = replay.world
    replay.git.refs["refs/heads/main"] = replay.first()
    interval = replay.recorded["note"].partition("interval ")[2].partition(",")[0]
    there.create(variables())
    there.create(source())
    there.create(terraform(interval=interval))


async def _ask(replay: Replay) -> None:
    replay.world.ask("Terraform")


async def _ask_source(replay: Replay) -> None:
    replay.world.ask("GitRepository")


async def _push(replay: Replay) -> None:
    await replay.push()
    replay.world.ask("GitRepository")


async def _push_twice(replay: Replay) -> None:
    for number in (0, 1):
        await replay.push(number)
        replay.world.ask("GitRepository")


async def _wait(_: Replay) -> None:
    pass


async def _secret(replay: Replay) -> None:
    replay.world.set_variable("mail_key", "another-key-2")


async def _suspend(replay: Replay) -> None:
    replay.world.patch("Terraform", TERRAFORM, spec={"suspend": True})
    await replay.world.run(0.05)
    await replay.push()
    replay.world.ask("GitRepository")
    replay.world.ask("Terraform")


async def _resume(replay: Replay) -> None:
    replay.world.patch("Terraform", TERRAFORM, spec={"suspend": False})


def _approve(plan: str) -> Hand:
    async def approve(replay: Replay) -> None:
        replay.world.patch("Terraform", TERRAFORM, spec={"approvePlan": plan})

    return approve


async def _pull_request_by_name(replay: Replay) -> None:
    push = replay.action["pushed"][0]
    replay.git.refs[push["to"]] = push["sha"]
    replay.world.create(source("pr-7", interval="60m", ref={"name": push["to"]}))


async def _pull_request_by_branch(replay: Replay) -> None:
    push = replay.action["pushed"][0]
    replay.git.refs[f"refs/heads/{push['to']}"] = push["sha"]
    replay.git.refs["refs/pull/7/head"] = push["sha"]
    ref = {"branch": push["to"], "commit": push["sha"]}
    replay.world.create(source("pr-7", interval="60m", ref=ref))


async def _copy(replay: Replay) -> None:
    replay.world.create(copy())


async def _delete_copy(replay: Replay) -> None:
    replay.world.delete("Terraform", COPY)


async def _delete_copied_source(replay: Replay) -> None:
    replay.world.delete("GitRepository", "pr-7")


async def _sweep(replay: Replay) -> None:
    name = f"tfplan-default-{COPY}.json"
    kept = [item["metadata"]["name"] for item in replay.world.kubernetes.list("Secret", NAMESPACE)]
    if name in kept:
        replay.world.delete("Secret", name)


async def _suspend_copied_source(replay: Replay) -> None:
    replay.world.patch("GitRepository", "pr-7", spec={"suspend": True})


async def _by_name_then_resume(replay: Replay) -> None:
    ref = {"name": "refs/pull/7/head", "branch": None, "commit": None}
    replay.world.patch("GitRepository", "pr-7", spec={"ref": ref})
    await replay.world.run(0.05)
    replay.world.patch("GitRepository", "pr-7", spec={"suspend": False})


async def _remove_finalizers(replay: Replay) -> None:
    replay.world.patch("Terraform", COPY, metadata={"finalizers": None})


async def _move_main(replay: Replay) -> None:
    replay.git.refs["refs/heads/main"] = replay.revision_of_the_story()
    replay.world.ask("GitRepository")


async def _hold_lock(replay: Replay) -> None:
    lease = f"lock-tfstate-default-{TERRAFORM}"
    replay.world.kubernetes.patch("Lease", NAMESPACE, lease, held_lock())
    replay.world.ask("Terraform")


async def _force_unlock(replay: Replay) -> None:
    forced = {"forceUnlock": "auto", "lockTimeout": "0s"}
    replay.world.patch("Terraform", TERRAFORM, spec={"tfstate": forced})
    await replay.world.run(0.1)
    replay.world.ask("Terraform")


async def _forget_unlock(replay: Replay) -> None:
    replay.world.patch("Terraform", TERRAFORM, spec={"tfstate": None})


async def _delete_state(replay: Replay) -> None:
    replay.world.delete("Secret", f"tfstate-default-{TERRAFORM}")
    replay.world.ask("Terraform")


async def _delete_terraform(replay: Replay) -> None:
    replay.world.delete("Terraform", TERRAFORM)


async def _clear_plan_time(replay: Replay) -> None:
    replay.world.patch("Terraform", TERRAFORM, status={"lastPlanAt": None})


async def _clear_and_ask(replay: Replay) -> None:
    await _clear_plan_time(replay)
    await replay.world.run(0.05)
    replay.world.ask("Terraform")


HANDS: dict[str, Hand] = {
    "create the GitRepository and the Terraform": _create,
    "annotate the Terraform": _ask,
    "annotate the GitRepository: no new commit": _ask_source,
    "push twice": _push_twice,
    "push: ": _push,
    "wait ": _wait,
    "the Secret's value of mail_key changes": _secret,
    "suspend; push": _suspend,
    "resume": _resume,
    "approvePlan: ''": _approve(""),
    "approvePlan: plan-main-66c8fac330": _approve("plan-main-66c8fac330"),
    "approvePlan: auto": _approve("auto"),
    "a pull request: create a source copy": _pull_request_by_name,
    "a pull request from branch pr-7": _pull_request_by_branch,
    "create a plan-only copy": _copy,
    "delete the copy of the Terraform": _delete_copy,
    "delete it: the finalizer holds it": _delete_copy,
    "delete the copy of the source": _delete_copied_source,
    "delete what was left behind": _sweep,
    "suspend the source copy": _suspend_copied_source,
    "ref.name refs/pull/7/head": _by_name_then_resume,
    "remove its finalizers": _remove_finalizers,
    "a commit; annotate": _move_main,
    "force push": _move_main,
    "the lock is held by somebody": _hold_lock,
    "forceUnlock: auto": _force_unlock,
    "forceUnlock: removed": _forget_unlock,
    "the state Secret is deleted": _delete_state,
    "delete the Terraform (": _delete_terraform,
    "clear status.lastPlanAt: nothing": _clear_plan_time,
    "clear status.lastPlanAt; annotate": _clear_and_ask,
}
"""By how an action's words begin; the first that fits."""


@cache
def replayed(name: str) -> list[Story]:
    """The simulator's story of each action of a recording."""
    return asyncio.run(_replay(recording(name), VERSIONS[name]))


async def _replay(recorded: Json, version: Any) -> list[Story]:
    git = ScriptedGit({})
    stories = []
    start = datetime.fromisoformat(recorded["start"])
    async with world(_planner(recorded), git, version=version, start=start) as there:
        replay = Replay(there, git, recorded)
        actions = recorded["actions"]
        ends = [action["at"] for action in actions[1:]] + [actions[-1]["at"] + _LAST]
        for action, end in zip(actions, ends, strict=True):
            replay.action = action
            await _hand(action["do"])(replay)
            await there.clock.run_to(end)
            stories.append(there.story())
    return stories


def _hand(words: str) -> Hand:
    return next(hand for beginning, hand in HANDS.items() if words.startswith(beginning))


__all__ = ["HANDS", "URL", "VERSIONS", "recording", "replayed"]
