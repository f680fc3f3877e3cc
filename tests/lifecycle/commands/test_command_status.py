"""`/lotus status`: stable only where nothing at all is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from command_world import NOW, TIP, ladder, observed, said
from truth_platform import Case

from bot.lifecycle.backfill import FlaggedConnection
from bot.lifecycle.commands.parts import PlatformSeen
from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.stability.inventory import AirbyteObject, Kind
from bot.lifecycle.status import ObjectStatus

LOST = AirbyteObject(Kind.CONNECTION, "00000000-0000-4000-8000-00000000aaaa", "old")
FLAGGED = FlaggedConnection("airbyte_connection.x", (StreamFlag("a", "b", 1),), TIP, NOW)


def platform(
    *more: AirbyteObject, case: str = "nothing-changed", tip: Any = None, **changes: Any
) -> PlatformSeen:
    seen = Case(case).inventory(*more, **changes)
    return PlatformSeen(seen, seen, (Case(case).tip(**(tip or {})),))


def failing() -> tuple[ObjectStatus, ...]:
    (item,) = ladder()
    made = item.rollout.deployment
    terraform = replace(made.terraform, failures=3)
    changed = replace(item.rollout, deployment=replace(made, terraform=terraform))
    return (replace(item, rollout=changed),)


def text(seen: PlatformSeen, objects: tuple[ObjectStatus, ...] | None = None) -> str:
    found = said(observed("/lotus status", ladder=objects or ladder(), platform=seen))
    assert found.reaction == "rocket"
    return found.text


def test_where_nothing_is_missing_it_is_stable_and_the_ladder_follows() -> None:
    told = text(platform())
    assert told.startswith("**Stable**")
    assert "### lake-airbyte — applied" in told


@pytest.mark.parametrize(
    ("seen", "objects", "words"),
    [
        pytest.param(platform(), ladder(FLAGGED), "backfill is set", id="a flag"),
        pytest.param(platform(), ladder(suspend=True), "suspended", id="suspended"),
        pytest.param(platform(), failing(), "3 failures in a row", id="Events not quiet"),
        pytest.param(platform(LOST), ladder(), "1 orphan in", id="an orphan"),
        pytest.param(
            PlatformSeen(platform(LOST).now), ladder(), "seen once so far", id="perhaps an orphan"
        ),
        pytest.param(
            platform(problems=("Airbyte: no answer",)), ladder(), "not known", id="not known"
        ),
        pytest.param(platform(case="renamed-in-the-ui"), ladder(), "differ", id="drift"),
        pytest.param(
            platform(case="ticket-004-credential"), ladder(), "a credential changed", id="a secret"
        ),
        pytest.param(
            platform(tip={"perpetual": frozenset({"airbyte_connection.x"})}),
            ladder(),
            "every pass updates `airbyte_connection.x`",
            id="a perpetual update",
        ),
        pytest.param(
            platform(tip={"problem": "no state"}), ladder(), "could not be predicted", id="no plan"
        ),
    ],
)
def test_what_is_missing_is_said(
    seen: PlatformSeen, objects: tuple[ObjectStatus, ...], words: str
) -> None:
    told = text(seen, objects)
    assert told.startswith("**Not stable.**")
    assert words in told.partition("###")[0]
