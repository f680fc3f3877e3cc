"""GitHub's JSON as `bot.model.github`'s nouns. No I/O; raises `Unintelligible` for nonsense."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bot.clients.errors import Unintelligible
from bot.model.github import (
    CheckRun,
    Comment,
    Commit,
    Permission,
    PullRequest,
    PullRequestState,
    Reaction,
    Repository,
    Review,
)

Json = dict[str, Any]

_ROLES = {
    "admin": Permission.ADMIN,
    "maintain": Permission.WRITE,
    "write": Permission.WRITE,
    "triage": Permission.READ,
    "read": Permission.READ,
}


@contextmanager
def decoding(what: str) -> Iterator[None]:
    """A field that is missing or of another kind is GitHub's fault, not the key's."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Unintelligible("GitHub", f"{what}: not in the shape that it documents") from None


def repository(item: Json, installation: int) -> Repository:
    """A repository of an installation."""
    with decoding("repository"):
        return Repository(item["full_name"], bool(item["private"]), installation)


def pull_request(item: Json) -> PullRequest:
    """A pull request, as listed or as read alone (only then with `mergeable`)."""
    with decoding("pull request"):
        head_repository = item["head"].get("repo")
        return PullRequest(
            repository=item["base"]["repo"]["full_name"],
            number=int(item["number"]),
            state=_state(item),
            title=item["title"],
            author=_login(item),
            base_branch=item["base"]["ref"],
            base_sha=item["base"]["sha"],
            head_branch=item["head"]["ref"],
            head_sha=item["head"]["sha"],
            head_repository=head_repository["full_name"] if head_repository else None,
            url=item["html_url"],
            body=item.get("body") or "",
            mergeable=item.get("mergeable"),
            merge_commit=item.get("merge_commit_sha"),
            merged_at=_time(item.get("merged_at")),
            updated_at=_time(item.get("updated_at")),
            mergeable_state=str(item.get("mergeable_state") or ""),
        )


def comment(item: Json) -> Comment:
    """A comment on an issue, a pull request or a commit."""
    with decoding("comment"):
        return Comment(
            id=int(item["id"]),
            author=_login(item),
            body=item.get("body") or "",
            created_at=datetime.fromisoformat(item["created_at"]),
            updated_at=datetime.fromisoformat(item["updated_at"]),
            url=item.get("html_url", ""),
            reactions=_counted(item.get("reactions") or {}),
        )


def _counted(rollup: Json) -> frozenset[str]:
    """The contents in GitHub's `reactions`, which has a count for each."""
    return frozenset(
        name
        for name, count in rollup.items()
        if isinstance(count, int) and count and name != "total_count"
    )


def reaction(item: Json) -> Reaction:
    """A reaction."""
    with decoding("reaction"):
        return Reaction(int(item["id"]), item["content"], _login(item))


def review(item: Json) -> Review:
    """A review of a pull request."""
    with decoding("review"):
        return Review(_login(item), str(item["state"]), str(item.get("commit_id") or ""))


def check_run(item: Json) -> CheckRun:
    """A check run."""
    with decoding("check run"):
        output = item.get("output") or {}
        return CheckRun(
            id=int(item["id"]),
            name=item["name"],
            head_sha=item["head_sha"],
            status=item["status"],
            conclusion=item.get("conclusion"),
            title=output.get("title") or "",
            summary=output.get("summary") or "",
            external_id=item.get("external_id") or "",
            app=(item.get("app") or {}).get("slug") or "",
        )


def commit(item: Json) -> Commit:
    """A commit, from the repository's API (`commit` within) or from the Git database."""
    with decoding("commit"):
        inner = item.get("commit") or item
        return Commit(
            sha=item["sha"],
            tree=inner["tree"]["sha"],
            parents=tuple(parent["sha"] for parent in item["parents"]),
            message=inner["message"],
            committed_at=datetime.fromisoformat(inner["committer"]["date"]),
        )


def permission(item: Json) -> Permission:
    """The answer of `collaborators/{login}/permission`; custom roles by what they include."""
    with decoding("permission"):
        name = item.get("role_name") or item["permission"]
        return _ROLES.get(name) or _ROLES.get(item["permission"]) or Permission.NONE


def _state(item: Json) -> PullRequestState:
    if item.get("merged_at"):
        return PullRequestState.MERGED
    return PullRequestState(item["state"])


def _login(item: Json) -> str:
    """GitHub shows deleted accounts as `ghost`, with no user at all."""
    user = item.get("user")
    return str(user["login"]) if user else "ghost"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
