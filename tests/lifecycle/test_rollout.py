"""What is asked for next on the way from a commit to applied, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from rollout_world import (
    FETCHED,
    LONG_AGO,
    NEW,
    NOW,
    OLD,
    STALLED,
    WAITS_FOR_APPROVAL,
    World,
    asked_of,
    ready,
    request,
    stamp,
)

from bot.lifecycle.effects import AnnotateSource, AnnotateTerraform, ClearLastPlanAt
from bot.lifecycle.requests import Asked, asked
from bot.lifecycle.rollout import decide_rollout


@pytest.mark.parametrize(
    ("world", "kinds", "wait"),
    [
        pytest.param(World(), [AnnotateSource], 8, id="the source is asked first"),
        pytest.param(
            World(source_requested=request(1, 3)), [], 5, id="and not asked twice while it works"
        ),
        pytest.param(
            World(source_requested=request(1, 9)), [AnnotateSource], 16, id="but again later"
        ),
        pytest.param(
            World(source_requested=request(1, 1, OLD)),
            [AnnotateSource],
            8,
            id="another push meanwhile is asked for at once",
        ),
        pytest.param(
            World(source_requested="2026-01-01T11:59:59Z"),
            [],
            7,
            id="somebody else's request that is not answered yet is left to its end",
        ),
        pytest.param(
            World(source_requested="2026-01-01T11:59:59Z", source_handled="2026-01-01T11:59:59Z"),
            [AnnotateSource],
            8,
            id="somebody else's request that brought something else is not ours",
        ),
        pytest.param(
            World(source_requested="by hand"), [AnnotateSource], 8, id="nobody knows since when"
        ),
        pytest.param(
            World(artifact=NEW, stored_at=NOW - timedelta(seconds=0.5)),
            [],
            1.5,
            id="a pass may begin by itself",
        ),
        pytest.param(
            World(**FETCHED, condition={**ready("False", "X"), "lastTransitionTime": stamp(NOW)}),
            [],
            2,
            id="a pass has just ended, and the revision is not written yet",
        ),
        pytest.param(
            World(**FETCHED, requested="2026-01-01T11:59:58Z"),
            [],
            6,
            id="somebody has asked the controller: the pass is theirs",
        ),
        pytest.param(World(**FETCHED), [AnnotateTerraform], 8, id="no pass began: asked for"),
        pytest.param(
            World(**FETCHED, requested=request(1, 3, mark="other"), handled=""),
            [],
            5,
            id="not answered yet: patience",
        ),
        pytest.param(
            replace(asked_of(World(**FETCHED), 1, 3), attempted="d" * 40),
            [],
            5,
            id="answered, and the status moved: a pass of an older commit, and nothing was swallowed",
        ),
        pytest.param(
            asked_of(World(**FETCHED), 1, 0.5),
            [ClearLastPlanAt, AnnotateTerraform],
            16,
            id="answered and nothing moved: swallowed, so cleared and asked again at once",
        ),
        pytest.param(
            World(**FETCHED, requested=request(1, 9, mark="other"), handled=""),
            [AnnotateTerraform],
            16,
            id="no answer at all: asked again, and nothing is cleared",
        ),
        pytest.param(
            asked_of(World(**FETCHED), 2, 17, cleared=True),
            [AnnotateTerraform],
            32,
            id="cleared once for a commit, and never again",
        ),
        pytest.param(
            asked_of(World(**FETCHED, last_plan_at=None), 1, 9),
            [AnnotateTerraform],
            16,
            id="nothing to clear",
        ),
        pytest.param(
            World(**FETCHED, requested=request(4, 100)), [], None, id="the end is the end"
        ),
        pytest.param(
            World(artifact=NEW, condition=ready("Unknown", "Progressing")),
            [],
            32,
            id="a pass that runs is waited for",
        ),
        pytest.param(World(artifact=NEW, attempted=NEW, applied=NEW), [], None, id="applied"),
        pytest.param(World(suspended=True), [], None, id="suspended is respected"),
        pytest.param(
            World(artifact=NEW, stored_at=NOW + timedelta(hours=1)),
            [AnnotateTerraform],
            8,
            id="a clock that is ahead makes nobody wait for an hour",
        ),
        pytest.param(
            World(artifact=NEW, stored_at=LONG_AGO, source_requested=request(1, 1)),
            [],
            1,
            id="a clock that is behind: counted from our own request",
        ),
        pytest.param(
            World(artifact=NEW, attempted=NEW, condition=ready("False", "DependencyNotReady")),
            [AnnotateTerraform],
            8,
            id="a dependency: asked for, its own interval is longer",
        ),
        pytest.param(
            asked_of(
                World(artifact=NEW, attempted=NEW, condition=ready("False", "DependencyNotReady")),
                1,
                9,
            ),
            [AnnotateTerraform],
            16,
            id="a dependency: nothing was swallowed, nothing is cleared",
        ),
        pytest.param(
            World(stalled=STALLED),
            [AnnotateSource],
            8,
            id="retries used up by an older commit: a new one is fetched all the same",
        ),
        pytest.param(
            World(**FETCHED, condition=WAITS_FOR_APPROVAL, approve=""),
            [AnnotateTerraform],
            8,
            id="the plan that waits is of an older commit",
        ),
    ],
)
def test_what_is_asked_for_next(world: World, kinds: list[type], wait: float | None) -> None:
    decision = decide_rollout(world.observed())
    assert [type(effect) for effect in decision.effects] == kinds
    assert decision.requeue.after == (None if wait is None else pytest.approx(wait))


@pytest.mark.parametrize("mark", ["", "0123456789abcdef"])
@pytest.mark.parametrize("cleared", [False, True])
def test_a_request_can_be_read_back(mark: str, cleared: bool) -> None:
    made = Asked(NEW[:12], 2, NOW, mark, cleared)
    assert asked(str(made)) == made


@pytest.mark.parametrize(
    "other",
    [
        "",
        "2026-01-01T00:00:00Z",
        "lotus/x/y/z",
        "lotus/a/1/never",
        "lotus/a/1/2026-01-01T00:00:00",
        "lotus/a/1/2026-01-01T00:00:00+00:00/b/c",
        "lotus",
    ],
)
def test_a_request_of_anybody_else_or_edited_by_hand_is_not_ours(other: str) -> None:
    assert asked(other) is None
