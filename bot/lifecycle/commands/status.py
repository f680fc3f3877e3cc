"""`/lotus status`: whether all is stable, what is missing if not, and the ladder of each object."""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command, CommandObserved
from bot.lifecycle.commands.parts import Need, PlatformSeen
from bot.lifecycle.stability.verdict import lacking
from bot.lifecycle.status import status_text, unfollowed_text
from bot.model.github import Permission


def _answer(call: Call) -> Answer:
    platform, ladder = call.seen.platform, call.seen.ladder
    said = [_verdict(call.seen, platform)] if platform is not None else []
    beside = unfollowed_text(call.seen.beside, call.seen.now)
    return Answer("\n\n".join(text for text in (*said, status_text(ladder), beside) if text))


def _verdict(seen: CommandObserved, platform: PlatformSeen) -> str:
    pictures = (platform.now, platform.before)
    missing = lacking(seen.ladder, platform.tips, pictures, seen.beside, seen.now)
    if not missing:
        return "**Stable**: Git, the cluster, the states and Airbyte agree, and nothing is open."
    return "**Not stable.**\n\n" + "\n".join(f"- {line}" for line in missing)


STATUS = Command(
    "status",
    Permission.READ,
    "whether all is stable, and for each Terraform object: Git, source, attempted, applied",
    _answer,
    frozenset({Need.LADDER, Need.PLATFORM, Need.TIPS}),
    of_unfollowed=True,
)
