"""Observing a comment that may hold a command: first the comment, then what the command needs."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.lifecycle.commands import CommandObserved, Need, asked, needed, needed_then
from bot.lifecycle.press import meant
from bot.model.github import Comment
from bot.runtime.observe.branches import BranchObserver
from bot.runtime.observe.checkouts import CheckoutObserver
from bot.runtime.observe.connection_checks import checks
from bot.runtime.observe.ladders import LadderObserver, beside
from bot.runtime.observe.locks import locks
from bot.runtime.observe.pull_requests import PullRequestObserver
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.stability.inventories import InventoryObserver
from bot.runtime.observe.stability.object_states import object_states
from bot.runtime.observe.stability.successions import successions
from bot.runtime.observe.tips import TipObserver
from bot.runtime.observe.world import World


class CommandObserver:
    """One for the whole service. A comment without a command costs one request, and no more."""

    def __init__(
        self,
        world: World,
        branches: BranchObserver,
        pull_requests: PullRequestObserver,
        rollouts: RolloutObserver,
    ) -> None:
        self._world = world
        self._branches = branches
        self._pull_requests = pull_requests
        self._checkouts = CheckoutObserver(world)
        self._ladders = LadderObserver(world, branches)
        self._inventories = InventoryObserver(world, TipObserver(world, rollouts))

    async def observe(
        self, repository: str, number: int, comment_id: int
    ) -> CommandObserved | None:
        """The comment, its author and what was answered; None where nothing is asked."""
        found = self._world.installations.find(repository)
        if found is None:
            return None
        reader = self._world.installations.reader(found)
        comment = await reader.comment(comment_id)
        comment = self.of_person(found.name, comment) if comment else None
        if comment is None:
            return None
        reactions = await reader.reactions(comment_id)
        comments = await reader.comments(number)
        ours = self._world.login
        return CommandObserved(
            repository=found.name,
            number=number,
            comment=comment,
            permission=await reader.permission(comment.author),
            reactions=tuple(item for item in reactions if item.author == ours),
            replies=tuple(item for item in comments if item.author == ours),
            is_pull_request=await reader.is_pull_request(number),
            public=not found.private,
            served=bool(self._world.platforms.of(repository)),
            now=self._world.clock.now(),
            escalate=self._world.settings.escalate_seconds,
            beside=beside(self._world, repository),
        )

    def of_person(self, repository: str, comment: Comment) -> Comment | None:
        """A person's comment with a command, or a button that a person pressed; None: neither."""
        comment = meant(comment, self._world.login, self._world.signer.at(repository))
        if comment.author.endswith("[bot]") or not asked(comment.body):
            return None
        return comment

    async def look(self, seen: CommandObserved) -> CommandObserved:
        """All that the command needs to see besides, which may take a while."""
        seen = await self._with(seen, needed(seen))
        return await self._with(seen, needed_then(seen, self._world.signer.at(seen.repository)))

    async def _with(self, seen: CommandObserved, needs: frozenset[Need]) -> CommandObserved:
        """What the command has declared, and nothing else."""
        for need in Need:  # in its order: the checks are those of the platform's objects
            if need in needs:
                seen = await self._part(seen, need, needs)
        return seen

    async def _part(
        self, seen: CommandObserved, need: Need, needs: frozenset[Need]
    ) -> CommandObserved:
        name, number = seen.repository, seen.number
        match need:
            case Need.LADDER:
                ladder, lost = await self._ladders.observe(name)
                secrets = frozenset().union(*(item.secrets for item in ladder))
                seen = replace(seen, ladder=ladder, beside=lost)
                return replace(seen, secrets=seen.secrets | secrets)
            case Need.PULL_REQUEST | Need.CONFIRMATION:
                asked_by = seen.comment.id if need is Need.CONFIRMATION else None
                found = await self._pull_requests.observe(name, number, news=True, asked=asked_by)
                secrets = found.secrets if found else frozenset()
                return replace(seen, pull_request=found, secrets=seen.secrets | secrets)
            case Need.CHECKOUT:
                made = await self._checkouts.observe(name, number, seen.is_pull_request)
                return replace(seen, checkouts=tuple(made))
            case Need.PLATFORM:
                platform = await self._inventories.observe(name, tips=Need.TIPS in needs)
                secrets = frozenset().union(*(tip.secrets for tip in platform.tips))
                return replace(seen, platform=platform, secrets=seen.secrets | secrets)
            case Need.TIPS:
                return seen  # they came with the platform
            case Need.LOCKS:
                terraforms = [item.terraform for item in self._world.platforms.of(name)]
                return replace(seen, locks=await locks(self._world.cluster, terraforms))
            case Need.SUCCESSION:
                named = " ".join(asked(seen.comment.body)[0].arguments.get("connection", ()))
                return replace(seen, successions=await successions(self._world, name, named))
            case Need.STATES:
                return replace(seen, states=await object_states(self._world, name))
            case Need.CHECKS:
                return replace(seen, checks=await checks(self._world.airbyte, seen.platform))
            case _:
                assert_never(need)
