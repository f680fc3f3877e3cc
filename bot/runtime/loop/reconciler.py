"""One key at a time: observe, decide, perform. What comes of it is when to look again.

It holds no truth: the pull requests that it follows are a hint for what to look at when the
cluster has news, and after a restart the periodic look finds them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

import structlog

from bot.clients.errors import ClientError, Conflict, Forbidden, NotFound, Refused
from bot.lifecycle.backfill import decide_backfill
from bot.lifecycle.commands import (
    CommandObserved,
    decide_command,
    greeting,
    not_done,
    not_marked,
    not_seen,
)
from bot.lifecycle.direct_push import decide_direct_push
from bot.lifecycle.drift_by_hand import decide_by_hand
from bot.lifecycle.effects import Decision, Effect, React, Said
from bot.lifecycle.keys import (
    BranchKey,
    CommandKey,
    CopiesKey,
    DeliverySweepKey,
    InstallationsKey,
    Key,
    MergeGroupKey,
    PressKey,
    PullRequestKey,
    PushKey,
    RepositoryKey,
    text,
)
from bot.lifecycle.left_checks import ended as left_check_ended
from bot.lifecycle.merge_group import QUEUE, decide_merge_group
from bot.lifecycle.observed import ModuleSeen, PullRequestObserved, is_told
from bot.lifecycle.outgoing import without
from bot.lifecycle.press import decide_press
from bot.lifecycle.preview import decide_pull_request
from bot.lifecycle.quieting import decide_quieting
from bot.lifecycle.rollout import decide_rollout
from bot.lifecycle.saved_states import saving, unsaved
from bot.lifecycle.stability.credential import decide_credential
from bot.model.cluster import ObjectName
from bot.model.github import PullRequest, PullRequestState, Repository
from bot.model.plan_copy import intent_of
from bot.runtime.observe.asking import CommandObserver
from bot.runtime.observe.branches import BranchObserver, together
from bot.runtime.observe.confirm.plan_slots import sweep
from bot.runtime.observe.left_checks import LeftCheckObserver
from bot.runtime.observe.merge_groups import MergeGroupObserver
from bot.runtime.observe.presses import PressObserver
from bot.runtime.observe.pull_requests import PullRequestObserver
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.stability.credentials import CredentialObserver
from bot.runtime.observe.stability.saved_states import SavedStateObserver
from bot.runtime.observe.tips import TipObserver
from bot.runtime.observe.world import World
from bot.runtime.perform.effects import Performer
from bot.runtime.web.deliveries import DeliverySweep
from bot.runtime.web.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hands:
    """What acts and tells: effects, swept deliveries, measurements, and the queue's `add`."""

    performer: Performer
    sweep: DeliverySweep
    metrics: Metrics
    queue: Callable[[Key], None]


