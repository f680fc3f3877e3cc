"""Slash commands: the table, what a comment asks for, and what is answered. PURE.

A command stands at the start of a line, outside quotes and code. It is run once for a comment:
the reaction is the proof. It is run for who wrote it, with the permission that they have now; a
comment that was edited is not run, for REST does not tell who edited it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.lifecycle import marker
from bot.lifecycle.effects import CreateComment, Decision, Effect, React, Requeue
from bot.lifecycle.marker import Signer
from bot.lifecycle.reconcile import Target, decide_reconcile
from bot.model.github import Comment, Permission, Reaction
from bot.render.markdown import code, plain

PREFIX = "/lotus"
_LINE = re.compile(r"^/lotus(?:[ \t]+(.*?))?[ \t]*$", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_TOO_OLD = timedelta(hours=1)
_SEEN, _DONE, _REFUSED = "eyes", "rocket", "confused"


class Meaning(StrEnum):
    """What a command does."""

    HELP = "help"
    STATUS = "status"
    PLAN = "plan"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table: `usage` is how it is written, `help` what it does."""

    meaning: Meaning
    usage: str
    needs: Permission
    help: str
    on_pull_request_only: bool = False


TABLE = (
    Command(Meaning.HELP, "help", Permission.NONE, "this table"),
    Command(
        Meaning.STATUS,
        "status",
        Permission.READ,
        "for each Terraform object: Git, source, attempted, applied, and what differs",
    ),
    Command(
        Meaning.PLAN,
        "plan",
        Permission.WRITE,
        "predict this pull request again",
        on_pull_request_only=True,
    ),
    Command(
        Meaning.RECONCILE,
        "reconcile",
        Permission.WRITE,
        "refresh source and Terraform now, follow it to the end, report",
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line asks for: a command of the table, or words that are none."""

    command: Command | None
    words: str


@dataclass(frozen=True, slots=True)
class CommandObserved:
    """`permission` is its author's now. `reactions` and `replies` are ours only.

    `status` is the ladder in Markdown; `targets` are what this repository's commands are about.
    `public`: anybody can read here.
    """

    repository: str
    number: int
    comment: Comment
    permission: Permission
    reactions: tuple[Reaction, ...]
    replies: tuple[Comment, ...]
    is_pull_request: bool
    public: bool
    targets: tuple[Target, ...]
    status: str
    now: datetime
    escalate: float


@dataclass(frozen=True, slots=True)
class CommandDecision:
    """What to do; `predict`: the pull request is to be predicted and told again first."""

    decision: Decision
    predict: bool = False


def asked(body: str) -> tuple[Asked, ...]:
    """The commands of a comment, in order; () where there are none."""
    return tuple(_meant(text) for text in _lines(body))


def decide_command(seen: CommandObserved, signer: Signer) -> CommandDecision:
    """The answer, once: nothing where a reaction of ours says that it was given."""
    found = asked(seen.comment.body)
    if not found or _answered(seen):
        return CommandDecision(Decision())
    refusal = _refusal(seen, found[0])
    if refusal:
        return CommandDecision(Decision((*_reply(seen, signer, refusal), _react(seen, _REFUSED))))
    command = found[0].command
    if command is None:
        return CommandDecision(Decision())
    match command.meaning:
        case Meaning.HELP:
            return _at_once(seen, signer, table())
        case Meaning.STATUS:
            return _at_once(seen, signer, seen.status)
        case Meaning.PLAN:
            return CommandDecision(Decision((_react(seen, _DONE),)), predict=True)
        case Meaning.RECONCILE:
            return CommandDecision(_reconcile(seen, signer))


def table() -> str:
    """The help, generated from the table."""
    head = "| command | who | what |\n| --- | --- | --- |\n"
    rows = (f"| `{PREFIX} {row.usage}` | {_who(row.needs)} | {row.help} |" for row in TABLE)
    return head + "\n".join(rows)


def reply_name(comment_id: int) -> str:
    """What finds our answer to a comment."""
    return f"lotus:reply:{comment_id}"


def _reconcile(seen: CommandObserved, signer: Signer) -> Decision:
    outcomes = [
        decide_reconcile(target, seen.comment.created_at, seen.now, seen.escalate)
        for target in seen.targets
    ]
    effects: list[Effect] = [] if _has_seen(seen) else [_react(seen, _SEEN)]
    effects += [effect for outcome in outcomes for effect in outcome.decision.effects]
    waiting = [o.decision.requeue.after for o in outcomes if not o.report]
    if waiting:
        after = min((seconds for seconds in waiting if seconds), default=seen.escalate)
        return Decision(tuple(effects), Requeue(after, "reconcile is followed"))
    report = "\n".join(f"- {outcome.report}" for outcome in outcomes)
    well = all(outcome.well for outcome in outcomes)
    effects += [*_reply(seen, signer, report), _react(seen, _DONE if well else _REFUSED)]
    return Decision(tuple(effects))


def _at_once(seen: CommandObserved, signer: Signer, text: str) -> CommandDecision:
    return CommandDecision(Decision((*_reply(seen, signer, text), _react(seen, _DONE))))


def _refusal(seen: CommandObserved, found: Asked) -> str:
    """Why it is not run, "" where it is."""
    command = found.command
    if seen.comment.updated_at > seen.comment.created_at:
        return "This comment was edited, so I do not run it. Write the command in a new one."
    if command is None:
        return _unknown(found.words)
    if not _has_seen(seen) and seen.now - seen.comment.created_at > _TOO_OLD:
        return "I see this only now, more than an hour later, and did not run it. Write it again."
    needed = command.needs
    if seen.public and needed is Permission.READ:
        needed = Permission.WRITE  # what tells of the platform is not for the whole world
    if not seen.permission.allows(needed):
        return f"`{PREFIX} {command.usage}` needs the permission to {_who(needed)} here."
    if not seen.targets and command.meaning is not Meaning.HELP:
        return (
            "No Terraform object in the cluster applies this repository, so there is nothing to do."
        )
    if command.on_pull_request_only and not seen.is_pull_request:
        return f"`{PREFIX} {command.usage}` works on a pull request."
    return ""


def _unknown(words: str) -> str:
    first = words.split()[0] if words.split() else ""
    near = difflib.get_close_matches(first.lower(), [row.meaning.value for row in TABLE], 1)
    guess = f" Did you mean `{PREFIX} {near[0]}`?" if near else ""
    said = f"{code(first, 40)} is no command of mine." if first else "That is half a command."
    return f"{said}{guess}\n\n{table()}"


def _answered(seen: CommandObserved) -> bool:
    return any(item.content in (_DONE, _REFUSED) for item in seen.reactions)


def _has_seen(seen: CommandObserved) -> bool:
    return any(item.content == _SEEN for item in seen.reactions)


def _reply(seen: CommandObserved, signer: Signer, text: str) -> Iterator[Effect]:
    """Words, once: a crash between the reply and the reaction must not say them twice."""
    name = reply_name(seen.comment.id)
    if any(marker.start(name) in reply.body for reply in seen.replies):
        return
    body = f"{marker.line(signer, name, {})}\n{text}"
    yield CreateComment(seen.repository, seen.number, marker.start(name), body)


def _react(seen: CommandObserved, content: str) -> React:
    return React(seen.repository, seen.comment.id, content)


def _lines(body: str) -> Iterator[str]:
    """What follows the prefix, line by line, outside quotes and code."""
    fence = ""
    for line in body.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence:
            closing = mark and mark.group(1).startswith(fence)
            if closing and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark.group(1)
        elif found := _LINE.match(line):
            yield found.group(1) or ""


def _meant(text: str) -> Asked:
    words = " ".join(text.split())
    for row in TABLE:
        if words.lower() == row.usage:
            return Asked(row, words)
    return Asked(None, words)


def _who(needed: Permission) -> str:
    return "anyone" if needed is Permission.NONE else plain(needed.value)
