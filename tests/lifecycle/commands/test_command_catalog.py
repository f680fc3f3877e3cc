"""`/lotus catalog`: what the stream files say, in the quiet form, and nothing where it is so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from command_world import TIP, lake, observed, said
from truth_platform import Case

from bot.lifecycle.catalog import is_quiet
from bot.lifecycle.commands.parts import Checkout
from bot.lifecycle.operations import CommitToBranch

CATALOG = "dag/streams/shop/_catalog.json"
ORDERS = "dag/streams/shop/orders.json"
STREAM = {
    "stream": "orders",
    "sync_mode": "full_refresh",
    "destination_sync_mode": "overwrite",
    "fields": {"id": {"type": "integer"}, "total": {"type": "number"}},
}


def files(stream: object, catalog: object) -> dict[str, bytes]:
    return {ORDERS: json.dumps(stream).encode(), CATALOG: json.dumps(catalog).encode()}


def checkout(contents: dict[str, bytes], before: dict[str, bytes] | None = None) -> Checkout:
    return Checkout(
        lake(),
        "octo/lake",
        "feature",
        TIP,
        files=contents,
        before=before or contents,
        reads=frozenset(contents),
    )


def regenerated(made: Checkout) -> bytes:
    (commit,) = said(observed("/lotus catalog", checkouts=(made,))).effects
    assert isinstance(commit, CommitToBranch)
    return commit.edits[CATALOG]


EMPTY = {"streams": []}


def test_a_new_stream_comes_into_the_catalog_quietly_and_then_nothing_is_left_to_do() -> None:
    made = checkout(files(STREAM, EMPTY))
    found = said(observed("/lotus catalog", checkouts=(made,)))
    catalog = json.loads(regenerated(made))
    assert [entry["stream"]["name"] for entry in catalog["streams"]] == ["orders"]
    assert is_quiet(catalog)
    assert "Committed to `feature`" in found.text
    assert "`orders`" in found.text
    done = checkout({ORDERS: made.files[ORDERS], CATALOG: regenerated(made)})
    again = said(observed("/lotus catalog", checkouts=(done,)))
    assert (again.effects, again.reaction) == ((), "rocket")
    assert again.text == "Every catalog is as its stream files say."


def test_a_stream_leaves_with_its_file() -> None:
    full = regenerated(checkout(files(STREAM, EMPTY)))
    before = {ORDERS: json.dumps(STREAM).encode(), CATALOG: full}
    made = checkout({CATALOG: full}, before)
    assert json.loads(regenerated(made)) == EMPTY


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({CATALOG: b"{"}, "it is not JSON"),
        ({CATALOG: b"[]"}, "a catalog has to be"),
        ({CATALOG: b'{"streams": []}', ORDERS: b"{\n,"}, "orders.json:2"),
        ({ORDERS: b"{}"}, "read no `_catalog.json`"),
    ],
)
def test_what_cannot_be_made_is_said_with_its_place(contents: dict[str, bytes], words: str) -> None:
    found = said(observed("/lotus catalog", checkouts=(checkout(contents),)))
    assert (found.effects, found.reaction) == ((), "confused")
    assert words in found.text


def test_a_fork_cannot_be_written_to() -> None:
    made = replace(checkout(files(STREAM, EMPTY)), from_fork=True)
    found = said(observed("/lotus catalog", checkouts=(made,)))
    assert (found.effects, found.reaction) == ((), "confused")


def test_what_airbyte_refuses_all_the_same_is_said() -> None:
    stream = {**STREAM, "sync_mode": "incremental", "cursor_field": ["updated_at"]}
    found = said(observed("/lotus catalog", checkouts=(checkout(files(stream, EMPTY)),)))
    assert "Airbyte refuses `orders`" in found.text


def test_a_real_case_is_quiet_afterwards() -> None:
    case = Case("perpetual-drift")
    contents = {path: content for path, content in case.files.contents.items() if "json" in path}
    made = checkout(contents)
    (commit,) = said(observed("/lotus catalog", checkouts=(made,))).effects
    assert isinstance(commit, CommitToBranch)
    assert commit.edits
    assert all(is_quiet(json.loads(content)) for content in commit.edits.values())
