"""`/lotus backfill`: the flag of just these streams, here or in a pull request of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from command_world import TIP, Said, lake, observed, said

from bot.lifecycle.commands.parts import Checkout
from bot.lifecycle.effects import OpenPullRequest
from bot.lifecycle.operations import CommitToBranch

ORDERS = "streams/shop/orders.json"
FILES = {
    ORDERS: b'{"stream": "orders", "backfill": false}\r\n',
    "streams/shop/odd.json": b'{"backfill": 7}',
    "streams/shop/set.json": b'{"backfill": true}',
    "streams/shop/_catalog.json": b"{}",
    "streams/shop/draft.json": b"{}",
    "streams/mail/people.json": b'{"stream": "profiles"}',
    "streams/mail/orders.json": b"{}",
}
READS = frozenset(FILES) - {"streams/shop/draft.json"}
ON_BRANCH = Checkout(lake(), "octo/lake", "feature", TIP, files=FILES, reads=READS)
ON_MAIN = replace(ON_BRANCH, branch="main")


def asked(names: str, checkout: Checkout = ON_BRANCH) -> Said:
    return said(observed(f"/lotus backfill {names}", checkouts=(checkout,)))


def test_on_a_pull_request_it_is_a_commit_there() -> None:
    found = asked("shop/orders mail/profiles")
    assert found.reaction == "rocket"
    assert found.effects == (
        CommitToBranch(
            "octo/lake",
            "feature",
            TIP,
            {
                ORDERS: b'{"stream": "orders", "backfill": true}\r\n',
                "streams/mail/people.json": b'{"stream": "profiles","backfill": true}',
            },
            "Set backfill to true for orders, people",
        ),
    )


def test_elsewhere_it_is_a_pull_request_that_comes_once() -> None:
    found = asked("shop/orders", ON_MAIN)
    (opened,) = found.effects
    assert isinstance(opened, OpenPullRequest)
    assert (opened.branch, opened.base, opened.base_sha) == ("lotus/asked/5", "main", TIP)
    assert list(opened.edits) == [ORDERS]
    assert "#7" in opened.body


@pytest.mark.parametrize(
    ("names", "checkout", "words"),
    [
        ("shop/none", ON_BRANCH, "there is no stream `shop/none`"),
        ("shop/_catalog", ON_BRANCH, "there is no stream"),
        ("orders", ON_BRANCH, "can be several"),
        ("shop/draft", ON_BRANCH, "not read by the module"),
        ("shop/odd", ON_BRANCH, "has to be true or false"),
        ("shop/orders shop/none", ON_BRANCH, "Nothing was changed"),
        ("shop/orders", replace(ON_BRANCH, from_fork=True), "in a fork"),
        (" ".join(f"a/{n}" for n in range(60)), ON_BRANCH, "too much at once"),
    ],
)
def test_what_cannot_be_done_changes_nothing(names: str, checkout: Checkout, words: str) -> None:
    found = asked(names, checkout)
    assert (found.effects, found.reaction) == ((), "confused")
    assert words in found.text


def test_a_flag_that_is_set_already_is_said() -> None:
    found = asked("shop/set")
    assert (found.effects, found.reaction) == ((), "rocket")
    assert found.text == "`backfill` is true there already."
