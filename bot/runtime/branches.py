"""Observing what a Terraform object applies: its rollout, and the flags on its branch's tip."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cachetools import LRUCache

from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.backfill import BackfillObserved, FlaggedConnection
from bot.lifecycle.catalog import is_quiet, quieted, written
from bot.lifecycle.catalog.shape import NotACatalogError
from bot.lifecycle.direct_push import DirectPush
from bot.lifecycle.effects import Decision, Effect, Requeue
from bot.lifecycle.flag_edit import Flag, find_backfill, set_backfill
from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.observed import ModuleSeen
from bot.lifecycle.platform import Deployment
from bot.lifecycle.rollout import RolloutObserved, standing
from bot.model.cluster import ObjectName
from bot.model.github import Commit as GitCommit
from bot.model.github import PullRequestState
from bot.plan.files import Files, NotFetched
from bot.runtime.modules import Inputs, read_inputs
from bot.runtime.predictor import Commit
from bot.runtime.rollouts import Flagged, RolloutObserver, by_connection
from bot.runtime.trees import Trees
from bot.runtime.world import World

_HISTORY = 30  # commits of a file that are looked at to find the one that set its flag


@dataclass(frozen=True, slots=True)
class BranchSeen:
    """The rollout of the branch's tip; `backfill` None until the tip is applied.

    `direct` where the tip is stuck and no pull request brought it.
    """

    rollout: RolloutObserved
    inputs: Inputs
    backfill: BackfillObserved | None = None
    direct: DirectPush | None = None


class BranchObserver:
    """One for the whole service. When a flag was set never changes for a tip: asked for once."""

    def __init__(self, world: World, rollouts: RolloutObserver) -> None:
        self._world = world
        self._rollouts = rollouts
        self._set_by: LRUCache[tuple[str, str, str], GitCommit] = LRUCache(1024)

    async def observe(self, name: ObjectName) -> BranchSeen | str:
        """The object now; or, in words, why there is nothing to follow."""
        fresh = await self._world.platforms.fresh(name)
        if isinstance(fresh, str):
            return fresh
        made, item = fresh
        repository = self._world.installations.find(made.repository)
        if repository is None:
            return f"the App is not installed on {made.repository}"
        reader = self._world.installations.reader(repository)
        tip = await reader.tip(made.branch)
        if tip is None:
            return f"{made.repository} has no branch {made.branch}"
        rollout = await self._rollouts.rollout(reader, made, tip)
        inputs = await read_inputs(self._world.cluster, item)
        if standing(rollout).stand.needs_person:
            return BranchSeen(rollout, inputs, direct=await self._direct(reader, rollout, inputs))
        if not standing(rollout).stand.done:
            return BranchSeen(rollout, inputs)
        return BranchSeen(rollout, inputs, await self._backfill(reader, made, tip, inputs))

    async def _direct(
        self, reader: RepositoryReader, rollout: RolloutObserved, inputs: Inputs
    ) -> DirectPush | None:
        """None where a pull request brought the commit: its comment tells the story."""
        sha = rollout.wanted
        for pull_request in await reader.pull_requests_of(sha):
            if pull_request.state is PullRequestState.MERGED:
                return None
        comments = await reader.commit_comments(sha)
        return DirectPush(
            repository=reader.name,
            sha=sha,
            title=rollout.deployment.title,
            standing=standing(rollout),
            ours=tuple(item for item in comments if item.author == self._world.login),
            secrets=inputs.secrets(),
        )

    async def _backfill(
        self, reader: RepositoryReader, made: Deployment, tip: str, inputs: Inputs
    ) -> BackfillObserved:
        """The flags at the tip, as evaluating it there shows them."""
        commit = Commit(await self._world.snapshots.tree(reader.github, reader.name, tip), tip)
        trees = Trees(commit, commit, tip, landed=True)
        predicted = await self._world.modules.observe(reader, made, trees, inputs)
        seen = predicted.seen
        flags = by_connection((flag.flag, flag.connections) for flag in seen.flags)
        connections = [
            await self._connection(reader, inputs, seen, address, found, commit)
            for address, found in flags.items()
        ]
        return BackfillObserved(
            repository=reader.name,
            branch=made.branch,
            tip=tip,
            connections=tuple(connections),
            now=self._world.clock.now(),
            poll=self._world.settings.poll_seconds,
        )

    async def _connection(
        self,
        reader: RepositoryReader,
        inputs: Inputs,
        seen: ModuleSeen,
        address: str,
        flags: list[StreamFlag],
        commit: Commit,
    ) -> FlaggedConnection:
        set_by = [await self._setting(reader, flag, commit) for flag in flags]
        latest = max(set_by, key=lambda item: item.committed_at)
        perpetual = address in seen.perpetual
        files = self._world.snapshots.files(commit.tree)
        edits = _flags_back(files, flags)
        if perpetual:
            edits |= _quiet_catalogs(files, seen, address)
        item = Flagged(address, tuple(flags), latest.sha, latest.committed_at, perpetual)
        return await self._rollouts.flagged(reader, inputs, item, edits)

    async def _setting(self, reader: RepositoryReader, flag: StreamFlag, tip: Commit) -> GitCommit:
        """What brought the flag onto the branch: the merge with its time, else the commit."""
        key = (reader.name, tip.sha, flag.path)
        if key not in self._set_by:
            found = await self._first_with(reader, flag, tip.sha)
            self._set_by[key] = await _landed_by(reader, found)
        return self._set_by[key]

    async def _first_with(self, reader: RepositoryReader, flag: StreamFlag, tip: str) -> GitCommit:
        """Going back in the file's history: the last commit that still has the flag set."""
        setting: GitCommit | None = None
        looked = 0
        async for commit in reader.history(tip, flag.path):
            looked += 1
            if not await self._is_set(reader, flag.path, commit.sha) or looked > _HISTORY:
                break
            setting = commit
        return setting or await reader.commit(tip)

    async def _is_set(self, reader: RepositoryReader, path: str, sha: str) -> bool:
        tree = await self._world.snapshots.tree(reader.github, reader.name, sha)
        await self._world.snapshots.fetch(reader.github, reader.name, tree, [path], sha)
        content = _read(self._world.snapshots.files(tree), path)
        flag = find_backfill(content) if content is not None else None
        return isinstance(flag, Flag) and flag.value


