"""Each step of a confirmation follows from what is seen, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan_copies import (
    EMPTY,
    HEAD,
    NEWER,
    NOW,
    PINNED,
    PLANNED,
    PULL_REQUEST,
    SECRET,
    TERRAFORM,
    attempted,
    change,
    confirmation,
    intent,
    plan,
    prediction,
    ready,
    seen,
    slot,
    slots,
    source_json,
    terraform_json,
)

from bot.lifecycle.confirm import ConfirmObserved, Request, Stage, StoredPlan, decide_confirm
from bot.lifecycle.confirm.decide import PATIENCE
from bot.lifecycle.confirm.words import told
from bot.model.github import Permission
from bot.model.plan_copy import BY_PUSH, POOL
from bot.plan.diagnostics import error
from bot.plan.prediction import Action, Prediction

CREATED = ("airbyte_source.shop", Action.CREATE)
FAILS = Prediction("airbyte", diagnostics=(error("Bad reference", "no"),))
RUNNING_COPY = terraform_json(**ready("Unknown", "Progressing"))
OTHERS = tuple(
    slot(source_json(intent(number=number)), name=name) for number, name in enumerate(POOL, 11)
)
THEIRS = {"metadata": {"namespace": "flux-system", "name": POOL[0]}, "spec": {}}
OLD = intent(began=NOW - PATIENCE - timedelta(seconds=1))


def done(observed: ConfirmObserved) -> list[str]:
    return [type(effect).__name__ for effect in decide_confirm(observed).effects]


def stage(observed: ConfirmObserved) -> Stage | None:
    told = decide_confirm(observed).confirmation
    return told.stage if told else None


STEPS = [
    pytest.param(seen(), Stage.RUNNING, ["CreateSourceCopy"], id="nothing yet"),
    pytest.param(seen(*slots(source_json())), Stage.RUNNING, [], id="not fetched"),
    pytest.param(
        seen(*slots(source_json(fetched=HEAD))), Stage.RUNNING, ["SuspendSourceCopy"], id="fetched"
    ),
    pytest.param(seen(*slots(PINNED)), Stage.RUNNING, ["CreateTerraformCopy"], id="cannot move"),
    pytest.param(seen(*slots(PINNED, RUNNING_COPY)), Stage.RUNNING, [], id="it plans"),
    pytest.param(
        seen(*slots(PINNED, terraform_json(**PLANNED))), Stage.RUNNING, [], id="plan not stored yet"
    ),
    pytest.param(
        seen(*slots(PINNED, terraform_json(**PLANNED)), plan=plan(CREATED)),
        Stage.CONFIRMED,
        ["DeleteTerraformCopy"],
        id="as predicted",
    ),
    pytest.param(
        seen(
            *slots(PINNED, terraform_json(**attempted("True", "TerraformPlannedNoChanges"))),
            prediction=prediction(),
        ),
        Stage.CONFIRMED,
        ["DeleteTerraformCopy"],
        id="no changes, as predicted",
    ),
    pytest.param(
        seen(
            *slots(PINNED, terraform_json(**PLANNED)),
            plan=plan(("airbyte_source.shop", Action.UPDATE)),
        ),
        Stage.DIFFERENT,
        ["DeleteTerraformCopy"],
        id="another action",
    ),
    pytest.param(
        seen(*slots(PINNED, terraform_json(**attempted("False", "TFExecPlanFailed", "Error: no")))),
        Stage.FAILED,
        ["DeleteTerraformCopy"],
        id="the plan fails, unforetold",
    ),
    pytest.param(
        seen(
            *slots(PINNED, terraform_json(**attempted("False", "TFExecPlanFailed", "Error: no"))),
            prediction=FAILS,
        ),
        Stage.CONFIRMED,
        ["DeleteTerraformCopy"],
        id="the plan fails, as predicted",
    ),
    pytest.param(
        seen(*slots(PINNED, terraform_json(**ready("False", "LockHeld", "held")))),
        Stage.RUNNING,
        [],
        id="the lock of an apply is waited for",
    ),
    pytest.param(
        seen(
            *slots(PINNED, terraform_json(**PLANNED)),
            plan=StoredPlan(None, "the plan is no gzip"),
        ),
        Stage.FAILED,
        ["DeleteTerraformCopy"],
        id="a plan that cannot be read",
    ),
    pytest.param(
        seen(*slots(source_json(fetched=NEWER))),
        Stage.FAILED,
        ["DeleteCopysPlans", "DeleteSourceCopy"],
        id="another commit was fetched",
    ),
    pytest.param(
        seen(*slots(source_json(OLD))),
        Stage.FAILED,
        ["DeleteCopysPlans", "DeleteSourceCopy"],
        id="nothing within the time",
    ),
    pytest.param(
        seen(*slots(PINNED, terraform_json(spec={"force": True}, **PLANNED)), plan=plan(CREATED)),
        Stage.FAILED,
        ["DeleteTerraformCopy"],
        id="somebody edited the copy so that it could apply",
    ),
    pytest.param(seen(*OTHERS), Stage.WAITING, [], id="all places are taken"),
    pytest.param(
        seen(slot(THEIRS), *EMPTY[1:]), Stage.RUNNING, ["CreateSourceCopy"], id="somebody's object"
    ),
    pytest.param(
        seen(*slots(source_json(intent(head=NEWER)))),
        Stage.WAITING,
        ["DeleteCopysPlans", "DeleteSourceCopy"],
        id="copies of another head go first",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("observed", "wanted", "effects"), STEPS)
def test_the_next_step(observed: ConfirmObserved, wanted: Stage, effects: list[str]) -> None:
    assert (stage(observed), done(observed)) == (wanted, effects)


NEVER = [
    pytest.param({"permission": Permission.READ}, "may not write", id="permission lost"),
    pytest.param({"permission": Permission.NONE}, "may not write", id="comment gone or edited"),
    pytest.param({"reviewed": False}, "approving review", id="no review"),
    pytest.param({"forbidden": "I may not create"}, "I may not create", id="not allowed"),
    pytest.param(
        {"pull_request": replace(PULL_REQUEST, head_repository="eve/lake")},
        "fork",
        id="a fork, even for an admin",
    ),
    pytest.param(
        {"pull_request": replace(PULL_REQUEST, head_repository=None)}, "fork", id="fork deleted"
    ),
    pytest.param(
        {"original": {**TERRAFORM, "spec": {**TERRAFORM["spec"], "cloud": {"organization": "o"}}}},
        "Terraform Cloud",
        id="state elsewhere",
    ),
    pytest.param(
        {"original": {**TERRAFORM, "spec": {**TERRAFORM["spec"], "destroy": True}}},
        "destroy",
        id="an object that destroys",
    ),
]
AT_EACH_STEP = {
    "nothing yet": EMPTY,
    "fetched": slots(source_json(fetched=HEAD)),
    "cannot move": slots(PINNED),
    "planned": slots(PINNED, terraform_json(**PLANNED)),
}


@pytest.mark.parametrize("step", AT_EACH_STEP)
@pytest.mark.parametrize(("change", "words"), NEVER)
def test_what_may_not_be_is_refused_at_every_step_and_taken_away(
    step: str, change: dict[str, Any], words: str
) -> None:
    observed = seen(*AT_EACH_STEP[step], **{"plan": plan(CREATED), **change})
    decided = decide_confirm(observed)
    assert decided.confirmation is not None
    assert decided.confirmation.stage is Stage.REFUSED
    assert words in decided.confirmation.words
    assert not [name for name in done(observed) if name.startswith(("Create", "Suspend"))]
    assert bool(decided.effects) is (step != "nothing yet")


def test_a_push_supersedes_and_takes_the_copies_away() -> None:
    moved = replace(PULL_REQUEST, head_sha=NEWER)
    observed = seen(*slots(PINNED, terraform_json(**PLANNED)), pull_request=moved)
    assert (stage(observed), done(observed)) == (Stage.SUPERSEDED, ["DeleteTerraformCopy"])


def test_what_was_told_is_not_planned_again_and_its_copies_go() -> None:
    recorded = confirmation(Stage.CONFIRMED)
    assert decide_confirm(seen(recorded=recorded)).confirmation is recorded
    assert done(seen(recorded=recorded)) == []
    left = seen(*slots(PINNED, terraform_json(**PLANNED)), recorded=recorded)
    assert done(left) == ["DeleteTerraformCopy"]


def test_nobody_asks_any_more_and_the_copies_go() -> None:
    assert done(seen(*slots(PINNED), request=None)) == ["DeleteCopysPlans", "DeleteSourceCopy"]
    assert done(seen(request=None)) == []


def test_a_push_asks_for_the_author_and_a_command_for_who_wrote_it() -> None:
    observed = seen(request=Request(HEAD, BY_PUSH), permission=Permission.READ)
    words = decide_confirm(observed).confirmation
    assert words is not None
    assert words.words.startswith("The author")


# What is told


def words_of(observed: ConfirmObserved) -> str:
    found = decide_confirm(observed).confirmation
    assert found is not None
    return told(found, observed.prediction)


def test_the_differing_rows_are_marked_and_come_first() -> None:
    observed = seen(
        *slots(PINNED, terraform_json(**PLANNED)),
        prediction=prediction(change("airbyte_source.a"), change("airbyte_source.b")),
        plan=plan(("airbyte_source.a", Action.CREATE), ("airbyte_source.c", Action.DELETE_CREATE)),
    )
    rows = [line for line in words_of(observed).splitlines() if line.startswith("| ")][1:]
    assert rows[1:] == [
        "| ≠ | `airbyte_source.b` | create | nothing |",
        "| ≠ | `airbyte_source.c` | nothing | delete, then create |",
        "|  | `airbyte_source.a` | create | create |",
    ]


def test_a_prediction_that_was_wrong_says_what_a_report_needs_and_no_secrets() -> None:
    observed = seen(*slots(PINNED, terraform_json(**PLANNED)), plan=plan())
    assert "a bug of mine" in words_of(observed)
    assert "No state, no variable's value, no plan file" in words_of(observed)


def test_where_the_prediction_was_unsure_it_is_no_bug() -> None:
    unsure = prediction(uncertain=("a remote module",))
    observed = seen(
        *slots(PINNED, terraform_json(**PLANNED)), prediction=unsure, plan=plan(CREATED)
    )
    assert "uncertain" in words_of(observed)
    assert "bug" not in words_of(observed)


def test_the_controllers_words_are_told_without_secrets_before_they_are_kept_anywhere() -> None:
    message = f"Error: token {SECRET} is refused\n\n  on sources.tf line 3"
    failing = terraform_json(**attempted("False", "TFExecPlanFailed", message))
    observed = seen(*slots(PINNED, failing))
    kept = decide_confirm(observed).confirmation
    assert kept is not None
    assert SECRET not in kept.words
    assert "on sources.tf line 3" in words_of(observed)


def test_an_address_with_a_secret_in_it_is_kept_without() -> None:
    observed = seen(
        *slots(PINNED, terraform_json(**PLANNED)),
        plan=plan((f'airbyte_source.x["{SECRET}"]', Action.CREATE)),
    )
    kept = decide_confirm(observed).confirmation
    assert kept is not None
    assert SECRET not in str(kept.rows)


@pytest.mark.parametrize(
    ("taken", "waiting", "asked_by", "begins"),
    [
        pytest.param(0, (), 50, True, id="nobody else"),
        pytest.param(2, (50,), 50, True, id="we ourselves"),
        pytest.param(2, (49, 50), 50, False, id="one place, and somebody asked before"),
        pytest.param(1, (49, 50), 50, True, id="two places, and one asked before"),
        pytest.param(1, (48, 49, 50), 50, False, id="two places, and two asked before"),
        pytest.param(2, (51, 52), 50, True, id="who asked later waits for us"),
        pytest.param(2, (51,), BY_PUSH, False, id="people before pushes"),
        pytest.param(0, (51, 52), BY_PUSH, True, id="a push where there is a place for all"),
    ],
)
def test_places_are_given_in_the_order_of_the_asking(
    taken: int, waiting: tuple[int, ...], asked_by: int, *, begins: bool
) -> None:
    free = tuple(slot(name=name) for name in POOL[taken:])
    line = seen(*OTHERS[:taken], *free, request=Request(HEAD, asked_by), waiting=waiting)
    assert done(line) == (["CreateSourceCopy"] if begins else [])
    assert stage(line) is (Stage.RUNNING if begins else Stage.WAITING)
