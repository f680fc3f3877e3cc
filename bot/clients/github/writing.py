"""What the bot writes in one repository. One request each, but for a commit, which takes a few.

An edge. Whether something is to be written is decided elsewhere; that it is not there already
was looked at before. Where GitHub offers to compare and swap (a ref that must not exist), it is
used, and the loser gets `Conflict` or `Invalid`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from bot.clients.errors import Conflict, Invalid, NotFound
from bot.clients.github import decode
from bot.clients.github.transport import Transport, part
from bot.model.github import Comment, PullRequest

_ANNOTATIONS_AT_ONCE = 50  # GitHub's limit for one request


class RepositoryWriter:
    """`name` is `owner/name`; `github` acts for the installation that has it."""

    def __init__(self, github: Transport, name: str) -> None:
        self._github = github
        self._root = f"/repos/{part(name)}"

    async def create_comment(self, number: int, body: str) -> Comment:
        """Say something on an issue or pull request."""
        path = f"{self._root}/issues/{number}/comments"
        return decode.comment(await self._github.post(path, {"body": body}))

    async def update_comment(self, comment_id: int, body: str) -> None:
        """Say it differently; raises `NotFound` where somebody deleted it."""
        await self._github.patch(f"{self._root}/issues/comments/{comment_id}", {"body": body})

    async def delete_comment(self, comment_id: int) -> None:
        """Take it back; no error where it is gone already."""
        try:
            await self._github.delete(f"{self._root}/issues/comments/{comment_id}")
        except NotFound:
            return

    async def comment_on_commit(self, sha: str, body: str) -> None:
        """Say something on a commit."""
        await self._github.post(f"{self._root}/commits/{part(sha)}/comments", {"body": body})

    async def update_commit_comment(self, comment_id: int, body: str) -> None:
        """Say it differently; raises `NotFound` where somebody deleted it."""
        await self._github.patch(f"{self._root}/comments/{comment_id}", {"body": body})

    async def react(self, comment_id: int, content: str) -> None:
        """React once: GitHub answers a second time with the first."""
        path = f"{self._root}/issues/comments/{comment_id}/reactions"
        await self._github.post(path, {"content": content})

    async def create_check(
        self, check: Mapping[str, Any], annotations: list[dict[str, Any]]
    ) -> int:
        """A check run in GitHub's fields (`name`, `head_sha`, `output`, …); returns its id."""
        first, rest = annotations[:_ANNOTATIONS_AT_ONCE], annotations[_ANNOTATIONS_AT_ONCE:]
        answer = await self._github.post(f"{self._root}/check-runs", _with(check, first))
        with decode.decoding("check run"):
            number = int(answer["id"])
        await self._annotate(number, check, rest)
        return number

    async def update_check(
        self, number: int, check: Mapping[str, Any], annotations: list[dict[str, Any]]
    ) -> None:
        """Change a check run; annotations are added to those that it has."""
        first, rest = annotations[:_ANNOTATIONS_AT_ONCE], annotations[_ANNOTATIONS_AT_ONCE:]
        changed = {key: value for key, value in check.items() if key != "head_sha"}
        await self._github.patch(f"{self._root}/check-runs/{number}", _with(changed, first))
        await self._annotate(number, changed, rest)

    async def commit(
        self,
        parent: str,
        contents: Mapping[str, bytes | None],
        message: str,
    ) -> str:
        """A commit on top of `parent` that changes just these files; returns its SHA.

        No branch has it yet. A file that is there keeps its mode, a new one is "100644".
        """
        answer = await self._github.get(f"{self._root}/git/commits/{part(parent)}")
        base = decode.commit(answer).tree
        listed = await self._github.get(f"{self._root}/git/trees/{base}", {"recursive": 1})
        modes = _modes(listed)
        entries: list[dict[str, str | None]] = [
            {
                "path": path,
                "mode": modes.get(path, "100644"),
                "type": "blob",
                "sha": None if content is None else await self._blob(content),
            }
            for path, content in contents.items()
        ]
        data = {"base_tree": base, "tree": entries}
        tree = _sha(await self._github.post(f"{self._root}/git/trees", data))
        data = {"message": message, "tree": tree, "parents": [parent]}
        return _sha(await self._github.post(f"{self._root}/git/commits", data))

    async def create_branch(self, branch: str, sha: str) -> None:
        """A new branch; raises `Conflict` where it exists: somebody was faster."""
        try:
            data = {"ref": f"refs/heads/{branch}", "sha": sha}
            await self._github.post(f"{self._root}/git/refs", data)
        except Invalid as error:
            raise Conflict("GitHub", f"branch {branch} exists", error.status) from None

    async def move_branch(self, branch: str, sha: str, *, force: bool) -> None:
        """Let a branch point elsewhere; without `force` only forwards, else `Invalid`."""
        path = f"{self._root}/git/refs/heads/{part(branch)}"
        await self._github.patch(path, {"sha": sha, "force": force})

    async def delete_branch(self, branch: str) -> None:
        """No error where it is gone already."""
        try:
            await self._github.delete(f"{self._root}/git/refs/heads/{part(branch)}")
        except (NotFound, Invalid):
            return

    async def open_pull_request(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """A pull request; raises `Invalid` where there is one or nothing to merge."""
        data = {"head": head, "base": base, "title": title, "body": body}
        return decode.pull_request(await self._github.post(f"{self._root}/pulls", data))

    async def update_pull_request(self, number: int, changes: Mapping[str, str]) -> None:
        """Change `title`, `body` or `state` ("closed")."""
        await self._github.patch(f"{self._root}/pulls/{number}", dict(changes))

    async def merge_pull_request(self, number: int, head_sha: str) -> None:
        """Merge it; raises `Refused` where GitHub does not let it, or the head is another one."""
        path = f"{self._root}/pulls/{number}/merge"
        await self._github.put(path, {"sha": head_sha})

    async def _blob(self, content: bytes) -> str:
        data = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        return _sha(await self._github.post(f"{self._root}/git/blobs", data))

    async def _annotate(
        self, number: int, check: Mapping[str, Any], annotations: list[dict[str, Any]]
    ) -> None:
        for start in range(0, len(annotations), _ANNOTATIONS_AT_ONCE):
            part_of = annotations[start : start + _ANNOTATIONS_AT_ONCE]
            output = {"output": dict(check["output"]) | {"annotations": part_of}}
            await self._github.patch(f"{self._root}/check-runs/{number}", output)


def _with(check: Mapping[str, Any], annotations: list[dict[str, Any]]) -> dict[str, Any]:
    if not annotations:
        return dict(check)
    return dict(check) | {"output": dict(check["output"]) | {"annotations": annotations}}


def _modes(answer: Any) -> dict[str, str]:
    with decode.decoding("tree"):
        return {item["path"]: item["mode"] for item in answer["tree"] if item["type"] == "blob"}


def _sha(answer: Any) -> str:
    with decode.decoding("git object"):
        return str(answer["sha"])
