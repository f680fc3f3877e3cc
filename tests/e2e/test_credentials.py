"""TICKET-004: a password is changed in the cluster, and that is all that a person has to do."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from confirming import everything_told
from crashes import PATIENCE, crashing
from day import NAMESPACE, QUICK, TERRAFORM, Day, stage_at
from grounds import Ground

from bot.demo.stage import ANNA, REPOSITORY, step
from bot.simulators.airbyte.jobs import JobStatus, Volume
from bot.simulators.faults import Fault
from bot.simulators.flux.manifests import VARIABLES

GITHUB = (("POST", r"/commits/[0-9a-f]+/comments$"), ("PATCH", r"/comments/\d+$"))
CLUSTER = (("PATCH", r"/gitrepositories/"),)
RARELY = "90m"
"""The controller's own interval: nothing that is seen here comes of it."""

RECHARGE = "orchestration/airbyte/terraform/recharge.tf"
RUNNER = f"{TERRAFORM}-tf-runner"
NEW = "a-new-key-7f3c91"
SLOW = Volume(rows=4000, changed=4, rows_per_second=10.0)
"""A full read takes 7 of the stage's minutes."""


def without_its_connection() -> dict[str, bytes | None]:
    """A source on which nothing hangs: what reaches it is an update in place."""
    (text,) = [content for path, content in step("add-recharge").items() if path == RECHARGE]
    return {RECHARGE: re.sub(rb'(?ms)^resource "airbyte_connection".*?^\}\n', b"", text)}


def rotate(day: Day, name: str, value: str = NEW) -> None:
    """What somebody does with kubectl."""
    data = {name: base64.b64encode(value.encode()).decode()}
    day.stage.cluster.patch("Secret", NAMESPACE, VARIABLES, {"data": data})


def told(day: Day) -> list[str]:
    """All that we say on the branch's tip."""
    tip = day.stage.github.tip(REPOSITORY, "main") or ""
    return [comment.body for comment in day.stage.github.commit_comments(REPOSITORY, tip)]


def configured(day: Day, source: str) -> str:
    """What a source is set to in Airbyte, as text."""
    actors = day.stage.airbyte.world.actors.values()
    (found,) = [actor for actor in actors if actor.name == source and not actor.deleted]
    return str(found.configuration)


async def ask(day: Day, issue: int, body: str) -> str:
    """Comment, and wait for the answer's words."""
    github = day.stage.github
    asked = github.comment(REPOSITORY, issue, body, login=ANNA)
    found = github.world.comments[asked].reactions
    await day.until(lambda: any(r.content in ("rocket", "confused") for r in found), body)
    return [c.body for c in github.comments(REPOSITORY, issue) if f":{asked} " in c.body][-1]


def refuses(configuration: Mapping[str, Any]) -> str:
    """A check that knows the new key, and does not like it."""
    return "Invalid API key" if NEW in str(configuration) else ""


async def test_a_changed_credential_reaches_airbyte_by_itself_and_is_checked(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on, interval=RARELY) as stage, stage.service(**QUICK):
        day = Day(stage)
        day.push(without_its_connection())
        await day.until(day.at_rest, "the platform is applied")
        rotate(day, "recharge_access_token")
        await day.until(lambda: bool(told(day)), "it is told")
        assert "`airbyte_source.recharge` lacks it" in told(day)[0]
        await day.until(lambda: "Airbyte accepts" in told(day)[0], "it has arrived")
        assert NEW in configured(day, "Recharge")
        await stage.clock.sleep(2 * QUICK["resync_seconds"])  # type: ignore[operator]
        (text,) = told(day)
        assert "source `Recharge`: Airbyte accepts the credential" in text
        rotate(day, "recharge_access_token", NEW + "-again")
        await day.until(lambda: len(told(day)) == 2, "the next rotation is told of, too")
        await day.until(lambda: "Airbyte accepts" in told(day)[1], "and arrives")
        assert NEW not in everything_told(stage)


