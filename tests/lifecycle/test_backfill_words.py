"""What a backfill's stage says, as golden Markdown: who has to act, how fast, until when."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from backfills import (
    CANCELLED,
    FAILED,
    FLAG,
    FLAGGED,
    RUNNING,
    attempt,
    connection,
    job,
    minute,
    moving,
    reset,
)

from bot.lifecycle.backfill import (
    FlaggedConnection,
    Stage,
    job_lines,
    last_full,
    next_sync,
    pace,
    progress,
    story,
)
from bot.model.airbyte import JobKind, JobStatus, RunState, ScheduleKind, StreamName, StreamStatus

GOLDEN = Path(__file__).parent / "golden"
BEFORE = (reset(1, at=-300), job(2, at=-299, lasts=42, records=1_300_000), job(3, at=-35))
MANUAL, CRON = connection(ScheduleKind.MANUAL), connection(ScheduleKind.CRON)
RETRIED = (attempt(0, "Timed out", at=11), attempt(1, at=13))
SYNCING = replace(
    FLAGGED,
    earlier=BEFORE,
    jobs=(reset(10), job(11, status=RUNNING, records=None, attempts=(attempt(0, at=11),))),
    moving=moving(11, 456_789),
    now=minute(21),
)


def known(**more: object) -> FlaggedConnection:
    return replace(FLAGGED, earlier=BEFORE, **more)  # type: ignore[arg-type]


CASES: dict[str, tuple[Stage, FlaggedConnection]] = {
    "airbyte is down": (Stage.UNSEEN, known(problem="Airbyte: jobs/list: no answer in time")),
    "applied a moment ago": (Stage.NO_RESET, known(applied_at=minute(3), now=minute(4))),
    "no reset came": (Stage.RESET_MISSING, known(applied_at=minute(3), now=minute(6))),
    "the status is older than the merge": (
        Stage.NO_RESET,
        known(applied_at=minute(-60), now=minute(1)),
    ),
    "the trigger stood before": (Stage.NEVER_FIRES, known(fires=False, now=minute(9))),
    "another merge's flags hold it": (Stage.NEVER_FIRES, known(held_by="c" * 40, fires=True)),
    "another's, yet it was reset since": (
        Stage.WAITING,
        known(held_by="c" * 40, jobs=(reset(10),), connection=CRON),
    ),
    "resetting": (Stage.RESETTING, known(jobs=(reset(10, RUNNING),))),
    "the reset failed": (
        Stage.RESET_FAILED,
        known(jobs=(reset(10, FAILED, attempts=(attempt(0, "No such table", 10),)),)),
    ),
    "the reset was cancelled": (Stage.RESET_CANCELLED, known(jobs=(reset(10, CANCELLED),))),
    "waits for the hour": (Stage.WAITING, known(jobs=(reset(10),))),
    "overdue": (Stage.WAITING, known(jobs=(reset(10, at=30),))),
    "waits for cron": (Stage.WAITING, known(jobs=(reset(10),), connection=CRON)),
    "manual": (Stage.NEVER_BY_ITSELF, known(jobs=(reset(10),), connection=MANUAL)),
    "inactive": (
        Stage.NEVER_BY_ITSELF,
        known(jobs=(reset(10),), connection=connection(status="inactive")),
    ),
    "deleted": (
        Stage.GONE,
        known(jobs=(reset(10),), connection=connection(status="deprecated")),
    ),
    "syncing with an estimate": (Stage.SYNCING, SYNCING),
    "syncing, nothing to compare with": (Stage.SYNCING, replace(SYNCING, earlier=())),
    "syncing, more than last time": (
        Stage.SYNCING,
        replace(SYNCING, moving=moving(11, 1_400_000)),
    ),
    "syncing, just begun": (
        Stage.SYNCING,
        replace(SYNCING, moving=moving(11, 12), now=minute(11.2)),
    ),
    "the second attempt": (
        Stage.SYNCING,
        known(
            jobs=(reset(10), job(11, status=RUNNING, records=None, attempts=RETRIED)),
            moving=moving(11, 60_000),
            now=minute(14),
        ),
    ),
    "between attempts": (
        Stage.SYNCING,
        known(
            jobs=(
                reset(10),
                job(11, status=JobStatus.INCOMPLETE, records=None, attempts=RETRIED[:1]),
            )
        ),
    ),
    "the sync failed": (
        Stage.SYNC_FAILED,
        known(
            jobs=(reset(10), job(11, status=FAILED, attempts=(attempt(0, "<b>@all</b> no", 11),)))
        ),
    ),
    "the sync was cancelled": (
        Stage.SYNC_CANCELLED,
        known(jobs=(reset(10), job(11, status=CANCELLED))),
    ),
    "one stream fell short": (
        Stage.INCOMPLETE,
        known(
            jobs=(reset(10), job(11)),
            statuses=(
                StreamStatus(StreamName("orders"), 11, 0, RunState.INCOMPLETE),
                StreamStatus(StreamName("items"), 11, 0, RunState.COMPLETE),
            ),
        ),
    ),
    "the next one made it whole": (
        Stage.DONE,
        known(
            jobs=(reset(10), job(11), job(12)),
            statuses=(StreamStatus(StreamName("orders"), 11, 0, RunState.INCOMPLETE),),
        ),
    ),
    "a sync that began before the reset's end": (
        Stage.WAITING,
        known(jobs=(reset(10, lasts=9), job(11, at=12)), connection=CRON),
    ),
    "refreshed": (Stage.DONE, known(jobs=(job(10, JobKind.REFRESH, records=1_200_000),))),
    "arrived": (Stage.DONE, known(jobs=(reset(10), job(11, lasts=40, records=1_250_000)))),
}


@pytest.mark.parametrize("name", CASES)
def test_the_stage(name: str) -> None:
    stage, flagged = CASES[name]
    assert progress(flagged).stage is stage


def test_every_stage_has_its_words() -> None:
    assert {stage for stage, _ in CASES.values()} == set(Stage)
    blocks = []
    for name, (stage, flagged) in CASES.items():
        lines = "\n".join(f"- {line}" for line in job_lines(flagged, progress(flagged)))
        blocks.append(f"## {name}: {stage.value}\n\n{lines}\n")
    _golden("backfill-words.md", "\n".join(blocks))


LOOPING = known(
    perpetual=True,
    jobs=(reset(10, CANCELLED), reset(11, RUNNING)),
    edits={FLAG.path: b"{}", "assets/streams/shop/_catalog.json": b"{}"},
)


@pytest.mark.parametrize(
    ("name", "flagged"),
    [("story-arrived", CASES["arrived"][1]), ("story-loop", LOOPING)],
)
def test_the_story(name: str, flagged: FlaggedConnection) -> None:
    _golden(f"{name}.md", story(flagged, progress(flagged)) + "\n")


def test_an_estimate_needs_the_last_full_sync_and_a_rate() -> None:
    sync = SYNCING.jobs[1]
    speed = pace(SYNCING, sync)
    assert speed is not None
    assert speed.per_second == pytest.approx(456_789 / 600)
    assert speed.left == pytest.approx((1_300_000 - 456_789) / (456_789 / 600))
    assert pace(replace(SYNCING, moving=moving(12, 5)), sync) is None, "another job moves"


def test_a_retry_counts_from_its_own_beginning() -> None:
    flagged = CASES["the second attempt"][1]
    speed = pace(flagged, flagged.jobs[1])
    assert speed is not None
    assert speed.per_second == pytest.approx(1000), "60,000 rows in the minute since it began"


def _catalog(*modes: str) -> dict[str, object]:
    return {"streams": [{"config": {"syncMode": mode}} for mode in modes]}


@pytest.mark.parametrize(
    ("jobs", "modes", "whole", "full"),
    [
        pytest.param((job(1), job(2)), ("incremental",), False, None, id="who knows"),
        pytest.param((job(1), job(2)), ("incremental",), True, 1, id="the very first"),
        pytest.param((job(1), job(2)), ("full_refresh",), False, 2, id="each reads all"),
        pytest.param((job(1), job(2)), ("full_refresh", "incremental"), False, None, id="mixed"),
        pytest.param((reset(1), job(2), job(3)), ("incremental",), False, 2, id="after a reset"),
        pytest.param((reset(1, FAILED), job(2)), ("incremental",), False, None, id="not after that"),
        pytest.param(
            (reset(1), job(2, status=FAILED), job(3)), ("incremental",), False, None,
            id="the failed one may have left a cursor",
        ),
        pytest.param(
            (reset(1), job(2, status=FAILED, records=0), job(3)), ("incremental",), False, 3,
            id="unless it moved nothing",
        ),
        pytest.param(
            (reset(1), job(2), job(3, JobKind.REFRESH)), ("incremental",), False, 3, id="a refresh"
        ),
    ],
)  # fmt: skip
def test_the_last_full_sync(
    jobs: tuple, modes: tuple[str, ...], whole: bool, full: int | None
) -> None:
    found = last_full(jobs[::-1], connection(catalog=_catalog(*modes)), whole=whole)
    assert (found.id if found else None) == full


def test_the_next_sync_counts_from_the_last_one_and_not_from_the_reset() -> None:
    assert next_sync(known(jobs=(reset(10),)), minute(11)) == minute(25), "-35 min and an hour"
    assert next_sync(known(connection=CRON), minute(11)) == minute(15 * 60), "at 3 in the morning"


def _golden(name: str, text: str) -> None:
    """To accept a new wording: UPDATE_GOLDEN=1, and read the difference."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
