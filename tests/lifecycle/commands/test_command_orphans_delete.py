"""`/lotus orphans delete`: only what is confirmed and still nobody's, connections first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from command_world import Said, confirming, observed, said
from truth_platform import Case

from bot.lifecycle.commands.parts import PlatformSeen
from bot.lifecycle.operations import DeleteAirbyteObject
from bot.lifecycle.stability.inventory import AirbyteObject, Holder, Kind
from bot.model.github import Permission

CASE = Case("nothing-changed")
SOURCE = AirbyteObject(Kind.SOURCE, "00000000-0000-4000-8000-00000000bbbb", "Old *shop*")
LOST = AirbyteObject(
    Kind.CONNECTION, "00000000-0000-4000-8000-00000000aaaa", "old", ends=(SOURCE.id, "x")
)
MANAGED = next(item for item in CASE.objects() if item.kind is Kind.SOURCE)
BOTH = f"/lotus orphans delete {SOURCE.id} {LOST.id}"


def platform(*more: AirbyteObject, **changes: Any) -> PlatformSeen:
    seen = CASE.inventory(*more, **changes)
    return PlatformSeen(seen, seen)


def asked(body: str, seen: PlatformSeen, **changes: Any) -> Said:
    return said(observed(body, platform=seen, **changes))


def test_it_asks_first_and_names_each() -> None:
    found = asked(BOTH, platform(SOURCE, LOST))
    assert not found.effects
    assert found.reaction == "rocket"
    assert found.text.index(LOST.id) < found.text.index(SOURCE.id), "in the order of deletion"
    assert "0 streams" in found.text, "what would be lost"
    assert r"Old \*shop\*" in found.text
    assert confirming(found.text).startswith(f"{BOTH} confirm ")


def test_confirmed_it_deletes_connections_then_sources_and_then_says_so() -> None:
    body = confirming(asked(BOTH, platform(SOURCE, LOST)).text)
    first = asked(body, platform(SOURCE, LOST))
    assert first.effects == (DeleteAirbyteObject(Kind.CONNECTION, LOST.id),)
    assert (first.reaction, first.again) == ("", 1.0)
    second = asked(body, platform(SOURCE))
    assert second.effects == (DeleteAirbyteObject(Kind.SOURCE, SOURCE.id),)
    last = asked(body, platform())
    assert (last.effects, last.reaction) == ((), "rocket")
    assert last.text.startswith("Deleted from Airbyte")


CONFIRMED = confirming(asked(BOTH, platform(SOURCE, LOST)).text)
CLAIMED = CASE.holder(ids=CASE.holder().ids | {LOST.id})


@pytest.mark.parametrize(
    ("body", "seen", "words"),
    [
        pytest.param(
            f"/lotus orphans delete {MANAGED.id}",
            platform(SOURCE),
            "the state of lake\\/lake-airbyte has it",
            id="managed",
        ),
        pytest.param(
            f"/lotus orphans delete {SOURCE.id}",
            platform(SOURCE, LOST),
            "name that as well",
            id="a connection hangs on it",
        ),
        pytest.param(BOTH, platform(), "Airbyte has no object", id="not there"),
        pytest.param(
            CONFIRMED,
            platform(SOURCE, LOST, holders=(CLAIMED,)),
            "is no orphan",
            id="claimed since",
        ),
        pytest.param(
            CONFIRMED,
            platform(SOURCE, LOST, holders=(CASE.holder(serial="9"),)),
            "does not hold",
            id="the state was written since",
        ),
        pytest.param(
            CONFIRMED,
            platform(SOURCE, LOST, problems=("Airbyte: no answer",)),
            "cannot say what is an orphan",
            id="a doubtful list",
        ),
        pytest.param(
            CONFIRMED,
            platform(SOURCE, LOST, holders=(CASE.holder(), Holder("a/b", well=False))),
            "may belong to somebody",
            id="another object is suspended since",
        ),
        pytest.param(
            f"/lotus orphans delete {LOST.id} confirm {CONFIRMED.split()[-1]}",
            platform(SOURCE, LOST),
            "does not hold",
            id="a phrase for something else",
        ),
    ],
)
def test_it_deletes_nothing_else(body: str, seen: PlatformSeen, words: str) -> None:
    found = asked(body, seen)
    assert (found.effects, found.reaction) == ((), "confused")
    assert words in found.text


def test_somebody_elses_confirmation_is_not_theirs() -> None:
    seen = observed(CONFIRMED, platform=platform(SOURCE, LOST))
    other = replace(seen.comment, author="eve")
    assert said(replace(seen, comment=other)).reaction == "confused"


def test_it_needs_an_admin() -> None:
    found = asked(CONFIRMED, platform(SOURCE, LOST), permission=Permission.WRITE)
    assert (found.effects, found.reaction) == ((), "confused")


def test_after_one_observation_it_looks_again() -> None:
    seen = CASE.inventory(SOURCE, LOST)
    found = asked(CONFIRMED, PlatformSeen(seen))
    assert (found.effects, found.reaction, found.again) == ((), "", 8.0)


def test_what_else_has_just_appeared_stops_nothing() -> None:
    newer = replace(SOURCE, id="00000000-0000-4000-8000-00000000cccc", name="New shop")
    found = asked(
        BOTH, PlatformSeen(CASE.inventory(SOURCE, LOST, newer), platform(SOURCE, LOST).now)
    )
    assert confirming(found.text).startswith(f"{BOTH} confirm ")
    assert newer.id not in found.text


def test_ids_in_capitals_are_the_same() -> None:
    found = asked(BOTH.replace("bbbb", "BBBB"), platform(SOURCE, LOST))
    assert found.reaction == "rocket"
