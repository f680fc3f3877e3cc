"""Who wants which head planned: bound to the head that was seen, remembered, and told to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from command_world import SIGNER
from command_world import observed as commanded
from plan_copies import (
    COMMAND,
    HEAD,
    NAME,
    NEWER,
    NOW,
    PULL_REQUEST,
    confirmation,
    intent,
    seen,
    slot,
    slots,
    source_json,
    terraform_json,
)

from bot.lifecycle.commands import decide_command
from bot.lifecycle.confirm import (
    Confirmation,
    Request,
    Slot,
    Stage,
    Wishes,
    decide_sweep,
    packed,
    unpacked,
    wanted,
)
from bot.lifecycle.confirm.decide import PATIENCE
from bot.lifecycle.confirm.plan import Beside
from bot.lifecycle.confirm.record import ROWS
from bot.lifecycle.confirm.remembered import FIELD, remembered
from bot.lifecycle.effects import CreateComment, React
from bot.lifecycle.marker import line
from bot.lifecycle.observed import ModuleSeen, PullRequestObserved
from bot.model.github import Comment, PullRequestState
from bot.model.plan_copy import BY_PUSH
from bot.plan.prediction import Action

OLDER = replace(PULL_REQUEST, head_sha=NEWER)  # the record's head is older than this
BY_COMMAND = Request(HEAD, COMMAND)


def wishes(**rest: Any) -> Wishes:
    given = {"pull_request": PULL_REQUEST, **rest}
    return Wishes(given.pop("pull_request"), NAME, **given)


RUNNING, CONFIRMED = confirmation(Stage.RUNNING), confirmation(Stage.CONFIRMED)
PUSHED = replace(RUNNING, asked_by=BY_PUSH)
WORKING = slots(source_json())


@pytest.mark.parametrize(
    ("asked", "request_"),
    [
        pytest.param(wishes(), None, id="nobody"),
        pytest.param(wishes(asked=COMMAND), BY_COMMAND, id="a command"),
        pytest.param(wishes(on_push=True), Request(HEAD, BY_PUSH), id="a push"),
        pytest.param(wishes(recorded=RUNNING), BY_COMMAND, id="remembered"),
        pytest.param(wishes(slots=WORKING), BY_COMMAND, id="the comment is gone, the copies not"),
        pytest.param(
            wishes(recorded=RUNNING, pull_request=OLDER), BY_COMMAND, id="keeps the head it saw"
        ),
        pytest.param(
            wishes(recorded=PUSHED, pull_request=OLDER, on_push=True),
            Request(NEWER, BY_PUSH),
            id="the next push",
        ),
        pytest.param(wishes(recorded=PUSHED, pull_request=OLDER), None, id="pushes not any more"),
        pytest.param(
            wishes(asked=COMMAND, recorded=confirmation(Stage.SUPERSEDED), pull_request=OLDER),
            None,
            id="superseded is its end",
        ),
        pytest.param(
            wishes(asked=COMMAND + 1, recorded=CONFIRMED, pull_request=OLDER),
            Request(NEWER, COMMAND + 1),
            id="asked again, later",
        ),
        pytest.param(wishes(asked=COMMAND - 1, recorded=CONFIRMED), BY_COMMAND, id="an older one"),
        pytest.param(
            wishes(asked=COMMAND, slots=WORKING, pull_request=OLDER),
            BY_COMMAND,
            id="crashed before it was remembered",
        ),
        pytest.param(
            wishes(asked=1, pull_request=replace(PULL_REQUEST, state=PullRequestState.MERGED)),
            None,
            id="merged",
        ),
    ],
)
def test_what_is_to_be_planned(asked: Wishes, request_: Request | None) -> None:
    assert wanted(asked) == request_


# What is remembered


FULL = Confirmation(
    HEAD,
    COMMAND,
    Stage.DIFFERENT,
    "its words",
    "1 to add, 0 to change, 0 to destroy",
    (Beside("a.b", None, Action.CREATE), Beside("a.c", Action.DELETE_CREATE, None)),
    3,
    "f",
    False,
)


def test_a_record_is_text_and_back() -> None:
    assert unpacked(packed(FULL)) == FULL


def test_a_record_of_many_rows_stays_small() -> None:
    rows = tuple(Beside(f"airbyte_connection.{n}_to_lake", None, Action.CREATE) for n in range(900))
    kept = packed(replace(FULL, rows=rows, words="w" * 100_000))
    assert len(kept) < 4_000
    found = unpacked(kept)
    assert found is not None
    assert len(found.rows) == ROWS


@pytest.mark.parametrize("text", ["", "?", "e30=", 7, None, packed(FULL)[:-9]])
def test_what_is_no_record_is_none(text: object) -> None:
    assert unpacked(text) is None


def test_a_comment_that_somebody_else_signed_remembers_nothing() -> None:
    name = "lotus:preview:7"
    said = line(SIGNER, name, {FIELD: {str(NAME): packed(FULL)}})
    assert remembered([said], name, SIGNER) == {str(NAME): FULL}
    assert remembered([said.replace("lotus:preview:7 e", "lotus:preview:7 f")], name, SIGNER) == {}
    assert remembered([said], "lotus:preview:8", SIGNER) == {}


# The command's own end


def command(*records: Confirmation, modules: tuple[ModuleSeen, ...] | None = None) -> Any:
    """`/lotus plan` (its comment is 5) with what our comment remembers."""
    name = "lotus:preview:7"
    said = line(SIGNER, name, {FIELD: {str(NAME): packed(r) for r in records}})
    replies = (Comment(1, "lotus-bot[bot]", f"{said}\ntext", NOW, NOW),) if records else ()
    module = ModuleSeen("lake-airbyte", object_name=str(NAME), confirm=seen())
    found = PullRequestObserved(
        PULL_REQUEST, "0" * 40, (module,) if modules is None else modules, replies, (), ""
    )
    return decide_command(commanded("/lotus plan", replies=replies, pull_request=found), SIGNER)


def of(stage: Stage, **rest: Any) -> Confirmation:
    return confirmation(stage, asked_by=5, **rest)


@pytest.mark.parametrize(
    ("decided", "predict", "reaction", "words"),
    [
        pytest.param(command(), True, "", "", id="it begins"),
        pytest.param(command(confirmation(Stage.CONFIRMED, asked_by=4)), True, "", "", id="older"),
        pytest.param(command(of(Stage.WAITING)), False, "", "", id="waits"),
        pytest.param(command(of(Stage.RUNNING)), False, "", "", id="runs"),
        pytest.param(command(of(Stage.CONFIRMED)), False, "rocket", "", id="as predicted"),
        pytest.param(command(of(Stage.DIFFERENT)), False, "rocket", "", id="not as predicted"),
        pytest.param(command(of(Stage.FAILED)), False, "confused", "", id="fails"),
        pytest.param(command(of(Stage.SUPERSEDED)), False, "confused", "", id="superseded"),
        pytest.param(
            command(of(Stage.REFUSED, words="From a fork.")), False, "confused", "From a fork.", id="no"
        ),
        pytest.param(command(modules=()), False, "confused", "changes nothing", id="nothing to do"),
    ],
)  # fmt: skip
def test_the_command_ends_when_the_comment_tells_how_it_ended(
    decided: Any, predict: bool, reaction: str, words: str
) -> None:
    effects = decided.decision.effects
    assert decided.predict is predict
    assert "".join(e.content for e in effects if isinstance(e, React)) == reaction
    assert words in "".join(e.body for e in effects if isinstance(e, CreateComment))
    assert (decided.decision.requeue.after is None) is bool(reaction)


# The sweep


OPEN = {("octo/lake", 7): HEAD}
PLACE = slot(source_json(fetched=HEAD, suspend=True), terraform_json())
ODD = slot({**source_json(), "metadata": {**source_json()["metadata"], "annotations": {}}})


@pytest.mark.parametrize(
    ("place", "heads", "effects"),
    [
        pytest.param(PLACE, OPEN, [], id="at work"),
        pytest.param(PLACE, {}, ["DeleteTerraformCopy"], id="closed"),
        pytest.param(PLACE, {("octo/lake", 7): NEWER}, ["DeleteTerraformCopy"], id="pushed"),
        pytest.param(ODD, OPEN, ["DeleteSourceCopy"], id="annotations edited away"),
        pytest.param(
            slot(source_json(intent(began=NOW - 2 * PATIENCE))),
            OPEN,
            ["DeleteCopysPlans", "DeleteSourceCopy"],
            id="lost",
        ),
        pytest.param(slot({"metadata": {"name": "lotus-plan-1"}}), {}, [], id="somebody else's"),
    ],
)
def test_what_nobody_looks_after_is_swept(place: Slot, heads: Any, effects: list[str]) -> None:
    swept = decide_sweep((place,), heads, NOW)
    assert [type(effect).__name__ for effect in swept.effects] == effects
