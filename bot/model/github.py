"""GitHub's nouns as the bot speaks of them. Pure; made by `bot.clients.github` only.

All times are aware and in UTC. Logins and texts are as GitHub has them: untrusted, unescaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Permission(StrEnum):
    """What a person may do in a repository; each includes those before it."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def allows(self, needed: Permission) -> bool:
        """Whether it is at least `needed`."""
        order = list(Permission)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that an installation may see; `name` is `owner/name`."""

    name: str
    private: bool
    installation: int


class PullRequestState(StrEnum):
    """GitHub's `state`, with `merged` told apart from closed without a merge."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`head_repository` is None where the fork was deleted. `mergeable` None: GitHub computes it.

    `merge_commit` is the test merge while it is open, and what landed on the base when merged.
    `mergeable_state` is GitHub's word (clean, blocked, unstable, dirty), "" where it was not read.
    """

    repository: str
    number: int
    state: PullRequestState
    title: str
    author: str
    base_branch: str
    base_sha: str
    head_branch: str
    head_sha: str
    head_repository: str | None
    url: str
    body: str = ""
    mergeable: bool | None = None
    merge_commit: str | None = None
    merged_at: datetime | None = None
    updated_at: datetime | None = None
    mergeable_state: str = ""

    @property
    def from_fork(self) -> bool:
        """Whether the head is not in the repository itself."""
        return self.head_repository != self.repository


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on an issue, a pull request or a commit.

    `reactions`: what stands on it, whoever's; GitHub says so of comments on issues.
    """

    id: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    url: str = ""
    reactions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reaction:
    """`content` is GitHub's word: eyes, rocket, confused, +1."""

    id: int
    content: str
    author: str


@dataclass(frozen=True, slots=True)
class Review:
    """A review of a pull request at `commit`; `state` is GitHub's word (APPROVED, DISMISSED…)."""

    author: str
    state: str
    commit: str


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run; `conclusion` is None until `status` is completed; `app` is its maker's slug."""

    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    title: str
    summary: str
    external_id: str
    app: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its tree, its parents (first parent first), when it was committed."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str
    committed_at: datetime
