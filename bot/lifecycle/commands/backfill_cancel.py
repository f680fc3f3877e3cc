"""`/lotus backfill cancel`: cancels the connection's job, and sets the flags back."""

from __future__ import annotations

from dataclasses import replace

from bot.lifecycle.backfill import FlaggedConnection
from bot.lifecycle.commands.backfill import streams_named, with_flags
from bot.lifecycle.commands.command import Answer, Call, Command
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.commands.streams import flagged_with
from bot.lifecycle.operations import CancelJob
from bot.model.airbyte import Job
from bot.model.github import Permission
from bot.render.markdown import code


def _answer(call: Call) -> Answer:
    streams = streams_named(call)
    if isinstance(streams, Answer):
        return streams
    answer = with_flags(call, streams, False)
    if not answer.well:
        return answer
    paths = [stream.path for stream in streams]
    flagged = [b for item in call.seen.ladder for b in item.backfills if flagged_with(b, paths)]
    jobs = [(item, job) for item in flagged if (job := running(item)) is not None]
    cancelled = tuple(CancelJob(job.connection_id, job.id) for _, job in jobs)
    lines = [f"Cancelled job {job.id} of {code(item.address)}." for item, job in jobs]
    lines = lines or ["No job of it runs."]
    text = "\n\n".join((*lines, answer.text))
    return replace(answer, text=text, effects=(*cancelled, *answer.effects))


def running(item: FlaggedConnection) -> Job | None:
    """The job that the connection runs: its newest, while that is not over."""
    newest = max(item.jobs, key=lambda job: job.id, default=None)
    return newest if newest is not None and not newest.status.terminal else None


BACKFILL_CANCEL = Command(
    "backfill cancel <source/stream>…",
    Permission.WRITE,
    "cancel the job, and set the flag back",
    _answer,
    frozenset({Need.CHECKOUT, Need.LADDER}),
)
