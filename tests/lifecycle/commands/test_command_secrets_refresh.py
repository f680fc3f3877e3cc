"""`/lotus secrets refresh`: the runner, a pass, and what Airbyte says of the credential."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from command_world import NOW, SIGNER, ladder, observed, said
from truth_platform import Case

from bot.lifecycle.commands import CommandObserved, Need, needed, needed_then
from bot.lifecycle.commands.parts import ObjectLock, PlatformSeen
from bot.lifecycle.effects import AnnotateSource
from bot.lifecycle.operations import RenewRunner
from bot.lifecycle.rollout import Asked
from bot.lifecycle.stability.checked import Checked
from bot.lifecycle.stability.locks import LockSeen
from bot.lifecycle.status import ObjectStatus
from bot.model.airbyte import Check, CheckResult
from bot.model.cluster import ObjectName

RUNNER = "lake-airbyte-tf-runner"
BODY = "/lotus secrets refresh"
ACCEPTED = Checked("source", "Mail", Check(CheckResult.ACCEPTED))


def passed(**spec: Any) -> tuple[ObjectStatus, ...]:
    """A pass ended ten seconds ago, asked for by us."""
    (item,) = ladder(**spec)
    made = item.rollout.deployment
    at = NOW - timedelta(seconds=10)
    request = str(Asked(item.rollout.wanted, 1, NOW - timedelta(seconds=50)))
    terraform = replace(made.terraform, last_success_at=at)
    source = replace(made.source, requested=request)
    changed = replace(made, terraform=terraform, source=source)
    return (replace(item, rollout=replace(item.rollout, deployment=changed)),)


def after(case: str = "nothing-changed", *checks: Checked) -> CommandObserved:
    platform = PlatformSeen(Case(case).inventory(), tips=(Case(case).tip(),))
    return observed(BODY, ladder=passed(), platform=platform, checks=checks)


def test_a_pass_is_asked_for_first() -> None:
    found = said(observed(BODY, ladder=ladder()))
    assert isinstance(found.effects[0], AnnotateSource)
    assert (found.reaction, found.again) == ("", 8.0)


def test_a_runner_that_outlives_its_passes_is_renewed_before() -> None:
    made = NOW - timedelta(hours=3)
    lock = ObjectLock(ObjectName("lake", "lake-airbyte"), "l", LockSeen("", runner=RUNNER))
    old = replace(lock, lock=replace(lock.lock, pod_since=made))
    kept = ladder(alwaysCleanupRunnerPod=False)
    found = said(observed(BODY, ladder=kept, locks=(old,)))
    asked_at = NOW - timedelta(minutes=1)
    assert found.effects == (RenewRunner("lake", RUNNER, asked_at),)
    assert found.reaction == ""
    young = replace(lock, lock=replace(lock.lock, pod_since=NOW))
    for locks, objects in (((young,), kept), ((old,), ladder()), ((lock,), kept)):
        effects = said(observed(BODY, ladder=objects, locks=locks)).effects
        assert not [item for item in effects if isinstance(item, RenewRunner)]


def test_the_checks_are_made_only_after_the_pass() -> None:
    before = observed(BODY, ladder=ladder())
    assert needed(before) == {Need.LADDER, Need.LOCKS}
    assert needed_then(before, SIGNER) == frozenset()
    done = observed(BODY, ladder=passed())
    assert needed_then(done, SIGNER) == {Need.CHECKS, Need.PLATFORM, Need.TIPS}


@pytest.mark.parametrize(
    ("seen", "words", "reaction"),
    [
        pytest.param(
            after("nothing-changed", ACCEPTED),
            "Airbyte accepts the credential",
            "rocket",
            id="accepted",
        ),
        pytest.param(
            after(
                "nothing-changed", replace(ACCEPTED, check=Check(CheckResult.REFUSED, "no *key*"))
            ),
            r"no \*key\*",
            "confused",
            id="refused",
        ),
        pytest.param(
            after("nothing-changed", replace(ACCEPTED, check=Check(CheckResult.BROKEN))),
            "says nothing",
            "confused",
            id="broken",
        ),
        pytest.param(
            after("nothing-changed", replace(ACCEPTED, check=None, problem="no answer")),
            "not checked, no answer",
            "confused",
            id="Airbyte is away",
        ),
        pytest.param(
            after("ticket-004-credential", ACCEPTED),
            "`airbyte_source.mail` lacks it",
            "confused",
            id="it did not arrive",
        ),
    ],
)
def test_what_came_of_it(seen: CommandObserved, words: str, reaction: str) -> None:
    found = said(seen)
    assert (found.effects, found.reaction) == ((), reaction)
    assert words in found.text
