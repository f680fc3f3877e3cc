"""The pull request that sets finished flags back: opened, kept current, merged, closed. PURE.

One for each connection and flag-setting merge: the merge's SHA is in its branch's name, so a
second one cannot arise, and one that a person closed is found and heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle.backfill.stages import FlaggedConnection, Progress, Stage, progress
from bot.lifecycle.backfill.story import story
from bot.lifecycle.effects import (
    ClosePullRequest,
    Decision,
    DeleteBranch,
    Effect,
    MergePullRequest,
    OpenPullRequest,
    Requeue,
    UpdatePullRequestBranch,
)
from bot.lifecycle.marker import fingerprint
from bot.lifecycle.repository_settings import RepositorySettings
from bot.model.github import PullRequest

PREFIX = "lotus/backfill/"
_MERGEABLE = "clean"
_LONGEST = 80
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_DEFAULTS = RepositorySettings()


@dataclass(frozen=True, slots=True)
class OpenFollowUp:
    """A follow-up of ours that is open, whoever's connection it is about.

    `contents`: the files that its branch changes, as they are there (None: removed). `settles`:
    one of its flags is still set by the merge that it names. `untouched`: its branch is one
    commit of ours on the base, and nobody else's.
    """

    pull_request: PullRequest
    contents: Mapping[str, bytes | None] = field(default_factory=dict, repr=False)
    settles: bool = True
    untouched: bool = True


@dataclass(frozen=True, slots=True)
class LeftBranch:
    """A branch of ours whose pull requests are over, with nothing but our own commit at `sha`."""

    name: str
    sha: str


@dataclass(frozen=True, slots=True)
class BackfillObserved:
    """A repository's branch with all its flagged connections, and the follow-ups that are open.

    `left`: branches of follow-ups that are over.
    """

    repository: str
    branch: str
    tip: str
    connections: tuple[FlaggedConnection, ...]
    now: datetime
    poll: float
    open: tuple[OpenFollowUp, ...] = ()
    settings: RepositorySettings = _DEFAULTS
    left: tuple[LeftBranch, ...] = ()


def decide_backfill(seen: BackfillObserved) -> Decision:
    """A pull request for each connection that is through, or that must be taken out of a loop."""
    effects = [*removed(seen.repository, seen.left)]
    effects += [effect for item in seen.open for effect in _keep(seen, item)]
    busy = False
    for flagged in seen.connections:
        now = progress(flagged)
        busy = busy or not now.settled
        if now.settled and not flagged.follow_ups and flagged.edits:
            effects.append(_open(seen, flagged, now))
    if busy:
        return Decision(tuple(effects), Requeue(seen.poll, "backfills under way"))
    if seen.open and seen.settings.auto_merge_backfill:
        return Decision(tuple(effects), Requeue(seen.poll, "a follow-up is to be merged"))
    return Decision(tuple(effects))


def branch_of(address: str, set_by: str) -> str:
    """The follow-up's branch: derived from what it resets, so that a second one cannot arise.

    Of an address that Git has no name for, what it has, and a digest of the whole.
    """
    name = address.removeprefix("airbyte_connection.")
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        cleaned = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:_LONGEST].strip("-")
        name = f"{cleaned}-{fingerprint(address)[:8]}"
    return f"{PREFIX}{name}-{set_by[:10]}"


def removed(repository: str, left: Iterable[LeftBranch]) -> Iterator[Effect]:
    """Nothing of ours stays behind a pull request that is over."""
    return (DeleteBranch(repository, branch.name, branch.sha) for branch in left)


def closed(repository: str, item: OpenFollowUp) -> Iterator[Effect]:
    """It has nothing to do any more: closed, and its branch deleted where that is all ours."""
    pull_request = item.pull_request
    yield ClosePullRequest(repository, pull_request.number)
    if item.untouched:
        yield DeleteBranch(repository, pull_request.head_branch, pull_request.head_sha)


def _keep(seen: BackfillObserved, item: OpenFollowUp) -> Iterator[Effect]:
    """What an open one needs: nothing, mostly."""
    pull_request = item.pull_request
    if not item.settles:
        yield from closed(seen.repository, item)
        return
    flagged = _flagged(seen, pull_request.head_branch)
    if flagged is None:
        return
    if item.untouched and flagged.edits and dict(item.contents) != dict(flagged.edits):
        yield UpdatePullRequestBranch(
            repository=seen.repository,
            branch=pull_request.head_branch,
            expected=pull_request.head_sha,
            base_sha=seen.tip,
            edits=flagged.edits,
            title=pull_request.title,
            body=story(flagged, progress(flagged)),
        )
    elif item.untouched and _may_merge(seen, pull_request):
        yield MergePullRequest(seen.repository, pull_request.number, pull_request.head_sha)


def _may_merge(seen: BackfillObserved, pull_request: PullRequest) -> bool:
    """GitHub says `clean` only where nothing is required any more and every check is green."""
    return seen.settings.auto_merge_backfill and pull_request.mergeable_state == _MERGEABLE


def _flagged(seen: BackfillObserved, branch: str) -> FlaggedConnection | None:
    ours = (item for item in seen.connections if branch_of(item.address, item.set_by) == branch)
    return next(ours, None)


def _open(seen: BackfillObserved, flagged: FlaggedConnection, now: Progress) -> OpenPullRequest:
    name = flagged.address.removeprefix("airbyte_connection.")
    done = "Reset loop of" if now.loop and now.stage is not Stage.DONE else "Backfill complete for"
    return OpenPullRequest(
        repository=seen.repository,
        branch=branch_of(flagged.address, flagged.set_by),
        base=seen.branch,
        base_sha=seen.tip,
        edits=flagged.edits,
        title=f"{done} {name}: set backfill back to false",
        body=story(flagged, now),
    )
