"""A comment with a command, and what its answer comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.lifecycle.commands import CommandObserved, decide_command
from bot.lifecycle.commands.command import PREFIX
from bot.lifecycle.effects import CreateComment, Effect, React
from bot.lifecycle.marker import Signer
from bot.lifecycle.platform import Deployment, deployment
from bot.lifecycle.rollout import RolloutObserved
from bot.lifecycle.status import ObjectStatus
from bot.model.cluster import source_from, terraform_from
from bot.model.github import Comment, Permission

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SIGNER = Signer.from_secret("hush")
TIP = "b" * 40


@dataclass(frozen=True)
class Said:
    """The words of the answer, the reaction ("" while it goes on), and all else that is done."""

    text: str
    reaction: str
    effects: tuple[Effect, ...]
    again: float | None


def observed(body: str, **parts: Any) -> CommandObserved:
    """Asked a minute ago on pull request 7 by adam, who may do all."""
    at = NOW - timedelta(minutes=1)
    seen = CommandObserved(
        repository="octo/lake",
        number=7,
        comment=Comment(5, "adam", body, at, at),
        permission=Permission.ADMIN,
        reactions=(),
        replies=(),
        is_pull_request=True,
        public=False,
        served=True,
        now=NOW,
        escalate=8.0,
    )
    return replace(seen, **parts)


def said(seen: CommandObserved) -> Said:
    decision = decide_command(seen, SIGNER).decision
    words = [item.body for item in decision.effects if isinstance(item, CreateComment)]
    reactions = [item.content for item in decision.effects if isinstance(item, React)]
    rest = tuple(e for e in decision.effects if not isinstance(e, CreateComment | React))
    reaction = ",".join(item for item in reactions if item != "eyes")
    text = "".join(words).partition("\n")[2]
    return Said(text, reaction, rest, decision.requeue.after)


def confirming(text: str) -> str:
    """The command that an answer says is to be written to confirm."""
    return next(line for line in text.splitlines() if line.startswith(PREFIX))


def lake(**spec: Any) -> Deployment:
    """`lake/lake-airbyte`, at rest: all applied at the tip."""
    source = source_from(
        {
            "metadata": {"namespace": "flux-system", "name": "lake"},
            "spec": {"url": "https://github.com/octo/lake.git", "ref": {"branch": "main"}},
            "status": {"artifact": {"revision": f"main@sha1:{TIP}"}},
        }
    )
    reference = {"kind": "GitRepository", "name": "lake", "namespace": "flux-system"}
    ready = {"type": "Ready", "status": "True", "reason": "NoDrift", "message": "No drift"}
    terraform = terraform_from(
        {
            "metadata": {"namespace": "lake", "name": "lake-airbyte"},
            "spec": {
                "path": "./airbyte",
                "sourceRef": reference,
                "approvePlan": "auto",
                **spec,
            },
            "status": {
                "lastAttemptedRevision": f"main@sha1:{TIP}",
                "lastAppliedRevision": f"main@sha1:{TIP}",
                "conditions": [ready],
            },
        }
    )
    made = deployment(terraform, source)
    assert isinstance(made, Deployment)
    return made


def ladder(*backfills: Any, **spec: Any) -> tuple[ObjectStatus, ...]:
    """That object's ladder, with these backfills."""
    return (ObjectStatus(RolloutObserved(lake(**spec), TIP, NOW, 8.0), backfills=backfills),)
