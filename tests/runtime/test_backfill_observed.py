"""A backfill observed over HTTP, from the merge to its follow-up's end: GitHub and Airbyte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github_world import REPOSITORY
from lake_world import ORDERS, SHOP, Lake, lake, observers

from bot.lifecycle.backfill import Stage, branch_of, decide_backfill, progress
from bot.lifecycle.effects import (
    ClosePullRequest,
    DeleteBranch,
    Effect,
    MergePullRequest,
    OpenPullRequest,
    UpdatePullRequestBranch,
)
from bot.lifecycle.observed import AfterMerge
from bot.lifecycle.preview.timeline import steps
from bot.lifecycle.repository_settings import RepositorySettings
from bot.runtime.observe.backfill.backfills import BackfillObserver
from bot.runtime.observe.trees import landed_trees
from bot.simulators.airbyte import Fault, Volume


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path, "todo-004-flag-set") as found:
        yield found


async def observed(made: Lake, settings: RepositorySettings | None = None):
    return await BackfillObserver(made.world, observers(made)).observe(await made.tip(settings))


async def effects(made: Lake, settings: RepositorySettings | None = None) -> tuple[Effect, ...]:
    return decide_backfill(await observed(made, settings)).effects


async def performed(made: Lake) -> Effect:
    [effect] = await effects(made)
    await made.performer.perform(effect)
    return effect


async def told(made: Lake, number: int) -> list[str]:
    """The lines of its comment's timeline that name a pull request."""
    found = steps(await landed(made, number))
    return [step.label for step in found if "sets the flag" in step.label or "[#" in step.label]


async def landed(made: Lake, number: int) -> AfterMerge:
    """What became of a merged pull request."""
    pull_request = await made.reader.pull_request(number)
    assert pull_request.merge_commit
    trees = await landed_trees(made.reader, made.world.snapshots, pull_request.merge_commit)
    deployed = made.deployment(pull_request.merge_commit)
    seen = (await made.world.modules.observe(made.reader, deployed, trees, made.inputs)).seen
    return await observers(made).after_merge(made.reader, deployed, pull_request, seen, made.inputs)


async def is_closed(made: Lake, branch: str) -> None:
    """It is closed and its branch deleted, and then there is nothing to do."""
    closed, deleted = await effects(made)
    assert isinstance(closed, ClosePullRequest)
    await made.performer.perform(closed)
    assert await effects(made) == (deleted,), "a crash between the two loses nothing"
    await is_swept(made, branch)


async def is_swept(made: Lake, branch: str) -> None:
    """Its branch is all that is left of it, and goes; the pull request is still found by it."""
    assert isinstance(await performed(made), DeleteBranch)
    assert await made.reader.tip(branch) is None
    assert len(await made.reader.pull_requests_from(branch)) == 1
    assert await effects(made) == ()


def flagged(made: Lake, path: str = ORDERS) -> bytes:
    return made.file(path).replace(b'"backfill": false', b'"backfill": true')


async def arrive(made: Lake) -> None:
    """The provisioner's reset, and the sync that follows."""
    made.clock.pass_(10)
    await made.airbyte.act("connections/reset", {"connectionId": made.connection})
    made.clock.pass_(2 * 3600)


async def follow_up(made: Lake) -> str:
    """A flag merged, its backfill arrived, the follow-up opened; its branch."""
    made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    return effect.branch


async def test_from_the_merge_to_the_pull_request_that_changes_one_word(made: Lake) -> None:
    before = made.file(ORDERS)
    made.merge({ORDERS: flagged(made)}, "flag orders")
    seen = await observed(made)
    [flag] = seen.connections
    assert progress(flag).stage is Stage.NO_RESET
    assert decide_backfill(seen).effects == ()
    made.clock.pass_(600)
    tip = await made.tip()
    late = await BackfillObserver(made.world, observers(made)).observe(tip)
    assert flag.set_by == (await made.reader.pull_requests_of(flag.set_by))[0].merge_commit
    assert progress(late.connections[0]).stage is Stage.RESET_MISSING

    made.clock.pass_(10)
    await made.airbyte.act("connections/reset", {"connectionId": made.connection})
    [flag] = (await observed(made)).connections
    assert progress(flag).stage is Stage.RESETTING
    made.clock.pass_(2 * 3600)
    [flag] = (await observed(made)).connections
    assert progress(flag).stage is Stage.DONE
    assert {row.stream.name for row in flag.statuses} == {"orders", "customers"}

    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    assert effect.branch == branch_of(SHOP, flag.set_by)
    assert made.file(ORDERS, effect.branch) == before
    assert await effects(made) == (), "once it is open there is nothing to do"


