"""Locks as a table: only a runner's absence can be seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.lifecycle.stability.locks import Held, LockInfo, LockSeen, held, lock_info

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUNNER = "lake-airbyte-tf-runner"
BY_RUNNER = LockInfo(f"runner@{RUNNER}", "OperationTypeApply", AT)


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        pytest.param(LockSeen(), Held.FREE, id="free"),
        pytest.param(LockSeen("1", BY_RUNNER, RUNNER), Held.GONE, id="its pod is gone"),
        pytest.param(
            LockSeen("1", BY_RUNNER, RUNNER, AT - timedelta(minutes=1)),
            Held.AT_WORK,
            id="its pod is there",
        ),
        pytest.param(
            LockSeen("1", BY_RUNNER, RUNNER, AT + timedelta(minutes=1)),
            Held.GONE,
            id="a younger pod of the same name",
        ),
        pytest.param(
            LockSeen("1", BY_RUNNER, RUNNER, passing=True), Held.AT_WORK, id="a pass runs"
        ),
        pytest.param(
            LockSeen("1", LockInfo("anna@laptop", "", AT), RUNNER), Held.UNKNOWN, id="a person"
        ),
        pytest.param(LockSeen("1", LockInfo(), RUNNER), Held.UNKNOWN, id="nothing is written"),
    ],
)
def test_whether_the_holder_is_gone(lock: LockSeen, expected: Held) -> None:
    assert held(lock) is expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (
            '{"ID":"1","Who":"runner@a-tf-runner","Operation":"OperationTypePlan","Created":"2026-01-01T12:00:00.123456789Z"}',
            LockInfo("runner@a-tf-runner", "OperationTypePlan", AT.replace(microsecond=123456)),
        ),
        ('{"Who":"a@b","Created":"2026-01-01T12:00:00Z"}', LockInfo("a@b", "", AT)),
        ('{"Created":"yesterday"}', LockInfo()),
        ('{"Created":7}', LockInfo()),
        ("[1]", LockInfo()),
        ("{", LockInfo()),
        (None, LockInfo()),
    ],
)
def test_what_the_holder_wrote(annotation: str | None, expected: LockInfo) -> None:
    assert lock_info(annotation) == expected
