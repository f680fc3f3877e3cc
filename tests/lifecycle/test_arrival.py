"""A change without a backfill: its next sync, and what was made and removed in Airbyte."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from backfills import FAILED, MERGED, RUNNING, attempt, connection, job, reset

from bot.lifecycle.arrival import (
    ChangedConnection,
    Landing,
    ObjectAfter,
    changed_connections,
    landing,
    landing_line,
    object_line,
    sought,
)
from bot.lifecycle.backfill import FlaggedConnection
from bot.lifecycle.observed import (
    AfterMerge,
    ModuleSeen,
    PullRequestObserved,
    is_over,
    is_told,
    rung,
)
from bot.lifecycle.rollout import Stand, Standing
from bot.model.airbyte import Check, CheckResult, ScheduleKind
from bot.model.github import PullRequest, PullRequestState
from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction
from bot.render.comment import Rung

PLANS = Path(__file__).parents[1] / "truth" / "plans"
CHANGED = ChangedConnection("airbyte_connection.shop", MERGED, connection())
WORDS = (attempt(0, "<b>No</b>"),)


@pytest.mark.parametrize(
    ("changed", "where", "line"),
    [
        (replace(CHANGED, connection=connection(ScheduleKind.MANUAL)), Landing.NOT_DUE, ""),
        (replace(CHANGED, connection=connection(status="inactive")), Landing.NOT_DUE, ""),
        (replace(CHANGED, connection=None, problem="Airbyte: no answer"), Landing.UNSEEN, "no answer"),
        (CHANGED, Landing.WAITING, "waits for its next sync"),
        (replace(CHANGED, jobs=(job(1, at=-9),)), Landing.WAITING, "waits"),
        (replace(CHANGED, jobs=(reset(1),)), Landing.WAITING, "waits"),
        (replace(CHANGED, jobs=(job(2, status=RUNNING),)), Landing.SYNCING, "sync job 2: running"),
        (replace(CHANGED, jobs=(job(2, status=FAILED, attempts=WORDS),)), Landing.FAILED, "Airbyte says: \\<b\\>No"),
        (replace(CHANGED, jobs=(job(3), job(2, status=FAILED))), Landing.ARRIVED, "sync job 3: succeeded, 1000 rows"),
        (replace(CHANGED, jobs=(job(4), job(3))), Landing.ARRIVED, "sync job 3"),
    ],
)  # fmt: skip
def test_the_next_sync_of_a_changed_connection(
    changed: ChangedConnection, where: Landing, line: str
) -> None:
    assert landing(changed)[0] is where
    assert line in landing_line(changed)
    assert bool(line) == bool(landing_line(changed))


SOURCE = ObjectAfter("airbyte_source.shop", True, ("s-1",))


@pytest.mark.parametrize(
    ("after", "words", "well"),
    [
        (SOURCE, "`airbyte_source.shop` is in Airbyte", True),
        (replace(SOURCE, check=Check(CheckResult.ACCEPTED)), "its connection check succeeded", True),
        (replace(SOURCE, check=Check(CheckResult.REFUSED, "bad *key*")), "failed: bad \\*key\\*", False),
        (replace(SOURCE, check=Check(CheckResult.BROKEN)), "could not be made", True),
        (replace(SOURCE, found=()), "is not in Airbyte, though the apply succeeded", False),
        (replace(SOURCE, problem="Airbyte: down"), "not looked at in Airbyte: Airbyte\\: down", True),
        (ObjectAfter("airbyte_source.shop", False), "is gone from Airbyte, and nothing hangs", True),
        (ObjectAfter("airbyte_source.shop", False, ("s-9",)), "still has one of its name: `s-9`", True),
        (ObjectAfter("airbyte_source.shop", False, hanging=("a",)), "are left: `a`", True),
    ],
)  # fmt: skip
def test_what_became_of_an_object(after: ObjectAfter, words: str, well: bool) -> None:
    assert words in object_line(after)
    assert after.well is well


def landed(name: str) -> tuple[Prediction, frozenset[str]]:
    """What a merge of this case changed, and what drifted on its base already."""
    case = json.loads((PLANS / name / "case.json").read_text())
    base, head = (tree(PLANS / name / side) for side in ("base", "head"))
    after = {k: v for k, v in {**base, **head}.items() if k not in case["deleted_in_head"]}
    before = Snapshot(base)
    again = predict(Request(before, case["module"], base=before))
    drifting = frozenset(c.address for c in again.changes if c.action is Action.UPDATE)
    values = {"airbyte_server_url": "http://localhost", **case["head_variables"]}
    request = Request(Snapshot(after), case["module"], base=before, variables=values)
    return predict(request), drifting


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("name", "made", "removed", "changed"),
    [
        ("nothing-changed", [], [], []),
        ("perpetual-drift", [], [], []),
        ("add-source-and-connection", ["airbyte_connection.ads_to_lake", "airbyte_source.ads"], [], ["airbyte_connection.ads_to_lake"]),
        ("todo-003-remove-source", [], ["airbyte_connection.mail_to_lake", "airbyte_source.mail"], []),
        ("schedule-change", [], [], ["airbyte_connection.shop_to_lake"]),
        ("todo-002-schema-change", [], [], ["airbyte_connection.shop_to_lake"]),
        ("todo-004-flag-set", [], [], []),
    ],
)  # fmt: skip
def test_what_there_is_to_look_for(
    name: str, made: list[str], removed: list[str], changed: list[str]
) -> None:
    prediction, drifting = landed(name)
    items = sought(prediction)
    assert sorted(item.address for item in items if item.wanted) == made
    assert sorted(item.address for item in items if not item.wanted) == removed
    assert list(changed_connections(prediction, drifting, frozenset())) == changed
    assert changed_connections(prediction, drifting, frozenset(changed)) == ()


def test_what_is_removed_is_sought_by_its_name() -> None:
    prediction, _ = landed("todo-003-remove-source")
    [source] = [item for item in sought(prediction) if item.kind == "source"]
    assert source.name
    assert source.workspace


def merged(**after: object) -> PullRequestObserved:
    standing = AfterMerge(Standing(Stand.APPLIED), **after)  # type: ignore[arg-type]
    pull_request = PullRequest(
        "o/l", 1, PullRequestState.MERGED, "t", "a", "main", "b", "h", "c", "o/l", "u", merged_at=MERGED
    )  # fmt: skip
    module = ModuleSeen("lake", Prediction("m"), after=standing)
    return PullRequestObserved(pull_request, "b", (module,), (), (), "")


FOLLOW_UP = merged().pull_request
FLAGGED = FlaggedConnection("airbyte_connection.shop", (), "a" * 40, MERGED, connection())
BACK = replace(FLAGGED, jobs=(reset(1), job(2)), follow_ups=(FOLLOW_UP,))
SYNCED = replace(CHANGED, jobs=(job(3),))


@pytest.mark.parametrize(
    ("after", "where", "over"),
    [
        ({}, Rung.APPLIED, True),
        ({"changed": (CHANGED,)}, Rung.APPLIED, False),
        ({"changed": (SYNCED,)}, Rung.ARRIVED, True),
        ({"changed": (SYNCED, CHANGED)}, Rung.APPLIED, False),
        ({"changed": (replace(CHANGED, connection=connection(ScheduleKind.MANUAL)),)}, Rung.APPLIED, True),
        ({"backfills": (FLAGGED,)}, Rung.APPLIED, False),
        ({"backfills": (BACK,)}, Rung.ARRIVED, True),
        ({"backfills": (BACK,), "changed": (CHANGED,)}, Rung.APPLIED, False),
        ({"backfills": (replace(BACK, follow_ups=()),)}, Rung.ARRIVED, False),
        ({"backfills": (replace(BACK, follow_ups=(), still_set=False),)}, Rung.ARRIVED, True),
        ({"backfills": (replace(FLAGGED, still_set=False),)}, Rung.APPLIED, True),
        ({"backfills": (replace(FLAGGED, jobs=(reset(1),), still_set=False),)}, Rung.APPLIED, False),
        ({"backfills": (replace(FLAGGED, removed=True),)}, Rung.APPLIED, True),
        ({"backfills": (replace(FLAGGED, fires=False),)}, Rung.APPLIED, True),
        ({"objects": (SOURCE,)}, Rung.APPLIED, True),
        ({"objects": (replace(SOURCE, problem="down"),)}, Rung.APPLIED, False),
    ],
)  # fmt: skip
def test_the_rung_and_the_end(after: dict[str, object], where: Rung, over: bool) -> None:
    seen = merged(**after)
    assert rung(seen.modules[0]) is where
    assert is_over(seen) is over


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (PullRequestState.OPEN, False),
        (PullRequestState.CLOSED, True),
        (PullRequestState.MERGED, True),
    ],
)
def test_while_a_follow_up_waits_it_is_over_and_not_told_to_its_end(
    state: PullRequestState, told: bool
) -> None:
    (follow_up,) = BACK.follow_ups
    seen = merged(backfills=(replace(BACK, follow_ups=(replace(follow_up, state=state),)),))
    assert is_over(seen)
    assert is_told(seen) is told
