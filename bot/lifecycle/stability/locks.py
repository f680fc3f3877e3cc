"""A state's lock, and whether who holds it is gone. PURE.

The Lease's `holderIdentity` is the lock's id; its annotation `app.terraform.io/lock-info` says who
took it: `runner@<pod>` for the controller's runner, `user@host` for a person's machine, of which
nothing can be known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Held(StrEnum):
    """Whether a lock is held, and by whom."""

    FREE = "free"
    AT_WORK = "its holder is at work"
    GONE = "its holder is gone"
    UNKNOWN = "whether its holder is at work cannot be known"


@dataclass(frozen=True, slots=True)
class LockInfo:
    """What the holder wrote about itself, as far as it can be read; untrusted text."""

    who: str = ""
    operation: str = ""
    created: datetime | None = None

    @property
    def host(self) -> str:
        """The machine, which for a runner is its pod's name."""
        return self.who.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class LockSeen:
    """A lock. `id` "" where nobody holds it; `runner`: the name of this object's runner pod.

    `pod_since`: when that pod was made, None where there is none. `passing`: a pass runs.
    """

    id: str = ""
    info: LockInfo = LockInfo()
    runner: str = ""
    pod_since: datetime | None = None
    passing: bool = False


def held(lock: LockSeen) -> Held:
    """Who holds it: only a runner's absence can be seen."""
    if not lock.id:
        return Held.FREE
    if lock.passing:
        return Held.AT_WORK
    if not lock.runner or lock.info.host != lock.runner:
        return Held.UNKNOWN
    if lock.pod_since is None:
        return Held.GONE
    younger = lock.info.created is not None and lock.pod_since > lock.info.created
    return Held.GONE if younger else Held.AT_WORK


def lock_info(annotation: str | None) -> LockInfo:
    """The annotation's JSON; an odd one is no error."""
    try:
        found: Any = json.loads(annotation or "")
    except (ValueError, RecursionError):
        return LockInfo()
    if not isinstance(found, Mapping):
        return LockInfo()
    return LockInfo(
        str(found.get("Who") or ""), str(found.get("Operation") or ""), _time(found.get("Created"))
    )


def _time(text: object) -> datetime | None:
    """RFC 3339 with nanoseconds, as Go writes it."""
    if not isinstance(text, str):
        return None
    seconds, point, rest = text.partition(".")
    digits = rest.rstrip("Z")[:6] if point else ""
    try:
        found = datetime.fromisoformat(f"{seconds}.{digits:0<6}+00:00" if point else text)
    except ValueError:
        return None
    return found if found.tzinfo else None
