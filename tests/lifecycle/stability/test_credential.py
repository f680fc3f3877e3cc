"""A changed credential: told once, asked for where it may be, ended by Airbyte's word on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from command_world import NOW, SIGNER, TIP, lake
from msgspec import structs
from truth_platform import Case

from bot.lifecycle.effects import (
    AnnotateSource,
    CommentOnCommit,
    Decision,
    Effect,
    UpdateCommitComment,
)
from bot.lifecycle.operations import RenewRunner
from bot.lifecycle.repository_settings import Refresh
from bot.lifecycle.requests import Asked
from bot.lifecycle.rollout import RolloutObserved
from bot.lifecycle.stability.checked import Checked
from bot.lifecycle.stability.credential import (
    CredentialObserved,
    arrived,
    decide_credential,
    notices,
)
from bot.lifecycle.stability.locks import LockSeen
from bot.lifecycle.stability.tip import Tip
from bot.model.airbyte import Check, CheckResult
from bot.model.cluster import Condition
from bot.model.github import Comment

CASE, MAIL = Case("ticket-004-credential"), "airbyte_source.mail"
SECRETS = frozenset(str(value) for value in CASE.case["head_variables"].values())
REPLACING = CASE.tip(repository="octo/lake", sha=TIP, secrets=SECRETS)
ARRIVED = Case("nothing-changed").tip(repository="octo/lake", sha=TIP)
ACCEPTED = Checked("source", "Mail", Check(CheckResult.ACCEPTED))
REFUSED = replace(ACCEPTED, check=Check(CheckResult.REFUSED, "no *key*"))


def in_place() -> Tip:
    """The same, where no connection hangs on the source."""
    stored = REPLACING.stored
    assert stored is not None
    changes = tuple(change for change in stored.changes if change.address == MAIL)
    return replace(REPLACING, stored=structs.replace(stored, changes=changes))


def rollout(**spec: Any) -> RolloutObserved:
    return RolloutObserved(lake(**spec), TIP, NOW, 8.0)


def seen(tip: Tip | None = REPLACING, **parts: Any) -> CredentialObserved:
    made: dict[str, Any] = {"rollout": rollout(), "version": "7", "secrets": SECRETS}
    return CredentialObserved("octo/lake", tip=tip, **{**made, **parts})


def decided(observed: CredentialObserved) -> Decision:
    return decide_credential(observed, SIGNER)


def told(observed: CredentialObserved) -> CommentOnCommit:
    """The notice that is written."""
    (effect,) = decided(observed).effects
    assert isinstance(effect, CommentOnCommit)
    return effect


def posted(effect: CommentOnCommit, number: int = 3) -> Comment:
    """A minute ago."""
    at = NOW - timedelta(minutes=1)
    return Comment(number, "lotus-bot[bot]", effect.body, at, at)


def after(effect: Effect) -> str:
    assert isinstance(effect, UpdateCommitComment)
    return effect.body.partition("\n")[2]


# It is noticed


@pytest.mark.parametrize(
    ("tip", "refresh", "words"),
    [
        pytest.param(REPLACING, Refresh.IN_PLACE, "I ask for none", id="it would replace"),
        pytest.param(REPLACING, Refresh.ALWAYS, "I ask for a pass now", id="always"),
        pytest.param(in_place(), Refresh.IN_PLACE, "I ask for a pass now", id="in place"),
        pytest.param(in_place(), Refresh.NEVER, "I ask for none", id="never"),
    ],
)
def test_it_is_told_first_with_what_follows_and_what_it_costs(
    tip: Tip, refresh: Refresh, words: str
) -> None:
    observed = seen(tip, refresh=refresh)
    notice = told(observed)
    assert (notice.repository, notice.sha) == ("octo/lake", TIP)
    assert f"`{MAIL}` lacks it" in notice.body
    assert words in notice.body
    cost = "replaces `airbyte_connection.mail_to_lake`: its sync state is lost"
    assert (cost in notice.body) is (tip is REPLACING)
    assert not [value for value in SECRETS if value in notice.body]
    waits = decided(observed).requeue.after is None
    assert waits is ("I ask for none" in words), "what is asked for is looked at again at once"


def test_where_it_waits_the_ways_on_are_named() -> None:
    body = told(seen()).body
    assert "`/lotus secrets refresh`" in body
    assert "`/lotus suspend` holds it back" in body
    assert "`/lotus keep-state mail_to_lake`" in body
    approved = told(seen(rollout=rollout(approvePlan=""))).body
    assert "waits for approval" in approved
    assert "by itself" not in approved


def test_one_that_was_told_is_not_told_again_and_waits() -> None:
    comment = posted(told(seen()))
    assert decided(seen(comments=(comment,))).effects == ()
    assert decided(seen(earlier=(comment,))).effects == (), "the commit before it has it"
    assert decided(seen(comments=(comment,))).requeue.after is None


def test_a_secret_that_changes_again_is_another_one() -> None:
    comment = posted(told(seen()))
    assert isinstance(decided(seen(version="8", comments=(comment,))).effects[-1], CommentOnCommit)


@pytest.mark.parametrize(
    "tip",
    [
        pytest.param(replace(REPLACING, applied=False), id="Git is not applied"),
        pytest.param(ARRIVED, id="nothing differs"),
        pytest.param(Tip("lake/lake-airbyte", "lake-airbyte", problem="down"), id="not known"),
    ],
)
def test_without_cause_nothing_is_told(tip: Tip) -> None:
    assert decided(seen(tip)) == Decision()


# It is asked for


def test_a_pass_is_asked_for_and_followed_only_after_it_was_told() -> None:
    comment = posted(told(seen(in_place())))
    step = decided(seen(in_place(), comments=(comment,)))
    assert isinstance(step.effects[0], AnnotateSource)
    assert step.requeue.after == 8.0


def test_a_runner_that_outlives_its_passes_is_renewed_before() -> None:
    comment = posted(told(seen(in_place())))
    old = LockSeen(runner="lake-airbyte-tf-runner", pod_since=NOW - timedelta(hours=3))
    step = decided(seen(in_place(), comments=(comment,), lock=old))
    assert step.effects == (RenewRunner("lake", old.runner, comment.created_at),)
    for lock in (replace(old, pod_since=NOW), replace(old, passing=True), LockSeen()):
        (effect,) = decided(seen(in_place(), comments=(comment,), lock=lock)).effects
        assert isinstance(effect, AnnotateSource)


def test_a_pass_that_brought_nothing_is_told_of_and_not_asked_for_again() -> None:
    comment = posted(told(seen(in_place())))
    failed, over = decided(seen(in_place(), comments=(comment,), rollout=passed())).effects
    assert isinstance(failed, CommentOnCommit)
    assert f"`{MAIL}` lacks it even so" in failed.body
    assert isinstance(over, UpdateCommitComment)
    assert (
        decided(seen(in_place(), comments=(ended(comment, over),), rollout=passed())) == Decision()
    )


def passed() -> RolloutObserved:
    """A pass ended ten seconds ago, asked for by us after the notice."""
    found = rollout()
    made = found.deployment
    at = NOW - timedelta(seconds=10)
    request = str(Asked(TIP, 1, NOW - timedelta(seconds=50)))
    terraform = replace(made.terraform, last_success_at=at)
    source = replace(made.source, requested=request)
    return replace(found, deployment=replace(made, terraform=terraform, source=source))


def ended(comment: Comment, over: UpdateCommitComment) -> Comment:
    assert over.comment_id == comment.id
    return replace(comment, body=over.body)


# It ends


@pytest.mark.parametrize(
    ("checks", "words", "failed"),
    [
        pytest.param({MAIL: ACCEPTED}, "Airbyte accepts the credential", False, id="accepted"),
        pytest.param({MAIL: REFUSED}, r"Airbyte says: no \*key\*", True, id="refused"),
        pytest.param(
            {MAIL: replace(ACCEPTED, check=Check(CheckResult.BROKEN))},
            "the check itself broke",
            False,
            id="broken",
        ),
        pytest.param(None, "no Airbyte is configured", False, id="no Airbyte"),
    ],
)
def test_airbytes_word_on_it_is_the_notices_end(
    checks: dict[str, Checked] | None, words: str, failed: bool
) -> None:
    notice = told(seen())
    comment = posted(notice)
    observed = seen(ARRIVED, comments=(comment,), checks=checks)
    *alarm, over = decided(observed).effects
    assert bool(alarm) is failed, "only a new comment notifies"
    text = after(over)
    assert text.startswith(notice.body.partition("\n")[2]), "what was told stays"
    assert words in text
    assert isinstance(over, UpdateCommitComment)
    again = replace(observed, comments=(ended(comment, over),))
    assert decided(again) == Decision()
    if failed:
        assert isinstance(alarm[0], CommentOnCommit)
        crashed = replace(observed, comments=(comment, posted(alarm[0], 4)))
        assert decided(crashed).effects == (over,), "a crash between the two doubles nothing"


def test_while_airbyte_is_away_it_stays_open() -> None:
    comment = posted(told(seen()))
    away = {MAIL: replace(ACCEPTED, check=None, problem="no answer")}
    assert decided(seen(ARRIVED, comments=(comment,), checks=away)) == Decision()


def test_what_still_differs_has_not_arrived() -> None:
    told_of = notices((posted(told(seen())),), SIGNER)
    assert arrived(REPLACING, told_of) == ()
    assert arrived(replace(ARRIVED, applied=False), told_of) == ()
    assert arrived(ARRIVED, told_of) == told_of


def test_a_pass_that_fails_is_told_once_and_what_comes_of_it_later_too() -> None:
    comment = posted(told(seen(in_place())))
    made = lake()
    ready = Condition("False", "TFExecApplyFailed", "error: key-91c2-new refused", NOW)
    terraform = replace(made.terraform, ready=ready)
    failing = replace(rollout(), deployment=replace(made, terraform=terraform))
    observed = seen(None, comments=(comment,), rollout=failing, secrets=frozenset({"key-91c2-new"}))
    (alarm,) = decided(observed).effects
    assert isinstance(alarm, CommentOnCommit)
    assert "The pass: failed." in alarm.body
    assert "key-91c2-new" not in alarm.body
    told_of = (comment, posted(alarm, 4))
    assert decided(replace(observed, comments=told_of)) == Decision()
    (over,) = decided(seen(ARRIVED, comments=told_of, checks={MAIL: ACCEPTED})).effects
    assert "Airbyte accepts the credential" in after(over)
    nobodys = replace(observed, comments=(), earlier=(comment,))
    assert decided(nobodys) == Decision(), "another commit's failure is that commit's"


def test_a_notice_that_a_hand_has_written_is_none() -> None:
    comment = posted(told(seen()))
    forged = replace(comment, body=comment.body.replace("lotus:secret:", "lotus:secret:0"))
    assert notices((forged,), SIGNER) == ()
