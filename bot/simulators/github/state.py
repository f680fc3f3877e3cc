"""What GitHub knows beside Git: people, repositories, pull requests, comments, checks, the App.

A simulator: imports nothing of the bot. Plain records; the rules are in the areas' modules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.simulators.github.git import GitRepository

LEVELS = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(slots=True)
class User:
    """A person, an organization or a bot."""

    id: int
    login: str
    type: str = "User"


@dataclass(slots=True)
class Repository:
    """A repository; `people` has the role of each who has one."""

    id: int
    full_name: str
    private: bool
    default_branch: str
    git: GitRepository
    created_at: datetime
    people: dict[str, str] = field(default_factory=dict)
    fork_of: str | None = None
    next_number: int = 1

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]


@dataclass(slots=True)
class Issue:
    """An issue; a pull request is one, too."""

    repository: str
    number: int
    id: int
    title: str
    body: str
    author: str
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    closed_at: datetime | None = None


@dataclass(slots=True)
class Review:
    """A review of a commit; `state` is APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED."""

    id: int
    author: str
    state: str
    commit: str
    submitted_at: datetime


@dataclass(slots=True)
class Pull:
    """What a pull request has beside its issue; `checked`: (base, head) of the last test merge."""

    issue: Issue
    base_branch: str
    base_sha: str
    head_repository: str
    head_branch: str
    head_sha: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: str | None = None
    merge_commit: str | None = None
    mergeable: bool | None = None
    checked: tuple[str, str] | None = None
    reviews: list[Review] = field(default_factory=list)


@dataclass(slots=True)
class Reaction:
    """A reaction on a comment."""

    id: int
    content: str
    author: str
    created_at: datetime


@dataclass(slots=True)
class Comment:
    """On an issue (`number`) or on a commit (`sha`)."""

    id: int
    repository: str
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    number: int = 0
    sha: str = ""
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True)
class CheckRun:
    """A check run of the App."""

    id: int
    repository: str
    head_sha: str
    name: str
    status: str
    started_at: datetime
    conclusion: str | None = None
    completed_at: datetime | None = None
    external_id: str = ""
    details_url: str = ""
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)
    actions: list[dict[str, object]] = field(default_factory=list)


@dataclass(slots=True)
class App:
    """The GitHub App under test."""

    id: int
    slug: str
    public_key: str
    webhook_url: str
    webhook_secret: str
    permissions: dict[str, str]
    events: list[str]

    @property
    def login(self) -> str:
        return f"{self.slug}[bot]"


@dataclass(frozen=True, slots=True)
class Offer:
    """An App from a manifest that somebody agreed to, and whose code was not traded in yet."""

    manifest: dict[str, Any]
    owner: str
    until: datetime


@dataclass(slots=True)
class Installation:
    """The App on an account; `repositories` None: all of them."""

    id: int
    account: str
    permissions: dict[str, str]
    repositories: set[str] | None = None
    suspended_at: datetime | None = None


@dataclass(slots=True)
class Token:
    """What a bearer token stands for."""

    expires_at: datetime
    installation: int | None = None
    login: str | None = None


@dataclass(slots=True)
class Requested:
    """A request that was answered; `counted` against the rate limit or not."""

    method: str
    path: str
    status: int
    who: str
    counted: bool
