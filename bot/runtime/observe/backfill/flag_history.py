"""Observing which merge brought a flag onto a branch. For a given tip it never changes."""

from __future__ import annotations

from cachetools import LRUCache

from bot.clients.github.repository import RepositoryReader
from bot.clients.github.snapshot import Snapshots
from bot.lifecycle.flag_edit import Flag, find_backfill
from bot.model.github import Commit, PullRequestState
from bot.runtime.observe.looks import content_of

_HISTORY = 30  # commits of a file that are looked at to find the one that set its flag


class FlagHistory:
    """One for the whole service: what was asked once is remembered."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._known: LRUCache[tuple[str, str, str], Commit] = LRUCache(1024)

    async def set_by(self, reader: RepositoryReader, path: str, tip: str) -> Commit:
        """What brought the flag onto the branch: the merge with its time, else the commit."""
        key = (reader.name, tip, path)
        if key not in self._known:
            found = await self._first_with(reader, path, tip)
            self._known[key] = await _landed_by(reader, found)
        return self._known[key]

    async def is_set(self, reader: RepositoryReader, path: str, sha: str) -> bool:
        """Whether the file sets its flag in that commit."""
        tree = await self._snapshots.tree(reader.github, reader.name, sha)
        await self._snapshots.fetch(reader.github, reader.name, tree, [path], sha)
        content = content_of(self._snapshots.files(tree), path)
        flag = find_backfill(content) if content is not None else None
        return isinstance(flag, Flag) and flag.value

    async def _first_with(self, reader: RepositoryReader, path: str, tip: str) -> Commit:
        """Going back in the file's history: the last commit that still has the flag set."""
        setting: Commit | None = None
        looked = 0
        async for commit in reader.history(tip, path):
            looked += 1
            if looked > _HISTORY or not await self.is_set(reader, path, commit.sha):
                break
            setting = commit
        return setting or await reader.commit(tip)


async def _landed_by(reader: RepositoryReader, commit: Commit) -> Commit:
    """As the branch knows it: commit dates precede merges, so the merge's time counts."""
    for pull_request in await reader.pull_requests_of(commit.sha):
        merged = pull_request.state is PullRequestState.MERGED
        if merged and pull_request.merge_commit and pull_request.merged_at:
            return Commit(
                pull_request.merge_commit,
                commit.tree,
                commit.parents,
                commit.message,
                pull_request.merged_at,
            )
    return commit
