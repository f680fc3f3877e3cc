"""`/lotus unlock`: a runner's lock when the runner is gone, a person's only when confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from command_world import NOW, confirming, observed, said

from bot.lifecycle.commands.parts import ObjectLock
from bot.lifecycle.operations import ReleaseLock
from bot.lifecycle.stability.locks import LockInfo, LockSeen
from bot.model.cluster import ObjectName

RUNNER = "lake-airbyte-tf-runner"
TAKEN = NOW - timedelta(minutes=30)
NAME, LEASE = ObjectName("lake", "lake-airbyte"), "lock-tfstate-default-lake-airbyte"
GONE = LockSeen("id-1", LockInfo(f"runner@{RUNNER}", "OperationTypeApply", TAKEN), RUNNER)
PERSON = LockSeen("id-2", LockInfo("anna@laptop", "OperationTypePlan", TAKEN), RUNNER)


def locked(lock: LockSeen) -> ObjectLock:
    return ObjectLock(NAME, LEASE, lock)


def test_a_lock_whose_runner_is_gone_is_freed() -> None:
    found = said(observed("/lotus unlock", locks=(locked(GONE),)))
    assert found.effects == (ReleaseLock("lake", LEASE, "id-1"),)
    assert found.reaction == "rocket"
    assert f"held by `runner@{RUNNER}` for 30 min" in found.text


@pytest.mark.parametrize(
    ("lock", "words", "reaction"),
    [
        pytest.param(
            replace(GONE, pod_since=TAKEN - timedelta(minutes=1)),
            "its holder is at work",
            "confused",
            id="the runner is there",
        ),
        pytest.param(
            replace(GONE, passing=True), "its holder is at work", "confused", id="a pass runs"
        ),
        pytest.param(PERSON, "cannot see whether", "confused", id="a person"),
        pytest.param(LockSeen(), "No state is locked", "rocket", id="free"),
    ],
)
def test_any_other_stays(lock: LockSeen, words: str, reaction: str) -> None:
    found = said(observed("/lotus unlock", locks=(locked(lock),)))
    assert (found.effects, found.reaction) == ((), reaction)
    assert words in found.text


def test_a_persons_lock_is_freed_when_confirmed_and_no_other() -> None:
    body = confirming(said(observed("/lotus unlock", locks=(locked(PERSON),))).text)
    found = said(observed(body, locks=(locked(PERSON),)))
    assert found.effects == (ReleaseLock("lake", LEASE, "id-2"),)
    newer = replace(PERSON, id="id-3")
    assert said(observed(body, locks=(locked(newer),))).effects == ()


def test_a_lock_that_cannot_be_seen_is_said() -> None:
    lock = ObjectLock(NAME, LEASE, LockSeen(), "Kubernetes: pod: forbidden")
    found = said(observed("/lotus unlock", locks=(lock, locked(GONE))))
    assert (found.effects, found.reaction) == ((), "confused")
    assert "forbidden" in found.text
