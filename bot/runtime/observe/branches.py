"""Observing what a Terraform object applies: its rollout, and the flags on its branch's tip."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from bot.clients.errors import TooMuch
from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.backfill import BackfillObserved
from bot.lifecycle.direct_push import DirectPush
from bot.lifecycle.effects import Decision, Effect, Requeue
from bot.lifecycle.quieting import QuietingObserved
from bot.lifecycle.repository_settings import FILE as SETTINGS_FILE
from bot.lifecycle.repository_settings import RepositorySettings, repository_settings
from bot.lifecycle.rollout import RolloutObserved, standing
from bot.model.cluster import ObjectName
from bot.model.github import PullRequestState
from bot.runtime.observe.backfill.backfills import BackfillObserver, TipSeen
from bot.runtime.observe.looks import content_of
from bot.runtime.observe.modules import Inputs, read_inputs
from bot.runtime.observe.predictor import Commit
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.stability.quieting import QuietingObserver
from bot.runtime.observe.trees import Trees
from bot.runtime.observe.world import World, located

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BranchSeen:
    """The rollout of the branch's tip; `backfill`, `quieting` None until the tip is applied.

    `direct` where the tip is stuck and no pull request brought it. `secrets` are true values, for
    redaction only.
    """

    rollout: RolloutObserved
    inputs: Inputs
    backfill: BackfillObserved | None = None
    direct: DirectPush | None = None
    quieting: QuietingObserved | None = None
    settings: RepositorySettings = field(default_factory=RepositorySettings)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


class BranchObserver:
    """One for the whole service."""

    def __init__(self, world: World, rollouts: RolloutObserver) -> None:
        self._world = world
        self._rollouts = rollouts
        self._backfills = BackfillObserver(world, rollouts)
        self._quieting = QuietingObserver(world)

    async def observe(self, name: ObjectName) -> BranchSeen | str:
        """The object now; or, in words, why there is nothing to follow."""
        found = await located(self._world, name)
        if isinstance(found, str):
            return found
        made, reader = found.made, found.reader
        tip = await reader.tip(made.branch)
        if tip is None:
            return f"{made.repository} has no branch {made.branch}"
        rollout = await self._rollouts.rollout(reader, made, tip)
        inputs = await read_inputs(self._world.cluster, found.item)
        if standing(rollout).stand.needs_person:
            direct = await self._direct(reader, rollout, inputs)
            return BranchSeen(rollout, inputs, direct=direct, secrets=inputs.secrets())
        if not standing(rollout).stand.done:
            return BranchSeen(rollout, inputs, secrets=inputs.secrets())
        try:
            return await self._applied(reader, rollout, inputs)
        except TooMuch as error:
            log.warning("module not read", object=str(name), reason=str(error))
            return BranchSeen(rollout, inputs, secrets=inputs.secrets())

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

    async def _applied(
        self, reader: RepositoryReader, rollout: RolloutObserved, inputs: Inputs
    ) -> BranchSeen:
        """The module at the tip, as evaluating it there shows it, and what is to be done for it."""
        tip = rollout.wanted
        commit = Commit(await self._world.snapshots.tree(reader.github, reader.name, tip), tip)
        trees = Trees(commit, commit, tip, landed=True)
        made = rollout.deployment
        predicted = await self._world.modules.observe(reader, made, trees, inputs)
        settings = await self._settings(reader, commit)
        seen = TipSeen(reader, rollout, commit, predicted.seen, inputs, settings)
        backfill = await self._backfills.observe(seen)
        quieting = await self._quieting.observe(seen, backfill)
        return BranchSeen(
            rollout,
            inputs,
            backfill,
            quieting=quieting,
            settings=settings,
            secrets=predicted.secrets,
        )

    async def _settings(self, reader: RepositoryReader, commit: Commit) -> RepositorySettings:
        """`.lotus.yaml` of the branch; what is wrong in it is in the log, and in the comment of
        the pull request that brought it.
        """
        await self._world.snapshots.fetch(
            reader.github, reader.name, commit.tree, [SETTINGS_FILE], commit.sha
        )
        content = content_of(self._world.snapshots.files(commit.tree), SETTINGS_FILE)
        settings = repository_settings(content)
        for problem in settings.problems:
            log.warning("settings", repository=reader.name, problem=problem)
        return settings


def together(first: Decision, second: Decision) -> Decision:
    """Both decisions; the earlier look counts."""
    effects: tuple[Effect, ...] = (*first.effects, *second.effects)
    waits = [item for item in (first.requeue, second.requeue) if item.after is not None]
    earliest = min(waits, key=lambda item: item.after or 0.0, default=Requeue())
    return Decision(effects, earliest)
