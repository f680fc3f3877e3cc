"""How far a backfill has come, from Airbyte's jobs. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.lifecycle.flags import StreamFlag
from bot.model.airbyte import Connection, Job, JobKind, JobStatus, RunState, StreamStatus
from bot.model.airbyte import Progress as Moving
from bot.model.airbyte import latest_states as latest
from bot.model.github import PullRequest

_LOOP = 3  # so many resets for one merge are nobody's intent
_SLACK = timedelta(seconds=5)  # Airbyte tells whole seconds
_CLOCKS = timedelta(minutes=1)  # that GitHub's clock, the cluster's and Airbyte's may differ
_FAIR = timedelta(minutes=5)  # after the merge; an apply ends only when its job's row exists


class Stage(StrEnum):
    """How far a backfill has come."""

    UNSEEN = "cannot be looked at"
    NO_RESET = "no reset job yet"
    NEVER_FIRES = "nothing fires"
    RESET_MISSING = "no reset job came"
    RESETTING = "resetting"
    RESET_FAILED = "the reset failed"
    RESET_CANCELLED = "the reset was cancelled"
    WAITING = "waiting for a sync"
    NEVER_BY_ITSELF = "no sync comes by itself"
    SYNCING = "syncing"
    SYNC_FAILED = "the sync failed"
    SYNC_CANCELLED = "the sync was cancelled"
    INCOMPLETE = "synced, but not every stream"
    GONE = "the connection is deleted"
    DONE = "arrived"

    @property
    def needs_person(self) -> bool:
        """Whether nothing goes on by itself."""
        return self in _NEEDS_PERSON

    @property
    def over(self) -> bool:
        """Whether nothing more will become of it, well or not."""
        return self in (Stage.DONE, Stage.GONE, Stage.NEVER_FIRES)


_NEEDS_PERSON = frozenset(
    {
        Stage.NEVER_FIRES,
        Stage.RESET_MISSING,
        Stage.RESET_CANCELLED,
        Stage.NEVER_BY_ITSELF,
        Stage.GONE,
    }
)


@dataclass(frozen=True, slots=True)
class FlaggedConnection:
    """A connection, the flags on it that one merge set, and what Airbyte did since then.

    `address` as the module names it; `set_by` is the commit on the branch, `set_at` its merge.
    `perpetual`: every pass fires the reset again. `follow_ups`: pull requests from our branch, in
    any state. `edits`: the files as they are when these flags are set back (and the catalog made
    quiet). `jobs` are those since `set_at`, `earlier` those before; `moving` is what runs now.
    `applied_at`: an apply with them was over by then; later passes move it. `now` is when it was
    looked at. `held_by`: the merge whose flags hold the trigger already, `fires` False where the
    trigger stood before this merge.
    `removed`: no state has the connection any more. `still_set`: one of the flags is, at the tip.
    `problem`: why Airbyte's side is not known.
    """

    address: str
    flags: tuple[StreamFlag, ...]
    set_by: str
    set_at: datetime
    connection: Connection | None = None
    jobs: tuple[Job, ...] = ()
    statuses: tuple[StreamStatus, ...] = ()
    perpetual: bool = False
    follow_ups: tuple[PullRequest, ...] = ()
    edits: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    earlier: tuple[Job, ...] = ()
    moving: Moving | None = None
    applied_at: datetime | None = None
    now: datetime | None = None
    fires: bool = True
    held_by: str = ""
    removed: bool = False
    still_set: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The stage, and the jobs that it rests on; `resets` is how many there were since the merge.

    `short`: streams of the sync that are known not to be complete.
    """

    stage: Stage
    reset: Job | None = None
    sync: Job | None = None
    resets: int = 0
    loop: bool = False
    short: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether the flag has done its work: all arrived, or each further pass would undo it."""
        return self.stage is Stage.DONE or (self.loop and self.reset is not None)


def progress(flagged: FlaggedConnection) -> Progress:
    """Where this backfill is."""
    found = _progress(flagged)
    if found.stage is Stage.DONE:
        return found
    deleted = flagged.connection is not None and flagged.connection.deleted
    if deleted or flagged.removed:
        return Progress(Stage.GONE, found.reset, found.sync, found.resets)
    return found


def is_over(flagged: FlaggedConnection) -> bool:
    """Whether nothing more will become of it: it arrived and was set back, or nothing can come."""
    stage = progress(flagged).stage
    if stage is Stage.DONE:
        return bool(flagged.follow_ups) or not flagged.still_set
    unset = (Stage.NO_RESET, Stage.RESET_MISSING, Stage.RESET_CANCELLED)
    return stage.over or (stage in unset and not flagged.still_set)


def ended(job: Job) -> datetime:
    """When a job that is over ended: Airbyte may touch `updatedAt` later."""
    return (job.attempts[-1].ended if job.attempts else None) or job.updated


def _progress(flagged: FlaggedConnection) -> Progress:
    if flagged.problem and not flagged.jobs:
        return Progress(Stage.UNSEEN)
    jobs = sorted(flagged.jobs, key=lambda job: job.id)
    since = [job for job in jobs if job.created >= flagged.set_at - _CLOCKS]
    refreshed = [job for job in since if job.kind is JobKind.REFRESH]
    if any(job.status is JobStatus.SUCCEEDED for job in refreshed):
        return Progress(Stage.DONE, sync=refreshed[-1])
    resets = [job for job in since if job.kind.clears]
    if not resets:
        return Progress(_without_reset(flagged))
    loop = flagged.perpetual or len(resets) >= _LOOP
    reset = resets[-1]
    stage, sync, short = _after_reset(flagged, reset, since)
    return Progress(stage, reset, sync, len(resets), loop, short)


def _without_reset(flagged: FlaggedConnection) -> Stage:
    """Not there yet, never to come, or missing: the provisioner's curl hides errors."""
    if not flagged.fires or flagged.held_by:
        return Stage.NEVER_FIRES
    if flagged.applied_at is None or flagged.now is None:
        return Stage.NO_RESET
    late = flagged.now - flagged.set_at > _FAIR and flagged.applied_at >= flagged.set_at - _CLOCKS
    return Stage.RESET_MISSING if late else Stage.NO_RESET


