"""Observing a commit of the merge queue: its modules predicted on top of the base."""

from __future__ import annotations

from bot.clients.errors import TooMuch
from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.checks import PLAN_CHECK, Planned
from bot.lifecycle.merge_group import MergeGroupObserved, base_of
from bot.lifecycle.observed import ModuleSeen
from bot.lifecycle.state_files import state_files
from bot.model.cluster import ObjectName
from bot.runtime.observe.modules import Predicted, read_inputs
from bot.runtime.observe.predictor import Commit
from bot.runtime.observe.trees import Trees
from bot.runtime.observe.world import World


class MergeGroupObserver:
    """What is in the queue was approved by people with write: true values may be used."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def observe(self, repository: str, branch: str) -> MergeGroupObserved | None:
        """None where the queue has dropped it, or where nothing is applied from its base."""
        found, base = self._world.installations.find(repository), base_of(branch)
        made = [item for item in self._world.platforms.of(repository) if item.branch == base]
        if found is None or base is None or not made:
            return None
        reader = self._world.installations.reader(found)
        sha = await reader.tip(branch)
        tip = await reader.tip(base)
        if sha is None or tip is None:
            return None
        committed: tuple[str, ...] = ()
        try:
            trees = Trees(await self._commit(reader, tip), await self._commit(reader, sha), tip)
            predicted = [await self._module(reader, each.terraform.name, trees) for each in made]
            changed = trees.changed()
            committed = state_files(path for path in changed if path in trees.head.tree)
        except TooMuch as error:  # said, for the queue waits for the check
            unread = (ModuleSeen(each.title, problem=str(error)) for each in made)
            predicted = [Predicted(seen, touched=True) for seen in unread]
        told = [item for item in predicted if item is not None and item.touched]
        planned = Planned(
            found.name,
            sha,
            tuple(item.seen for item in told),
            committed,
            secrets=frozenset().union(*(item.secrets for item in told)),
        )
        checks = await reader.check_runs(sha, PLAN_CHECK)
        ours = tuple(run for run in checks if f"{run.app}[bot]" == self._world.login)
        return MergeGroupObserved(planned, ours)

    async def _module(
        self, reader: RepositoryReader, name: ObjectName, trees: Trees
    ) -> Predicted | None:
        fresh = await self._world.platforms.fresh(name)
        if isinstance(fresh, str):
            return None
        made, item = fresh
        inputs = await read_inputs(self._world.cluster, item)
        return await self._world.modules.observe(reader, made, trees, inputs)

    async def _commit(self, reader: RepositoryReader, sha: str) -> Commit:
        return Commit(await self._world.snapshots.tree(reader.github, reader.name, sha), sha)
