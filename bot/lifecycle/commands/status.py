"""`/lotus status`: whether all is stable, what is missing if not, and the ladder of each object."""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command
from bot.lifecycle.commands.parts import Need, PlatformSeen
from bot.lifecycle.stability.drift import drift
from bot.lifecycle.stability.orphans import orphans
from bot.lifecycle.stability.verdict import Seen, missing
from bot.lifecycle.status import ObjectStatus, status_text
from bot.model.github import Permission


def _answer(call: Call) -> Answer:
    platform, ladder = call.seen.platform, call.seen.ladder
    said = [_verdict(ladder, platform)] if platform is not None else []
    return Answer("\n\n".join((*said, status_text(ladder))))


def _verdict(ladder: tuple[ObjectStatus, ...], platform: PlatformSeen) -> str:
    found = orphans(platform.now, platform.before)
    lacking = missing(Seen(ladder, platform.tips, found, drift(platform.tips, platform.now)))
    if not lacking:
        return "**Stable**: Git, the cluster, the states and Airbyte agree, and nothing is open."
    return "**Not stable.**\n\n" + "\n".join(f"- {line}" for line in lacking)


STATUS = Command(
    "status",
    Permission.READ,
    "whether all is stable, and for each Terraform object: Git, source, attempted, applied",
    _answer,
    frozenset({Need.LADDER, Need.PLATFORM, Need.TIPS}),
)
