"""What became of the merge, moment by moment: the comment's timeline. PURE."""

from __future__ import annotations

from collections.abc import Iterator

from bot.lifecycle.arrival import landing_line, object_line
from bot.lifecycle.backfill import FlaggedConnection, job_lines, progress
from bot.lifecycle.next_step import next_step
from bot.lifecycle.observed import AfterMerge
from bot.lifecycle.rollout import Stand, Standing
from bot.model.github import PullRequest, PullRequestState
from bot.render.comment import Step
from bot.render.markdown import code, link, plain


def steps(after: AfterMerge) -> Iterator[Step]:
    """Fetched, applied, and what Airbyte made of it."""
    now = after.standing
    if after.fetched_at is not None:
        yield Step("Fetched", after.fetched_at)
    if now.stand.done:
        note = _counts(after) if now.stand.applies else next_step(now)
        yield Step(now.stand.value.capitalize(), after.applied_at, note=note)
        yield from _in_airbyte(after)
    elif not now.stand.needs_person:
        yield Step(now.stand.value.capitalize(), None, note=_waits_for(now))


def _waits_for(now: Standing) -> str:
    """What it waits for where that is not its own work, and what people can do."""
    told = f"{plain(now.words)}. " if now.stand is Stand.DEPENDENCY and now.words else ""
    return told + next_step(now)


def _counts(after: AfterMerge) -> str:
    """By the plan that was applied, and by nothing else."""
    if after.counted:
        return f"its plan: {after.counted}"
    return f"what its plan counted is not known: {after.uncounted}" if after.uncounted else ""


def _in_airbyte(after: AfterMerge) -> Iterator[Step]:
    for item in after.objects:
        yield Step(object_line(item), None)
    for flagged in after.backfills:
        for line in job_lines(flagged, progress(flagged)):
            yield Step(f"{code(flagged.address)}: {line}", None)
        for pull_request in flagged.follow_ups:
            yield Step(_follow_up(pull_request, flagged), None)
    for changed in after.changed:
        line = landing_line(changed)
        if line:
            yield Step(line, None)


def _follow_up(pull_request: PullRequest, flagged: FlaggedConnection) -> str:
    name = link(f"#{pull_request.number}", pull_request.url)
    match pull_request.state:
        case PullRequestState.OPEN:
            return f"{name} sets the flag back: merge it"
        case PullRequestState.MERGED:
            return f"{name} has set the flag back"
        case PullRequestState.CLOSED:
            if not flagged.still_set:
                return f"{name} is closed: the flag was set back, or set anew, without it"
            return f"{name} would set the flag back; it was closed, and is not opened again"
