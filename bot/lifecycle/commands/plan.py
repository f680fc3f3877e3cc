"""`/lotus plan`: the pull request's prediction, once more."""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command
from bot.model.github import Permission


def _answer(call: Call) -> Answer:  # noqa: ARG001 - every command has this shape
    return Answer(predict=True)


PLAN = Command(
    "plan",
    Permission.WRITE,
    "predict this pull request again",
    _answer,
    on_pull_request_only=True,
)
