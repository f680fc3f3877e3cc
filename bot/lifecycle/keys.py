"""What can be looked at: each key names one thing, and says nothing of what happened to it.

PURE. A key's text form can be parsed back, so that a queue outside the process can hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class PullRequestKey:
    """A pull request of `repository` (`owner/name`)."""

    repository: str
    number: int


@dataclass(frozen=True, slots=True)
class BranchKey:
    """What a Terraform object applies: its repository's branch, followed to applied and arrived."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class CommandKey:
    """A comment that may hold a command."""

    repository: str
    number: int
    comment_id: int


@dataclass(frozen=True, slots=True)
class PressKey:
    """A button that `login` pressed on the check run `check` of `sha`; `delivery` is its id.

    The one key that says what happened: nothing else at GitHub tells of a press.
    """

    repository: str
    check: int
    sha: str
    button: str
    login: str
    delivery: str


@dataclass(frozen=True, slots=True)
class RepositoryKey:
    """A repository as a whole: which pull requests are open, which comments are new."""

    repository: str


@dataclass(frozen=True, slots=True)
class PushKey:
    """A branch that moved: what is applied from it, and the pull requests onto it."""

    repository: str
    branch: str


@dataclass(frozen=True, slots=True)
class MergeGroupKey:
    """A branch of GitHub's merge queue, `gh-readonly-queue/<base>/…`: what it would merge."""

    repository: str
    branch: str


@dataclass(frozen=True, slots=True)
class InstallationsKey:
    """Which repositories there are."""


@dataclass(frozen=True, slots=True)
class CopiesKey:
    """All plan-only copies in the cluster: which of them nobody looks after any more."""


@dataclass(frozen=True, slots=True)
class DeliverySweepKey:
    """Which webhooks failed to reach us."""


Key = (
    PullRequestKey
    | BranchKey
    | CommandKey
    | PressKey
    | RepositoryKey
    | PushKey
    | MergeGroupKey
    | InstallationsKey
    | CopiesKey
    | DeliverySweepKey
)


def text(key: Key) -> str:
    """The key in a line, such as `pull-request octo/lake 7`."""
    match key:
        case PullRequestKey(repository, number):
            return f"pull-request {repository} {number}"
        case BranchKey(namespace, name):
            return f"branch {namespace} {name}"
        case CommandKey(repository, number, comment_id):
            return f"command {repository} {number} {comment_id}"
        case PressKey(repository, check, sha, button, login, delivery):
            return f"press {repository} {check} {sha} {button} {login} {delivery}"
        case RepositoryKey(repository):
            return f"repository {repository}"
        case PushKey(repository, branch):
            return f"push {repository} {branch}"
        case MergeGroupKey(repository, branch):
            return f"merge-group {repository} {branch}"
        case InstallationsKey():
            return "installations"
        case CopiesKey():
            return "copies"
        case DeliverySweepKey():
            return "delivery-sweep"
        case _:
            assert_never(key)


def parse(line: str) -> Key:
    """The reverse of `text`; raises `ValueError` for anything else."""
    match line.split(" "):
        case ["pull-request", repository, number]:
            return PullRequestKey(repository, int(number))
        case ["branch", namespace, name]:
            return BranchKey(namespace, name)
        case ["command", repository, number, comment_id]:
            return CommandKey(repository, int(number), int(comment_id))
        case ["press", repository, check, sha, button, login, delivery]:
            return PressKey(repository, int(check), sha, button, login, delivery)
        case ["repository", repository]:
            return RepositoryKey(repository)
        case ["push", repository, branch]:
            return PushKey(repository, branch)
        case ["merge-group", repository, branch]:
            return MergeGroupKey(repository, branch)
        case ["installations"]:
            return InstallationsKey()
        case ["copies"]:
            return CopiesKey()
        case ["delivery-sweep"]:
            return DeliverySweepKey()
        case _:
            raise ValueError(f"no key: {line!r}")
