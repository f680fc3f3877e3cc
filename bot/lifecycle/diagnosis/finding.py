"""A finding: what, why it matters, how to mend it. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """MISSING: something promised does not work. ADVICE: it works, with less or with too much."""

    MISSING = "missing"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing; `mend` is a command or an address wherever there is one."""

    area: str
    level: Level
    what: str
    why: str
    mend: str


def exit_code(findings: Iterable[Finding]) -> int:
    """0: nothing is missing; 1: something is."""
    return int(any(finding.level is Level.MISSING for finding in findings))
