"""A phrase confirms one thing, for one person, once its time is not over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.lifecycle.commands.confirmation import Confirmation
from bot.lifecycle.marker import Signer

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASKED = Confirmation(Signer.from_secret("hush"), "octo/lake orphans delete", "adam", NOW)
IDS, STATE = ("b", "a"), "serial 7"


def confirmed(**changes: object) -> Confirmation:
    written = replace(ASKED, at=NOW + timedelta(minutes=3), given=ASKED.phrase(IDS, STATE))
    return replace(written, **changes)  # type: ignore[arg-type]


def test_it_holds_for_just_this() -> None:
    assert confirmed().holds(("a", "b"), STATE)


@pytest.mark.parametrize(
    ("given", "ids", "state", "step"),
    [
        pytest.param(confirmed(), ("a",), STATE, 1, id="other objects"),
        pytest.param(confirmed(), IDS, "serial 8", 1, id="the state moved on"),
        pytest.param(confirmed(), IDS, STATE, 2, id="the second confirmation"),
        pytest.param(confirmed(person="eve"), IDS, STATE, 1, id="somebody else"),
        pytest.param(confirmed(command="octo/lake rebuild"), IDS, STATE, 1, id="other command"),
        pytest.param(confirmed(command="octo/sea orphans delete"), IDS, STATE, 1, id="elsewhere"),
        pytest.param(confirmed(at=NOW + timedelta(minutes=16)), IDS, STATE, 1, id="too late"),
        pytest.param(confirmed(signer=Signer.from_secret("x")), IDS, STATE, 1, id="another key"),
        pytest.param(confirmed(given=""), IDS, STATE, 1, id="nothing"),
        pytest.param(confirmed(given="9" * 400 + "-a"), IDS, STATE, 1, id="a huge time"),
        pytest.param(confirmed(given="999999999999-é"), IDS, STATE, 1, id="no time of this world"),
        pytest.param(confirmed(given="²-a"), IDS, STATE, 1, id="no digits"),
    ],
)
def test_it_holds_for_nothing_else(
    given: Confirmation, ids: tuple[str, ...], state: str, step: int
) -> None:
    assert not given.holds(ids, state, step)


def test_the_time_in_it_cannot_be_moved() -> None:
    until, _, mark = ASKED.phrase(IDS, STATE).partition("-")
    assert not confirmed(given=f"{int(until) + 60}-{mark}").holds(IDS, STATE)
