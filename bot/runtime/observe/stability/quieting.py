"""Observing the catalogs that every pass updates, and whether the quiet form ends it."""

from __future__ import annotations

from dataclasses import replace

from bot.lifecycle.backfill import BackfillObserved
from bot.lifecycle.catalogs import quiet_edits
from bot.lifecycle.quieting import QuietingObserved, branch_of, prefix_of
from bot.model.github import PullRequest, PullRequestState
from bot.plan.prediction import Action
from bot.runtime.observe.backfill.backfills import TipSeen
from bot.runtime.observe.backfill.flag_history import FlagHistory
from bot.runtime.observe.backfill.follow_ups import FollowUpObserver
from bot.runtime.observe.predictor import Question
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
        prediction = tip.module.prediction
        files = self._world.snapshots.files(tip.commit.tree)
        edits = quiet_edits(prediction, files, drifting) if prediction and drifting else {}
        if prediction is None or not edits:
            return seen
        left = await self._left(tip, edits)
        ended = tuple(sorted(drifting - left))
        return replace(seen, connections=ended, edits=quiet_edits(prediction, files, ended))

    async def _left(self, tip: TipSeen, edits: dict[str, bytes]) -> frozenset[str]:
        module = tip.rollout.deployment.module
        question = Question(
            module,
            tip.commit,
            tip.commit,
            variables=tip.inputs.values,
            edits=edits,
            base_edits=edits,
            plain=tip.inputs.plain,
        )
        predictor = self._world.modules.predictor
        again = await predictor.predict(tip.reader.github, tip.reader.name, question)
        return frozenset(c.address for c in again.changes if c.action is Action.UPDATE)

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
