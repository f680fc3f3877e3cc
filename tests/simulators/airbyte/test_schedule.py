"""When a schedule's next run is due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.simulators.airbyte.schedule import next_cron, next_run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()  # a Sunday


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("0 0 3 * * ?", "UTC", "2026-03-02T03:00:00"),
        ("0 0 12 * * ?", "UTC", "2026-03-02T12:00:00"),  # not the same moment again
        ("30 15 12 * * ?", "UTC", "2026-03-01T12:15:30"),
        ("0 */20 * * * ?", "UTC", "2026-03-01T12:20:00"),
        ("0 5/15 * * * ?", "UTC", "2026-03-01T12:05:00"),
        ("0 0 8-10,14 * * ?", "UTC", "2026-03-01T14:00:00"),
        ("0 0 0 15 * ?", "UTC", "2026-03-15T00:00:00"),
        ("0 0 0 ? * MON-FRI", "UTC", "2026-03-02T00:00:00"),
        ("0 0 0 ? * 1", "UTC", "2026-03-08T00:00:00"),  # Quartz counts from Sunday
        ("0 0 0 1 JAN ? *", "UTC", "2027-01-01T00:00:00"),
        ("0 0 3 * * ?", "America/New_York", "2026-03-02T08:00:00"),
        ("0 0 0 30 2 ?", "UTC", None),
    ],
)
def test_a_cron_expression_names_its_next_moment(expression, zone, expected):
    found = next_cron(expression, zone, NOON)
    shown = None if found is None else datetime.fromtimestamp(found, UTC)
    assert shown == (expected and datetime.fromisoformat(expected).replace(tzinfo=UTC))


BASIC = {"status": "active", "scheduleData": {"basicSchedule": {"timeUnit": "hours", "units": 6}}}


@pytest.mark.parametrize(
    ("last_scheduled", "idle_since", "due"),
    [
        (None, NOON, NOON),  # none yet: at once
        (NOON - 3600, NOON, NOON + 5 * 3600),
        (NOON - 7 * 3600, NOON, NOON),  # overdue: at once
    ],
)
def test_a_basic_schedule_counts_from_its_last_scheduled_job(last_scheduled, idle_since, due):
    assert next_run(BASIC, last_scheduled, idle_since) == due


@pytest.mark.parametrize(
    "connection",
    [{**BASIC, "status": "inactive"}, {**BASIC, "status": "deprecated"}, {"status": "active"}],
)
def test_what_is_manual_or_not_active_is_never_due(connection):
    assert next_run(connection, None, NOON) is None
