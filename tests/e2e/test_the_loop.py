"""From a push to the follow-up pull request: the real service, everything around it simulated.

On a real API server too, under the bot's own account.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from day import CONNECTIONS, QUICK, Day, stage_at
from grounds import Ground

from bot.demo.stage import ADAM, ANNA, BOT, MODULE, REPOSITORY, platform, step
from bot.simulators.airbyte.jobs import JobStatus
from bot.simulators.flux import KEEPS_BROKEN, V0_16_0_RC7, V0_16_5, Version
from bot.simulators.github.webhooks import Policy, deliver, double, fail, lose

WITHOUT_KLAVIYO = ("sources.tf", "connections.tf", "backfill.tf")


async def test_a_new_source_is_told_merged_and_in_airbyte_without_anybodys_help(
    tmp_path: Path,
    on: Ground,
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        number = day.propose("add-recharge", dict(step("add-recharge")))
        await day.until(lambda: bool(day.comments(number)), "a comment")
        assert "2 to add, 0 to change, 0 to destroy" in day.said(number)
        assert "`airbyte_connection.recharge_to_lake`" in day.said(number)
        day.merge(number)
        await day.until(lambda: day.rung(number) in ("applied", "arrived"), "applied")
        assert await stage.sources() == ["Klaviyo", "Recharge", "Shopify"]
        assert "After the merge" in day.said(number)


async def test_a_removed_source_is_two_to_destroy_and_nothing_is_orphaned(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        number = day.propose("drop", without_klaviyo(stage.github.file))
        await day.until(lambda: bool(day.comments(number)), "a comment")
        assert "2 to destroy" in day.said(number)
        day.merge(number)
        await day.until(lambda: day.rung(number) in ("applied", "arrived"), "applied")
        assert await stage.sources() == ["Shopify"]
        sent = {"workspaceId": stage.airbyte.workspace_id}
        listed = await stage.airbyte.act("connections/list", sent)
        assert [item["name"] for item in listed["connections"]] == ["Shopify to lake"]


@pytest.mark.parametrize("policy", [deliver, double, lose, fail], ids=lambda p: p.__name__)
async def test_a_backfill_ends_the_same_however_the_webhooks_come(
    tmp_path: Path, on: Ground, policy: Policy
) -> None:
    async with stage_at(tmp_path, on=on) as stage:
        stage.github.webhooks.policy = policy
        async with stage.service(**QUICK):
            day = Day(stage)
            day.push(day.edited(CONNECTIONS, "units = 15", "units = 1"))
            await day.until(day.at_rest, "the platform is applied")
            number = day.propose("backfill", day.flag("true"))
            await day.until(lambda: "**Backfill.**" in day.said(number), "a comment")
            day.merge(number)
            await day.until(lambda: bool(day.follow_ups()), "the follow-up")
            assert day.resets() == [JobStatus.SUCCEEDED]
            (follow_up,) = day.follow_ups()
            day.merge(follow_up)
            await day.until(lambda: day.rung(number) == "arrived" and day.at_rest(), "the end")
            await day.until(lambda: bool(day.comments(follow_up)), "the follow-up is told of")
            assert not day.flagged()
            assert day.follow_ups() == [follow_up]
            assert len(day.comments(number)) == len(day.comments(follow_up)) == 1
            assert len(day.resets()) == 1


@pytest.mark.parametrize("version", [V0_16_5, V0_16_0_RC7], ids=lambda version: version.name)
async def test_a_fix_that_is_pushed_is_applied_at_once(
    tmp_path: Path, on: Ground, version: Version
) -> None:
    async with stage_at(tmp_path, version, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        broken = day.push(day.edited(CONNECTIONS, "airbyte_source.klaviyo.", "airbyte_source.k."))
        told = lambda: stage.github.commit_comments(REPOSITORY, broken)  # noqa: E731
        await day.until(lambda: bool(told()), "the failure is told")
        assert "Reference to undeclared resource" in told()[0].body
        fix = day.push(day.edited(CONNECTIONS, "airbyte_source.k.", "airbyte_source.klaviyo."))
        took = await day.until(lambda: day.attempted(fix) and day.ready(), "the fix is applied")
        assert took < 200, "the controllers' own intervals are 5 and 10 minutes"
        assert len(told()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("interval", "helped"), [("3m", False), ("1h", True)], ids=["left alone", "helped"]
)
async def test_a_controller_that_keeps_to_the_broken_revision_is_asked_and_told_of(
    tmp_path: Path, on: Ground, interval: str, *, helped: bool
) -> None:
    async with (
        stage_at(tmp_path, KEEPS_BROKEN, interval=interval, on=on) as stage,
        stage.service(**QUICK),
    ):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        day.push(day.edited(CONNECTIONS, "airbyte_source.klaviyo.", "airbyte_source.k."))
        await day.until(lambda: not day.ready(), "the pass fails")
        fix = day.push(day.edited(CONNECTIONS, "airbyte_source.k.", "airbyte_source.klaviyo."))
        told = lambda: stage.github.commit_comments(REPOSITORY, fix)  # noqa: E731
        await day.until(lambda: bool(told()), "it is told that the fix is not taken up")
        assert "not taken up" in told()[0].body
        assert "That is by 2" in told()[0].body
        if helped:
            for words in ("suspend", "resume"):
                await answered(day, f"/lotus {words}")
        wait = 100.0 if helped else 400.0
        await day.until(lambda: day.attempted(fix) and day.ready(), "it is applied", wait)
        assert sum("not taken up" in comment.body for comment in told()) == 1


async def answered(day: Day, text: str) -> None:
    """A command of an admin's, done."""
    issue = day.stage.github.open_issue(REPOSITORY, text, login=ADAM)
    asked = day.stage.github.comment(REPOSITORY, issue, text, login=ADAM)
    reactions = day.stage.github.world.comments[asked].reactions
    await day.until(lambda: "rocket" in {reaction.content for reaction in reactions}, text)


