"""A webhook is read only as far as to know what to look at; a key is text and back."""

from __future__ import annotations

import pytest

from bot.lifecycle.hints import keys_of
from bot.lifecycle.keys import (
    BranchKey,
    CommandKey,
    CopiesKey,
    DeliverySweepKey,
    InstallationsKey,
    Key,
    MergeGroupKey,
    PressKey,
    PullRequestKey,
    PushKey,
    RepositoryKey,
    parse,
    text,
)

REPOSITORY = {"repository": {"full_name": "octo/lake"}}
COMMENT = {"comment": {"id": 9}, "issue": {"number": 7, "pull_request": {}}}


@pytest.mark.parametrize(
    ("event", "payload", "keys"),
    [
        ("push", {"ref": "refs/heads/a/b"}, (PushKey("octo/lake", "a/b"),)),
        ("push", {"ref": "refs/tags/v1"}, ()),
        ("pull_request", {"number": 7, "action": "opened"}, (PullRequestKey("octo/lake", 7),)),
        ("issue_comment", {"action": "created"} | COMMENT, (CommandKey("octo/lake", 7, 9),)),
        (
            "issue_comment",
            {"action": "deleted"} | COMMENT,
            (CommandKey("octo/lake", 7, 9), PullRequestKey("octo/lake", 7)),
        ),
        (
            "issue_comment",
            {"action": "edited", "comment": {"id": 9}, "issue": {"number": 7}},
            (CommandKey("octo/lake", 7, 9),),
        ),
        (
            "check_run",
            {"check_run": {"pull_requests": [{"number": 7}]}},
            (PullRequestKey("octo/lake", 7),),
        ),
        ("check_suite", {"check_suite": {"pull_requests": []}}, ()),
        (
            "merge_group",
            {"merge_group": {"head_ref": "refs/heads/gh-readonly-queue/main/pr-7-ab"}},
            (MergeGroupKey("octo/lake", "gh-readonly-queue/main/pr-7-ab"),),
        ),
        ("installation", {}, (InstallationsKey(),)),
        ("installation_repositories", {}, (InstallationsKey(),)),
        ("ping", {}, ()),
        ("star", {}, ()),
    ],
)
def test_what_an_event_says_to_look_at(
    event: str, payload: dict[str, object], keys: tuple[Key, ...]
) -> None:
    assert keys_of(event, REPOSITORY | payload) == keys


PRESS = {
    "action": "requested_action",
    "check_run": {"id": 31, "head_sha": "a" * 40, "pull_requests": []},
    "requested_action": {"identifier": "confirm"},
    "sender": {"login": "anna"},
}


def test_a_press_says_who_pressed_what_and_which_press_it_is() -> None:
    pressed = PressKey("octo/lake", 31, "a" * 40, "confirm", "anna", "72d3162e-cc78")
    assert keys_of("check_run", REPOSITORY | PRESS, "72d3162e-cc78") == (pressed,)


@pytest.mark.parametrize(
    ("changed", "delivery"),
    [
        ({}, ""),
        ({}, "two words"),
        ({}, "d -->"),
        ({"sender": {"login": "anna\n/lotus rebuild"}}, "d-1"),
        ({"sender": None}, "d-1"),
        ({"requested_action": {}}, "d-1"),
        ({"requested_action": {"identifier": 7}}, "d-1"),
        ({"check_run": {"id": "x", "head_sha": "a"}}, "d-1"),
    ],
)
def test_a_press_in_another_shape_is_none(changed: dict[str, object], delivery: str) -> None:
    assert keys_of("check_run", REPOSITORY | PRESS | changed, delivery) == ()


@pytest.mark.parametrize("event", ["push", "pull_request", "issue_comment", "check_run"])
@pytest.mark.parametrize(
    "payload", [{}, {"repository": None}, {"number": "x"}, {"repository": [], "ref": 7}]
)
def test_another_shape_gives_no_keys_and_no_error(event: str, payload: dict[str, object]) -> None:
    assert keys_of(event, payload) == ()


@pytest.mark.parametrize(
    "key",
    [
        PullRequestKey("octo/lake", 7),
        BranchKey("lake", "airbyte"),
        CommandKey("octo/lake", 7, 9),
        PressKey("octo/lake", 31, "a" * 40, "confirm", "anna", "d-1"),
        RepositoryKey("octo/lake"),
        PushKey("octo/lake", "a/b"),
        MergeGroupKey("octo/lake", "gh-readonly-queue/main/pr-7-ab"),
        InstallationsKey(),
        CopiesKey(),
        DeliverySweepKey(),
    ],
)
def test_a_key_is_text_and_back(key: Key) -> None:
    assert parse(text(key)) == key


@pytest.mark.parametrize("line", ["", "nonsense", "pull-request octo/lake", "pull-request a x"])
def test_other_text_is_no_key(line: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(line)


@pytest.mark.parametrize("event", ["pull_request_review", "pull_request_review_comment"])
def test_reviews_are_not_heard(event: str) -> None:
    """As `/lotus help` says: a review cannot carry the reaction that proves an answer."""
    review = {"id": 5, "body": "/lotus plan", "user": {"login": "anna"}}
    payload = {
        "action": "submitted",
        "repository": {"full_name": "octo/lake"},
        "pull_request": {"number": 7},
        "review": review,
        "comment": review,
    }
    assert keys_of(event, payload) == ()
