"""A backfill after the merge: the stage by Airbyte's jobs, the pull request that ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from backfills import CANCELLED, FAILED, FLAGGED, MERGED, RUNNING, connection, job, reset

from bot.lifecycle.backfill import (
    BackfillObserved,
    FlaggedConnection,
    Stage,
    branch_of,
    decide_backfill,
    progress,
    story,
)
from bot.lifecycle.effects import OpenPullRequest
from bot.model.airbyte import (
    Attempt,
    Failure,
    Job,
    JobKind,
    JobStatus,
    RunState,
    ScheduleKind,
    StreamName,
    StreamStatus,
)
from bot.model.github import PullRequest, PullRequestState


@pytest.mark.parametrize(
    ("jobs", "stage"),
    [
        pytest.param([], Stage.NO_RESET, id="nothing yet"),
        pytest.param([job(1, at=-30)], Stage.NO_RESET, id="a sync from before"),
        pytest.param([reset(1, RUNNING)], Stage.RESETTING, id="resetting"),
        pytest.param([reset(1, JobStatus.INCOMPLETE)], Stage.RESETTING, id="between attempts"),
        pytest.param([reset(1, FAILED)], Stage.RESET_FAILED, id="reset failed"),
        pytest.param([reset(1, CANCELLED)], Stage.RESET_CANCELLED, id="reset cancelled"),
        pytest.param([reset(1)], Stage.WAITING, id="waits for the schedule"),
        pytest.param([reset(1), job(2, status=RUNNING)], Stage.SYNCING, id="syncing"),
        pytest.param([reset(1), job(2, status=FAILED)], Stage.SYNC_FAILED, id="sync failed"),
        pytest.param(
            [reset(1), job(2, status=FAILED), job(3)], Stage.DONE, id="the next one succeeded"
        ),
        pytest.param([reset(1), job(2)], Stage.DONE, id="done"),
        pytest.param([job(1), reset(2)], Stage.WAITING, id="a sync before the reset is no proof"),
        pytest.param(
            [reset(1), job(2), reset(3)], Stage.WAITING, id="another reset begins it anew"
        ),
        pytest.param([job(1, JobKind.REFRESH)], Stage.DONE, id="a refresh re-reads by itself"),
        pytest.param(
            [reset(1), job(2, JobKind.OTHER)], Stage.WAITING, id="another kind of job is no sync"
        ),
    ],
)
def test_the_stage(jobs: list[Job], stage: Stage) -> None:
    assert progress(replace(FLAGGED, jobs=tuple(reversed(jobs)))).stage is stage


def test_a_manual_connection_never_syncs_by_itself() -> None:
    manual = connection(ScheduleKind.MANUAL)
    now = progress(replace(FLAGGED, jobs=(reset(1),), connection=manual))
    assert now.stage is Stage.NEVER_BY_ITSELF


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (RunState.COMPLETE, Stage.DONE),
        (RunState.INCOMPLETE, Stage.INCOMPLETE),
        (RunState.RUNNING, Stage.DONE),  # a killed job leaves RUNNING behind: it says nothing
    ],
)
def test_a_stream_that_fell_short_is_not_done(state: RunState, stage: Stage) -> None:
    row = StreamStatus(StreamName("orders"), 2, 0, state)
    flagged = replace(FLAGGED, jobs=(job(2), reset(1)), statuses=(row,))
    assert progress(flagged).stage is stage


def observed(*connections: FlaggedConnection) -> BackfillObserved:
    now = MERGED + timedelta(hours=1)
    return BackfillObserved("octo/lake", "main", "b" * 40, connections, now, 30.0)


def pull_request(state: PullRequestState) -> PullRequest:
    return PullRequest(
        "octo/lake", 9, state, "t", "lotus-bot[bot]", "main", "b", "h", "c", "octo/lake", "url"
    )


def opened(*connections: FlaggedConnection) -> list[OpenPullRequest]:
    effects = decide_backfill(observed(*connections)).effects
    assert all(isinstance(effect, OpenPullRequest) for effect in effects)
    return [effect for effect in effects if isinstance(effect, OpenPullRequest)]


DONE = replace(FLAGGED, jobs=(job(2), reset(1)))


def test_what_is_done_gets_its_pull_request_and_nothing_else_does() -> None:
    other = replace(FLAGGED, address="airbyte_connection.other", jobs=(reset(1, RUNNING),))
    [effect] = opened(DONE, other)
    assert effect.branch == f"lotus/backfill/shop-{'a' * 10}"
    assert effect.base_sha == "b" * 40
    assert effect.edits == FLAGGED.edits
    assert decide_backfill(observed(DONE, other)).requeue.after == 30.0
    assert decide_backfill(observed(DONE)).requeue.after is None


@pytest.mark.parametrize("state", PullRequestState)
def test_there_is_one_pull_request_and_a_person_who_closed_it_is_heard(
    state: PullRequestState,
) -> None:
    assert opened(replace(DONE, follow_ups=(pull_request(state),))) == []


def test_flags_that_are_back_already_need_none() -> None:
    assert opened(replace(DONE, edits={})) == []


def test_a_loop_is_broken_as_soon_as_its_first_reset_is_there() -> None:
    looping = replace(FLAGGED, perpetual=True)
    assert opened(looping) == [], "before the reset, the backfill would be lost"
    [effect] = opened(replace(looping, jobs=(reset(1, RUNNING),)))
    assert "Reset loop" in effect.body
    assert effect.title.startswith("Reset loop")


def test_resets_again_and_again_are_a_loop_whatever_the_cause() -> None:
    jobs = (reset(1, CANCELLED), reset(2, CANCELLED), reset(3, RUNNING))
    assert progress(replace(FLAGGED, jobs=jobs)).loop


def test_the_story_tells_jobs_time_and_rows() -> None:
    text = story(DONE, progress(DONE))
    for words in ("orders.json", "line 5", "reset job 1", "sync job 2", "in 1 min", "1000 rows"):
        assert words in text


def test_airbytes_own_words_are_told_harmlessly() -> None:
    failed = job(
        2,
        status=FAILED,
        attempts=(Attempt(0, "failed", MERGED, failures=(Failure("<b>@everyone</b> no"),)),),
    )
    flagged = replace(FLAGGED, jobs=(failed, reset(1)))
    text = story(flagged, progress(flagged))
    assert "everyone" in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("airbyte_connection.shop", "shop"),
        ('airbyte_connection.all["eu/west ü"]', "all-eu-west-e06d80d2"),
        ("module.a.airbyte_connection.x", "module.a.airbyte_connection.x"),
    ],
)
def test_a_branch_has_a_name_that_git_takes(address: str, name: str) -> None:
    assert branch_of(address, "c" * 40) == f"lotus/backfill/{name}-{'c' * 10}"
