"""Date and time: https://opentofu.org/docs/language/functions/formatdate/ and its neighbours.

Beside the other areas in `bot.plan.functions`. The present is only known at the apply.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.functions.strings import text_of
from bot.plan.values import NUMBER, STRING, Value, number, string

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII
)
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9,
    "h": 3600 * 10**9,
}  # fmt: skip
_LONGEST = 2**63 - 1
_TOKEN = re.compile(r"''|'(?:[^']|'')*'|'|([A-Za-z])\1*|[^A-Za-z']+")
_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class _Moment(NamedTuple):
    """A time to the nanosecond: the whole second with its offset, and the rest."""

    second: datetime
    nanoseconds: int

    @property
    def zone(self) -> str:
        """`Z`, or the offset as `+01:00`."""
        text = self.second.strftime("%z")
        return "Z" if int(text) == 0 else f"{text[:3]}:{text[3:5]}"


def _moment(text: str, position: int | None) -> _Moment:
    match = _RFC3339.match(text)
    if match is None:
        raise FunctionError(f"not a valid RFC3339 timestamp: {_complaint(text)}", position)
    if match.group(1) == "0000":
        raise Undecided  # Go has a year 0, Python has not
    zone = match.group(8).replace("Z", "+00:00")
    try:
        second = datetime.fromisoformat(f"{text[:19]}{zone}")
    except ValueError:
        message = f"not a valid RFC3339 timestamp: {_complaint(text)}"
        raise FunctionError(message, position) from None
    fraction = (match.group(7) or ".")[1:10]
    return _Moment(second, int(fraction.ljust(9, "0")))


def _complaint(text: str) -> str:
    if not text:
        return "end of string before year"
    steps = (
        (r"\d{4}", "year"), ("-", ""), (r"\d\d", "month"), ("-", ""), (r"\d\d", "day of month"),
        ("T", "T"), (r"\d\d", "hour"), (":", ""), (r"\d\d", "minute"), (":", ""),
        (r"\d\d", "second"), (r"(?:\.\d+)?", ""), (r"Z|[+-]\d\d:\d\d", "UTC offset"),
    )  # fmt: skip
    at = 0
    for pattern, part in steps:
        match = re.compile(pattern).match(text, at)
        if match is None:
            return _missing(pattern, part, text[at:])
        at = match.end()
    return f'cannot use "{text}" as a timestamp'


def _missing(pattern: str, part: str, rest: str) -> str:
    if part == "T":
        return "missing required time introducer 'T'"
    if not part:
        if rest:
            return f'found "{rest}" where "{pattern}" is expected'
        return f'end of string where "{pattern}" is expected'
    return f'cannot use "{rest}" as {part}' if rest else f"end of string before {part}"


def _formatdate(arguments: Sequence[Value], _: FunctionContext) -> Value:
    pattern = text_of(arguments[0])
    moment = _moment(text_of(arguments[1]), 1)
    pieces = []
    for match in _TOKEN.finditer(pattern):
        token = match.group()
        if token.startswith("'"):
            pieces.append(_literal(token))
        else:
            pieces.append(_field(token, moment.second, moment.zone) if match.group(1) else token)
    return string("".join(pieces))


def _literal(token: str) -> str:
    if len(token) < 2 or not token.endswith("'"):
        raise FunctionError("unterminated literal '", 0)
    return token[1:-1].replace("''", "'") or "'"  # two quotes alone are one


def _field(token: str, moment: datetime, zone: str) -> str:
    hour = moment.hour % 12 or 12
    offset = "+00:00" if zone == "Z" else zone
    compact = offset.replace(":", "")
    fields = {
        "YYYY": f"{moment.year:04d}", "YY": f"{moment.year % 100:02d}",
        "MMMM": _MONTHS[moment.month - 1], "MMM": _MONTHS[moment.month - 1][:3],
        "MM": f"{moment.month:02d}", "M": str(moment.month),
        "DD": f"{moment.day:02d}", "D": str(moment.day),
        "EEEE": _DAYS[moment.weekday()], "EEE": _DAYS[moment.weekday()][:3],
        "hh": f"{moment.hour:02d}", "h": str(moment.hour),
        "HH": f"{hour:02d}", "H": str(hour),
        "AA": "AM" if moment.hour < 12 else "PM", "aa": "am" if moment.hour < 12 else "pm",
        "mm": f"{moment.minute:02d}", "m": str(moment.minute),
        "ss": f"{moment.second:02d}", "s": str(moment.second),
        "ZZZZZ": offset, "ZZZZ": compact,
        "ZZZ": "UTC" if compact == "+0000" else compact,
        "Z": zone,
    }  # fmt: skip
    if token in fields:
        return fields[token]
    families = {
        "Y": "year", "M": "month", "D": "day of month", "E": "day of week", "h": "24-hour",
        "H": "12-hour", "A": "AM/PM", "a": "AM/PM", "m": "minute", "s": "second", "Z": "timezone",
    }  # fmt: skip
    if token[0] not in families:
        raise FunctionError(f'invalid date format verb "{token}"', 0)
    choices = [f'"{name}"' for name in fields if name[0] == token[0]]
    wanted = " or ".join(choices) if len(choices) < 3 else ", ".join(choices)
    message = f'invalid date format verb "{token}": must be {wanted} for {families[token[0]]}'
    raise FunctionError(message, 0)


def _duration(text: str) -> int:
    """Nanoseconds of a Go duration."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    at, total = 0, 0
    while at < len(rest):
        match = _DURATION.match(rest, at)
        if match is None:
            raise FunctionError(_no_duration(text, rest, at))
        whole, _, fraction = match.group(1)[:30].partition(".")
        unit = _UNITS[match.group(2)]
        total += int(whole or 0) * unit
        total += int(fraction or 0) * unit // 10 ** len(fraction)
        at = match.end()
    if not rest or total > _LONGEST:
        raise FunctionError(f'time: invalid duration "{text}"')
    return sign * total


