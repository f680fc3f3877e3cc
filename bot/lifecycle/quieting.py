"""Connections that every pass updates, on the branch already: told once, with the remedy. PURE.

What can be written for certain is one pull request for a Terraform object, and nothing in anybody
else's: it is opened once, kept current while it is open and untouched, closed when nothing drifts
any more, and not opened again for the same files where a person closed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.lifecycle.backfill import LeftBranch, OpenFollowUp, closed, removed
from bot.lifecycle.effects import Effect, OpenPullRequest, UpdatePullRequestBranch
from bot.lifecycle.marker import fingerprint
from bot.lifecycle.remedy import ByHand, lines
from bot.model.github import PullRequest, PullRequestState
from bot.render.markdown import code

PREFIX = "lotus/quiet/"


@dataclass(frozen=True, slots=True)
class QuietingObserved:
    """A branch's tip that is applied. `title` is the Terraform object's.

    `edits`: files as Airbyte reads back, as far as a prediction with them has shown that it ends
    the drift of `connections` and changes nothing else. `by_hand`: what drifts besides, where it is
    written, last touched by the commit `touched`; `also`: what the edits would have changed.
    `open`: ours that are open. `former`: every pull request from the branch that `branch_of` names,
    in any state. `allowed`: `.lotus.yaml` lets us propose it. `left`: branches whose pull request
    is over.
    """

    repository: str
    branch: str
    tip: str
    title: str
    connections: tuple[str, ...] = ()
    edits: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    open: tuple[OpenFollowUp, ...] = ()
    former: tuple[PullRequest, ...] = ()
    allowed: bool = True
    left: tuple[LeftBranch, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    also: tuple[str, ...] = ()
    touched: str = ""


def branch_of(title: str, paths: tuple[str, ...], merged: int = 0) -> str:
    """Derived from the object and its drifting files; `merged`: how often that was mended before.

    A person who closed it is heard as long as the same files drift.
    """
    again = f"-{merged + 1}" if merged else ""
    return f"{prefix_of(title)}{fingerprint(' '.join(sorted(paths)))[:10]}{again}"


def prefix_of(title: str) -> str:
    """How every such branch of this object begins."""
    return f"{PREFIX}{title}/"


def decide_quieting(seen: QuietingObserved) -> tuple[Effect, ...]:
    """What the one pull request needs; nothing, mostly."""
    return (*removed(seen.repository, seen.left), *_proposed(seen))


def _proposed(seen: QuietingObserved) -> tuple[Effect, ...]:
    if not seen.edits:
        untouched = (item for item in seen.open if item.untouched)
        return tuple(effect for item in untouched for effect in closed(seen.repository, item))
    if seen.open:
        return tuple(_renewed(seen, seen.open[0]))
    if not seen.allowed or any(one.state is not PullRequestState.MERGED for one in seen.former):
        return ()
    paths = tuple(sorted(seen.edits))
    return (
        OpenPullRequest(
            repository=seen.repository,
            branch=branch_of(seen.title, paths, len(seen.former)),
            base=seen.branch,
            base_sha=seen.tip,
            edits=seen.edits,
            title=_title(seen),
            body=_body(seen, paths),
        ),
    )


def _renewed(seen: QuietingObserved, item: OpenFollowUp) -> list[Effect]:
    if not item.untouched or dict(item.contents) == dict(seen.edits):
        return []
    return [
        UpdatePullRequestBranch(
            repository=seen.repository,
            branch=item.pull_request.head_branch,
            expected=item.pull_request.head_sha,
            base_sha=seen.tip,
            edits=seen.edits,
            title=item.pull_request.title,
            body=_body(seen, tuple(sorted(seen.edits))),
        )
    ]


def _title(seen: QuietingObserved) -> str:
    count = len(seen.edits)
    what = "the catalog" if count == 1 else f"{count} catalogs"
    if not all(path.endswith(".json") for path in seen.edits):
        what = "the catalogs"
    return f"{seen.title}: write {what} as Airbyte reads back"


def _body(seen: QuietingObserved, paths: tuple[str, ...]) -> str:
    names = "\n".join(f"- {code(name)}" for name in seen.connections)
    files = ", ".join(code(path) for path in paths)
    return (
        "Every pass of the controller updates these connections, for ever, and while one of their "
        f"streams has `backfill: true`, each pass resets it again:\n\n{names}\n\n"
        "Nothing is wrong with what their catalogs mean: they are written otherwise than Airbyte "
        f"and the provider read them back. This pull request of lotus-bot writes {files} in that "
        "form; with it, a plan finds nothing to change, at once and without an apply. What is "
        f"synced stays the same.\n\n{_rest(seen)}"
        "Close it, and I do not propose it again for these files; `.lotus.yaml` with "
        "`catalogs: {propose_quiet: false}` says so for all."
    )


def _rest(seen: QuietingObserved) -> str:
    if not seen.by_hand:
        return ""
    listed = "\n".join(f"- {line}" for line in lines(seen.by_hand))
    return f"What else drifts I cannot write for certain; by hand:\n\n{listed}\n\n"
