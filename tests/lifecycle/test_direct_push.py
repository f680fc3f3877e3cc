"""A commit without a pull request is told of on itself: once for each failure, never when well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.lifecycle.direct_push import DirectPush, decide_direct_push, marker_name
from bot.lifecycle.effects import CommentOnCommit
from bot.lifecycle.marker import Signer, line
from bot.lifecycle.rollout import Stand, Standing
from bot.model.github import Comment

SIGNER = Signer.from_secret("hush")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = DirectPush(
    repository="octo/lake",
    sha="1f" * 20,
    title="lake-airbyte",
    standing=Standing(Stand.FAILED, "Error: Reference to undeclared resource s3cr3t"),
    secrets=frozenset({"s3cr3t"}),
)


def posted(body: str) -> Comment:
    return Comment(1, "lotus-bot[bot]", body, NOW, NOW)


def said(seen: DirectPush) -> list[CommentOnCommit]:
    return [e for e in decide_direct_push(seen, SIGNER).effects if isinstance(e, CommentOnCommit)]


def test_a_failure_is_told_on_the_commit_in_the_tools_words_without_secrets() -> None:
    (comment,) = said(FAILED)
    assert comment.sha == FAILED.sha
    assert "Reference to undeclared resource (sensitive value)" in comment.body
    assert "s3cr3t" not in comment.body


@pytest.mark.parametrize("stand", [stand for stand in Stand if not stand.needs_person])
def test_what_goes_on_by_itself_makes_no_noise(stand: Stand) -> None:
    assert said(replace(FAILED, standing=Standing(stand))) == []


@pytest.mark.parametrize("stand", [stand for stand in Stand if stand.needs_person])
def test_everything_that_needs_a_person_is_told_with_what_to_do(stand: Stand) -> None:
    (comment,) = said(replace(FAILED, standing=Standing(stand)))
    assert stand.value in comment.body


def test_it_is_told_once() -> None:
    (comment,) = said(FAILED)
    assert said(replace(FAILED, ours=(posted(comment.body),))) == []


def test_another_way_to_be_stuck_and_another_object_are_told_too() -> None:
    before = posted(f"{line(SIGNER, marker_name(FAILED), {})}\nfailed")
    blocked = replace(FAILED, standing=Standing(Stand.BLOCKED), ours=(before,))
    other = replace(FAILED, title="lake-views", ours=(before,))
    assert len(said(blocked)) == len(said(other)) == 1
