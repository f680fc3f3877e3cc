"""The last look at what is about to be said anywhere: true values are taken out. PURE.

What decides takes them out already, before it remembers what it said; here nothing gets past that
forgot to. A text that was looked through stays as it is.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from bot.lifecycle.effects import (
    Annotation,
    CommentOnCommit,
    CreateComment,
    Decision,
    Effect,
    OpenPullRequest,
    PutCheck,
    UpdateComment,
    UpdateCommitComment,
    UpdatePullRequestBranch,
)
from bot.lifecycle.operations import CommitToBranch
from bot.render.markdown import redacted

_MARKER = "<!-- lotus:"


def without(decision: Decision, secrets: Set[str]) -> Decision:
    """The same, and in no text of it one of these values."""
    if not secrets:
        return decision
    effects = tuple(_without(effect, secrets) for effect in decision.effects)
    return Decision(effects, decision.requeue)


def _without(effect: Effect, secrets: Set[str]) -> Effect:
    match effect:
        case CreateComment() | UpdateComment() | CommentOnCommit() | UpdateCommitComment():
            return replace(effect, body=_body(effect.body, secrets))
        case PutCheck():
            return replace(
                effect,
                title=redacted(effect.title, secrets),
                summary=redacted(effect.summary, secrets),
                annotations=tuple(_annotation(item, secrets) for item in effect.annotations),
            )
        case OpenPullRequest() | UpdatePullRequestBranch():
            title, body = redacted(effect.title, secrets), _body(effect.body, secrets)
            return replace(effect, title=title, body=body)
        case CommitToBranch():
            return replace(effect, message=redacted(effect.message, secrets))
        case _:
            return effect


def _body(body: str, secrets: Set[str]) -> str:
    """The signed line stays as it was signed."""
    first, line, rest = body.partition("\n")
    if first.startswith(_MARKER):
        return first + line + redacted(rest, secrets)
    return redacted(body, secrets)


def _annotation(item: Annotation, secrets: Set[str]) -> Annotation:
    title, message = redacted(item.title, secrets), redacted(item.message, secrets)
    return replace(item, title=title, message=message)
