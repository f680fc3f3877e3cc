"""Perpetual drift on the branch: one pull request, and nobody's comment is bothered with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.lifecycle.backfill import OpenFollowUp
from bot.lifecycle.effects import (
    ClosePullRequest,
    DeleteBranch,
    OpenPullRequest,
    UpdatePullRequestBranch,
)
from bot.lifecycle.quieting import QuietingObserved, branch_of, decide_quieting
from bot.model.github import PullRequest, PullRequestState

PATHS = ("streams/mail/_catalog.json", "streams/shop/_catalog.json")
EDITS = dict.fromkeys(PATHS, b"{}")
DRIFTING = QuietingObserved(
    "octo/lake",
    "main",
    "b" * 40,
    "lake-airbyte",
    ("airbyte_connection.mail", "airbyte_connection.shop"),
    EDITS,
)


def pull_request(state: PullRequestState = PullRequestState.OPEN) -> PullRequest:
    branch = branch_of("lake-airbyte", PATHS)
    return PullRequest(
        "octo/lake", 4, state, "t", "lotus-bot[bot]", "main", "b", branch, "d" * 40, "octo/lake", "url"
    )  # fmt: skip


OPEN = OpenFollowUp(pull_request(), EDITS)


def test_what_drifts_is_proposed_once_with_what_and_why() -> None:
    [effect] = decide_quieting(DRIFTING)
    assert isinstance(effect, OpenPullRequest)
    assert (effect.branch, effect.base_sha) == (branch_of("lake-airbyte", PATHS), "b" * 40)
    assert effect.edits == EDITS
    for words in ("2 catalogs", "airbyte_connection.shop", "streams/mail/_catalog.json"):
        assert words in effect.title + effect.body
    standing = replace(DRIFTING, open=(OPEN,), former=(pull_request(),))
    assert decide_quieting(standing) == ()


def test_nothing_drifts_nothing_is_said() -> None:
    assert decide_quieting(replace(DRIFTING, edits={}, connections=())) == ()


def test_a_repository_may_forbid_it() -> None:
    assert decide_quieting(replace(DRIFTING, allowed=False)) == ()


def test_closed_by_a_person_it_stays_closed_for_these_files_and_not_for_others() -> None:
    closed = replace(DRIFTING, former=(pull_request(PullRequestState.CLOSED),))
    assert decide_quieting(closed) == ()
    assert branch_of("lake-airbyte", PATHS) != branch_of("lake-airbyte", PATHS[:1])


def test_drift_that_came_back_after_a_merge_is_proposed_again() -> None:
    [effect] = decide_quieting(replace(DRIFTING, former=(pull_request(PullRequestState.MERGED),)))
    assert isinstance(effect, OpenPullRequest)
    assert effect.branch == branch_of("lake-airbyte", PATHS, 1) != branch_of("lake-airbyte", PATHS)


def test_while_it_is_open_it_follows_what_drifts() -> None:
    stale = replace(OPEN, contents={PATHS[0]: b"old"})
    [effect] = decide_quieting(replace(DRIFTING, open=(stale,)))
    assert isinstance(effect, UpdatePullRequestBranch)
    assert (effect.expected, effect.edits) == ("d" * 40, EDITS)
    assert all(path in effect.body for path in PATHS)
    theirs = replace(stale, untouched=False)
    assert decide_quieting(replace(DRIFTING, open=(theirs,))) == ()


@pytest.mark.parametrize(("untouched", "closed"), [(True, 1), (False, 0)])
def test_when_nothing_drifts_any_more_it_is_closed_unless_it_is_somebody_elses(
    untouched: bool, closed: int
) -> None:
    item = replace(OPEN, untouched=untouched)
    effects = decide_quieting(replace(DRIFTING, edits={}, open=(item,)))
    branch = OPEN.pull_request.head_branch
    over = (ClosePullRequest("octo/lake", 4), DeleteBranch("octo/lake", branch, "d" * 40))
    assert effects == over * closed