def together(first: Decision, second: Decision) -> Decision:
    """Both decisions; the earlier look counts."""
    effects: tuple[Effect, ...] = (*first.effects, *second.effects)
    waits = [item for item in (first.requeue, second.requeue) if item.after is not None]
    earliest = min(waits, key=lambda item: item.after or 0.0, default=Requeue())
    return Decision(effects, earliest)


async def _landed_by(reader: RepositoryReader, commit: GitCommit) -> GitCommit:
    """As the branch knows it: commit dates precede merges, so the merge's time counts."""
    for pull_request in await reader.pull_requests_of(commit.sha):
        merged = pull_request.state is PullRequestState.MERGED
        if merged and pull_request.merge_commit and pull_request.merged_at:
            return GitCommit(
                pull_request.merge_commit,
                commit.tree,
                commit.parents,
                commit.message,
                pull_request.merged_at,
            )
    return commit


def _flags_back(files: Files, flags: list[StreamFlag]) -> dict[str, bytes]:
    """The stream files with just the flag's word changed."""
    edits = {}
    for flag in flags:
        content = _read(files, flag.path)
        edited = set_backfill(content, False) if content is not None else None
        if isinstance(edited, bytes) and edited != content:
            edits[flag.path] = edited
    return edits


def _quiet_catalogs(files: Files, seen: ModuleSeen, address: str) -> dict[str, bytes]:
    """The connection's catalog files in the form in which they plan nothing."""
    edits = {}
    reads = seen.prediction.reads if seen.prediction else ()
    for path in {item.path for item in reads if item.by == address and item.path.endswith(".json")}:
        content = _read(files, path)
        edited = _quiet(content) if content is not None else None
        if edited is not None and edited != content:
            edits[path] = edited
    return edits


def _quiet(content: bytes) -> bytes | None:
    try:
        catalog = json.loads(content)
        return None if is_quiet(catalog) else written(quieted(catalog).catalog, content)
    except (ValueError, NotACatalogError):
        return None


def _read(files: Files, path: str) -> bytes | None:
    try:
        return files.read(path)
    except NotFetched:
        return None
