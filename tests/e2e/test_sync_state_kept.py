"""A source gets another name, its connection is replaced, and what it remembered is not lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from confirming import everything_told
from day import NAMESPACE, QUICK, TERRAFORM, Day, stage_at
from grounds import Ground

from bot.demo.stage import ANNA, REPOSITORY
from bot.simulators.airbyte.jobs import ConfigType, Job, JobStatus, Volume

SOURCES = "orchestration/airbyte/terraform/sources.tf"
STREAMS = ("orders", "customers", "products")
SECRET = f"lotus-sync-state-{TERRAFORM}"
SLOW = Volume(rows=4000, changed=4, rows_per_second=10.0)  # a full read: 20 of the stage's minutes


async def shopify(day: Day) -> str:
    """The id of the connection that stands."""
    sent = {"workspaceId": day.stage.airbyte.workspace_id}
    listed = await day.stage.airbyte.act("connections/list", sent)
    (found,) = [c["connectionId"] for c in listed["connections"] if c["name"] == "Shopify to lake"]
    return str(found)


def syncs(day: Day, connection: str, *status: JobStatus) -> list[Job]:
    return [
        job
        for job in day.stage.airbyte.jobs
        if job.connection_id == connection and job.type is ConfigType.SYNC
        if job.status in status
    ]


def saved(day: Day) -> dict[str, Any]:
    """What the Secret holds, by key."""
    try:
        found = day.stage.cluster.get("Secret", NAMESPACE, SECRET)
    except LookupError:
        return {}
    return dict(found.get("data") or {})


async def ask(day: Day, number: int, body: str) -> str:
    """Comment, and wait for the answer's words."""
    github = day.stage.github
    asked = github.comment(REPOSITORY, number, body, login=ANNA)
    told = github.world.comments[asked].reactions
    await day.until(lambda: any(r.content in ("rocket", "confused") for r in told), body)
    said = [c.body for c in github.comments(REPOSITORY, number) if f":{asked} " in c.body]
    return said[-1] if said else ""


async def renamed(day: Day) -> int:
    """A pull request that gives the source another name."""
    return day.propose("rename", day.edited(SOURCES, '"Shopify"', '"Shopify EU"'))


async def replaced(day: Day, old: str) -> str:
    """The id of the connection that stands in the old one's place."""
    clock = day.stage.clock
    ends = clock.monotonic() + 400
    while (new := await standing(day)) in ("", old):
        assert clock.monotonic() < ends, "it is replaced"
        await clock.sleep(1)
    return new


async def standing(day: Day) -> str:
    """As `shopify`; "" while there is none, or there are two."""
    try:
        return await shopify(day)
    except ValueError:
        return ""


async def test_a_renamed_source_reads_only_what_changed(tmp_path: Path, on: Ground) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        old = await shopify(day)
        await day.until(lambda: bool(syncs(day, old, JobStatus.SUCCEEDED)), "the first sync")
        number = await renamed(day)
        await day.until(lambda: "The state is saved" in day.said(number), "it is offered")
        assert "`/lotus keep-state shopify_to_lake` gives it back" in day.said(number)
        assert list(saved(day)) == [old]
        for name in STREAMS:
            stage.airbyte.volume(name, SLOW)
        day.merge(number)
        new = await replaced(day, old)
        await day.until(lambda: bool(syncs(day, new, JobStatus.RUNNING)), "it reads everything")
        offered = await ask(day, number, "/lotus keep-state shopify_to_lake")
        assert "`/lotus keep-state cancel shopify_to_lake` cancels that sync" in offered
        answer = await ask(day, number, "/lotus keep-state cancel shopify_to_lake")
        assert f"goes on where `{old}` stopped, as it was saved before the merge" in answer
        assert len(syncs(day, new, JobStatus.CANCELLED)) == 1
        given = "was given its sync state back"
        await day.until(lambda: given in day.said(number), "it is told", seconds=60.0)
        assert "keep-state" not in day.said(number)
        await stage.airbyte.act("connections/sync", {"connectionId": new})
        await day.until(lambda: bool(syncs(day, new, JobStatus.SUCCEEDED)), "the next sync")
        (job,) = syncs(day, new, JobStatus.SUCCEEDED)
        assert [run.rows for run in job.attempts[-1].runs] == [SLOW.changed] * len(STREAMS)
        assert "cursor" not in everything_told(stage).replace("cursor_field", "")


async def test_what_was_saved_for_a_pull_request_that_is_closed_is_removed(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        old = await shopify(day)
        await day.until(lambda: bool(syncs(day, old, JobStatus.SUCCEEDED)), "the first sync")
        number = await renamed(day)
        await day.until(lambda: bool(saved(day)), "it is saved")
        stage.github.close_pull_request(REPOSITORY, number, login=ANNA)
        await day.until(lambda: not saved(day), "it is removed")
