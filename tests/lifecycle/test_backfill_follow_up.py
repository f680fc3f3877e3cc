"""The follow-up pull request's life: opened once, kept current, merged where allowed, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from backfills import CANCELLED, FLAG, FLAGGED, RUNNING, job, minute, reset

from bot.lifecycle.backfill import (
    BackfillObserved,
    FlaggedConnection,
    LeftBranch,
    OpenFollowUp,
    branch_of,
    decide_backfill,
    progress,
    story,
)
from bot.lifecycle.effects import (
    ClosePullRequest,
    DeleteBranch,
    Effect,
    MergePullRequest,
    OpenPullRequest,
    UpdatePullRequestBranch,
)
from bot.lifecycle.repository_settings import RepositorySettings
from bot.model.github import PullRequest, PullRequestState

TIP = "b" * 40
DONE = replace(FLAGGED, jobs=(job(11), reset(10)))
BUSY = replace(FLAGGED, address="airbyte_connection.other", jobs=(reset(10, RUNNING),))
BRANCH = branch_of(DONE.address, DONE.set_by)
AUTO = RepositorySettings(auto_merge_backfill=True)


def pull_request(
    state: PullRequestState = PullRequestState.OPEN, branch: str = BRANCH, mergeable: str = "clean"
) -> PullRequest:
    return PullRequest(
        "octo/lake",
        9,
        state,
        "Backfill complete for shop: set backfill back to false",
        "lotus-bot[bot]",
        "main",
        "0" * 40,
        branch,
        "d" * 40,
        "octo/lake",
        "url",
        mergeable_state=mergeable,
    )


def decided(
    *connections: FlaggedConnection,
    follow_ups: tuple[OpenFollowUp, ...] = (),
    settings: RepositorySettings = RepositorySettings(),  # noqa: B008
) -> tuple[Effect, ...]:
    seen = BackfillObserved(
        "octo/lake", "main", TIP, connections, minute(60), 30.0, follow_ups, settings
    )
    return decide_backfill(seen).effects


def opened(contents: Mapping[str, bytes | None] = DONE.edits, **more: object) -> OpenFollowUp:
    return replace(OpenFollowUp(pull_request(), contents), **more)  # type: ignore[arg-type]


STANDING = replace(DONE, follow_ups=(pull_request(),))


def test_two_connections_end_on_their_own() -> None:
    [effect] = decided(DONE, BUSY)
    assert isinstance(effect, OpenPullRequest)
    assert (effect.branch, effect.edits) == (BRANCH, DONE.edits)
    later = replace(BUSY, jobs=(reset(10), job(11)))
    [second] = decided(STANDING, later, follow_ups=(opened(),))
    assert isinstance(second, OpenPullRequest)
    assert second.branch == branch_of(later.address, later.set_by) != BRANCH


def test_two_merges_that_flag_one_connection_have_a_pull_request_each() -> None:
    other = replace(DONE, set_by="c" * 40, edits={"assets/streams/shop/items.json": b"{}"})
    first, second = decided(DONE, other)
    assert isinstance(first, OpenPullRequest)
    assert isinstance(second, OpenPullRequest)
    assert first.branch != second.branch
    assert not first.edits.keys() & second.edits.keys()


def test_one_that_says_it_already_is_left_alone() -> None:
    assert decided(STANDING, follow_ups=(opened(),)) == ()


def test_where_the_base_moved_on_under_it_the_branch_is_made_anew_on_the_tip() -> None:
    stale = opened({FLAG.path: b'{"backfill": false, "old": 1}'})
    [effect] = decided(STANDING, follow_ups=(stale,))
    title, body = stale.pull_request.title, story(STANDING, progress(STANDING))
    assert effect == UpdatePullRequestBranch(
        "octo/lake", BRANCH, "d" * 40, TIP, DONE.edits, title, body
    )


def test_a_flag_that_somebody_removed_by_hand_leaves_it() -> None:
    both = opened({**DONE.edits, "assets/streams/shop/items.json": b"{}"})
    [effect] = decided(STANDING, follow_ups=(both,))
    assert isinstance(effect, UpdatePullRequestBranch)
    assert effect.edits == DONE.edits
    assert FLAG.path in effect.body
    assert "items.json" not in effect.body


def test_what_somebody_else_pushed_to_is_theirs() -> None:
    theirs = opened({FLAG.path: b"{}"}, untouched=False)
    assert decided(STANDING, follow_ups=(theirs,), settings=AUTO) == ()


@pytest.mark.parametrize("connections", [(), (BUSY,), (replace(DONE, set_by="e" * 40),)])
def test_with_nothing_left_to_set_back_it_is_closed(
    connections: tuple[FlaggedConnection, ...],
) -> None:
    over = opened(settles=False)
    closed, deleted, *_ = decided(*connections, follow_ups=(over,))
    assert closed == ClosePullRequest("octo/lake", 9)
    assert deleted == DeleteBranch("octo/lake", BRANCH, "d" * 40)


def test_a_branch_that_somebody_pushed_to_outlives_its_pull_request() -> None:
    theirs = opened(settles=False, untouched=False)
    assert decided(follow_ups=(theirs,)) == (ClosePullRequest("octo/lake", 9),)


def test_a_branch_that_is_left_behind_goes() -> None:
    seen = BackfillObserved(
        "octo/lake", "main", TIP, (), minute(60), 30.0, left=(LeftBranch(BRANCH, "d" * 40),)
    )
    assert decide_backfill(seen).effects == (DeleteBranch("octo/lake", BRANCH, "d" * 40),)


def test_another_modules_follow_up_is_not_ours_to_judge() -> None:
    assert decided(BUSY, follow_ups=(opened(),)) == ()


def test_flags_set_again_while_it_is_open_are_another_merges() -> None:
    again = replace(FLAGGED, set_by="e" * 40, set_at=minute(50), jobs=(job(11), reset(10)))
    effects = decided(again, follow_ups=(opened(settles=False),))
    assert effects == (
        ClosePullRequest("octo/lake", 9),
        DeleteBranch("octo/lake", BRANCH, "d" * 40),
    ), "its own reset has not been yet"


@pytest.mark.parametrize("state", [PullRequestState.CLOSED, PullRequestState.MERGED])
def test_a_person_who_closed_it_is_heard(state: PullRequestState) -> None:
    assert decided(replace(DONE, follow_ups=(pull_request(state),))) == ()


@pytest.mark.parametrize("mergeable", ["blocked", "unstable", "dirty", "unknown", ""])
def test_it_is_merged_only_when_github_calls_it_clean(mergeable: str) -> None:
    item = OpenFollowUp(pull_request(mergeable=mergeable), DONE.edits)
    assert decided(STANDING, follow_ups=(item,), settings=AUTO) == ()


def test_it_is_merged_only_where_the_repository_allows_it() -> None:
    merge = MergePullRequest("octo/lake", 9, "d" * 40)
    assert decided(STANDING, follow_ups=(opened(),), settings=AUTO) == (merge,)
    assert decided(STANDING, follow_ups=(opened(),)) == ()


def test_what_is_to_be_merged_is_looked_at_until_it_is() -> None:
    waiting = OpenFollowUp(pull_request(mergeable="blocked"), DONE.edits)
    for settings, after in ((AUTO, 30.0), (RepositorySettings(), None)):
        seen = BackfillObserved(
            "octo/lake", "main", TIP, (STANDING,), minute(60), 30.0, (waiting,), settings
        )
        assert decide_backfill(seen).requeue.after == after


def test_a_stale_one_is_made_anew_before_it_is_merged() -> None:
    stale = opened({FLAG.path: b"old"})
    [effect] = decided(STANDING, follow_ups=(stale,), settings=AUTO)
    assert isinstance(effect, UpdatePullRequestBranch)


def test_a_loop_is_broken_at_its_first_reset_with_the_quiet_catalog() -> None:
    catalog = {"assets/streams/shop/_catalog.json": b"{}"}
    looping = replace(FLAGGED, perpetual=True, edits={**FLAGGED.edits, **catalog})
    assert decided(looping) == (), "before the reset, the backfill would be lost"
    [effect] = decided(replace(looping, jobs=(reset(10, CANCELLED),)))
    assert isinstance(effect, OpenPullRequest)
    assert effect.title.startswith("Reset loop of shop")
    assert effect.edits.keys() == {FLAG.path, *catalog}
