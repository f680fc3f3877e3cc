"""When a connection runs by itself: basic intervals and Quartz cron expressions. Pure.

Seconds since the epoch in and out; knows no job and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_UNITS = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800, "months": 2592000}
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_HORIZON_DAYS = 1500


def next_run(
    connection: Mapping[str, Any], last_scheduled: float | None, idle_since: float
) -> float | None:
    """When the next scheduled job is due, or None where none ever is.

    Only jobs that the schedule began move it: after a reset it is overdue at once.
    """
    data = connection.get("scheduleData") or {}
    if connection["status"] != "active":
        return None
    if "basicSchedule" in data:
        seconds = int(data["basicSchedule"]["units"]) * _UNITS[data["basicSchedule"]["timeUnit"]]
        return idle_since if last_scheduled is None else max(last_scheduled + seconds, idle_since)
    if "cron" in data:
        zone = data["cron"].get("cronTimeZone", "UTC")
        return next_cron(data["cron"]["cronExpression"], zone, max(idle_since, last_scheduled or 0))
    return None


def next_cron(expression: str, zone: str, after: float) -> float | None:
    """The first moment after `after` that a Quartz expression names, None if there is none.

    Fields: seconds minutes hours day-of-month month day-of-week [year]; `* ? , - /` and names.
    """
    second, minute, hour, day, month, weekday, *_ = expression.split()
    seconds, minutes, hours = _field(second, 0, 59), _field(minute, 0, 59), _field(hour, 0, 23)
    days, months = _field(day, 1, 31), _field(month, 1, 12, _MONTHS)
    weekdays = {(number - 1) % 7 for number in _field(weekday, 1, 7, _DAYS)}
    start = datetime.fromtimestamp(after, UTC).astimezone(ZoneInfo(zone))
    for offset in range(_HORIZON_DAYS):
        date = start.date() + timedelta(days=offset)
        in_week = (date.weekday() + 1) % 7 in weekdays
        if date.month not in months or date.day not in days or not in_week:
            continue
        moments = (
            datetime(date.year, date.month, date.day, h, m, s, tzinfo=start.tzinfo)
            for h in sorted(hours)
            for m in sorted(minutes)
            for s in sorted(seconds)
        )
        found = next((moment for moment in moments if moment > start), None)
        if found:
            return found.timestamp()
    return None


def _field(text: str, low: int, high: int, names: list[str] | None = None) -> set[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            first_text, dash, last_text = span.partition("-")
            first = _number(first_text, low, names)
            last = _number(last_text, low, names) if dash else (high if step else first)
        values.update(range(first, last + 1, int(step or 1)))
    return values


def _number(text: str, low: int, names: list[str] | None) -> int:
    if names and text.upper() in names:
        return names.index(text.upper()) + low
    return int(text)
