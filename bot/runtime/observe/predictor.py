"""Predictions for the service: fetch what the evaluation asks for, evaluate, until it is whole.

The evaluator is pure and says which files it misses; here they are fetched and it is asked again.
It runs in a thread of its own, so that a large module does not keep webhooks waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bot.clients.github.snapshot import Snapshots
from bot.clients.github.transport import Transport
from bot.clients.github.tree import LINK, Tree
from bot.lifecycle.flags import Overlay
from bot.plan.predict import Cache, Request, predict
from bot.plan.prediction import Prediction
from bot.plan.state import State
from bot.runtime.observe.turns import Turns

_ROUNDS = 32  # each round fetches all that is missed; chains of modules are never this deep
_LINKS = 500


@dataclass(frozen=True, slots=True)
class Commit:
    """A tree to evaluate, and a commit whose tarball holds most of it."""

    tree: Tree
    sha: str


@dataclass(frozen=True, slots=True)
class Question:
    """What would a plan of `module` (a folder) at `head` be?

    With `state` against that, else against `base` as if applied. `variables` None: opaque.
    `edits` are files of the head as if they had other bytes, `base_edits` of the base. `live`:
    Airbyte's objects, as its lists give them, where the state is to be read anew from them.
    `plain`: of these variables' values, keys and numbers may be made that are shown. `var_files`:
    paths of the repository's files that give variables.
    """

    module: str
    head: Commit
    base: Commit | None = None
    state: State | None = None
    variables: Mapping[str, object] | None = field(default=None, repr=False)
    edits: Mapping[str, bytes] = field(default_factory=dict)
    base_edits: Mapping[str, bytes] = field(default_factory=dict)
    live: Mapping[str, object] | None = field(default=None, repr=False)
    plain: frozenset[str] = frozenset()
    var_files: tuple[str, ...] = ()


class Predictor:
    """One for the whole service: what was parsed and computed once is not again."""

    def __init__(self, snapshots: Snapshots) -> None:
        self.snapshots = snapshots
        self._cache = Cache()
        self._turns = Turns()
        self._thread = ThreadPoolExecutor(1, "evaluator")  # what is cancelled runs on to its end

    async def predict(self, github: Transport, repository: str, question: Question) -> Prediction:
        """Raises `ClientError` where files cannot be fetched; a user's mistake is a diagnostic."""
        commits = [commit for commit in (question.head, question.base) if commit]
        for commit in commits:
            await self._links(github, repository, commit)
        asked: frozenset[str] = frozenset()
        for _ in range(_ROUNDS):
            prediction = await self._evaluate(repository, question)
            if not prediction.not_fetched - asked:
                break
            asked |= prediction.not_fetched
            for commit in commits:
                await self.snapshots.fetch(
                    github, repository, commit.tree, prediction.not_fetched, commit.sha
                )
        return prediction

    async def _evaluate(self, repository: str, question: Question) -> Prediction:
        request = Request(
            files=Overlay(self.snapshots.files(question.head.tree), question.edits),
            module=question.module,
            state=question.state,
            base=self._base(question),
            variables=question.variables,
            named_files=question.var_files,
            confidential=True,
            plain=question.plain,
            live=question.live,
            cache=self._cache,
        )
        async with self._turns.turn((repository, question.module)):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, predict, request)

    def _base(self, question: Question) -> Overlay | None:
        if question.base is None:
            return None
        return Overlay(self.snapshots.files(question.base.tree), question.base_edits)

    async def _links(self, github: Transport, repository: str, commit: Commit) -> None:
        """Symbolic links are part of the tree's shape: the evaluator may meet any of them."""
        links = [path for path, entry in commit.tree.items() if entry.mode == LINK]
        if links:
            await self.snapshots.fetch(github, repository, commit.tree, links[:_LINKS], commit.sha)
