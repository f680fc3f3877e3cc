"""`/lotus status`: the ladder for each Terraform object."""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.status import status_text
from bot.model.github import Permission


def _answer(call: Call) -> Answer:
    return Answer(status_text(call.seen.ladder))


STATUS = Command(
    "status",
    Permission.READ,
    "for each Terraform object: Git, source, attempted, applied, and what differs",
    _answer,
    frozenset({Need.LADDER}),
)