async def test_live_rows_are_read_while_it_syncs(made: Lake) -> None:
    made.airbyte.volume("orders", Volume(rows=1_000_000))
    made.merge({ORDERS: flagged(made)}, "flag orders")
    await made.airbyte.act("connections/reset", {"connectionId": made.connection})
    made.clock.pass_(1800)
    await observed(made)
    made.clock.pass_(1800)
    [flag] = (await observed(made)).connections
    assert progress(flag).stage is Stage.SYNCING
    assert flag.moving is not None
    assert flag.moving.job_id == flag.jobs[0].id
    assert 0 < flag.moving.records < 1_000_000


async def test_where_the_base_moved_on_under_it_the_branch_is_made_anew(made: Lake) -> None:
    branch = await follow_up(made)
    made.merge({ORDERS: made.file(ORDERS).replace(b'"incremental"', b'"full_refresh"')}, "edit")
    effect = await performed(made)
    assert isinstance(effect, UpdatePullRequestBranch)
    assert made.file(ORDERS, branch) == made.file(ORDERS).replace(b": true", b": false")
    assert await effects(made) == ()
    [pull] = await made.reader.pull_requests_from(branch)
    await made.reader.pull_request(pull.number)  # GitHub finds it out when it is asked
    assert (await made.reader.pull_request(pull.number)).mergeable


async def test_a_base_that_moved_on_elsewhere_changes_nothing(made: Lake) -> None:
    await follow_up(made)
    made.merge({"README.md": b"more\n"}, "docs")
    assert await effects(made) == ()


async def test_what_somebody_pushed_to_it_stays_theirs(made: Lake) -> None:
    branch = await follow_up(made)
    made.push({ORDERS: b'{"stream": "orders", "backfill": false, "mine": 1}'}, branch)
    made.merge({ORDERS: made.file(ORDERS).replace(b'"incremental"', b'"full_refresh"')}, "edit")
    assert await effects(made) == ()


async def test_a_flag_that_was_removed_by_hand_closes_it(made: Lake) -> None:
    branch = await follow_up(made)
    made.merge({ORDERS: made.file(ORDERS).replace(b": true", b": false")}, "by hand")
    await is_closed(made, branch)
    [pull] = await made.reader.pull_requests_from(branch)
    assert pull.state.value == "closed"


async def test_a_stream_file_that_is_gone_closes_it(made: Lake) -> None:
    branch = await follow_up(made)
    made.merge({ORDERS: None}, "drop orders")  # type: ignore[dict-item]
    await is_closed(made, branch)


async def test_a_flag_set_again_is_another_backfill(made: Lake) -> None:
    first = await follow_up(made)
    made.merge({ORDERS: made.file(ORDERS).replace(b": true", b": false")}, "by hand")
    made.merge({ORDERS: flagged(made)}, "flag again")
    await is_closed(made, first)
    [flag] = (await observed(made)).connections
    assert progress(flag).stage is Stage.NO_RESET, "the old reset is not this flag's"
    await arrive(made)
    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    assert effect.branch != first


