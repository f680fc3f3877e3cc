"""What only a person's command brings about: the part of the effects that cannot be undone. PURE.

Data; `bot.runtime.perform.operations` does them, each only where what it was decided on still
holds, so that doing it twice does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle.stability.inventory import Kind


@dataclass(frozen=True, slots=True)
class DeleteAirbyteObject:
    """An orphan that was confirmed; a source or destination only once nothing hangs on it."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class StartSync:
    """A sync by hand, unless the connection has a job that is newer than `after` (its newest)."""

    connection_id: str
    after: int


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Cancel this job, where it is what the connection runs: Airbyte would cancel any other."""

    connection_id: str
    job_id: int


@dataclass(frozen=True, slots=True)
class CommitToBranch:
    """A commit on somebody's branch, as long as its tip is `expected`; never forced."""

    repository: str
    branch: str
    expected: str
    edits: Mapping[str, bytes] = field(repr=False)
    message: str


@dataclass(frozen=True, slots=True)
class SuspendTerraform:
    """Stop (or go on with) a Terraform object's passes."""

    namespace: str
    name: str
    suspended: bool


@dataclass(frozen=True, slots=True)
class ReleaseLock:
    """Give a state's lock free that `lock_id` holds; any other holder keeps it."""

    namespace: str
    lease: str
    lock_id: str


@dataclass(frozen=True, slots=True)
class RenewRunner:
    """Delete a runner's Pod that is `older` than that time: its environment is frozen in it."""

    namespace: str
    pod: str
    older: datetime


@dataclass(frozen=True, slots=True)
class GiveSyncState:
    """Give a connection the sync state of a deleted one, unless a sync of its own succeeded.

    `saved_in`: namespace and name of the Secret where it was saved before the merge, of which only
    that it was given is left then; None: Airbyte is asked for it.
    """

    source_id: str
    target_id: str
    saved_in: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SaveSyncStates:
    """Write these keys of a Secret (None removes), as long as it is of the version `seen`.

    `seen` "": it was not there.
    """

    namespace: str
    name: str
    seen: str
    entries: Mapping[str, bytes | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BeginRebuild:
    """Suspend a Terraform object and write down, in the same patch, what was begun."""

    namespace: str
    name: str
    begun: str


@dataclass(frozen=True, slots=True)
class EndRebuild:
    """What was begun is over: the annotation goes."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class CopyState:
    """Keep the Secret `state` as the Secret `copy`, whole."""

    namespace: str
    state: str
    copy: str


@dataclass(frozen=True, slots=True)
class DeleteState:
    """Delete the Secret `state`, as long as `copy` has the very same bytes."""

    namespace: str
    state: str
    copy: str


Operation = (
    DeleteAirbyteObject
    | StartSync
    | CancelJob
    | CommitToBranch
    | SuspendTerraform
    | ReleaseLock
    | RenewRunner
    | GiveSyncState
    | SaveSyncStates
    | BeginRebuild
    | EndRebuild
    | CopyState
    | DeleteState
)
