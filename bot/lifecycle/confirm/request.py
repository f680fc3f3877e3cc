"""Who wants a head confirmed, and whether that may be. PURE.

A request is bound to the head that it saw. It is kept in our comment's marker while it waits and
in the copies' annotations while it runs, and who made it is looked at again before each step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.lifecycle.confirm.record import Confirmation
from bot.lifecycle.confirm.slots import Slot
from bot.model.cluster import ObjectName
from bot.model.github import PullRequest, PullRequestState
from bot.model.plan_copy import BY_PUSH


@dataclass(frozen=True, slots=True)
class Request:
    """The head that is to be planned; `asked_by` is a comment's id, or `BY_PUSH`."""

    head: str
    asked_by: int = BY_PUSH


@dataclass(frozen=True, slots=True)
class Wishes:
    """`asked` is the command that is looked at now, None where none is; `on_push`: every push."""

    pull_request: PullRequest
    terraform: ObjectName
    asked: int | None = None
    on_push: bool = False
    recorded: Confirmation | None = None
    slots: tuple[Slot, ...] = ()


def wanted(wishes: Wishes) -> Request | None:
    """What is to be planned, if anything; of a command that is older, what it saw."""
    if wishes.pull_request.state is not PullRequestState.OPEN:
        return None
    asked, recorded, head = wishes.asked, wishes.recorded, wishes.pull_request.head_sha
    running = _running(wishes)
    if asked is not None and (recorded is None or recorded.asked_by < asked):
        return Request(running.head if running and running.asked_by == asked else head, asked)
    if recorded is not None and _holds(recorded, head):
        return Request(recorded.head, recorded.asked_by)
    if running is not None and running.head == head:
        return running
    return Request(head) if wishes.on_push else None


def places(slots: Iterable[Slot], wishes: Wishes) -> tuple[Slot, ...]:
    """Those that work for this object of this pull request."""
    repository, number = wishes.pull_request.repository, wishes.pull_request.number
    return tuple(slot for slot in slots if slot.is_for(repository, number, wishes.terraform))


def _holds(recorded: Confirmation, head: str) -> bool:
    """What a push asked for is over with the next push; a command is told how it ended."""
    if recorded.head == head:
        return True
    return not recorded.stage.over and recorded.asked_by != BY_PUSH


def _running(wishes: Wishes) -> Request | None:
    for slot in places(wishes.slots, wishes):
        if slot.intent is not None:
            return Request(slot.intent.head, slot.intent.asked_by)
    return None
