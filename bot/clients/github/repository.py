"""What the bot reads in one repository.

An edge: each method asks once (or reads all pages) and decodes. Writing is in `writing`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from bot.clients.errors import Forbidden, Invalid, NotFound
from bot.clients.github import decode
from bot.clients.github.transport import Transport, part
from bot.model.github import (
    CheckRun,
    Comment,
    Commit,
    Permission,
    PullRequest,
    Reaction,
    Review,
)


class RepositoryReader:
    """`name` is `owner/name`; `github` acts for the installation that has it."""

    def __init__(self, github: Transport, name: str) -> None:
        self.github = github
        self.name = name
        self._root = f"/repos/{part(name)}"

    async def pull_request(self, number: int) -> PullRequest:
        """One pull request; raises `NotFound`."""
        return decode.pull_request(await self.github.get(f"{self._root}/pulls/{number}"))

    async def open_pull_requests(self) -> list[PullRequest]:
        """All that are open, newest first."""
        found = self.github.each(f"{self._root}/pulls", {"state": "open"})
        return [decode.pull_request(item) async for item in found]

    async def closed_pull_requests(self, since: datetime) -> list[PullRequest]:
        """Those closed or merged that were touched since then, latest first."""
        query = {"state": "closed", "sort": "updated", "direction": "desc"}
        found = []
        async for item in self.github.each(f"{self._root}/pulls", query):
            pull_request = decode.pull_request(item)
            if pull_request.updated_at and pull_request.updated_at < since:
                break
            found.append(pull_request)
        return found

    async def pull_requests_from(self, branch: str) -> list[PullRequest]:
        """Every pull request, open or not, whose head is this branch of this repository."""
        owner = self.name.partition("/")[0]
        query = {"state": "all", "head": f"{owner}:{branch}"}
        found = self.github.each(f"{self._root}/pulls", query)
        return [decode.pull_request(item) async for item in found]

    async def pull_requests_of(self, sha: str) -> list[PullRequest]:
        """Those that brought (or would bring) a commit."""
        found = self.github.each(f"{self._root}/commits/{part(sha)}/pulls")
        return [decode.pull_request(item) async for item in found]

    async def tip(self, branch: str) -> str | None:
        """The SHA at a branch's tip, None where there is no such branch."""
        try:
            answer = await self.github.get(f"{self._root}/git/ref/heads/{part(branch)}")
        except NotFound:
            return None
        with decode.decoding("ref"):
            return str(answer["object"]["sha"])

    async def branches(self, prefix: str) -> list[str]:
        """The branches whose names begin like this."""
        path = f"{self._root}/git/matching-refs/heads/{part(prefix)}"
        with decode.decoding("refs"):
            found = await self.github.all(path)
            return [str(item["ref"]).removeprefix("refs/heads/") for item in found]

    async def commit(self, sha: str) -> Commit:
        """A commit of the Git database; raises `NotFound`."""
        return decode.commit(await self.github.get(f"{self._root}/git/commits/{part(sha)}"))

    async def history(self, tip: str, path: str | None = None) -> AsyncIterator[Commit]:
        """Commits that `tip` reaches, newest first; with `path`, those that touched it."""
        query = {"sha": tip} | ({"path": path} if path else {})
        async for item in self.github.each(f"{self._root}/commits", query):
            yield decode.commit(item)

    async def merge_base(self, base: str, head: str) -> str:
        """The best common ancestor; raises `NotFound` where there is none."""
        answer = await self.github.get(f"{self._root}/compare/{part(base)}...{part(head)}")
        with decode.decoding("compare"):
            return str(answer["merge_base_commit"]["sha"])

    async def contains(self, tip: str, sha: str) -> bool:
        """Whether `tip` reaches `sha` (or is it)."""
        if tip == sha:
            return True
        try:
            return await self.merge_base(sha, tip) == sha
        except NotFound:
            return False

    async def comments(self, number: int) -> list[Comment]:
        """All comments on an issue or pull request, oldest first."""
        found = self.github.each(f"{self._root}/issues/{number}/comments")
        return [decode.comment(item) async for item in found]

    async def comment(self, comment_id: int) -> Comment | None:
        """One comment, None where it was deleted."""
        try:
            return decode.comment(
                await self.github.get(f"{self._root}/issues/comments/{comment_id}")
            )
        except NotFound:
            return None

    async def recent_comments(self, since: datetime) -> list[tuple[int, Comment]]:
        """Comments on any issue or pull request touched since then, with its number."""
        query = {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ"), "sort": "updated"}
        found = []
        async for item in self.github.each(f"{self._root}/issues/comments", query):
            with decode.decoding("comment"):
                number = int(item["issue_url"].rsplit("/", 1)[1])
            found.append((number, decode.comment(item)))
        return found

    async def is_pull_request(self, number: int) -> bool:
        """Whether this number is a pull request and no plain issue."""
        answer = await self.github.get(f"{self._root}/issues/{number}")
        return "pull_request" in answer

    async def reactions(self, comment_id: int) -> list[Reaction]:
        """The reactions on a comment."""
        found = self.github.each(f"{self._root}/issues/comments/{comment_id}/reactions")
        return [decode.reaction(item) async for item in found]

    async def reviews(self, number: int) -> list[Review]:
        """The reviews of a pull request that say yes or no, oldest first."""
        found = self.github.each(f"{self._root}/pulls/{number}/reviews")
        each = [decode.review(item) async for item in found]
        return [review for review in each if review.state != "COMMENTED"]

    async def commit_comments(self, sha: str) -> list[Comment]:
        """The comments on a commit."""
        found = self.github.each(f"{self._root}/commits/{part(sha)}/comments")
        return [decode.comment(item) async for item in found]

    async def check_runs(self, sha: str, name: str) -> list[CheckRun]:
        """The latest check run of that name from each app that made one."""
        found = self.github.each(
            f"{self._root}/commits/{part(sha)}/check-runs", {"check_name": name}, key="check_runs"
        )
        return [decode.check_run(item) async for item in found]

    async def permission(self, login: str) -> Permission:
        """What a person may do here, now; somebody unknown may do nothing."""
        path = f"{self._root}/collaborators/{part(login)}/permission"
        try:
            return decode.permission(await self.github.get(path))
        except (NotFound, Forbidden, Invalid):
            return Permission.NONE
