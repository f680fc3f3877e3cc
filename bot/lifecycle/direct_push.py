"""A commit that came onto the branch without a pull request: told where it is, if it failed. PURE.

What goes well makes no noise. What needs a person is one comment on the commit itself, for only
that notifies its author; nobody else has a place to be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.lifecycle import marker
from bot.lifecycle.effects import CommentOnCommit, Decision
from bot.lifecycle.marker import Signer
from bot.lifecycle.next_step import next_step
from bot.lifecycle.rollout import Standing
from bot.model.github import Comment
from bot.render.markdown import code, fenced, plain, redacted


@dataclass(frozen=True, slots=True)
class DirectPush:
    """The branch's tip and where it stands in one Terraform object, called `title`.

    `ours`: our comments on the commit. `secrets` are true values, for redaction only.
    """

    repository: str
    sha: str
    title: str
    standing: Standing
    ours: tuple[Comment, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def decide_direct_push(seen: DirectPush, signer: Signer) -> Decision:
    """A comment on the commit, once for each way in which it got stuck."""
    if not seen.standing.stand.needs_person:
        return Decision()
    name = marker_name(seen)
    if any(marker.start(name) in comment.body for comment in seen.ours):
        return Decision()
    body = f"{marker.line(signer, name, {})}\n{redacted(_text(seen), seen.secrets)}"
    return Decision((CommentOnCommit(seen.repository, seen.sha, marker.start(name), body),))


def marker_name(seen: DirectPush) -> str:
    """What finds the comment again."""
    stand = seen.standing.stand.value.replace(" ", "-")
    return f"lotus:push:{seen.sha[:10]}:{marker.fingerprint(seen.title)}:{stand}"


def _text(seen: DirectPush) -> str:
    stand = seen.standing.stand
    head = f"**⚠ {plain(seen.title)}: {stand.value}.** {next_step(seen.standing)}".rstrip()
    words = seen.standing.words
    closing = f"The branch stands at {code(seen.sha[:10])}; what was applied before stays applied."
    return "\n\n".join(part for part in (head, fenced(words) if words else "", closing) if part)
