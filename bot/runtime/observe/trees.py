"""The trees of a pull request: what stands on the base, what would stand there after a merge."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clients.errors import Unavailable
from bot.clients.github.repository import RepositoryReader
from bot.clients.github.snapshot import Snapshots
from bot.clients.github.tree import Tree, merge
from bot.model.github import PullRequest, PullRequestState
from bot.runtime.observe.predictor import Commit

_COMPUTING = 3.0  # seconds that GitHub is given to find out whether it can be merged


@dataclass(frozen=True, slots=True)
class Trees:
    """`conflict`: it cannot be merged, and `head` is the head alone. `landed`: it is merged."""

    base: Commit
    head: Commit
    base_tip: str
    conflict: bool = False
    landed: bool = False

    def changed(self) -> frozenset[str]:
        """The paths that differ."""
        base, head = self.base.tree, self.head.tree
        return frozenset(p for p in base.keys() | head.keys() if base.get(p) != head.get(p))


async def trees_of(
    reader: RepositoryReader, snapshots: Snapshots, pull_request: PullRequest
) -> Trees:
    """Merged: what it brought to the base. Else: the base's tip, and it with the change on top."""
    if pull_request.state is PullRequestState.MERGED and pull_request.merge_commit:
        return await landed_trees(reader, snapshots, pull_request.merge_commit)
    tip = await reader.tip(pull_request.base_branch) or pull_request.base_sha
    base = await _commit(reader, snapshots, tip)
    if pull_request.mergeable and pull_request.merge_commit:
        test = await reader.commit(pull_request.merge_commit)
        if test.parents == (tip, pull_request.head_sha):
            return Trees(base, await _commit(reader, snapshots, test.sha), tip)
    return await _merged(reader, snapshots, pull_request, base)


async def landed_trees(reader: RepositoryReader, snapshots: Snapshots, sha: str) -> Trees:
    """What a commit on the branch brought, held against what stood before it."""
    commit = await reader.commit(sha)
    before = commit.parents[0] if commit.parents else sha
    base = await _commit(reader, snapshots, before)
    return Trees(base, await _commit(reader, snapshots, sha), before, landed=True)


async def _merged(
    reader: RepositoryReader, snapshots: Snapshots, pull_request: PullRequest, base: Commit
) -> Trees:
    """GitHub's own test merge is not at hand: by whole files, which is enough unless both changed
    the same one.
    """
    head = await _commit(reader, snapshots, pull_request.head_sha)
    common = await reader.merge_base(base.sha, pull_request.head_sha)
    ancestor = await _commit(reader, snapshots, common)
    merged = merge(ancestor.tree, base.tree, head.tree)
    if not merged.conflicts:
        return Trees(base, Commit(merged.tree, head.sha), base.sha)
    if pull_request.mergeable is not False:
        raise Unavailable("GitHub", "whether it can be merged is not known yet", _COMPUTING)
    return Trees(base, head, base.sha, conflict=True)


async def _commit(reader: RepositoryReader, snapshots: Snapshots, sha: str) -> Commit:
    tree: Tree = await snapshots.tree(reader.github, reader.name, sha)
    return Commit(tree, sha)
