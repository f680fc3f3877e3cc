"""What is observed of a pull request before anything is decided, and how far it has come. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle.backfill import FlaggedConnection, Stage, progress
from bot.lifecycle.flags import OddFlag, StreamFlag
from bot.lifecycle.rollout import Standing
from bot.model.github import CheckRun, PullRequest, PullRequestState
from bot.model.github import Comment as Posted
from bot.plan.prediction import Prediction
from bot.render.comment import Rung


@dataclass(frozen=True, slots=True)
class FlagSeen:
    """A flag at the head. `is_new`: this pull request sets it. `connections` that it resets."""

    flag: StreamFlag
    is_new: bool
    connections: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    cost: str = ""


@dataclass(frozen=True, slots=True)
class AfterMerge:
    """What became of the merge in one Terraform object."""

    standing: Standing
    fetched_at: datetime | None = None
    applied_at: datetime | None = None
    backfills: tuple[FlaggedConnection, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleSeen:
    """One Terraform object's module at the head. `perpetual`: what every pass would update.

    `basis`: lines on what the prediction rests on, for the footer.
    """

    title: str
    prediction: Prediction | None = None
    problem: str = ""
    flags: tuple[FlagSeen, ...] = ()
    odd_flags: tuple[OddFlag, ...] = ()
    perpetual: frozenset[str] = frozenset()
    basis: tuple[str, ...] = ()
    after: AfterMerge | None = None


@dataclass(frozen=True, slots=True)
class PullRequestObserved:
    """`ours`: all comments of ours with a marker, oldest first. `checks`: ours on head and merge.

    `secrets` are true values, for redaction only. `undoes` says, for a follow-up of ours, what.
    `news`: somebody asked, so a comment that was deleted comes back. `said`: names of alarms.
    """

    pull_request: PullRequest
    base_tip: str
    modules: tuple[ModuleSeen, ...]
    ours: tuple[Posted, ...]
    checks: tuple[CheckRun, ...]
    files_url: str
    conflict: bool = False
    committed_state: tuple[str, ...] = ()
    undoes: str = ""
    news: bool = False
    said: frozenset[str] = frozenset()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    poll: float = 30.0


def rung(module: ModuleSeen) -> Rung:
    """How far this object has come with it."""
    after = module.after
    if after is None:
        return Rung.PREDICTED
    if after.standing.stand.needs_person:
        return Rung.FAILED
    if not after.standing.stand.done:
        return Rung.WAITING
    through = [progress(item).stage is Stage.DONE for item in after.backfills]
    return Rung.ARRIVED if through and all(through) else Rung.APPLIED


def is_over(seen: PullRequestObserved) -> bool:
    """Whether nothing more will become of it: applied, and all that was flagged arrived."""
    if seen.pull_request.state is not PullRequestState.MERGED:
        return seen.pull_request.state is PullRequestState.CLOSED
    for module in seen.modules:
        after = module.after
        if after is None or not after.standing.stand.done:
            return False
        if any(progress(item).stage is not Stage.DONE for item in after.backfills):
            return False
        if any(not item.follow_ups for item in after.backfills):
            return False
    return True
