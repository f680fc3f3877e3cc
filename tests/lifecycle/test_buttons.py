"""Buttons: offered where they help, within GitHub's limits; a press is the command, for who pressed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from preview_world import ADDS, FAILS, HEAD, MERGED, NOW, PULL_REQUEST, SIGNER, after, observed

from bot.lifecycle.buttons import COMMANDS, plan_buttons
from bot.lifecycle.catalogs import StaleCatalog
from bot.lifecycle.checks import checks_of
from bot.lifecycle.commands import asked
from bot.lifecycle.effects import CreateComment
from bot.lifecycle.keys import PressKey
from bot.lifecycle.observed import ModuleSeen
from bot.lifecycle.press import PressObserved, decide_press, latest, meant, written
from bot.lifecycle.rollout import Stand
from bot.model.github import Comment, Permission
from bot.plan.prediction import Prediction

BOT = "lotus-bot[bot]"
KEY = PressKey("octo/lake", 31, HEAD, "confirm", "anna", "d-1")
PRESSED = PressObserved(KEY, 7, HEAD)
STALE = (StaleCatalog("a/_catalog.json", ()),)
QUIET = Prediction("m")


@pytest.mark.parametrize(
    ("module", "from_fork", "offered"),
    [
        pytest.param(ModuleSeen("m", ADDS), False, "confirm refresh", id="changes"),
        pytest.param(ModuleSeen("m", FAILS), False, "confirm refresh", id="would fail"),
        pytest.param(ModuleSeen("m", QUIET), False, "refresh", id="no changes"),
        pytest.param(ModuleSeen("m", problem="x"), False, "refresh", id="not predicted"),
        pytest.param(
            ModuleSeen("m", ADDS, stale=STALE), False, "confirm catalog refresh", id="stale catalog"
        ),
        pytest.param(ModuleSeen("m", ADDS, stale=STALE), True, "refresh", id="a fork"),
        pytest.param(
            ModuleSeen("m", ADDS, perpetual_before=frozenset({"a.b"})),
            False,
            "confirm",
            id="each pass updates something already",
        ),
    ],
)
def test_before_the_merge_what_helps_is_offered(
    module: ModuleSeen, from_fork: bool, offered: str
) -> None:
    buttons = plan_buttons((module,), from_fork=from_fork)
    assert " ".join(button.identifier for button in buttons) == offered


@pytest.mark.parametrize(
    ("stand", "offered"),
    [(Stand.FAILED, ["refresh"]), (Stand.APPLIED, []), (Stand.RUNNING, [])],
    ids=lambda item: str(item),
)
def test_after_the_merge_only_a_failure_offers_a_refresh(stand: Stand, offered: list[str]) -> None:
    (check,) = checks_of(observed(pull_request=MERGED, modules=(after(stand),)))
    assert [button.identifier for button in check.buttons] == offered


def test_other_buttons_alone_make_the_check_be_written_again() -> None:
    one = observed()
    (before,) = checks_of(one)
    (later,) = checks_of(replace(one, modules=(replace(one.modules[0], stale=STALE),)))
    forks = replace(PULL_REQUEST, head_repository="rita/lake")
    (of_fork,) = checks_of(replace(one, pull_request=forks))
    assert len({before.fingerprint, later.fingerprint, of_fork.fingerprint}) == 3


def test_every_button_fits_in_and_is_a_command_of_the_table() -> None:
    for identifier, (button, words) in COMMANDS.items():
        assert button.identifier == identifier
        assert len(button.identifier) <= 20
        assert len(button.label) <= 20
        assert len(button.description) <= 40
        (meaning,) = asked(f"/lotus {words}")
        assert meaning.command is not None
        assert meaning.command.permission.allows(Permission.WRITE)


def posted(seen: PressObserved = PRESSED, number: int = 40) -> Comment:
    """The comment that a press is written down in."""
    (effect,) = decide_press(seen, SIGNER).effects
    assert isinstance(effect, CreateComment)
    assert effect.marker in effect.body
    return Comment(number, BOT, effect.body, NOW, NOW)


@pytest.mark.parametrize(
    ("button", "words"), [("confirm", "plan"), ("catalog", "catalog"), ("refresh", "reconcile")]
)
def test_a_press_is_written_down_as_its_command_of_the_person(button: str, words: str) -> None:
    comment = posted(replace(PRESSED, key=replace(KEY, button=button)))
    (meaning,) = asked(comment.body)
    assert meaning.words == words
    assert meant(comment, BOT, SIGNER).author == "anna"
    assert "`anna` pressed" in comment.body


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(replace(PRESSED, written=40), id="it is written down"),
        pytest.param(replace(PRESSED, waits=True), id="the same was asked and is not answered"),
        pytest.param(replace(PRESSED, key=replace(KEY, button="rebuild")), id="no button of ours"),
    ],
)
def test_nothing_is_written_where(seen: PressObserved) -> None:
    assert decide_press(seen, SIGNER).effects == ()


def test_pressed_at_a_commit_that_does_not_count_any_more_nothing_is_asked() -> None:
    comment = posted(replace(PRESSED, counts="c" * 40))
    assert asked(comment.body) == ()
    assert "Nothing was done" in comment.body


def test_a_doubled_delivery_finds_its_comment_and_another_press_does_not() -> None:
    comment = posted()
    assert written([comment], KEY) is comment
    assert written([comment], replace(KEY, delivery="d-2")) is None


def test_the_newest_press_of_the_same_button_is_found() -> None:
    first, second = posted(), posted(replace(PRESSED, key=replace(KEY, delivery="d-2")), 41)
    other = posted(replace(PRESSED, key=replace(KEY, delivery="d-3", button="refresh")), 42)
    assert latest([first, second, other], KEY, SIGNER) is second
    assert latest([other], KEY, SIGNER) is None


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(replace(posted(), author="rita"), id="somebody else's comment"),
        pytest.param(
            replace(posted(), body=posted().body.replace("/lotus plan", "/lotus rebuild")),
            id="another command",
        ),
        pytest.param(replace(posted(), body=posted().body + "\n/lotus rebuild"), id="one more"),
        pytest.param(
            replace(posted(), body=posted().body.replace("lotus:press:d-1", "lotus:press:d-9")),
            id="another delivery",
        ),
        pytest.param(Comment(1, BOT, "/lotus plan", NOW, NOW), id="ours without a signature"),
    ],
)
def test_what_we_did_not_write_so_is_nobodys_press(forged: Comment) -> None:
    assert meant(forged, BOT, SIGNER) is forged
