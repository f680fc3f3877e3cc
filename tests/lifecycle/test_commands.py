"""Commands as tables: what a comment asks for, who may, and that it is answered once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rollout_world import FAILING, LONG_AGO, NEW, NOW, World, asked_of, ready, request

from bot.lifecycle.commands import (
    TABLE,
    Command,
    CommandObserved,
    Need,
    asked,
    decide_command,
    greeting,
    needed,
    reply_name,
    table,
)
from bot.lifecycle.effects import AnnotateSource, AnnotateTerraform, CreateComment, React
from bot.lifecycle.marker import Signer, line
from bot.lifecycle.status import ObjectStatus
from bot.model.github import Comment, Permission, Reaction

SIGNER = Signer.from_secret("hush")


def comment(body: str, ago: float = 60, edited: bool = False) -> Comment:
    at = NOW - timedelta(seconds=ago)
    return Comment(5, "anna", body, at, at + timedelta(seconds=9) if edited else at)


def observed(body: str = "/lotus help", **changes: object) -> CommandObserved:
    well = World(artifact=NEW, attempted=NEW, applied=NEW)
    seen = CommandObserved(
        repository="octo/lake",
        number=7,
        comment=comment(body),
        permission=Permission.WRITE,
        reactions=(),
        replies=(),
        is_pull_request=True,
        public=False,
        served=True,
        ladder=(ObjectStatus(well.observed()),),
        now=NOW,
        escalate=8.0,
    )
    return replace(seen, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "meanings"),
    [
        ("/lotus help", ["help"]),
        ("/LOTUS  Help  ", ["help"]),
        ("/lotus", [None]),
        ("Please:\r\n/lotus plan\r\n", ["plan"]),
        ("/lotus plan\n/lotus status", ["plan", "status"]),
        ("> /lotus plan", []),
        ("  /lotus plan", []),
        ("do /lotus plan", []),
        ("`/lotus plan`", []),
        ("```\n/lotus plan\n```", []),
        ("````\n```\n/lotus plan\n```\n````", []),
        ("~~~ sh\n/lotus plan\n~~~\n/lotus help", ["help"]),
        ("```\n/lotus plan", []),
        ("```a`b```\n/lotus help", ["help"]),
        ("<!-- write\n/lotus rebuild\n-->\n/lotus help", ["help"]),
        ("<!-- a --> text\n/lotus help", ["help"]),
        ("<PRE lang=sh>\n/lotus rebuild\n</pre>\n/lotus help", ["help"]),
        ("<!--\n/lotus rebuild", []),
        ("Please:\r/lotus plan\r", ["plan"]),
        ("/lotusplan", []),
        ("/lotus-bot plan", []),
        ("/lotus plan please", [None]),
        ("/lotus plan confirm 12-ab", ["plan"]),
        ("", []),
    ],
)
def test_what_a_comment_asks_for(body: str, meanings: list[str | None]) -> None:
    assert [item.command.name if item.command else None for item in asked(body)] == meanings


def said(seen: CommandObserved) -> tuple[str, str]:
    """The words of the answer, and the reaction."""
    decision = decide_command(seen, SIGNER).decision
    words = [effect.body for effect in decision.effects if isinstance(effect, CreateComment)]
    reactions = [effect.content for effect in decision.effects if isinstance(effect, React)]
    return "".join(words), ",".join(reactions)


@pytest.mark.parametrize(
    ("seen", "words", "reaction"),
    [
        pytest.param(observed(), "| command | who | what |", "rocket", id="help"),
        pytest.param(
            observed(permission=Permission.NONE), "| command |", "rocket", id="help is for anyone"
        ),
        pytest.param(observed("/lotus status"), "lake-airbyte — applied", "rocket", id="status"),
        pytest.param(
            observed("/lotus status", permission=Permission.READ),
            "lake-airbyte — applied",
            "rocket",
            id="reader",
        ),
        pytest.param(
            observed("/lotus status", permission=Permission.READ, public=True),
            "needs the permission",
            "confused",
            id="status in public needs write",
        ),
        pytest.param(
            observed("/lotus plan", permission=Permission.READ),
            "needs the permission to write",
            "confused",
            id="not allowed",
        ),
        pytest.param(
            observed("/lotus plan", is_pull_request=False),
            "works on a pull request. What a pass over the branch itself would change is told by",
            "confused",
            id="a plan on an issue",
        ),
        pytest.param(
            observed("/lotus why orders", is_pull_request=False),
            "works on a pull request. It tells why that changes something.",
            "confused",
            id="why on an issue",
        ),
        pytest.param(
            observed("/lotus status", served=False),
            "No Terraform object",
            "confused",
            id="nothing to serve",
        ),
        pytest.param(
            observed("/lotus plna"), "Did you mean `/lotus plan`?", "confused", id="nearly"
        ),
        pytest.param(observed("/lotus"), "half a command", "confused", id="nothing after it"),
        pytest.param(
            observed(comment=comment("/lotus reconcile", edited=True)),
            "was edited",
            "confused",
            id="edited",
        ),
        pytest.param(
            observed(comment=comment("/lotus reconcile", ago=3700)),
            "more than an hour",
            "confused",
            id="too old",
        ),
        pytest.param(observed("no command"), "", "", id="nothing asked"),
        pytest.param(
            observed(reactions=(Reaction(1, "rocket", "lotus-bot[bot]"),)), "", "", id="answered"
        ),
        pytest.param(
            observed(reactions=(Reaction(1, "confused", "lotus-bot[bot]"),)), "", "", id="refused"
        ),
    ],
)
def test_the_answer(seen: CommandObserved, words: str, reaction: str) -> None:
    text, content = said(seen)
    assert words in text
    assert content == reaction
    assert bool(text) == bool(words)


def test_a_crash_between_reply_and_reaction_says_nothing_twice() -> None:
    reply = Comment(9, "lotus-bot[bot]", line(SIGNER, reply_name(5), {}) + "\nhelp", NOW, NOW)
    assert said(observed(replies=(reply,))) == ("", "rocket")


@pytest.mark.parametrize(("well", "reaction"), [(True, "rocket"), (False, "confused")])
def test_what_has_a_reply_was_run_and_is_not_run_again(well: bool, reaction: str) -> None:
    head = line(SIGNER, reply_name(5), {"well": well})
    reply = Comment(9, "lotus-bot[bot]", f"{head}\nwords", NOW, NOW)
    seen = observed("/lotus suspend", permission=Permission.ADMIN, replies=(reply,))
    assert not needed(seen)
    assert decide_command(seen, SIGNER).decision.effects == (React("octo/lake", 5, reaction),)


SEEN = (Reaction(1, "eyes", "lotus-bot[bot]"),)


@pytest.mark.parametrize(
    ("seen", "greeted"),
    [
        pytest.param(observed("/lotus reconcile"), True, id="it takes a while"),
        pytest.param(observed("/lotus reconcile", reactions=SEEN), False, id="greeted before"),
        pytest.param(observed("/lotus help"), False, id="answered at once"),
        pytest.param(
            observed("/lotus reconcile", permission=Permission.READ), False, id="refused at once"
        ),
    ],
)
def test_what_takes_a_while_is_greeted_first(seen: CommandObserved, greeted: bool) -> None:
    expected = (React("octo/lake", 5, "eyes"),) if greeted else ()
    assert greeting(seen) == expected


def test_hostile_words_come_back_harmless() -> None:
    text, _ = said(observed("/lotus @everyone <b>|`"))
    assert "<b>" not in text
    assert "@everyone" not in text.replace("`@everyone`", "")


def test_every_command_is_in_the_table_with_help() -> None:
    text = table()
    assert all(f"`/lotus {row.usage}`" in text and row.help in text for row in TABLE)
    assert len({row.usage for row in TABLE}) == len(TABLE)
    assert "not in a review" in text


ELSEWHERE = {"help", "plan", "reconcile"}
"""Commands whose cases are in this file; the others have theirs in `commands`."""


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_command_has_tests(row: Command) -> None:
    folder = Path(__file__).parent / "commands"
    files = [Path(__file__)] if row.name in ELSEWHERE else folder.glob("test_command_*.py")
    assert any(f"/lotus {row.name}" in path.read_text() for path in files)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_usage_is_its_command(row: Command) -> None:
    written = re.sub(r"\[?<[^>]+>…?\]?", "x/y", row.usage)
    assert [item.command for item in asked(f"/lotus {written}")] == [row]


def test_what_is_refused_or_answered_is_not_observed() -> None:
    assert needed(observed("/lotus reconcile")) == {Need.LADDER}
    assert not needed(observed("/lotus help"))
    assert not needed(observed("/lotus reconcile", permission=Permission.READ))
    assert not needed(
        observed("/lotus status", reactions=(Reaction(1, "rocket", "lotus-bot[bot]"),))
    )


SINCE = NOW - timedelta(seconds=60)
ASKED = request(1, 50)


def passed(at: datetime) -> dict[str, object]:
    return ready("True", "NoDrift", "No drift") | {
        "lastTransitionTime": at.isoformat().replace("+00:00", "Z")
    }


def moved(world: World) -> World:
    """A pass has been, by a clock that is an hour behind."""
    return replace(world, condition=passed(LONG_AGO + timedelta(seconds=3)))


def answered(world: World) -> World:
    waits = replace(
        world, approve="", condition=ready("Unknown", "TerraformPlannedWithChanges", "Plan")
    )
    return asked_of(waits, 1, 3)


AT_TIP = {"artifact": NEW, "attempted": NEW, "applied": NEW}


@pytest.mark.parametrize(
    ("world", "kinds", "words"),
    [
        pytest.param(World(**AT_TIP), ["AnnotateSource"], "", id="the source first"),
        pytest.param(
            World(source_requested=ASKED), ["AnnotateSource"], "", id="asked again in time"
        ),
        pytest.param(
            World(**AT_TIP, source_requested=ASKED), ["AnnotateTerraform"], "", id="a pass"
        ),
        pytest.param(
            World(**AT_TIP, source_requested=ASKED, requested=request(1, 2)),
            [],
            "",
            id="a pass was asked for",
        ),
        pytest.param(
            asked_of(World(**AT_TIP, source_requested=ASKED), 1, 0.5),
            ["ClearLastPlanAt", "AnnotateTerraform"],
            "",
            id="swallowed",
        ),
        pytest.param(
            asked_of(World(**AT_TIP, source_requested=ASKED), 2, 20, cleared=True),
            ["AnnotateTerraform"],
            "",
            id="swallowed again, and cleared once already",
        ),
        pytest.param(
            moved(asked_of(World(**AT_TIP, source_requested=ASKED), 1, 5)),
            ["CreateComment", "React"],
            "applied at",
            id="the status moved since, whatever its clock says",
        ),
        pytest.param(
            World(**AT_TIP, source_requested=request(1, 50, mark="busy")),
            ["AnnotateTerraform"],
            "",
            id="the pass that ran when it was asked proves nothing",
        ),
        pytest.param(
            World(
                **AT_TIP,
                source_condition=FAILING,
                source_requested=ASKED,
            ),
            ["AnnotateTerraform"],
            "",
            id="the tip is there, though the source fails now",
        ),
        pytest.param(
            World(source_condition=FAILING, source_requested=ASKED, source_handled=ASKED),
            ["CreateComment", "React"],
            "source failed at",
            id="a tip that cannot be fetched is said at once",
        ),
        pytest.param(
            answered(World(**{**AT_TIP, "applied": "a" * 40}, source_requested=ASKED)),
            ["CreateComment", "React"],
            "waiting for approval",
            id="a plan that waits is not made anew",
        ),
        pytest.param(
            World(**AT_TIP, source_requested=ASKED, condition=passed(NOW - timedelta(seconds=10))),
            ["CreateComment", "React"],
            "applied at",
            id="a pass has been",
        ),
        pytest.param(
            World(suspended=True), ["CreateComment", "React"], "suspended", id="suspended"
        ),
    ],
)
def test_reconcile_goes_to_its_end(world: World, kinds: list[str], words: str) -> None:
    seen = observed("/lotus reconcile", ladder=(ObjectStatus(world.observed()),))
    decision = decide_command(seen, SIGNER).decision
    assert [type(effect).__name__ for effect in decision.effects] == kinds
    assert words in said(seen)[0]


def test_reconcile_at_a_new_tip_goes_the_way_of_a_rollout() -> None:
    world = World(artifact=NEW, source_requested=ASKED)
    seen = observed("/lotus reconcile", ladder=(ObjectStatus(world.observed()),))
    kinds = [type(effect) for effect in decide_command(seen, SIGNER).decision.effects]
    assert AnnotateTerraform in kinds
    assert AnnotateSource not in kinds
