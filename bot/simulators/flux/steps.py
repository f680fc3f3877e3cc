"""What a pass asks to be done, one step after the other, and what comes back. Data only.

A simulator: imports nothing of the bot. The pass is a generator of these; `tofu` performs them.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Save:
    """Write the status as it now is, conditions first."""


@dataclass(frozen=True, slots=True)
class Finalizer:
    """Set (or take away) the controller's finalizer."""

    present: bool


@dataclass(frozen=True, slots=True)
class Say:
    """An Event about the object."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ReadSource:
    """The GitRepository as it is now; comes back as the object, or None."""


@dataclass(frozen=True, slots=True)
class ReadDependencies:
    """The objects of `dependsOn`; come back as (`namespace/name`, the object or None)."""


@dataclass(frozen=True, slots=True)
class StartRunner:
    """The runner's Pod; comes back as whether there was room for it."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """The files of the revision, the variables, `init`; comes back as a Failure or None."""

    revision: str


@dataclass(frozen=True, slots=True)
class Unlock:
    """Break the lock."""

    lock: str


@dataclass(frozen=True, slots=True)
class MakePlan:
    """Plan; comes back as `Planned` or a Failure. With `keep` it is stored for the apply, and
    readably where that is asked for."""

    keep: bool = False
    destroy: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """Carry out the stored plan; comes back as a Failure or None."""


@dataclass(frozen=True, slots=True)
class ReadOutputs:
    """The names of the state's outputs; come back sorted. They are written where that is asked."""


@dataclass(frozen=True, slots=True)
class ForgetPlans:
    """Delete the stored binary plan."""


@dataclass(frozen=True, slots=True)
class CleanUp:
    """The runner is not needed any more."""


Step = (
    Save
    | Finalizer
    | Say
    | ReadSource
    | ReadDependencies
    | StartRunner
    | Prepare
    | Unlock
    | MakePlan
    | Apply
    | ReadOutputs
    | ForgetPlans
    | CleanUp
)


@dataclass(frozen=True, slots=True)
class Failure:
    """It did not work; `text` as the runner reports it. `lock`: who holds the state.
    `reason` overrides the pass' own word for it."""

    text: str
    lock: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """There is a plan; `text` is the human-readable one."""

    changes: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """When the next pass is due by itself; None: when something happens."""

    after: float | None = None


Pass = Generator[Step, Any, Again]
Part = Generator[Step, Any, "Failure | None"]
