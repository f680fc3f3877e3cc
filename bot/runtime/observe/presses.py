"""Observing a pressed button: which pull request its check is on, and what is written of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clients.errors import Invalid, NotFound
from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.commands import is_answered
from bot.lifecycle.keys import PressKey
from bot.lifecycle.press import PressObserved, latest, written
from bot.model.github import Comment, PullRequest, PullRequestState
from bot.runtime.observe.world import World


class PressObserver:
    """One for the whole service."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def observe(self, key: PressKey) -> PressObserved | None:
        """None where the check is on no pull request here."""
        found = self._world.installations.find(key.repository)
        if found is None or not self._world.platforms.of(key.repository):
            return None
        reader = self._world.installations.reader(found)
        pull_request = await self._pull_request(reader, key.sha)
        if pull_request is None:
            return None
        comments = await reader.comments(pull_request.number)
        ours = [comment for comment in comments if comment.author == self._world.login]
        there = written(ours, key)
        return PressObserved(
            key=key,
            number=pull_request.number,
            counts=_counts(pull_request),
            written=there.id if there else None,
            waits=there is None and await self._waits(reader, ours, key),
        )

    async def _pull_request(self, reader: RepositoryReader, sha: str) -> PullRequest | None:
        """The one whose check this is; where several share a commit, the oldest of them.

        A fork's pull request is in no payload of a check, so it is looked for by its head.
        """
        heads = [item for item in await reader.open_pull_requests() if item.head_sha == sha]
        try:
            others = [] if heads else await reader.pull_requests_of(sha)
        except (NotFound, Invalid):
            return None
        exact = [item for item in others if _counts(item) == sha]
        return min(heads or exact or others, key=lambda item: item.number, default=None)

    async def _waits(
        self, reader: RepositoryReader, ours: Sequence[Comment], key: PressKey
    ) -> bool:
        before = latest(ours, key, self._world.signer.at(key.repository))
        if before is None or before.updated_at > before.created_at:
            return False
        reactions = await reader.reactions(before.id)
        return not is_answered(r for r in reactions if r.author == self._world.login)


def _counts(pull_request: PullRequest) -> str:
    """The commit whose check tells of it."""
    if pull_request.state is PullRequestState.MERGED and pull_request.merge_commit:
        return pull_request.merge_commit
    return pull_request.head_sha