async def test_what_airbyte_does_not_accept_is_a_comment_of_its_own(tmp_path: Path) -> None:
    async with stage_at(tmp_path, interval=RARELY) as stage, stage.service(**QUICK):
        day = Day(stage)
        day.push(without_its_connection())
        await day.until(day.at_rest, "the platform is applied")
        stage.airbyte.refuse("Recharge", refuses)
        rotate(day, "recharge_access_token")
        await day.until(lambda: len(told(day)) == 2, "its failure is told")
        assert "Airbyte says: Invalid API key" in told(day)[1]
        await day.until(lambda: "Invalid API key" in told(day)[0], "the first says so, too")
        await stage.clock.sleep(2 * QUICK["resync_seconds"])  # type: ignore[operator]
        assert len(told(day)) == 2


@pytest.mark.slow
async def test_where_connections_are_replaced_it_waits_for_the_command(tmp_path: Path) -> None:
    async with stage_at(tmp_path, interval=RARELY) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        done = lambda: [j for j in stage.airbyte.jobs if j.status is JobStatus.SUCCEEDED]  # noqa: E731
        await day.until(lambda: len(done()) >= 2, "the first syncs")
        for name in ("orders", "customers", "products"):
            stage.airbyte.volume(name, SLOW)
        rotate(day, "shopify_token")
        await day.until(lambda: bool(told(day)), "it is told")
        assert "replaces `airbyte_connection.shopify_to_lake`" in told(day)[0]
        await stage.clock.sleep(3 * QUICK["resync_seconds"])  # type: ignore[operator]
        assert NEW not in configured(day, "Shopify")
        issue = stage.github.open_issue(REPOSITORY, "The new token", login=ANNA)
        said = await ask(day, issue, "/lotus secrets refresh")
        assert NEW in configured(day, "Shopify")
        assert "source `Shopify`: Airbyte accepts the credential" in said
        await day.until(lambda: "Airbyte accepts" in told(day)[0], "the notice ends, too")
        assert len(told(day)) == 1
        assert "`/lotus keep-state shopify_to_lake`" in told(day)[0]
        back = await ask(day, issue, "/lotus keep-state shopify_to_lake")
        if "cancels that sync" in back:
            back = await ask(day, issue, "/lotus keep-state cancel shopify_to_lake")
        assert "goes on where" in back
        assert "as Airbyte still has it" in back


async def test_a_runner_that_outlives_its_passes_is_renewed_before_the_pass(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on, interval=RARELY, runner_pods=True) as stage:
        day, cluster = Day(stage), stage.cluster
        keeps = {"spec": {"alwaysCleanupRunnerPod": False}}
        cluster.patch("Terraform", NAMESPACE, TERRAFORM, keeps)
        async with stage.service(**QUICK):
            day.push(without_its_connection())
            await day.until(day.at_rest, "the platform is applied")
            before = cluster.get("Pod", NAMESPACE, RUNNER)["metadata"]["uid"]
            rotate(day, "recharge_access_token")
            await day.until(lambda: "Airbyte accepts" in "".join(told(day)), "it has arrived")
            assert cluster.get("Pod", NAMESPACE, RUNNER)["metadata"]["uid"] != before
            assert len(told(day)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_at_each_step_doubles_nothing_and_leaves_nothing_undone(
    tmp_path: Path, after: bool
) -> None:
    async with stage_at(tmp_path, interval=RARELY) as stage:
        day, over = Day(stage), asyncio.Event()
        day.push(without_its_connection())
        async with stage.service(**QUICK):
            await day.until(day.at_rest, "the platform is applied")
        faults = [Fault(path, how, drop=True, after=after) for how, path in (*GITHUB, *CLUSTER)]
        stage.github.faults += faults[: len(GITHUB)]
        stage.cluster.faults += faults[len(GITHUB) :]  # type: ignore[attr-defined]
        service = asyncio.create_task(crashing(stage, faults, over))
        try:
            rotate(day, "recharge_access_token")
            arrived = lambda: "Airbyte accepts" in "".join(told(day))  # noqa: E731
            await day.until(arrived, "it has arrived", PATIENCE)
            await stage.clock.sleep(2 * QUICK["resync_seconds"])  # type: ignore[operator]
        finally:
            over.set()
            await service
        assert not [fault for fault in faults if fault.times], "each was cut off once"
        (text,) = told(day)
        assert text.count("Airbyte accepts") == 1
        assert NEW in configured(day, "Recharge")
