"""`/lotus backfill status`: the jobs of each connection with a flag set."""

from __future__ import annotations

from bot.lifecycle.backfill import job_lines, progress
from bot.lifecycle.commands.command import Answer, Call, Command
from bot.lifecycle.commands.parts import Need
from bot.model.github import Permission
from bot.render.markdown import code


def _answer(call: Call) -> Answer:
    blocks = []
    for item in call.seen.ladder:
        for flagged in item.backfills:
            now = progress(flagged)
            streams = ", ".join(code(flag.stream) for flag in flagged.flags)
            lines = [f"**{code(flagged.address)}** ({streams}): {now.stage.value}"]
            lines += [f"- {line}" for line in job_lines(flagged, now)]
            blocks.append("\n".join(lines))
    return Answer("\n\n".join(blocks) or "No `backfill` flag is set on what is applied.")


BACKFILL_STATUS = Command(
    "backfill status",
    Permission.READ,
    "the jobs of each connection with a flag set",
    _answer,
    frozenset({Need.LADDER}),
)
