"""Observing whether a merge that is not followed any more has left a check of ours in progress."""

from __future__ import annotations

from datetime import timedelta

from cachetools import LRUCache

from bot.clients.errors import Forbidden, NotFound
from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.checks import APPLY_CHECK
from bot.lifecycle.left_checks import LeftCheck
from bot.model.github import PullRequest
from bot.runtime.observe.world import World

_REMEMBERED = 4096


class LeftCheckObserver:
    """One for the whole service. A merge whose check has ended is not looked at again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ended: LRUCache[tuple[str, int], bool] = LRUCache(_REMEMBERED)

    def followed(self, repository: str, number: int) -> None:
        """Its check may be in progress again."""
        self._ended.pop((repository, number), None)

    async def observe(self, repository: str, number: int) -> LeftCheck | None:
        """To be asked of a pull request that is not followed; None: nothing is left of it.

        While a list of the cluster's is not there, that nothing applies it is no evidence.
        """
        found = self._world.installations.find(repository)
        if found is None or (repository, number) in self._ended or self._world.platforms.missing():
            return None
        reader = self._world.installations.reader(found)
        try:
            pull_request = await reader.pull_request(number)
        except NotFound:
            return None
        if pull_request.merge_commit is None or pull_request.merged_at is None:
            return None
        left = await self._left(reader, pull_request, pull_request.merge_commit)
        if left is None:
            self._ended[repository, number] = True
        return left

    async def _left(
        self, reader: RepositoryReader, pull_request: PullRequest, sha: str
    ) -> LeftCheck | None:
        try:
            runs = await reader.check_runs(sha, APPLY_CHECK)
        except (Forbidden, NotFound):
            return None
        for run in runs:
            if f"{run.app}[bot]" == self._world.login and run.status != "completed":
                return LeftCheck(pull_request, run, self._why(pull_request))
        return None

    def _why(self, pull_request: PullRequest) -> str:
        made = self._world.platforms.of(pull_request.repository)
        if not any(item.branch == pull_request.base_branch for item in made):
            branch = pull_request.base_branch
            return f"No Terraform object in the cluster applies the branch {branch} any more."
        days, merged = self._world.settings.pull_request_days, pull_request.merged_at
        if merged and self._world.clock.now() - merged > timedelta(days=days):
            return f"It was merged more than {days:g} days ago (LOTUS_PULL_REQUEST_DAYS)."
        return "The comment on the pull request tells how it ended."
