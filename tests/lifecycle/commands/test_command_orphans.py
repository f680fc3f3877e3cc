"""`/lotus orphans`: a table with what it would cost to lose each, or why it cannot be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from command_world import NOW, observed, said
from truth_platform import Case

from bot.lifecycle.commands.parts import PlatformSeen
from bot.lifecycle.stability.inventory import AirbyteObject, Holder, Inventory, Kind
from bot.model.airbyte import Job, JobKind, JobStatus

CASE = Case("nothing-changed")
MANAGED = next(item for item in CASE.objects() if item.kind is Kind.CONNECTION)
HOUR = timedelta(hours=1)
JOB = Job(9, "x", JobKind.SYNC, JobStatus.SUCCEEDED, NOW - HOUR, NOW - HOUR)
LOST = AirbyteObject(
    Kind.CONNECTION,
    "00000000-0000-4000-8000-00000000aaaa",
    MANAGED.name,
    created=NOW - timedelta(hours=2),
    runs_by_itself=True,
    streams=3,
    last_job=JOB,
)


def answer(now: Inventory, before: Inventory | None = None) -> tuple[str, str]:
    found = said(observed("/lotus orphans", platform=PlatformSeen(now, before)))
    return found.text, found.reaction


def test_an_orphan_with_age_last_sync_and_who_would_miss_it() -> None:
    seen = CASE.inventory(LOST)
    text, reaction = answer(seen, seen)
    row = next(line for line in text.splitlines() if LOST.id in line)
    assert reaction == "rocket"
    assert "a duplicate by name" in row
    assert "| 2 h" in row
    assert "succeeded 1 h" in row
    assert "3 streams, and it runs by itself" in row
    assert f"/lotus orphans delete {LOST.id}" in text


@pytest.mark.parametrize(
    ("seen", "words", "reaction"),
    [
        pytest.param(CASE.inventory(), "belongs to a state", "rocket", id="none"),
        pytest.param(
            CASE.inventory(LOST, holders=(CASE.holder(), Holder("a/b", well=False))),
            "not called orphans",
            "rocket",
            id="withheld",
        ),
        pytest.param(
            CASE.inventory(LOST, problems=("Airbyte: sources/list: no answer",)),
            "cannot say",
            "confused",
            id="a list is missing",
        ),
        pytest.param(
            CASE.inventory(elsewhere="other namespaces"), "Not looked at", "rocket", id="scope"
        ),
    ],
)
def test_what_is_said_where_nothing_is_proven(seen: Inventory, words: str, reaction: str) -> None:
    text, content = answer(seen, seen)
    assert words in text
    assert content == reaction
    assert f"| `{LOST.id}` |" not in text


@pytest.mark.parametrize("before", [None, CASE.inventory()], ids=["a first look", "it is new"])
def test_what_is_seen_once_waits_for_a_second_look(before: Inventory | None) -> None:
    found = said(observed("/lotus orphans", platform=PlatformSeen(CASE.inventory(LOST), before)))
    assert (found.text, found.reaction, found.again) == ("", "", 8.0)


def test_a_hostile_name_stays_in_its_cell() -> None:
    seen = CASE.inventory(replace(LOST, name="a|b @all <b>"))
    text, _ = answer(seen, seen)
    row = next(line for line in text.splitlines() if LOST.id in line)
    assert "a\\|b \\@\u200ball \\<b\\>" in row