async def test_closed_by_a_person_it_is_not_opened_again(made: Lake) -> None:
    branch = await follow_up(made)
    [pull] = await made.reader.pull_requests_from(branch)
    made.github.close_pull_request(REPOSITORY, pull.number, login="anna")
    await is_swept(made, branch)


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "closed and pushed to since"])
async def test_a_branch_with_somebodys_commit_stays(made: Lake, closed: bool) -> None:
    branch = await follow_up(made)
    [pull] = await made.reader.pull_requests_from(branch)
    if closed:
        made.push({"notes.md": b"mine"}, branch)
    made.github.close_pull_request(REPOSITORY, pull.number, login="anna")
    made.push({"notes.md": b"mine, too"}, branch)
    assert await effects(made) == ()
    assert made.file("notes.md", branch) == b"mine, too"


async def test_the_first_comment_tells_of_the_follow_up_until_it_is_merged(made: Lake) -> None:
    number = made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    assert await told(made, number) == []
    opened = await performed(made)
    assert isinstance(opened, OpenPullRequest)
    [pull] = await made.reader.pull_requests_from(opened.branch)
    [line] = await told(made, number)
    assert line == f"[#{pull.number}]({pull.url}) sets the flag back: merge it"
    made.github.merge_pull_request(REPOSITORY, pull.number, login="anna")
    [line] = await told(made, number)
    assert line.endswith("has set the flag back")
    await is_swept(made, opened.branch)
    assert [line] == await told(made, number)


@pytest.mark.parametrize(
    ("by_hand", "words"),
    [
        pytest.param((), "it was closed, and is not opened again", id="closed by a person"),
        pytest.param((b"false",), "is closed: the flag was set back", id="set back by hand"),
        pytest.param((b"false", b"true"), "or set anew, without it", id="set anew"),
    ],
)
async def test_a_follow_up_that_is_closed_says_why(
    made: Lake, by_hand: tuple[bytes, ...], words: str
) -> None:
    number = made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    opened = await performed(made)
    assert isinstance(opened, OpenPullRequest)
    for value in by_hand:
        other = b"true" if value == b"false" else b"false"
        edited = made.file(ORDERS).replace(b": " + other, b": " + value)
        made.merge({ORDERS: edited}, f"{value!r}")
    [pull] = await made.reader.pull_requests_from(opened.branch)
    made.github.close_pull_request(REPOSITORY, pull.number, login="anna")
    [line] = await told(made, number)
    assert words in line


async def test_one_of_two_flags_set_back_by_hand_leaves_the_follow_up_and_its_words(
    made: Lake,
) -> None:
    customers = "streams/shop/customers.json"
    made.merge({path: flagged(made, path) for path in (ORDERS, customers)}, "flag both")
    await arrive(made)
    opened = await performed(made)
    assert isinstance(opened, OpenPullRequest)
    assert opened.edits.keys() == {ORDERS, customers}
    made.merge({ORDERS: made.file(ORDERS).replace(b": true", b": false")}, "by hand")
    renewed = await performed(made)
    assert isinstance(renewed, UpdatePullRequestBranch)
    [pull] = await made.reader.pull_requests_from(opened.branch)
    assert ORDERS in opened.body
    assert ORDERS not in pull.body
    assert customers in pull.body
    assert await effects(made) == ()


async def test_two_merges_that_flag_one_connection(made: Lake) -> None:
    made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    customers = "streams/shop/customers.json"
    made.merge({customers: flagged(made, customers)}, "flag customers")
    first, second = (await observed(made)).connections
    assert progress(first).stage is Stage.DONE
    assert progress(second).stage is Stage.NEVER_FIRES, (
        "its trigger stands, and the reset was before"
    )
    assert second.held_by == first.set_by
    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    assert effect.edits.keys() == {ORDERS}


async def test_it_is_merged_by_itself_where_that_is_allowed(made: Lake) -> None:
    await follow_up(made)
    allowed = RepositorySettings(auto_merge_backfill=True)
    await effects(made, allowed)  # GitHub finds out whether it can be merged when it is asked
    [effect] = await effects(made, allowed)
    assert isinstance(effect, MergePullRequest)
    await made.performer.perform(effect)
    assert b'"backfill": false' in made.file(ORDERS)
    assert isinstance(await performed(made), DeleteBranch)
    assert await effects(made, allowed) == ()


