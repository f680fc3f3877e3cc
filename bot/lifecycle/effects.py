"""The closed set of things that the bot can do. PURE: data.

`bot.runtime.perform.effects` does them. No effect is decided on where what it would bring about
was observed to be there already; and each can be done twice without harm, for a crash may come
between doing it and knowing it. There is no effect that resets a connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.lifecycle.confirm.copy_effects import CopyEffect
from bot.lifecycle.operations import Operation


@dataclass(frozen=True, slots=True)
class CreateComment:
    """On an issue or pull request. `marker` in `body` finds it again: one with it is enough."""

    repository: str
    number: int
    marker: str
    body: str


@dataclass(frozen=True, slots=True)
class UpdateComment:
    """The comment that stands says something else now."""

    repository: str
    comment_id: int
    body: str


@dataclass(frozen=True, slots=True)
class DeleteComment:
    """A second comment of ours, made by a race."""

    repository: str
    comment_id: int


@dataclass(frozen=True, slots=True)
class CommentOnCommit:
    """Where a commit came without a pull request; `marker` finds it again."""

    repository: str
    sha: str
    marker: str
    body: str


@dataclass(frozen=True, slots=True)
class UpdateCommitComment:
    """A comment of ours on a commit says something else now."""

    repository: str
    comment_id: int
    body: str


@dataclass(frozen=True, slots=True)
class React:
    """A reaction on a comment, in GitHub's word (eyes, rocket, confused); GitHub keeps one."""

    repository: str
    comment_id: int
    content: str


class Conclusion(StrEnum):
    """How a check ended."""

    SUCCESS = "success"
    NEUTRAL = "neutral"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Annotation:
    """Words on a line of a file; `level` is notice, warning or failure."""

    path: str
    line: int
    level: str
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Button:
    """A requested action of a check: 20, 20 and 40 characters at most."""

    identifier: str
    label: str
    description: str


@dataclass(frozen=True, slots=True)
class PutCheck:
    """A check run of that name on that commit. `existing` is its id where there is one.

    `conclusion` None: in progress. `fingerprint` names what it says, to see it unchanged.
    """

    repository: str
    head_sha: str
    name: str
    title: str
    summary: str
    conclusion: Conclusion | None
    fingerprint: str
    existing: int | None = None
    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnotateSource:
    """Ask source-controller to fetch a GitRepository now; `value` is the new `requestedAt`.

    `seen`: the object's version that this was decided on; whoever wrote since was faster.
    """

    namespace: str
    name: str
    value: str
    seen: str = ""


@dataclass(frozen=True, slots=True)
class AnnotateTerraform:
    """Ask tofu-controller for a pass now; `seen` as in `AnnotateSource`."""

    namespace: str
    name: str
    value: str
    seen: str = ""


@dataclass(frozen=True, slots=True)
class ClearLastPlanAt:
    """Let an old controller forget when it planned last; an AnnotateTerraform follows."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """A branch of ours with one commit on `base_sha`, and its pull request onto `base`.

    The branch's name is derived from what it does, so that a second one cannot arise.
    """

    repository: str
    branch: str
    base: str
    base_sha: str
    edits: Mapping[str, bytes]
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class UpdatePullRequestBranch:
    """Our branch anew on `base_sha`, unless somebody else moved it from `expected`.

    Its pull request says `body` from then on; `title` names the commit, and stays the title.
    """

    repository: str
    branch: str
    expected: str
    base_sha: str
    edits: Mapping[str, bytes]
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class ClosePullRequest:
    """A pull request of ours that has nothing to do any more."""

    repository: str
    number: int


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    """A branch of ours whose pull request is over, as long as it is at `expected`."""

    repository: str
    branch: str
    expected: str


@dataclass(frozen=True, slots=True)
class MergePullRequest:
    """A pull request of ours that `.lotus.yaml` lets us merge, while its head is `head_sha`."""

    repository: str
    number: int
    head_sha: str


Said = (
    CreateComment
    | UpdateComment
    | DeleteComment
    | CommentOnCommit
    | UpdateCommitComment
    | React
    | PutCheck
)
"""What only tells: nothing else hangs on it."""

Effect = (
    Said
    | AnnotateSource
    | AnnotateTerraform
    | ClearLastPlanAt
    | OpenPullRequest
    | UpdatePullRequestBranch
    | ClosePullRequest
    | DeleteBranch
    | MergePullRequest
    | CopyEffect
    | Operation
)


@dataclass(frozen=True, slots=True)
class Requeue:
    """Look again after so many seconds (None: when there is news), and why, for the log."""

    after: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, in order, and when to look again."""

    effects: tuple[Effect, ...] = ()
    requeue: Requeue = Requeue()
