"""A backfill after the merge: its reset job, the sync that re-reads, the flag set back. PURE.

Completion is `facts/airbyte.md`'s: the reset succeeded, and a later sync succeeded that began after
the reset's end, every stream complete where that can be known; or one refresh succeeded. A reset
that does not appear is said: the provisioner's curl hides errors. There is no effect that resets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.lifecycle.effects import Decision, Effect, OpenPullRequest, Requeue
from bot.lifecycle.flags import StreamFlag
from bot.model.airbyte import Connection, Job, JobKind, JobStatus, RunState, StreamStatus
from bot.model.airbyte import latest_states as latest
from bot.model.github import PullRequest
from bot.render.comment import count, duration
from bot.render.markdown import code, plain

_LOOP = 3  # so many resets for one merge are nobody's intent
_OPENING = (
    "This pull request of lotus-bot sets `backfill` back to `false` "
    "and changes nothing else in these files:"
)
_SLACK = timedelta(seconds=5)  # Airbyte tells whole seconds, and clocks differ a little


class Stage(StrEnum):
    """How far a backfill has come."""

    NO_RESET = "no reset job yet"
    RESETTING = "resetting"
    RESET_FAILED = "the reset failed"
    WAITING = "waiting for a sync"
    NEVER_BY_ITSELF = "no sync comes by itself"
    SYNCING = "syncing"
    SYNC_FAILED = "the sync failed"
    INCOMPLETE = "synced, but not every stream"
    DONE = "arrived"


@dataclass(frozen=True, slots=True)
class FlaggedConnection:
    """A connection with flags set, and what Airbyte did since the merge that set the last of them.

    `address` as the module names it; `set_by` is the commit on the branch, `set_at` its merge.
    `perpetual`: every pass updates it. `follow_ups`: pull requests from our branch, in any state.
    `edits`: the files as they are when its flags are set back (and its catalog made quiet).
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


@dataclass(frozen=True, slots=True)
class Progress:
    """The stage, and the jobs that it rests on; `resets` is how many there were since the merge."""

    stage: Stage
    reset: Job | None = None
    sync: Job | None = None
    resets: int = 0
    loop: bool = False


@dataclass(frozen=True, slots=True)
class BackfillObserved:
    """A repository's branch with all its flagged connections."""

    repository: str
    branch: str
    tip: str
    connections: tuple[FlaggedConnection, ...]
    now: datetime
    poll: float


def progress(flagged: FlaggedConnection) -> Progress:
    """Where this backfill is."""
    jobs = sorted(flagged.jobs, key=lambda job: job.id)
    since = [job for job in jobs if job.created >= flagged.set_at - _SLACK]
    refreshed = [job for job in since if job.kind is JobKind.REFRESH]
    if any(job.status is JobStatus.SUCCEEDED for job in refreshed):
        return Progress(Stage.DONE, sync=refreshed[-1])
    resets = [job for job in since if job.kind.clears]
    if not resets:
        return Progress(Stage.NO_RESET)
    loop = flagged.perpetual or len(resets) >= _LOOP
    reset = resets[-1]
    stage, sync = _after_reset(flagged, reset, since)
    return Progress(stage, reset, sync, len(resets), loop)


def _after_reset(
    flagged: FlaggedConnection, reset: Job, jobs: list[Job]
) -> tuple[Stage, Job | None]:
    if reset.status in (JobStatus.FAILED, JobStatus.CANCELLED):
        return Stage.RESET_FAILED, None
    if reset.status is not JobStatus.SUCCEEDED:
        return Stage.RESETTING, None
    syncs = [job for job in jobs if job.kind is JobKind.SYNC and job.id > reset.id]
    done = [job for job in syncs if job.status is JobStatus.SUCCEEDED]
    if done:
        return (Stage.DONE if _complete(flagged, done[-1]) else Stage.INCOMPLETE), done[-1]
    if syncs and not syncs[-1].status.terminal:
        return Stage.SYNCING, syncs[-1]
    if syncs:
        return Stage.SYNC_FAILED, syncs[-1]
    if flagged.connection is not None and not flagged.connection.runs_by_itself:
        return Stage.NEVER_BY_ITSELF, None
    return Stage.WAITING, None


