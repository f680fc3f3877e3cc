"""When a Quartz cron expression, as Airbyte's schedules have it, is due next. PURE.

http://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html
`second minute hour day-of-month month day-of-week [year]`, Sunday is 1. What counts from a month's
end or its weeks (`L`, `W`, `#`) is not computed: None, as for anything that is no such expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2099))
_NAMES: tuple[tuple[str, ...], ...] = ((), (), (), (), _MONTHS, _DAYS, ())
_DAYS_AHEAD = 4 * 366 + 1  # a 29th of February comes within these
_ANY = ("*", "?")


@dataclass(frozen=True, slots=True)
class _Cron:
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]

    def falls_on(self, day: date) -> bool:
        return (
            day.year in self.years
            and day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 + 1 in self.weekdays
        )

    def times(self) -> Iterator[time]:
        """Of a day, in order."""
        for hour in self.hours:
            for minute in self.minutes:
                for second in self.seconds:
                    yield time(hour, minute, second)


def next_due(expression: str, zone: str, after: datetime) -> datetime | None:
    """The first moment later than `after`, in UTC; None where it cannot be computed.

    A time that a clock change leaves out is taken as much later as the clock jumps.
    """
    cron, place = _parsed(expression), _zone(zone)
    if cron is None or place is None:
        return None
    begin = after.astimezone(place).date()
    for ahead in range(_DAYS_AHEAD):
        day = begin + timedelta(days=ahead)
        if not cron.falls_on(day):
            continue
        for at in cron.times():
            due = datetime.combine(day, at, place).astimezone(UTC)
            if due > after:
                return due
    return None


def _zone(name: str) -> tzinfo | None:
    if name in ("", "UTC", "GMT", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # its error for an unknown one is a LookupError
        return None


def _parsed(expression: str) -> _Cron | None:
    fields = expression.upper().split()
    if len(fields) not in (6, 7):
        return None
    if fields[3] not in _ANY and fields[5] not in _ANY:
        return None  # Quartz does not know both at once either
    fields += ["*"] * (7 - len(fields))
    sets = [_values(*each) for each in zip(fields, _RANGES, _NAMES, strict=True)]
    found = [one for one in sets if one]
    if len(found) < len(sets):
        return None
    seconds, minutes, hours, days, months, weekdays, years = found
    at = (tuple(sorted(seconds)), tuple(sorted(minutes)), tuple(sorted(hours)))
    return _Cron(*at, days, months, weekdays, years)


def _values(field: str, limits: tuple[int, int], names: tuple[str, ...]) -> frozenset[int] | None:
    """All that a field names; None where one part of it is not understood."""
    parts = [_part(part, limits, names) for part in field.split(",")]
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if len(known) == len(parts) else None


def _part(part: str, limits: tuple[int, int], names: tuple[str, ...]) -> frozenset[int] | None:
    """`*`, `5`, `MON-FRI`, `0/15`, `10-50/20`; a range may go over the end (`22-2`)."""
    low, high = limits
    span, slash, stride = part.partition("/")
    step = int(stride) if stride.isdecimal() else 0 if slash else 1
    if span in _ANY:
        first, last = low, high
    else:
        begin, dash, end = span.partition("-")
        found = [_number(text, names) for text in ((begin, end) if dash else (begin,))]
        if any(one is None or not low <= one <= high for one in found):
            return None
        first = found[0] or 0
        last = (found[1] or 0) if dash else high if slash else first
    if step < 1:
        return None
    size = high - low + 1
    length = (last - first) % size
    return frozenset((first - low + ahead) % size + low for ahead in range(0, length + 1, step))


def _number(text: str, names: tuple[str, ...]) -> int | None:
    if text in names:
        return names.index(text) + 1
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else None
