"""Nothing that is said anywhere holds a true value, whoever decided to say it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import get_args

import pytest

from bot.lifecycle import marker
from bot.lifecycle.effects import (
    Annotation,
    CommentOnCommit,
    Conclusion,
    CreateComment,
    Decision,
    Effect,
    OpenPullRequest,
    PutCheck,
    Requeue,
    UpdateComment,
    UpdateCommitComment,
    UpdatePullRequestBranch,
)
from bot.lifecycle.marker import Signer
from bot.lifecycle.operations import CommitToBranch
from bot.lifecycle.outgoing import without

SECRET = "p4ss_w|rd"
SIGNER = Signer.from_secret("hush")
MARKER = marker.line(SIGNER, "lotus:alarm:7", {"lotus": "p4ss"})
SAID = "It failed: p4ss\\_w\\|rd."
CLEAN = "It failed: (sensitive value)."

CASES: list[Effect] = [
    CreateComment("o/r", 1, "m", f"{MARKER}\n{SAID}"),
    UpdateComment("o/r", 1, f"{MARKER}\n{SAID}"),
    CommentOnCommit("o/r", "f" * 40, "m", f"{MARKER}\n{SAID}"),
    UpdateCommitComment("o/r", 1, f"{MARKER}\n{SAID}"),
    PutCheck(
        "o/r", "f" * 40, "c", SAID, SAID, Conclusion.FAILURE, "x",
        annotations=(Annotation("a.tf", 1, "failure", SAID, SAID),),
    ),
    OpenPullRequest("o/r", "b", "main", "f" * 40, {"a": SECRET.encode()}, SAID, SAID),
    UpdatePullRequestBranch("o/r", "b", "f" * 40, "f" * 40, {}, SAID, SAID),
    CommitToBranch("o/r", "b", "f" * 40, {}, SAID),
]  # fmt: skip
_SAYING = ("body", "title", "summary", "message", "annotations")


@pytest.mark.parametrize("effect", CASES, ids=lambda effect: type(effect).__name__)
def test_a_true_value_is_taken_out_of_each_text(effect: Effect) -> None:
    decision = without(Decision((effect,), Requeue(3, "x")), {SECRET})
    [left] = decision.effects
    assert SAID not in repr(left)
    assert CLEAN in repr(left)
    assert decision.requeue == Requeue(3, "x")
    assert without(decision, {SECRET}) == decision


def test_the_signed_line_stays_as_it_was_signed() -> None:
    [left] = without(Decision((CASES[0],)), {SECRET, "lotus", "p4ss"}).effects
    assert isinstance(left, CreateComment)
    assert marker.read(SIGNER, left.body) is not None


def test_each_effect_with_a_text_has_a_case() -> None:
    kinds = [kind for kind in get_args(Effect) if isinstance(kind, type) and is_dataclass(kind)]
    saying = {k.__name__ for k in kinds if {f.name for f in fields(k)} & set(_SAYING)}
    assert saying == {type(effect).__name__ for effect in CASES}
