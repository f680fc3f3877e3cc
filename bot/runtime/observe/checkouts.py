"""Observing the files of a module where a change would be made: a pull request's branch, or its
base.
"""

from __future__ import annotations

from bot.clients.errors import ClientError
from bot.clients.github.repository import RepositoryReader
from bot.clients.github.tree import Tree
from bot.lifecycle.catalogs import folders_of
from bot.lifecycle.commands.parts import Checkout
from bot.lifecycle.platform import Deployment
from bot.model.github import PullRequest, PullRequestState
from bot.plan.files import NotFetched
from bot.runtime.observe.predictor import Commit, Question
from bot.runtime.observe.world import World

_CATALOG = "/_catalog.json"


class CheckoutObserver:
    """One for the whole service."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def observe(self, repository: str, number: int, is_pull_request: bool) -> list[Checkout]:
        """A checkout for each module that is applied from the branch in question."""
        found = self._world.installations.named(repository)
        reader = self._world.installations.reader(found)
        opened = await self._opened(reader, number) if is_pull_request else None
        made = self._world.platforms.of(repository)
        if opened is not None:
            relevant = [item for item in made if item.branch == opened.base_branch]
            return [await self._checkout(reader, item, opened) for item in relevant]
        return [await self._checkout(reader, item, None) for item in made]

    async def _opened(self, reader: RepositoryReader, number: int) -> PullRequest | None:
        """The pull request while it is open: to another one nothing is committed any more."""
        found = await reader.pull_request(number)
        return found if found.state is PullRequestState.OPEN else None

    async def _checkout(
        self, reader: RepositoryReader, made: Deployment, opened: PullRequest | None
    ) -> Checkout:
        tip = await reader.tip(made.branch) or ""
        branch, sha, base = made.branch, tip, tip
        if opened is not None:
            branch, sha = opened.head_branch, opened.head_sha
            base = await reader.merge_base(tip, sha)
        head = await self._commit(reader, sha)
        reads = await self._reads(reader, made, head)
        before = head if base == sha else await self._commit(reader, base)
        return Checkout(
            made=made,
            repository=reader.name,
            branch=branch,
            sha=sha,
            from_fork=opened is not None and opened.from_fork,
            files=await self._files(reader, head, reads),
            before=await self._files(reader, before, reads),
            reads=reads,
            paths=frozenset(head.tree),
        )

    async def _reads(
        self, reader: RepositoryReader, made: Deployment, head: Commit
    ) -> frozenset[str]:
        """What evaluating the module reads, with nothing given from outside."""
        question = Question(made.module, head, var_files=made.var_files)
        predictor = self._world.modules.predictor
        prediction = await predictor.predict(reader.github, reader.name, question)
        return frozenset(item.path for item in prediction.reads)

    async def _files(
        self, reader: RepositoryReader, commit: Commit, reads: frozenset[str]
    ) -> dict[str, bytes]:
        """The JSON files that are read, those beside them, and what the sources offer."""
        folders = {path.rpartition("/")[0] for path in reads if path.endswith(".json")}
        folders |= {folders_of(path)[1] for path in reads if path.endswith(_CATALOG)}
        wanted = [path for path in commit.tree if _is_in(path, folders)]
        await self._world.snapshots.fetch(
            reader.github, reader.name, commit.tree, wanted, commit.sha
        )
        files = self._world.snapshots.files(commit.tree)
        found = {}
        for path in wanted:
            try:
                content = files.read(path)
            except NotFetched:
                continue
            if content is not None:
                found[path] = content
        return found

    async def _commit(self, reader: RepositoryReader, sha: str) -> Commit:
        if not sha:
            raise ClientError("GitHub", f"{reader.name}: the branch is not there")
        tree: Tree = await self._world.snapshots.tree(reader.github, reader.name, sha)
        return Commit(tree, sha)


def _is_in(path: str, folders: set[str]) -> bool:
    return path.endswith(".json") and path.rpartition("/")[0] in folders
