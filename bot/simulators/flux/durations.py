"""Go's durations and Kubernetes' times, as the objects spell them. Pure.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")


def seconds(text: str) -> float:
    """`1h30m` as seconds; raises ValueError."""
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        raise ValueError(f"not a duration: {text!r}")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def stamp(at: datetime) -> str:
    """A time as `metav1.Time` writes it: whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(at: datetime) -> str:
    """A time as `metav1.MicroTime` writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """The other way."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
