"""Observing the catalogs that every pass updates, and whether the quiet form ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.lifecycle.backfill import BackfillObserved
from bot.lifecycle.quieting import QuietingObserved, branch_of, prefix_of
from bot.lifecycle.remedy import ByHand, Proof, by_hand, proof, remedy
from bot.model.github import PullRequest, PullRequestState
from bot.plan.files import Files
from bot.plan.prediction import Prediction
from bot.runtime.observe.backfill.backfills import TipSeen
from bot.runtime.observe.backfill.flag_history import FlagHistory
from bot.runtime.observe.backfill.follow_ups import FollowUpObserver
from bot.runtime.observe.modules import question
from bot.runtime.observe.world import World

_GENERATIONS = 20  # times that the same files were mended


class QuietingObserver:
    """One for the whole service."""

    def __init__(self, world: World) -> None:
        self._world = world
        history = FlagHistory(world.snapshots)
        self._follow_ups = FollowUpObserver(world.snapshots, history, world.login)

    async def observe(self, tip: TipSeen, backfill: BackfillObserved) -> QuietingObserved:
        """What drifts at the tip; a loop's follow-up has that connection's catalog already."""
        made = tip.rollout.deployment
        title, sha = made.title, tip.commit.sha
        looping = {item.address for item in backfill.connections if item.perpetual}
        seen = QuietingObserved(tip.reader.name, made.branch, sha, title)
        seen = await self._with_edits(seen, tip, tip.module.perpetual - looping)
        prefixes = (prefix_of(title),)
        opened = await self._follow_ups.opened(tip.reader, made.branch, prefixes)
        return replace(
            seen,
            open=tuple([await self._follow_ups.observe(tip.reader, i, sha) for i in opened]),
            former=await self._former(tip, title, tuple(seen.edits)) if seen.edits else (),
            allowed=tip.settings.propose_quiet,
            left=await self._follow_ups.left(tip.reader, made.branch, prefix_of(title), sha),
        )

    async def _with_edits(
        self, seen: QuietingObserved, tip: TipSeen, drifting: frozenset[str]
    ) -> QuietingObserved:
        """The edits that a prediction with them has shown to end the drift, and no others."""
        now = tip.module.prediction
        if now is None or not drifting:
            return seen
        files = self._world.snapshots.files(tip.commit.tree)
        wanted, edits, shown = drifting, await _edits(now, files, drifting), Proof(frozenset())
        while edits:
            shown = proof(now, await self._then(tip, edits), wanted)
            if shown.ended == wanted and not shown.also:
                break
            wanted = frozenset() if shown.also else shown.ended
            edits = await _edits(now, files, wanted)
        ended = wanted if edits else frozenset()
        left = await asyncio.to_thread(by_hand, now, files, drifting - ended)
        return replace(
            seen,
            connections=tuple(sorted(ended)),
            edits=edits,
            by_hand=left,
            also=shown.also,
            touched=await self._touched(tip, left) if left and not edits else "",
        )

    async def _then(self, tip: TipSeen, edits: Mapping[str, bytes]) -> Prediction:
        """The tip with these files, on the tip as it is."""
        made = tip.rollout.deployment
        asked = question(made, tip.commit, tip.inputs)
        asked = replace(asked, base=tip.commit, state=None, edits=edits)
        predictor = self._world.modules.predictor
        return await predictor.predict(tip.reader.github, tip.reader.name, asked)

    async def _touched(self, tip: TipSeen, left: tuple[ByHand, ...]) -> str:
        """The commit that last touched where the first of these is written."""
        first = left[0]
        place = first.path or (first.at.file if first.at else tip.rollout.deployment.module)
        async for commit in tip.reader.history(tip.commit.sha, place):
            return commit.sha
        return tip.commit.sha

    async def _former(
        self, tip: TipSeen, title: str, paths: tuple[str, ...]
    ) -> tuple[PullRequest, ...]:
        """Those that were merged, and the one after them, if there is one."""
        found: list[PullRequest] = []
        for merged in range(_GENERATIONS):
            these = await tip.reader.pull_requests_from(branch_of(title, paths, merged))
            found += these[:1]
            if not these or these[0].state is not PullRequestState.MERGED:
                break
        return tuple(found)


async def _edits(now: Prediction, files: Files, wanted: frozenset[str]) -> dict[str, bytes]:
    """In a thread: a large module takes its time to be read."""
    return await asyncio.to_thread(remedy, now, files, wanted)