class Reconciler:
    """The queue's handler."""

    def __init__(self, world: World, hands: Hands) -> None:
        self._world = world
        self._hands = hands
        rollouts = RolloutObserver(world)
        self._pull_requests = PullRequestObserver(world, rollouts)
        self._branches = BranchObserver(world, rollouts)
        self._merge_groups = MergeGroupObserver(world)
        self._credentials = CredentialObserver(world, TipObserver(world, rollouts))
        self._commands = CommandObserver(world, self._branches, self._pull_requests, rollouts)
        self._presses = PressObserver(world)
        self._left_checks = LeftCheckObserver(world)
        self._states = SavedStateObserver(world)
        self._served: set[str] = set()
        self._followed: set[PullRequestKey] = set()
        self._over: dict[CommandKey, None] = {}
        self._comments_since = world.clock.now() - timedelta(hours=1)

    async def handle(self, key: Key) -> float | None:
        """Work on a key; seconds until it wants to be looked at again, None: with the resync."""
        clock, outcome = self._world.clock, "failed"
        kind, began = text(key).partition(" ")[0], clock.monotonic()
        try:
            again = await self._handle(key)
            outcome = "done"
            return again
        finally:
            self._hands.metrics.reconciled(kind, outcome, clock.monotonic() - began)

    def news_of(self, name: ObjectName) -> None:
        """The cluster has news of a Terraform object, or of its source."""
        self._hands.queue(BranchKey(name.namespace, name.name))
        for key in tuple(self._followed):
            self._hands.queue(key)

    def news_of_copy(self, item: Mapping[str, Any]) -> None:
        """The cluster has news of a plan-only copy, or of its source."""
        intent = intent_of(item)
        if intent is None:
            self._hands.queue(CopiesKey())
        else:
            self._hands.queue(PullRequestKey(intent.repository, intent.number))

    async def _handle(self, key: Key) -> float | None:
        match key:
            case PullRequestKey():
                return await self._pull_request(key)
            case BranchKey():
                return await self._branch(key)
            case CommandKey():
                return await self._command(key)
            case PressKey():
                return await self._press(key)
            case PushKey():
                await self._push(key)
            case MergeGroupKey():
                await self._merge_group(key)
            case RepositoryKey():
                await self._repository(key)
            case InstallationsKey():
                await self._world.installations.refresh()
                self._all_repositories()
            case CopiesKey():
                return await self._copies(key)
            case DeliverySweepKey():
                await self._hands.sweep.sweep()
            case _:
                assert_never(key)
        return None

    async def _pull_request(
        self, key: PullRequestKey, *, news: bool = False, asked: int | None = None
    ) -> float | None:
        seen = await self._pull_requests.observe(key.repository, key.number, news=news, asked=asked)
        if seen is None or seen.pull_request.state is not PullRequestState.OPEN:
            self._left_behind(key)
        if seen is None:
            self._followed.discard(key)
            left = await self._left_checks.observe(key.repository, key.number)
            effects = (left_check_ended(left),) if left else ()
            return await self._perform(key, Decision(effects))
        self._left_checks.followed(key.repository, key.number)
        if seen.pull_request.state is PullRequestState.MERGED and not is_told(seen):
            self._followed.add(key)
        else:
            self._followed.discard(key)
        seen = await self._save(seen)
        signer = self._world.signer.at(key.repository)
        return await self._perform(key, without(decide_pull_request(seen, signer), seen.secrets))

    async def _save(self, seen: PullRequestObserved) -> PullRequestObserved:
        """Sync states first, so that the comment tells what is true of them."""
        modules = [await self._saved(module, seen.pull_request) for module in seen.modules]
        return replace(seen, modules=tuple(modules))

    async def _saved(self, module: ModuleSeen, pull_request: PullRequest) -> ModuleSeen:
        if module.saving is None:
            return module
        repository, number = pull_request.repository, pull_request.number
        effect, kept = saving(module.saving, repository, number, self._world.clock.now())
        try:
            if effect is not None:
                await self._hands.performer.perform(effect)
        except Conflict:
            raise  # somebody was faster: what stands now is looked at once more
        except Forbidden:
            states = module.saving.states
            place = f"{states.namespace}/{states.name}"
            kept = unsaved(kept, f"writing Secret {place} is not allowed (lotus doctor)")
        except ClientError as error:
            kept = unsaved(kept, str(error))
        return replace(module, kept=kept)

    def _left_behind(self, key: PullRequestKey) -> None:
        """Copies for a pull request that is not open any more are swept at once."""
        intents = (intent_of(item) for item in self._world.platforms.copies())
        if any(
            i is not None and (i.repository, i.number) == (key.repository, key.number)
            for i in intents
        ):
            self._hands.queue(CopiesKey())

    async def _copies(self, key: CopiesKey) -> float | None:
        """Take away what is left behind; what works still is its pull request's affair."""
        swept = await sweep(self._world)
        await self._perform(key, Decision(swept.effects))
        for slot in swept.kept:
            if slot.intent is not None:
                self._hands.queue(PullRequestKey(slot.intent.repository, slot.intent.number))
        return _SWEEP if swept.waits else None

    async def _branch(self, key: BranchKey) -> float | None:
        seen = await self._branches.observe(ObjectName(key.namespace, key.name))
        if isinstance(seen, str):
            log.info("not followed", key=text(key), reason=seen)
            return None
        decision = decide_rollout(seen.rollout)
        signer = self._world.signer.at(seen.rollout.deployment.repository)
        if seen.direct is not None:
            decision = together(decision, decide_direct_push(seen.direct, signer))
        if seen.backfill is not None:
            decision = together(decision, decide_backfill(seen.backfill))
        if seen.quieting is not None:
            by_hand = decide_by_hand(seen.quieting, signer)
            decision = together(decision, Decision((*decide_quieting(seen.quieting), *by_hand)))
        credential = await self._credentials.observe(ObjectName(key.namespace, key.name), seen)
        if credential is not None:
            decision = together(decision, decide_credential(credential, signer))
        again = await self._perform(key, without(decision, seen.secrets))
        await self._sweep(ObjectName(key.namespace, key.name))
        return again

    async def _sweep(self, name: ObjectName) -> None:
        """Remove saved sync states that nobody will ask for; one that stays does no harm."""
        unasked = await self._states.sweep(name)
        if unasked is None:
            return
        try:
            await self._hands.performer.perform(unasked)
        except Refused as error:
            log.info("saved sync states stay", object=str(name), reason=str(error))

    async def _command(self, key: CommandKey) -> float | None:
        if key in self._over:
            return None
        seen = await self._commands.observe(key.repository, key.number, key.comment_id)
        if seen is None:
            return None
        try:
            for effect in greeting(seen):
                await self._hands.performer.perform(effect)
        except NotFound:
            return None  # somebody deleted it
        except Refused as error:
            signer = self._world.signer.at(seen.repository)
            return await self._perform(key, not_seen(seen, signer, str(error)))
        try:
            seen = await self._commands.look(seen)
            decided = decide_command(seen, self._world.signer.at(seen.repository))
            if decided.predict:
                place = PullRequestKey(key.repository, key.number)
                await self._pull_request(place, news=True, asked=key.comment_id)
            again = await self._answer(key, seen, without(decided.decision, seen.secrets))
            if seen.is_pull_request and decided.decision.effects:
                self._hands.queue(PullRequestKey(key.repository, key.number))
            return again
        except Refused as error:
            signer = self._world.signer.at(seen.repository)
            return await self._answer(key, seen, not_done(seen, signer, str(error)))

    async def _answer(self, key: CommandKey, seen: CommandObserved, made: Decision) -> float | None:
        """At its end something says that it is over: a reaction, else words, else our memory."""
        refused = await self._performed(key, made.effects)
        why = next((why for effect, why in refused if isinstance(effect, React)), None)
        if why is not None:
            self._over[key] = None
            while len(self._over) > _REMEMBERED:
                self._over.pop(next(iter(self._over)))
            signer = self._world.signer.at(seen.repository)
            await self._performed(key, not_marked(seen, signer, why).effects)
        return made.requeue.after

    async def _press(self, key: PressKey) -> float | None:
        """Written down first; then it is that comment's command."""
        seen = await self._presses.observe(key)
        if seen is None:
            log.info("pressed on no pull request here", key=text(key))
            return None
        if seen.written is not None:
            self._hands.queue(CommandKey(key.repository, seen.number, seen.written))
            return None
        await self._perform(key, decide_press(seen, self._world.signer.at(key.repository)))
        return None if seen.waits else _WRITTEN

    async def _merge_group(self, key: MergeGroupKey) -> None:
        seen = await self._merge_groups.observe(key.repository, key.branch)
        if seen is not None:
            await self._perform(key, decide_merge_group(seen))

    async def _perform(self, key: Key, decision: Decision) -> float | None:
        await self._performed(key, decision.effects)
        if decision.requeue.after is not None:
            log.debug("again", key=text(key), after=decision.requeue.after)
        return decision.requeue.after

    async def _performed(self, key: Key, effects: Iterable[Effect]) -> list[tuple[Effect, str]]:
        """What GitHub did not let us say, and why; a no to anything else is raised."""
        unsaid: list[tuple[Effect, str]] = []
        for effect in effects:
            try:
                await self._hands.performer.perform(effect)
            except Refused as error:
                if not isinstance(effect, Said):
                    raise
                # A locked conversation, a comment that is gone: asking again changes nothing.
                kind = type(effect).__name__
                log.warning("not said", key=text(key), effect=kind, reason=str(error))
                unsaid.append((effect, str(error)))
        return unsaid

    async def _push(self, key: PushKey) -> None:
        """What is applied from the branch, and the open pull requests onto it."""
        repository = self._world.installations.find(key.repository)
        made = self._world.platforms.of(key.repository)
        branches = [item for item in made if item.branch == key.branch]
        for item in branches:
            name = item.terraform.name
            self._hands.queue(BranchKey(name.namespace, name.name))
        if repository is None or not branches:
            return
        reader = self._world.installations.reader(repository)
        for pull_request in await reader.open_pull_requests():
            if pull_request.base_branch == key.branch:
                self._hands.queue(PullRequestKey(key.repository, pull_request.number))

    async def _repository(self, key: RepositoryKey) -> None:
        """What somebody may have done while we did not hear of it."""
        repository = self._world.installations.find(key.repository)
        if repository is None:
            return
        served = bool(self._world.platforms.of(key.repository))
        if served or key.repository in self._served:
            await self._merged(repository)
        if not served:
            return
        self._served.add(key.repository)
        reader = self._world.installations.reader(repository)
        for pull_request in await reader.open_pull_requests():
            self._hands.queue(PullRequestKey(repository.name, pull_request.number))
        for branch in await reader.branches(QUEUE):
            self._hands.queue(MergeGroupKey(repository.name, branch))
        await self._comments(repository)

    async def _merged(self, repository: Repository) -> None:
        """Those that are followed, and those of the time before: their check has to have ended."""
        reader = self._world.installations.reader(repository)
        days = timedelta(days=2 * self._world.settings.pull_request_days)
        for pull_request in await reader.closed_pull_requests(self._world.clock.now() - days):
            if pull_request.state is PullRequestState.MERGED:
                self._hands.queue(PullRequestKey(repository.name, pull_request.number))

    async def _comments(self, repository: Repository) -> None:
        """Commands whose webhook was lost; what was answered is known by its reaction."""
        reader = self._world.installations.reader(repository)
        began = self._world.clock.now()
        for number, comment in await reader.recent_comments(self._comments_since):
            if self._commands.of_person(repository.name, comment):
                self._hands.queue(CommandKey(repository.name, number, comment.id))
        lookback = timedelta(seconds=2 * self._world.settings.resync_seconds)
        since = max(self._comments_since, began - max(lookback, _COMMENTS))
        # In steps: each new moment is a new question, and no ETag is known of its answer.
        step = int(since.timestamp()) // _STEP * _STEP
        self._comments_since = datetime.fromtimestamp(step, UTC)

    def _all_repositories(self) -> None:
        for repository in self._world.installations.all:
            self._hands.queue(RepositoryKey(repository.name))


_COMMENTS = timedelta(minutes=10)
_STEP = 600  # seconds
_REMEMBERED = 1000  # commands that are over, of which nothing at GitHub says so
_WRITTEN = 1.0  # seconds until a press that was written down is looked at
_SWEEP = 3.0  # seconds between looks while copies are going


def everything(world: World) -> list[Key]:
    """All that is looked at again with each resync."""
    keys: list[Key] = [InstallationsKey(), CopiesKey()]
    for made in world.platforms.all():
        name = made.terraform.name
        keys.append(BranchKey(name.namespace, name.name))
    return keys
