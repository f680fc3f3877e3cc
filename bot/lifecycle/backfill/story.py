"""A backfill in words: its jobs, each in a line, and the follow-up pull request's text. PURE.

Airbyte's own words are for people and come from outside: they are shown as plain prose.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.lifecycle.backfill.pace import last_full, next_sync, pace
from bot.lifecycle.backfill.stages import FlaggedConnection, Progress, Stage, ended
from bot.model.airbyte import Attempt, Job, JobStatus, ScheduleKind
from bot.render.comment import count, data_size, duration
from bot.render.markdown import code, plain

_OPENING = (
    "This pull request of lotus-bot sets `backfill` back to `false` "
    "and changes nothing else in these files:"
)
_WORDS = 300


def story(flagged: FlaggedConnection, now: Progress) -> str:
    """The follow-up's text: what was flagged, which jobs ran, how long, how many rows."""
    lines = [f"{code(flag.path)} line {flag.line}: {code(flag.stream)}" for flag in flagged.flags]
    said = [
        *_loop(flagged, now),
        _OPENING,
        "\n".join(f"- {line}" for line in lines),
        *_quieted(flagged),
        "\n".join(f"- {line}" for line in job_lines(flagged, now)),
        f"The flag was set by {flagged.set_by[:10]}.",
    ]
    return "\n\n".join(text for text in said if text)


def _loop(flagged: FlaggedConnection, now: Progress) -> Iterator[str]:
    if now.loop:
        jobs = "1 reset job" if now.resets == 1 else f"{now.resets} reset jobs"
        yield (
            f"**Reset loop.** Each pass of the controller updates {code(flagged.address)} and so "
            f"resets it again ({jobs} so far); a reset cancels the sync that runs. "
            "Merging this ends it."
        )


def _quieted(flagged: FlaggedConnection) -> Iterator[str]:
    """Catalogs that are made quiet in the same pull request."""
    catalogs = sorted(set(flagged.edits) - {flag.path for flag in flagged.flags})
    if catalogs:
        names = ", ".join(code(path) for path in catalogs)
        yield (
            f"With it, {names} in the form in which the provider reads it back, so that no pass "
            "finds anything to update. What it means to Airbyte stays the same."
        )


def cost(full: Job | None) -> str:
    """What a full sync takes, by the last one; "" where none is known."""
    if full is None:
        return ""
    took = duration(max(0.0, (ended(full) - (full.started or full.created)).total_seconds()))
    rows = f" and read {count(full.records)} rows" if full.records is not None else ""
    size = f" ({data_size(full.bytes)})" if full.records is not None and full.bytes else ""
    return f"Its last full sync took {took}{rows}{size}."


def job_lines(flagged: FlaggedConnection, now: Progress) -> list[str]:
    """The jobs in words, each in a line; what to do where nothing goes on by itself."""
    lines = []
    if now.reset is not None:
        again = f", number {now.resets} since the merge" if now.resets > 1 else ""
        lines.append(f"reset job {now.reset.id}{again}: {now.reset.status.value}{_took(now.reset)}")
        lines += _failed_attempts(now.reset)
    if now.sync is not None:
        lines.append(_sync(flagged, now.sync))
        lines += _failed_attempts(now.sync)
    lines += _next(flagged, now)
    return lines


def _sync(flagged: FlaggedConnection, sync: Job) -> str:
    kind = "refresh" if sync.kind.value == "refresh" else "sync"
    if sync.status.terminal:
        rows = f", {count(sync.records)} rows" if sync.records is not None else ""
        return f"{kind} job {sync.id}: {sync.status.value}{_took(sync)}{rows}"
    said = [f"{kind} job {sync.id}: {_at_work(sync)}"]
    speed = pace(flagged, sync)
    if speed is not None:
        said.append(f"{_about(speed.rows)} rows so far")
        if speed.per_second is not None and speed.per_second >= 1:
            said.append(f"{_about(round(speed.per_second))} rows/s")
        said.append(_left(flagged, speed.left))
    return ", ".join(text for text in said if text)


def _left(flagged: FlaggedConnection, seconds: float | None) -> str:
    full = last_full(flagged.earlier, flagged.connection)
    if seconds is None or full is None or full.records is None:
        return ""
    left = duration(_round(seconds))
    return f"about {left} left (its last full sync had {count(full.records)} rows)"


def _at_work(job: Job) -> str:
    number = len(job.attempts)
    if job.status is JobStatus.INCOMPLETE:
        return f"attempt {number} failed, Airbyte tries again"
    return f"{job.status.value}, attempt {number}" if number > 1 else job.status.value