def _complete(flagged: FlaggedConnection, sync: Job) -> bool:
    """Whether no stream of that sync is known to have fallen short."""
    rows = [row for row in flagged.statuses if row.job_id == sync.id]
    short = (RunState.INCOMPLETE, RunState.RATE_LIMITED)
    return not any(row.state in short for row in latest(rows).values())


def decide_backfill(seen: BackfillObserved) -> Decision:
    """A pull request for each connection that is through, or that must be taken out of a loop."""
    effects: list[Effect] = []
    busy = False
    for flagged in seen.connections:
        now = progress(flagged)
        through = now.stage is Stage.DONE or (now.loop and now.reset is not None)
        busy = busy or not through
        if through and not flagged.follow_ups and flagged.edits:
            effects.append(_follow_up(seen, flagged, now))
    wait = seen.poll if busy else None
    return Decision(tuple(effects), Requeue(wait, "backfills under way" if busy else ""))


def branch_of(address: str, set_by: str) -> str:
    """The follow-up's branch: derived from what it resets, so that a second one cannot arise."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", address.removeprefix("airbyte_connection.")).strip("-.")
    return f"lotus/backfill/{name}-{set_by[:10]}"


def _follow_up(
    seen: BackfillObserved, flagged: FlaggedConnection, now: Progress
) -> OpenPullRequest:
    name = flagged.address.removeprefix("airbyte_connection.")
    done = "Reset loop of" if now.loop and now.stage is not Stage.DONE else "Backfill complete for"
    return OpenPullRequest(
        repository=seen.repository,
        branch=branch_of(flagged.address, flagged.set_by),
        base=seen.branch,
        base_sha=seen.tip,
        edits=flagged.edits,
        title=f"{done} {name}: set backfill back to false",
        body=story(flagged, now),
    )


def story(flagged: FlaggedConnection, now: Progress) -> str:
    """The follow-up's text: what was flagged, which jobs ran, how long, how many rows."""
    lines = [f"{code(flag.path)} line {flag.line}: {code(flag.stream)}" for flag in flagged.flags]
    said = [
        _OPENING,
        "\n".join(f"- {line}" for line in lines),
        "\n".join(f"- {line}" for line in job_lines(flagged, now)),
    ]
    if now.loop:
        said.insert(
            0,
            f"**Reset loop.** Each pass of the controller updates {code(flagged.address)} and so "
            f"resets it again ({now.resets} reset jobs so far); a reset cancels the sync that "
            "runs. Merging this ends it.",
        )
    set_by = f"The flag was set by {flagged.set_by[:10]}."
    return "\n\n".join(text for text in (*said, set_by) if text)


def job_lines(flagged: FlaggedConnection, now: Progress) -> list[str]:
    """The jobs in words, each in a line."""
    lines = []
    if now.reset is not None:
        lines.append(f"reset job {now.reset.id}: {now.reset.status.value}{_took(now.reset)}")
    if now.sync is not None:
        rows = f", {count(now.sync.records)} rows" if now.sync.records is not None else ""
        lines.append(f"sync job {now.sync.id}: {now.sync.status.value}{_took(now.sync)}{rows}")
        if now.sync.failure is not None:
            lines.append(f"Airbyte says: {plain(now.sync.failure.message, 300)}")
    if now.stage is Stage.NO_RESET:
        lines.append(f"no reset job of {code(flagged.address)} is to be seen in Airbyte yet")
    if now.stage is Stage.NEVER_BY_ITSELF:
        lines.append(f"{code(flagged.address)} has no schedule: start its sync in Airbyte")
    return lines


def _took(job: Job) -> str:
    if not job.status.terminal:
        return ""
    return f" in {duration((job.updated - (job.started or job.created)).total_seconds())}"
