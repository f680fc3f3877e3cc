"""Observing the flags at a branch's tip: by connection and by the merge that set them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cachetools import LRUCache

from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.backfill import (
    PREFIX,
    BackfillObserved,
    FlaggedConnection,
    OpenFollowUp,
    Stage,
    progress,
)
from bot.lifecycle.catalogs import quiet_edits
from bot.lifecycle.flag_edit import set_backfill
from bot.lifecycle.flags import StreamFlag
from bot.lifecycle.observed import ModuleSeen
from bot.lifecycle.reach import Firing
from bot.lifecycle.repository_settings import RepositorySettings
from bot.lifecycle.rollout import RolloutObserved
from bot.plan.files import Files
from bot.runtime.observe.backfill.flag_history import FlagHistory
from bot.runtime.observe.backfill.follow_ups import FollowUpObserver
from bot.runtime.observe.looks import content_of
from bot.runtime.observe.modules import Inputs
from bot.runtime.observe.predictor import Commit
from bot.runtime.observe.rollouts import Flagged, RolloutObserver
from bot.runtime.observe.trees import landed_trees
from bot.runtime.observe.world import World


@dataclass(frozen=True, slots=True)
class TipSeen:
    """A branch's tip that is applied, and its module as it stands there."""

    reader: RepositoryReader
    rollout: RolloutObserved
    commit: Commit
    module: ModuleSeen
    inputs: Inputs
    settings: RepositorySettings


@dataclass(frozen=True, slots=True)
class _Group:
    """Flags of one connection that one merge set."""

    address: str
    set_by: str
    set_at: datetime
    flags: tuple[StreamFlag, ...]
    again: bool


class BackfillObserver:
    """One for the whole service."""

    def __init__(self, world: World, rollouts: RolloutObserver) -> None:
        self._world = world
        self._rollouts = rollouts
        self._history = FlagHistory(world.snapshots)
        self._follow_ups = FollowUpObserver(world.snapshots, self._history, world.login)
        self._fires: LRUCache[tuple[str, str, str, str], bool] = LRUCache(1024)

    async def observe(self, tip: TipSeen) -> BackfillObserved:
        """The flags at the tip with their jobs, and our pull requests that are open."""
        groups = await self._groups(tip)
        made = tip.rollout.deployment
        return BackfillObserved(
            repository=tip.reader.name,
            branch=made.branch,
            tip=tip.commit.sha,
            connections=tuple([await self._flagged(tip, group, groups) for group in groups]),
            now=self._world.clock.now(),
            poll=self._world.settings.poll_seconds,
            open=tuple(await self._open(tip, made.branch)),
            settings=tip.settings,
            left=await self._follow_ups.left(tip.reader, made.branch, PREFIX, tip.commit.sha),
        )

    async def _groups(self, tip: TipSeen) -> list[_Group]:
        """In the order in which they were set."""
        found: dict[tuple[str, str], _Group] = {}
        for seen in tip.module.flags:
            setting = await self._history.set_by(tip.reader, seen.flag.path, tip.commit.sha)
            for reach in seen.reaches:
                key = (reach.connection, setting.sha)
                held = found.get(key)
                flags = (*(held.flags if held else ()), seen.flag)
                again = reach.again or (held is not None and held.again)
                found[key] = _Group(*key, setting.committed_at, flags, again)
        return sorted(found.values(), key=lambda group: (group.set_at, group.address))

    async def _flagged(
        self, tip: TipSeen, group: _Group, groups: Sequence[_Group]
    ) -> FlaggedConnection:
        files = self._world.snapshots.files(tip.commit.tree)
        item = Flagged(
            group.address,
            group.flags,
            group.set_by,
            group.set_at,
            group.again,
            held_by=_held_by(group, groups),
            applied_at=tip.rollout.deployment.terraform.ready.since,
        )
        edits = _edits(tip, files, group, groups)
        flagged = await self._rollouts.flagged(tip.reader, tip.inputs, item, edits)
        if progress(flagged).stage is Stage.RESET_MISSING:
            return replace(flagged, fires=await self._fired(tip, group))
        return flagged

    async def _fired(self, tip: TipSeen, group: _Group) -> bool:
        """Whether its merge made the trigger, as evaluating that merge shows it: where it stood
        already, no reset is missing.
        """
        key = (tip.reader.name, tip.rollout.deployment.module, group.address, group.set_by)
        if key not in self._fires:
            trees = await landed_trees(tip.reader, self._world.snapshots, group.set_by)
            made = tip.rollout.deployment
            found = await self._world.modules.observe(tip.reader, made, trees, tip.inputs)
            self._fires[key] = _fires(found.seen, group)
        return self._fires[key]

    async def _open(self, tip: TipSeen, branch: str) -> list[OpenFollowUp]:
        opened = await self._follow_ups.opened(tip.reader, branch, (PREFIX,))
        alone = tip.settings.auto_merge_backfill
        sha = tip.commit.sha
        return [await self._follow_ups.observe(tip.reader, i, sha, alone=alone) for i in opened]


def _fires(module: ModuleSeen, group: _Group) -> bool:
    """Where the merge cannot be evaluated any more, it is taken to have fired."""
    paths = {flag.path for flag in group.flags}
    found = [
        reach.firing
        for seen in module.flags
        for reach in seen.reaches
        if seen.flag.path in paths and reach.connection == group.address
    ]
    return not found or Firing.FIRES in found


def _held_by(group: _Group, groups: Iterable[_Group]) -> str:
    """The earlier merge whose flags keep the connection's trigger standing."""
    for other in groups:
        if other.address == group.address and other.set_at < group.set_at:
            return other.set_by
    return ""


def _edits(
    tip: TipSeen, files: Files, group: _Group, groups: Sequence[_Group]
) -> Mapping[str, bytes]:
    """The flags set back; in a loop the quiet catalog too, in the connection's first group only."""
    edits = _flags_back(files, group.flags)
    prediction = tip.module.prediction
    if group.again and prediction is not None and not _held_by(group, groups):
        edits |= quiet_edits(prediction, files, [group.address])
    return edits


def _flags_back(files: Files, flags: Iterable[StreamFlag]) -> dict[str, bytes]:
    """The stream files with just the flag's word changed."""
    edits = {}
    for flag in flags:
        content = content_of(files, flag.path)
        edited = set_backfill(content, False) if content is not None else None
        if isinstance(edited, bytes) and edited != content:
            edits[flag.path] = edited
    return edits
