"""A cron expression of Airbyte's: its next moment, or none where that is not computed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.lifecycle.backfill.quartz import next_due
from bot.simulators.airbyte.schedule import next_cron

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("expression", "zone", "due"),
    [
        ("0 0 3 * * ?", "UTC", "2026-01-02 03:00:00"),
        ("0 0 12 * * ?", "UTC", "2026-01-02 12:00:00"),
        ("1 0 12 * * ?", "UTC", "2026-01-01 12:00:01"),
        ("0 0/15 * * * ?", "UTC", "2026-01-01 12:15:00"),
        ("0 */20 * * * ?", "UTC", "2026-01-01 12:20:00"),
        ("30 5,10 13-14 * * ?", "UTC", "2026-01-01 13:05:30"),
        ("0 10-50/20 12 * * ?", "UTC", "2026-01-01 12:10:00"),
        ("0 0 22-2 * * ?", "UTC", "2026-01-01 22:00:00"),
        ("0 0 3 ? * MON", "UTC", "2026-01-05 03:00:00"),
        ("0 0 3 ? * 1", "UTC", "2026-01-04 03:00:00"),
        ("0 0 3 ? * FRI-MON", "UTC", "2026-01-02 03:00:00"),
        ("0 0 3 ? * mon-wed", "UTC", "2026-01-05 03:00:00"),
        ("0 0 3 15 * ?", "UTC", "2026-01-15 03:00:00"),
        ("0 0 3 31 2/2 ?", "UTC", "2026-08-31 03:00:00"),
        ("0 0 3 29 FEB ?", "UTC", "2028-02-29 03:00:00"),
        ("0 0 3 1 JAN ? 2027", "UTC", "2027-01-01 03:00:00"),
        ("0 0 3 * * ?", "Europe/Berlin", "2026-01-02 02:00:00"),
        ("0 0 3 * * ?", "America/New_York", "2026-01-02 08:00:00"),
        ("0 30 2 29 3 ?", "Europe/Berlin", "2026-03-29 01:30:00"),
        ("0 0 3 30 3 ?", "Europe/Berlin", "2026-03-30 01:00:00"),
    ],
)
def test_the_next_moment(expression: str, zone: str, due: str) -> None:
    found = next_due(expression, zone, NOON)
    assert found is not None
    assert f"{found:%Y-%m-%d %H:%M:%S}" == due


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "0 3 * * *",
        "0 0 3 L * ?",
        "0 0 3 15W * ?",
        "0 0 3 ? * 6#3",
        "0 0 3 ? * FRIL",
        "0 0 3 1 * MON",
        "0 0 24 * * ?",
        "0 0/0 3 * * ?",
        "0 0/x 3 * * ?",
        "0 0 3 30 FEB ?",
        "0 0 3 1 JAN ? 2025",
        "0 0 3 * * ? * *",
        "0 0 -3 * * ?",
        "0 0 3, * * ?",
        "0 0 99999999999999999999 * * ?",
        "٠ 0 3 * * ?",
    ],
)
def test_what_is_not_computed_is_not_guessed(expression: str) -> None:
    assert next_due(expression, "UTC", NOON) is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "a\x00b", "."])
def test_a_zone_that_is_none(zone: str) -> None:
    assert next_due("0 0 3 * * ?", zone, NOON) is None


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(
    "expression",
    ["0 0 3 * * ?", "0 0/15 * * * ?", "0 30 5,17 ? * MON-FRI", "0 0 0 1 * ?", "10 20 4 ? 6 SUN"],
)
def test_the_simulated_airbyte_reckons_alike(expression: str, zone: str) -> None:
    moment = NOON
    for _ in range(20):
        found = next_due(expression, zone, moment)
        assert found is not None
        assert next_cron(expression, zone, moment.timestamp()) == found.timestamp()
        moment = found
