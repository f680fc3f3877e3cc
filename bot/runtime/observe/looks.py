"""One module as it was looked at: the question, its prediction, the trees. Data, and reading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.clients.github.repository import RepositoryReader
from bot.plan.files import Files, NotFetched
from bot.plan.prediction import Prediction
from bot.runtime.observe.predictor import Commit, Predictor, Question
from bot.runtime.observe.trees import Trees


@dataclass(frozen=True, slots=True)
class Look:
    """A prediction with what it was made of; `ids` are Airbyte's, by address."""

    reader: RepositoryReader
    predictor: Predictor
    question: Question
    prediction: Prediction
    trees: Trees
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def head(self) -> Files:
        """The files that were predicted."""
        return self.predictor.snapshots.files(self.question.head.tree)

    @property
    def base(self) -> Files:
        """The files that stood before."""
        return self.predictor.snapshots.files(self.trees.base.tree)

    async def fetch(self, paths: frozenset[str]) -> None:
        """Bring these files' bytes here, of the head and of the base."""
        for commit in (self.question.head, self.trees.base):
            await self.predictor.snapshots.fetch(
                self.reader.github, self.reader.name, commit.tree, paths, commit.sha
            )

    async def with_edits(self, edits: Mapping[str, bytes]) -> Prediction:
        """The same prediction, were these files of the head other ones."""
        if not edits:
            return self.prediction
        return await self._predict(replace(self.question, edits=edits))

    async def again(self) -> Prediction:
        """A pass over the head, when the head is applied already."""
        return await self._predict(self._over(self.question.head))

    async def again_before(self) -> Prediction:
        """A pass over the base, when the base is applied already."""
        return await self._predict(self._over(self.trees.base))

    def _over(self, commit: Commit) -> Question:
        return replace(
            self.question, head=commit, base=commit, state=None, edits={}, base_edits={}, live=None
        )

    async def _predict(self, question: Question) -> Prediction:
        return await self.predictor.predict(self.reader.github, self.reader.name, question)


def content_of(files: Files, path: str) -> bytes | None:
    """A file's bytes; None where there is none, or where it is not here."""
    try:
        return files.read(path)
    except NotFetched:
        return None
