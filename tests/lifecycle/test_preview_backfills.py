"""What a pull request's comment says of each flag: whether it fires, on what, and for how long."""

from __future__ import annotations

from dataclasses import replace

import pytest
from preview_world import NOW

from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.observed import AfterMerge, FlagSeen, ModuleSeen
from bot.lifecycle.preview.notices import backfills
from bot.lifecycle.reach import Firing, Reach
from bot.lifecycle.rollout import Stand, Standing
from bot.render.comment import Place

SHOP = "airbyte_connection.shop"
ORDERS = StreamFlag("streams/shop/orders.json", "orders", 5)
QUOTED = replace(ORDERS, quoted=True)
FIRES = Reach(SHOP, ("null_resource.shop[0]",), streams=("items", "orders"), cost="It took 5 min.")
STANDS = replace(FIRES, firing=Firing.STANDS)
AFTER = AfterMerge(Standing(Stand.APPLIED), NOW, NOW)


@pytest.mark.parametrize(
    ("flag", "words", "cost"),
    [
        pytest.param(
            FlagSeen(ORDERS, True, (FIRES,)), "I open the pull request", True, id="it fires"
        ),
        pytest.param(
            FlagSeen(QUOTED, True, (FIRES,)),
            "I open the pull request",
            True,
            id="a string that the module takes for true",
        ),
        pytest.param(
            FlagSeen(QUOTED, True), "does not take it for true", False, id="one that it does not"
        ),
        pytest.param(
            FlagSeen(ORDERS, True), "nothing in the module fires by it", False, id="nothing fires"
        ),
        pytest.param(
            FlagSeen(ORDERS, True, (STANDS,)),
            "**It does not fire**: `null_resource.shop[0]` stands already",
            False,
            id="its trigger stands",
        ),
        pytest.param(
            FlagSeen(ORDERS, True, (replace(FIRES, fresh=True),)),
            "made anew, so there is nothing to reset",
            True,
            id="the connection is replaced anyway",
        ),
        pytest.param(
            FlagSeen(ORDERS, False, (FIRES,)),
            "set on the base already, and this change fires its reset again",
            True,
            id="a flag of before",
        ),
        pytest.param(
            FlagSeen(ORDERS, True, (replace(FIRES, again=True),)),
            "",
            True,
            id="a loop is told above",
        ),
    ],
)
def test_each_flag_says_what_it_brings_about(flag: FlagSeen, words: str, cost: bool) -> None:
    [said] = backfills(ModuleSeen("lake", flags=(flag,)))
    assert said.place == Place(ORDERS.path, 5)
    assert words in said.note
    assert bool(words) == bool(said.note)
    assert (said.cost == FIRES.cost) is cost


def test_a_flag_of_before_that_does_nothing_now_is_not_this_pull_requests() -> None:
    assert not list(backfills(ModuleSeen("lake", flags=(FlagSeen(ORDERS, False, (STANDS,)),))))
    assert not list(backfills(ModuleSeen("lake", flags=(FlagSeen(ORDERS, False),))))


def test_one_reset_is_told_once_whatever_flags_it() -> None:
    other = FlagSeen(
        replace(ORDERS, path="streams/shop/items.json", stream="items"), True, (FIRES,)
    )
    first, second = backfills(ModuleSeen("lake", flags=(FlagSeen(ORDERS, True, (FIRES,)), other)))
    assert first.streams == FIRES.streams
    assert (second.streams, second.note) == ((), "It is the same reset.")


def test_after_the_merge_nothing_is_promised_any_more() -> None:
    [said] = backfills(ModuleSeen("lake", flags=(FlagSeen(ORDERS, True, (FIRES,)),), after=AFTER))
    assert said.note == ""