async def test_a_head_that_moved_is_not_merged(made: Lake) -> None:
    branch = await follow_up(made)
    [pull] = await made.reader.pull_requests_from(branch)
    await made.performer.perform(MergePullRequest(REPOSITORY, pull.number, "0" * 40))
    [pull] = await made.reader.pull_requests_from(branch)
    assert pull.state.value == "open"


async def test_a_flag_whose_trigger_stands_is_no_missing_reset(made: Lake) -> None:
    """The first one's follow-up is merged, yet the second keeps the trigger standing."""
    first = await follow_up(made)
    customers = "streams/shop/customers.json"
    made.merge({customers: flagged(made, customers)}, "flag customers")
    [pull] = await made.reader.pull_requests_from(first)
    made.github.merge_pull_request(REPOSITORY, pull.number, login="anna")
    await observed(made)
    tip = await made.tip()
    made.clock.pass_(600)
    seen = await BackfillObserver(made.world, observers(made)).observe(tip)
    [flag] = seen.connections
    assert (flag.flags[0].path, flag.held_by) == (customers, "")
    assert progress(flag).stage is Stage.NEVER_FIRES


async def test_a_reset_that_the_provisioner_lost_is_missing(made: Lake) -> None:
    made.merge({ORDERS: flagged(made)}, "flag orders")
    tip = await made.tip()
    made.clock.pass_(600)
    [flag] = (await BackfillObserver(made.world, observers(made)).observe(tip)).connections
    assert progress(flag).stage is Stage.RESET_MISSING


async def test_where_airbyte_does_not_tell_of_streams_the_job_is_taken_at_its_word(
    made: Lake,
) -> None:
    made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    made.airbyte.faults.append(Fault("stream_statuses/list", 500, times=99))
    [flag] = (await observed(made)).connections
    assert flag.statuses == ()
    assert progress(flag).stage is Stage.DONE


async def test_while_airbyte_is_down_nothing_is_concluded(made: Lake) -> None:
    made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    await made.airbyte.stop()
    seen = await observed(made)
    assert progress(seen.connections[0]).stage is Stage.UNSEEN
    assert decide_backfill(seen).effects == ()
    assert decide_backfill(seen).requeue.after is not None


async def test_a_long_history_of_jobs_is_no_hindrance(made: Lake) -> None:
    made.airbyte.history(made.connection, 150)
    made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    [flag] = (await observed(made)).connections
    assert progress(flag).stage is Stage.DONE
    assert 50 < len(flag.earlier) <= 100


async def test_a_connection_that_is_deleted_ends_its_backfill_without_a_pull_request(
    made: Lake,
) -> None:
    number = made.merge({ORDERS: flagged(made)}, "flag orders")
    made.clock.pass_(10)
    await made.airbyte.act("connections/reset", {"connectionId": made.connection})
    made.clock.pass_(10)
    await made.airbyte.act("connections/delete", {"connectionId": made.connection})
    [flag] = (await observed(made)).connections
    assert progress(flag).stage is Stage.GONE
    assert await effects(made) == ()
    after = await landed(made, number)
    assert after.over
    assert any("is deleted in Airbyte: nothing re-reads" in step.label for step in steps(after))


async def test_a_follow_up_outlives_its_connection_for_its_flag_is_still_set(made: Lake) -> None:
    number = made.merge({ORDERS: flagged(made)}, "flag orders")
    await arrive(made)
    assert isinstance(await performed(made), OpenPullRequest)
    await made.airbyte.act("connections/delete", {"connectionId": made.connection})
    assert await effects(made) == ()
    [line] = await told(made, number)
    assert line.endswith("sets the flag back: merge it")


async def test_a_merge_whose_flag_was_removed_by_hand_is_told_to_its_end(made: Lake) -> None:
    number = made.merge({ORDERS: flagged(made)}, "flag orders")
    after = await landed(made, number)
    assert [item.still_set for item in after.backfills] == [True]
    assert not after.over
    made.merge({ORDERS: made.file(ORDERS).replace(b": true", b": false")}, "by hand")
    after = await landed(made, number)
    assert [item.still_set for item in after.backfills] == [False]
    assert after.over
