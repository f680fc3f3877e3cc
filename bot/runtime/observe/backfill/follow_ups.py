"""Observing our own pull requests that are open: what their branches hold, and whose they are."""

from __future__ import annotations

import json

from bot.clients.github.repository import RepositoryReader
from bot.clients.github.snapshot import Snapshots
from bot.clients.github.tree import Tree
from bot.lifecycle.backfill import LeftBranch, OpenFollowUp
from bot.lifecycle.catalog import NotACatalogError, quieted, written
from bot.lifecycle.flag_edit import set_backfill
from bot.model.github import PullRequest, PullRequestState
from bot.runtime.observe.backfill.flag_history import FlagHistory
from bot.runtime.observe.looks import content_of


class FollowUpObserver:
    """`login` is our own on GitHub: only what we opened counts as ours."""

    def __init__(self, snapshots: Snapshots, history: FlagHistory, login: str) -> None:
        self._snapshots = snapshots
        self._history = history
        self._login = login

    async def opened(
        self, reader: RepositoryReader, base: str, prefixes: tuple[str, ...]
    ) -> list[PullRequest]:
        """Ours onto this branch, from branches that begin so."""
        return [
            item
            for item in await reader.open_pull_requests()
            if item.author == self._login
            and item.base_branch == base
            and item.head_branch.startswith(prefixes)
            and not item.from_fork
        ]

    async def left(
        self, reader: RepositoryReader, base: str, prefix: str, tip: str
    ) -> tuple[LeftBranch, ...]:
        """Branches of ours that begin so and whose pull requests onto `base` are over.

        What somebody pushed to, before that or since, is theirs and stays.
        """
        found = []
        for branch in await reader.branches(prefix):
            pull_requests = await reader.pull_requests_from(branch)
            if not pull_requests or not all(self._is_over(item, base) for item in pull_requests):
                continue
            newest = max(pull_requests, key=lambda item: item.number)
            if await reader.tip(branch) != newest.head_sha:
                continue
            if (await self.observe(reader, newest, tip)).untouched:
                found.append(LeftBranch(branch, newest.head_sha))
        return tuple(found)

    def _is_over(self, pull_request: PullRequest, base: str) -> bool:
        ours = pull_request.author == self._login and pull_request.base_branch == base
        return ours and pull_request.state is not PullRequestState.OPEN

    async def observe(
        self, reader: RepositoryReader, pull_request: PullRequest, tip: str, *, alone: bool = False
    ) -> OpenFollowUp:
        """What its branch changes. `alone`: read alone, as GitHub's own judgement needs it."""
        if alone:
            pull_request = await reader.pull_request(pull_request.number)
        head = await reader.commit(pull_request.head_sha)
        parent = head.parents[0] if head.parents else head.sha
        before, after = await self._tree(reader, parent), await self._tree(reader, head.sha)
        paths = sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))
        old = await self._contents(reader, before, paths, parent)
        new = await self._contents(reader, after, paths, head.sha)
        ours = len(head.parents) == 1 and all(_is_ours(old[path], new[path]) for path in paths)
        return OpenFollowUp(
            pull_request,
            contents=new,
            settles=await self._settles(reader, pull_request, paths, tip),
            untouched=ours and await reader.contains(tip, parent),
        )

    async def _settles(
        self, reader: RepositoryReader, pull_request: PullRequest, paths: list[str], tip: str
    ) -> bool:
        """Whether one of its flags is still set by the merge that its branch names."""
        named = pull_request.head_branch.rpartition("-")[2]
        tree = await self._tree(reader, tip)
        for path in paths:
            if path in tree and await self._history.is_set(reader, path, tip):
                setting = await self._history.set_by(reader, path, tip)
                if named and setting.sha.startswith(named):
                    return True
        return False

    async def _tree(self, reader: RepositoryReader, sha: str) -> Tree:
        return await self._snapshots.tree(reader.github, reader.name, sha)

    async def _contents(
        self, reader: RepositoryReader, tree: Tree, paths: list[str], sha: str
    ) -> dict[str, bytes | None]:
        await self._snapshots.fetch(reader.github, reader.name, tree, paths, sha)
        files = self._snapshots.files(tree)
        return {path: content_of(files, path) for path in paths}


def _is_ours(before: bytes | None, after: bytes | None) -> bool:
    """Whether we would have made exactly this of it: anything else is somebody's own work."""
    if before is None or after is None:
        return False
    return after in (set_backfill(before, False), _quiet(before))


def _quiet(content: bytes) -> bytes | None:
    try:
        return written(quieted(json.loads(content)).catalog, content)
    except (ValueError, NotACatalogError, RecursionError):
        return None