def _failed_attempts(job: Job) -> Iterator[str]:
    """What Airbyte said of each attempt that failed."""
    for attempt in job.attempts:
        words = _words(attempt)
        if words and job.status is not JobStatus.CANCELLED:
            said = f"attempt {attempt.number + 1} of job {job.id}" if len(job.attempts) > 1 else ""
            yield f"{said}{': ' if said else ''}Airbyte says: {words}"


def _words(attempt: Attempt) -> str:
    if attempt.status != "failed" and not attempt.failures:
        return ""
    found = attempt.failures[0] if attempt.failures else None
    if found is None or not found.message:
        return ""
    origin = f" ({plain(found.origin, 40)})" if found.origin else ""
    return f"{plain(found.message, _WORDS)}{origin}"


def _next(flagged: FlaggedConnection, now: Progress) -> Iterator[str]:
    """What comes next, and who has to do it."""
    name = code(flagged.address)
    match now.stage:
        case Stage.UNSEEN:
            yield f"its jobs are not known: {plain(flagged.problem, _WORDS)}"
        case Stage.NO_RESET:
            yield f"no reset job of {name} is to be seen in Airbyte yet"
        case Stage.NEVER_FIRES:
            yield _never_fires(flagged)
        case Stage.RESET_MISSING:
            yield (
                f"the apply succeeded, yet no reset job of {name} is to be seen in Airbyte: its "
                "provisioner hides HTTP errors. Set the flag to `false`, let that be applied, and "
                "set it again; or reset the connection in Airbyte"
            )
        case Stage.RESET_FAILED:
            yield "Airbyte's next job of it is another reset"
        case Stage.RESET_CANCELLED:
            yield "nothing re-reads now: reset the connection in Airbyte, or set the flag anew"
        case Stage.WAITING | Stage.SYNC_FAILED | Stage.SYNC_CANCELLED | Stage.INCOMPLETE:
            yield from _scheduled(flagged, now)
        case Stage.NEVER_BY_ITSELF:
            yield _never_syncs(flagged)
        case Stage.GONE:
            where = "in no state any more" if flagged.removed else "deleted in Airbyte"
            yield f"{name} is {where}: nothing re-reads"
        case Stage.RESETTING | Stage.SYNCING | Stage.DONE:
            return


def _never_fires(flagged: FlaggedConnection) -> str:
    since = f" since {flagged.held_by[:10]}" if flagged.held_by else ""
    return (
        f"nothing fires: what resets {code(flagged.address)} stands already{since}, and fires only "
        "when it is made. Set the flag again once it was `false` everywhere"
    )


def _never_syncs(flagged: FlaggedConnection) -> str:
    """Airbyte refuses to sync a connection that is not active (`facts/airbyte-api.md`)."""
    name, connection = code(flagged.address), flagged.connection
    if connection is not None and connection.status != "active":
        return f"{name} is {plain(connection.status, 40)}: nothing is read until it is active again"
    return f"{name} has no schedule, so no sync comes by itself: `/lotus backfill sync` starts it"


def _scheduled(flagged: FlaggedConnection, now: Progress) -> Iterator[str]:
    """When the sync that re-reads comes."""
    if now.short:
        names = ", ".join(code(name) for name in now.short[:10])
        yield f"not complete: {names}. The next sync goes on with them"
    if now.reset is None:
        return
    schedule = flagged.connection.schedule if flagged.connection else None
    last = now.reset if now.sync is None else now.sync
    due = next_sync(flagged, max(ended(now.reset), ended(last)))
    if schedule is not None and schedule.kind is ScheduleKind.CRON:
        cron = f"cron {code(schedule.cron)}, {plain(schedule.zone, 40)}"
        when = f"; it is due {_clock(due)}" if due is not None else ""
        yield f"the next scheduled sync re-reads{when} ({cron})"
    elif due is not None:
        at_once = now.sync is None and due <= ended(now.reset)
        when = "at once: it is overdue" if at_once else f"by {_clock(due)} at the latest"
        yield f"the next scheduled sync re-reads; it begins {when}"
    else:
        yield "the next scheduled sync re-reads"


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _took(job: Job) -> str:
    if not job.status.terminal:
        return ""
    seconds = (ended(job) - (job.started or job.created)).total_seconds()
    return f" in {duration(max(0.0, seconds))}"


def _about(number: int) -> str:
    """Two digits are enough for what grows, and each new text is an edit."""
    digits = max(0, len(str(number)) - 2)
    return count(number // 10**digits * 10**digits)


def _round(seconds: float) -> float:
    """Whole minutes; beyond an hour, tens of them: a guess has no seconds."""
    step = 600 if seconds > 3600 else 60
    return max(60.0, round(seconds / step) * step)
