"""GitHub's JSON: the fields that its reference documents, for what the simulator has.

A simulator: imports nothing of the bot. https://docs.github.com/rest
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.simulators.github.git import CommitObject
from bot.simulators.github.state import (
    App,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Pull,
    Reaction,
    Repository,
    Review,
    User,
)

Json = dict[str, Any]


class Views:
    """`url` is the API's base, as it stands in `url` fields; pages are under `/html`."""

    def __init__(
        self, url: str, users: dict[str, User], repositories: dict[str, Repository]
    ) -> None:
        self.url = url
        self._users = users
        self._repositories = repositories

    def user(self, login: str) -> Json:
        """A simple user."""
        user = self._users[login]
        return {
            "login": login,
            "id": user.id,
            "node_id": node("U", user.id),
            "avatar_url": f"{self.url}/html/avatars/{user.id}",
            "url": f"{self.url}/users/{login}",
            "html_url": f"{self.url}/html/{login}",
            "type": user.type,
            "site_admin": False,
        }

    def repository(self, repository: Repository) -> Json:
        """A repository."""
        url = f"{self.url}/repos/{repository.full_name}"
        return {
            "id": repository.id,
            "node_id": node("R", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
            "visibility": "private" if repository.private else "public",
            "owner": self.user(repository.owner),
            "html_url": f"{self.url}/html/{repository.full_name}",
            "description": None,
            "fork": repository.fork_of is not None,
            "url": url,
            "clone_url": f"{self.url}/html/{repository.full_name}.git",
            "default_branch": repository.default_branch,
            "archived": False,
            "disabled": False,
            "created_at": stamp(repository.created_at),
            "updated_at": stamp(repository.created_at),
            "pushed_at": stamp(repository.created_at),
        }

    def issue(self, issue: Issue, *, is_pull: bool) -> Json:
        """An issue; `pull_request` tells one that is a pull request."""
        url = f"{self.url}/repos/{issue.repository}"
        shown: Json = {
            "id": issue.id,
            "node_id": node("I", issue.id),
            "url": f"{url}/issues/{issue.number}",
            "comments_url": f"{url}/issues/{issue.number}/comments",
            "html_url": f"{self.url}/html/{issue.repository}/issues/{issue.number}",
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "state": issue.state,
            "locked": False,
            "labels": [],
            "assignees": [],
            "author_association": self._association(issue.repository, issue.author),
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at),
        }
        if is_pull:
            shown["pull_request"] = {"url": f"{url}/pulls/{issue.number}"}
        return shown

    def pull(self, pull: Pull, *, alone: bool) -> Json:
        """A pull request; only read `alone` does it say whether it can be merged."""
        issue = pull.issue
        url = f"{self.url}/repos/{issue.repository}"
        shown: Json = {
            "id": issue.id,
            "node_id": node("PR", issue.id),
            "url": f"{url}/pulls/{issue.number}",
            "html_url": f"{self.url}/html/{issue.repository}/pull/{issue.number}",
            "issue_url": f"{url}/issues/{issue.number}",
            "number": issue.number,
            "state": issue.state,
            "locked": False,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": [],
            "draft": pull.draft,
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at),
            "merged_at": stamp(pull.merged_at),
            "merge_commit_sha": pull.merge_commit,
            "head": self._side(pull.head_repository, pull.head_branch, pull.head_sha),
            "base": self._side(issue.repository, pull.base_branch, pull.base_sha),
            "author_association": self._association(issue.repository, issue.author),
            "auto_merge": None,
        }
        if alone:
            shown |= {
                "merged": pull.merged_at is not None,
                "mergeable": None if pull.merged_at else pull.mergeable,
                "mergeable_state": {True: "clean", False: "dirty", None: "unknown"}[pull.mergeable],
                "merged_by": self.user(pull.merged_by) if pull.merged_by else None,
                "maintainer_can_modify": False,
            }
        return shown

    def comment(self, comment: Comment) -> Json:
        """A comment on an issue or on a commit."""
        url = f"{self.url}/repos/{comment.repository}"
        kind = f"issues/comments/{comment.id}" if comment.number else f"comments/{comment.id}"
        shown: Json = {
            "id": comment.id,
            "node_id": node("IC", comment.id),
            "url": f"{url}/{kind}",
            "html_url": f"{self.url}/html/{comment.repository}#comment-{comment.id}",
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": stamp(comment.created_at),
            "updated_at": stamp(comment.updated_at),
            "author_association": self._association(comment.repository, comment.author),
        }
        if comment.number:
            shown["reactions"] = _rollup(comment.reactions, f"{url}/{kind}/reactions")
            return shown | {"issue_url": f"{url}/issues/{comment.number}"}
        return shown | {"commit_id": comment.sha, "path": None, "position": None, "line": None}

    def reaction(self, reaction: Reaction) -> Json:
        """A reaction."""
        return {
            "id": reaction.id,
            "node_id": node("RE", reaction.id),
            "user": self.user(reaction.author),
            "content": reaction.content,
            "created_at": stamp(reaction.created_at),
        }

    def review(self, review: Review) -> Json:
        """A review of a pull request."""
        return {
            "id": review.id,
            "node_id": node("PRR", review.id),
            "user": self.user(review.author),
            "body": "",
            "state": review.state,
            "commit_id": review.commit,
            "submitted_at": stamp(review.submitted_at),
        }

    def check_run(self, check: CheckRun, app: App) -> Json:
        """A check run."""
        url = f"{self.url}/repos/{check.repository}/check-runs/{check.id}"
        return {
            "id": check.id,
            "node_id": node("CR", check.id),
            "head_sha": check.head_sha,
            "external_id": check.external_id,
            "name": check.name,
            "status": check.status,
            "conclusion": check.conclusion,
            "url": url,
            "html_url": f"{self.url}/html/{check.repository}/runs/{check.id}",
            "details_url": check.details_url or None,
            "started_at": stamp(check.started_at),
            "completed_at": stamp(check.completed_at),
            "output": {
                "title": check.title,
                "summary": check.summary,
                "text": check.text,
                "annotations_count": len(check.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": check.id},
            "app": self.app(app),
            "pull_requests": [],
        }

    def app(self, app: App) -> Json:
        """The App."""
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": node("A", app.id),
            "name": app.slug,
            "description": None,
            "external_url": f"{self.url}/html/apps/{app.slug}",
            "html_url": f"{self.url}/html/apps/{app.slug}",
            "permissions": app.permissions,
            "events": app.events,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }

    def installation(self, installation: Installation, app: App) -> Json:
        """The App on an account."""
        return {
            "id": installation.id,
            "html_url": f"{self.url}/html/settings/installations/{installation.id}",
            "account": self.user(installation.account),
            "app_id": app.id,
            "app_slug": app.slug,
            "target_type": "Organization",
            "permissions": installation.permissions,
            "events": app.events,
            "repository_selection": "all" if installation.repositories is None else "selected",
            "suspended_at": stamp(installation.suspended_at),
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }

    def commit(self, repository: str, commit: CommitObject) -> Json:
        """A commit of the repositories' API."""
        inner = self.git_commit(repository, commit)
        return {
            "sha": commit.sha,
            "node_id": node("C", commit.sha),
            "url": f"{self.url}/repos/{repository}/commits/{commit.sha}",
            "html_url": f"{self.url}/html/{repository}/commit/{commit.sha}",
            "commit": {
                key: inner[key] for key in ("author", "committer", "message", "tree", "url")
            },
            "author": None,
            "committer": None,
            "parents": inner["parents"],
        }

    def git_commit(self, repository: str, commit: CommitObject) -> Json:
        """A commit of the Git database."""
        name, email, at = commit.author
        who = {"name": name, "email": email, "date": stamp(datetime.fromtimestamp(at, UTC))}
        url = f"{self.url}/repos/{repository}/git"
        return {
            "sha": commit.sha,
            "node_id": node("C", commit.sha),
            "url": f"{url}/commits/{commit.sha}",
            "html_url": f"{self.url}/html/{repository}/commit/{commit.sha}",
            "author": who,
            "committer": who,
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{url}/trees/{commit.tree}"},
            "parents": [
                {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{self.url}/html/{sha}"}
                for sha in commit.parents
            ],
        }

    def _side(self, full_name: str, branch: str, sha: str) -> Json:
        owner = full_name.partition("/")[0]
        repository = self._repositories.get(full_name)
        return {
            "label": f"{owner}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.user(owner),
            "repo": self.repository(repository) if repository else None,
        }

    def _association(self, full_name: str, login: str) -> str:
        repository = self._repositories[full_name]
        if login == repository.owner:
            return "OWNER"
        return "COLLABORATOR" if login in repository.people else "NONE"


def node(prefix: str, number: int | str) -> str:
    """A node id of GitHub's look."""
    return f"{prefix}_{number}"


_REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def _rollup(reactions: list[Reaction], url: str) -> Json:
    """How many of each."""
    contents = [reaction.content for reaction in reactions]
    counts = {content: contents.count(content) for content in _REACTIONS}
    return {"url": url, "total_count": len(contents), **counts}


def stamp(at: datetime | None) -> str | None:
    """GitHub's way to write a time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