def _after_reset(
    flagged: FlaggedConnection, reset: Job, jobs: Sequence[Job]
) -> tuple[Stage, Job | None, tuple[str, ...]]:
    if reset.status is JobStatus.FAILED:
        return Stage.RESET_FAILED, None, ()
    if reset.status is JobStatus.CANCELLED:
        return Stage.RESET_CANCELLED, None, ()
    if reset.status is not JobStatus.SUCCEEDED:
        return Stage.RESETTING, None, ()
    syncs = [job for job in jobs if _reads_again(job, reset)]
    done = [job for job in syncs if job.status is JobStatus.SUCCEEDED]
    whole = [job for job in done if not _short(flagged, job)]
    if whole:
        return Stage.DONE, whole[0], ()
    if syncs and not syncs[-1].status.terminal:
        return Stage.SYNCING, syncs[-1], ()
    if done and syncs[-1] is done[-1]:
        return Stage.INCOMPLETE, done[-1], _short(flagged, done[-1])
    return _without_sync(flagged, syncs), syncs[-1] if syncs else None, ()


def _reads_again(job: Job, reset: Job) -> bool:
    """Whether it is a sync that began after the reset's end."""
    later = job.kind is JobKind.SYNC and job.id > reset.id
    return later and (job.started or job.created) >= ended(reset) - _SLACK


def _without_sync(flagged: FlaggedConnection, syncs: Sequence[Job]) -> Stage:
    """Nothing runs and nothing came of what ran: whether another comes by itself."""
    if flagged.connection is not None and not flagged.connection.runs_by_itself:
        return Stage.NEVER_BY_ITSELF
    if not syncs:
        return Stage.WAITING
    cancelled = syncs[-1].status is JobStatus.CANCELLED
    return Stage.SYNC_CANCELLED if cancelled else Stage.SYNC_FAILED


def _short(flagged: FlaggedConnection, sync: Job) -> tuple[str, ...]:
    """The streams of that sync that are known to have fallen short.

    A killed job leaves RUNNING behind, so that says nothing of a job that succeeded.
    """
    rows = latest(row for row in flagged.statuses if row.job_id == sync.id)
    fell = (RunState.INCOMPLETE, RunState.RATE_LIMITED)
    return tuple(sorted(str(stream) for stream, row in rows.items() if row.state in fell))