async def test_a_second_push_during_a_pass_is_the_one_that_counts(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        stage.flux.timing.plan = 6.0
        first = day.push(day.edited(CONNECTIONS, "units = 6", "units = 8"))
        artifact = lambda: str(stage.cluster.get("GitRepository", "flux-system", "lotus-lake"))  # noqa: E731
        await day.until(lambda: first in artifact(), "the first is fetched")
        second = day.push(day.edited(CONNECTIONS, "units = 8", "units = 12"))
        await day.until(lambda: day.attempted(second) and day.ready(), "the second is applied")
        sent = {"workspaceId": stage.airbyte.workspace_id}
        listed = await stage.airbyte.act("connections/list", sent)
        units = {
            item["name"]: item["scheduleData"]["basicSchedule"]["units"]
            for item in listed["connections"]
        }
        assert units["Klaviyo to lake"] == 12


async def test_commands_are_answered_and_those_who_may_not_are_told(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        issue = stage.github.open_issue(REPOSITORY, "How are we?", login=ANNA)

        async def ask(text: str, login: str) -> tuple[str, set[str]]:
            before = len(stage.github.comments(REPOSITORY, issue))
            asked = stage.github.comment(REPOSITORY, issue, text, login=login)
            reactions = stage.github.world.comments[asked].reactions
            await day.until(lambda: {r.content for r in reactions} & {"rocket", "confused"}, text)
            later = stage.github.comments(REPOSITORY, issue)[before + 1 :]
            return "\n".join(c.body for c in later if c.author == BOT), {
                r.content for r in reactions
            }

        words, _ = await ask("/lotus help", "rita")
        assert "`/lotus reconcile`" in words
        words, _ = await ask("/lotus status", "anna")
        assert "**Stable**" in words
        words, reactions = await ask("/lotus reconcile", "rita")
        assert "needs the permission" in words
        assert "confused" in reactions
        words, reactions = await ask("/lotus reconcile", "anna")
        assert "rocket" in reactions
        assert "lotus-lake-airbyte" in words
        words, _ = await ask("/lotus plan", "anna")
        assert "works on a pull request" in words


async def test_a_merge_queues_commit_gets_its_check(tmp_path: Path, on: Ground) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        number = day.propose("add-recharge", dict(step("add-recharge")))
        sha = stage.github.queue(REPOSITORY, number, login=ANNA)
        await day.until(lambda: bool(stage.github.check_runs(REPOSITORY, sha)), "the check")
        (check,) = stage.github.check_runs(REPOSITORY, sha)
        assert (check.name, check.status) == ("lotus / plan", "completed")


async def test_a_state_file_fails_the_check_wherever_it_is(tmp_path: Path) -> None:
    """It touches no module: without the state file nothing would be said of this pull request."""
    async with stage_at(tmp_path) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        number = day.propose("careless", {"notes/OLD.TFSTATE.backup": b"{}"})
        pulls = stage.github.pull_requests(REPOSITORY)
        (sha,) = (pull.head_sha for pull in pulls if pull.issue.number == number)
        await day.until(lambda: bool(stage.github.check_runs(REPOSITORY, sha)), "the check")
        (check,) = stage.github.check_runs(REPOSITORY, sha)
        assert check.conclusion == "failure"
        assert "State must never be committed" in day.said(number)


def without_klaviyo(read: object) -> dict[str, bytes | None]:
    """The files of a commit that removes the source and all that belongs to it."""
    import re

    from bot.demo.stage import platform as files

    gone: dict[str, bytes | None] = {p: None for p in platform() if "/klaviyo/" in p}
    for name in WITHOUT_KLAVIYO:
        text = files()[f"{MODULE}/{name}"].decode()
        text = re.sub(r'(?ms)^\w+ "\w+" "klaviyo\w*" \{\n.*?^\}\n\n?', "", text)
        text = re.sub(r"(?m)^  klaviyo_\w+ *=.*\n", "", text)
        gone[f"{MODULE}/{name}"] = text.replace(", klaviyo = local.klaviyo_backfill", "").encode()
    return gone
