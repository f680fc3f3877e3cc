"""One budget an installation: told to wait, all wait, and exactly so long."""

from __future__ import annotations

import pytest
from manual_clock import ManualClock

from bot.clients.errors import Throttled
from bot.clients.github.budget import Budget, limited


@pytest.mark.parametrize(
    ("status", "headers", "message", "expected"),
    [
        (429, {}, "", True),
        (403, {"retry-after": "60"}, "", True),
        (403, {"x-ratelimit-remaining": "0"}, "", True),
        (403, {}, "You have exceeded a secondary rate limit", True),
        (403, {"x-ratelimit-remaining": "12"}, "Resource not accessible by integration", False),
        (404, {"retry-after": "60"}, "", False),
    ],
)
def test_a_limit_is_told_from_a_missing_permission(
    status: int, headers: dict[str, str], message: str, expected: bool
) -> None:
    assert limited(status, headers, message) is expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({}, 60),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767225700"}, 100),
        ({"retry-after": "soon"}, 60),
    ],
)
async def test_told_to_wait_all_wait_and_no_longer(headers: dict[str, str], seconds: float) -> None:
    clock = ManualClock()
    budget = Budget(clock)
    budget.check()
    assert budget.throttle(headers).after == seconds
    await clock.advance(seconds - 1)
    with pytest.raises(Throttled) as raised:
        budget.check()
    assert raised.value.after == pytest.approx(1)
    await clock.advance(1)
    budget.check()


def test_a_reserve_of_the_primary_limit_is_kept() -> None:
    budget = Budget(ManualClock())
    budget.learn({"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "51"})
    budget.check()
    budget.learn({"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "50"})
    with pytest.raises(Throttled):
        budget.check()