def _no_duration(text: str, rest: str, at: int) -> str:
    found = re.compile(r"(?:\d+\.?\d*|\.\d+)([^\d.]*)").match(rest, at)
    if found is None:
        return f'time: invalid duration "{text}"'
    unit = found.group(1)
    if not unit:
        return f'time: missing unit in duration "{text}"'
    return f'time: unknown unit "{unit}" in duration "{text}"'


def _timeadd(arguments: Sequence[Value], _: FunctionContext) -> Value:
    """To the second: the fraction counts, and is not shown."""
    moment = _moment(text_of(arguments[0]), None)
    nanoseconds = moment.nanoseconds + _duration(text_of(arguments[1]))
    try:
        moved = moment.second + timedelta(seconds=nanoseconds // _UNITS["s"])
    except OverflowError:
        raise Undecided from None
    base = f"{moved.year:04d}{moved.strftime('-%m-%dT%H:%M:%S')}"
    return string(base + moment.zone)


def _timecmp(arguments: Sequence[Value], _: FunctionContext) -> Value:
    one = _moment(text_of(arguments[0]), 0)
    other = _moment(text_of(arguments[1]), 1)
    return number((one > other) - (one < other))


def _timestamp(arguments: Sequence[Value], _: FunctionContext) -> Value:
    del arguments
    raise Undecided(STRING)


def _plantimestamp(arguments: Sequence[Value], _: FunctionContext) -> Value:
    del arguments
    raise Undecided(STRING)


_MOMENT = Parameter("timestamp", STRING)

DATETIME = {
    "formatdate": Function(
        (Parameter("format", STRING), Parameter("time", STRING)), _formatdate, STRING
    ),
    "plantimestamp": Function((), _plantimestamp, STRING, impure=True),
    "timeadd": Function((_MOMENT, Parameter("duration", STRING)), _timeadd, STRING),
    "timecmp": Function(
        (Parameter("timestamp_a", STRING), Parameter("timestamp_b", STRING)), _timecmp, NUMBER
    ),
    "timestamp": Function((), _timestamp, STRING, impure=True),
}
