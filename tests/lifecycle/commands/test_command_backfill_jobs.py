"""`/lotus backfill status`, `cancel` and `sync`: what a backfill's jobs come to by command."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from command_world import NOW, TIP, ladder, lake, observed, said

from bot.lifecycle.backfill import FlaggedConnection
from bot.lifecycle.commands.parts import Checkout
from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.operations import CancelJob, CommitToBranch, StartSync
from bot.model.airbyte import Connection, Job, JobKind, JobStatus

ORDERS = "streams/shop/orders.json"
SET_AT = NOW - timedelta(hours=1)
MANUAL = Connection("c", "Shop to lake", "s", "d", "active")
FLAGGED = FlaggedConnection(
    "airbyte_connection.shop_to_lake",
    (StreamFlag(ORDERS, "orders", 2),),
    TIP,
    SET_AT,
    MANUAL,
    now=NOW,
)
CHECKOUT = Checkout(
    lake(),
    "octo/lake",
    "feature",
    TIP,
    files={ORDERS: b'{"backfill": true}'},
    reads=frozenset({ORDERS}),
)


def job(number: int, kind: JobKind, status: JobStatus) -> Job:
    began = SET_AT + timedelta(minutes=number)
    return Job(number, "c", kind, status, began, began + timedelta(seconds=30))


RESETTING = replace(FLAGGED, jobs=(job(1, JobKind.RESET, JobStatus.RUNNING),))
RESET = replace(FLAGGED, jobs=(job(1, JobKind.RESET, JobStatus.SUCCEEDED),))
SYNCING = replace(RESET, jobs=(*RESET.jobs, job(2, JobKind.SYNC, JobStatus.RUNNING)))


def test_backfill_status_tells_the_jobs() -> None:
    text = said(observed("/lotus backfill status", ladder=ladder(RESETTING))).text
    assert text.startswith("**`airbyte_connection.shop_to_lake`** (`orders`): resetting")
    assert "reset job 1" in text
    none = said(observed("/lotus backfill status", ladder=ladder()))
    assert none.text == "No `backfill` flag is set on what is applied."


@pytest.mark.parametrize(
    ("flagged", "jobs"),
    [
        pytest.param(RESETTING, (CancelJob("c", 1),), id="the reset"),
        pytest.param(SYNCING, (CancelJob("c", 2),), id="the sync"),
        pytest.param(RESET, (), id="nothing runs"),
    ],
)
def test_backfill_cancel_cancels_what_runs_and_sets_the_flag_back(
    flagged: FlaggedConnection, jobs: tuple[CancelJob, ...]
) -> None:
    seen = observed(
        "/lotus backfill cancel shop/orders", ladder=ladder(flagged), checkouts=(CHECKOUT,)
    )
    *cancelled, commit = said(seen).effects
    assert tuple(cancelled) == jobs
    assert isinstance(commit, CommitToBranch)
    assert commit.edits == {ORDERS: b'{"backfill": false}'}


def test_backfill_cancel_leaves_the_jobs_of_other_streams_alone() -> None:
    other = replace(RESETTING, flags=(StreamFlag("streams/shop/other.json", "other", 1),))
    seen = observed(
        "/lotus backfill cancel shop/orders", ladder=ladder(other), checkouts=(CHECKOUT,)
    )
    assert not [item for item in said(seen).effects if isinstance(item, CancelJob)]


@pytest.mark.parametrize(
    ("named", "flagged", "effects", "reaction"),
    [
        pytest.param("", RESET, (StartSync("c", 1),), "rocket", id="after the reset"),
        pytest.param(" shop_to_lake", RESET, (StartSync("c", 1),), "rocket", id="by name"),
        pytest.param(" mail_to_lake", RESET, (), "confused", id="another connection"),
        pytest.param("", RESETTING, (), "confused", id="it would be cancelled by the reset"),
        pytest.param("", SYNCING, (), "confused", id="one runs"),
    ],
)
def test_backfill_sync_starts_what_does_not_come_by_itself(
    named: str, flagged: FlaggedConnection, effects: tuple[StartSync, ...], reaction: str
) -> None:
    found = said(observed(f"/lotus backfill sync{named}", ladder=ladder(flagged)))
    assert (found.effects, found.reaction) == (effects, reaction)
