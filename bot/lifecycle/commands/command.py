"""What a command is: how it is written, who may, what it needs to see, what it comes to. PURE.

To add one, copy a neighbour in this folder, and name it in `table`. `answer` is asked again and
again until it comes to an end: it decides from what is observed, never from what it did before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle.commands.confirmation import Confirmation
from bot.lifecycle.commands.parts import (
    Checkout,
    Need,
    ObjectLock,
    ObjectStates,
    PlatformSeen,
    Succession,
)
from bot.lifecycle.effects import Effect, Requeue
from bot.lifecycle.observed import PullRequestObserved
from bot.lifecycle.platform import Unfollowed
from bot.lifecycle.stability.checked import Checked
from bot.lifecycle.status import ObjectStatus
from bot.model.github import Comment, Permission, Reaction

PREFIX = "/lotus"
_PLACEHOLDER = re.compile(r"\\?(\[)?<([^>]+)>(…)?\\?(\])?")


@dataclass(frozen=True, slots=True)
class CommandObserved:
    """A comment with a command. `permission` is its author's now; `reactions`, `replies` are ours.

    `public`: anybody can read here. `served`: something in the cluster applies this repository.
    `beside`: what belongs here and cannot be followed. What follows it is there only for a command
    that declares the need (`parts.Need`). `secrets` are true values, for redaction only.
    """

    repository: str
    number: int
    comment: Comment
    permission: Permission
    reactions: tuple[Reaction, ...]
    replies: tuple[Comment, ...]
    is_pull_request: bool
    public: bool
    served: bool
    now: datetime
    escalate: float
    beside: tuple[Unfollowed, ...] = ()
    ladder: tuple[ObjectStatus, ...] = ()
    pull_request: PullRequestObserved | None = None
    checkouts: tuple[Checkout, ...] = ()
    platform: PlatformSeen | None = None
    locks: tuple[ObjectLock, ...] = ()
    successions: tuple[Succession, ...] = ()
    states: tuple[ObjectStates, ...] = ()
    checks: tuple[Checked, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was written: `arguments` by its usage's placeholders; `rows`: the table."""

    seen: CommandObserved
    arguments: Mapping[str, tuple[str, ...]]
    confirmation: Confirmation
    rows: tuple[Command, ...]

    def one(self, name: str) -> str:
        """The argument of a placeholder, "" where it was left out."""
        return " ".join(self.arguments.get(name, ()))

    def each(self, name: str) -> tuple[str, ...]:
        """The words for a placeholder with `…`, each once, in order."""
        return tuple(dict.fromkeys(self.arguments.get(name, ())))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command comes to for now: `effects`, and then its end, or `again` looking at it.

    At the end `text` (Markdown, "" where the reaction says enough) is said, and 🚀 or 😕 (`well`).
    `predict`: the pull request is to be predicted and told again first.
    """

    text: str = ""
    well: bool = True
    effects: tuple[Effect, ...] = ()
    again: Requeue | None = None
    predict: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table. `usage`: words, `<placeholder>`, `<several>…`, `[<optional>]`.

    `only_on_pull_request`: what helps on a plain issue instead, "" where it works there, too.
    `then`: what has to be observed, too, by what was seen first. `everywhere`: also where nothing
    in the cluster applies the repository. `of_unfollowed`: also where it cannot be followed.
    """

    usage: str
    permission: Permission
    help: str
    answer: Callable[[Call], Answer]
    needs: frozenset[Need] = frozenset()
    only_on_pull_request: str = ""
    everywhere: bool = False
    of_unfollowed: bool = False
    then: Callable[[Call], frozenset[Need]] | None = None

    @property
    def name(self) -> str:
        """Its words without what follows them."""
        return self.usage.partition("<")[0].rstrip(" [")

    def arguments(self, words: str) -> Mapping[str, tuple[str, ...]] | None:
        """The arguments where these words (single spaces) are this command, else None."""
        found = re.fullmatch(_pattern(self.usage), words, re.IGNORECASE)
        if found is None:
            return None
        names = [item[1] for item in _PLACEHOLDER.findall(self.usage)]
        texts = zip(names, found.groups(), strict=True)
        return {name: tuple(text.split()) for name, text in texts if text}


def refused(text: str) -> Answer:
    """Its end, with the reason why nothing was done."""
    return Answer(text, well=False)


def _pattern(usage: str) -> str:
    """The usage as a regular expression, a group for each placeholder."""
    pattern, end = "", 0
    for found in _PLACEHOLDER.finditer(usage):
        optional, _, several, _ = found.groups()
        literal = re.escape(usage[end : found.start()])
        several_or_one = r"(\S+(?: \S+)*)" if several else r"(\S+)"
        if optional:
            pattern += literal.removesuffix(r"\ ") + f"(?: {several_or_one})?"
        else:
            pattern += literal + several_or_one
        end = found.end()
    return pattern + re.escape(usage[end:])
