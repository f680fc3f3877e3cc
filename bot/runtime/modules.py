"""One Terraform object's module, predicted for two trees: what the comment is made of.

Observes only. True variables and the state are used for what people with write wrote, and for what
is merged; for anybody else they are opaque, since evaluating code with them would tell them.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.clients.errors import ClientError
from bot.clients.github.repository import RepositoryReader
from bot.clients.kubernetes.cluster import Cluster
from bot.lifecycle.flag_edit import Flag, find_backfill, set_backfill
from bot.lifecycle.flags import StreamFlag, connections_of, flags_of, made_by
from bot.lifecycle.observed import FlagSeen, ModuleSeen
from bot.lifecycle.platform import Deployment
from bot.lifecycle.state_ids import ids_by_address
from bot.plan.files import Files, NotFetched
from bot.plan.prediction import Action, Prediction
from bot.plan.state import State, StateError, parse_state
from bot.render.streams import streams
from bot.runtime.airbyte import AirbyteReader
from bot.runtime.inputs import Variables, read_state, read_variables
from bot.runtime.predictor import Predictor, Question
from bot.runtime.trees import Trees


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the cluster gives to a module; nothing of it where the author is not trusted."""

    variables: Variables | None = None
    state: State | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()

    @property
    def ids(self) -> Mapping[str, str]:
        """Airbyte's ids by address."""
        return ids_by_address(self.state)


@dataclass(frozen=True, slots=True)
class Predicted:
    """A module's prediction with what else the trees tell."""

    seen: ModuleSeen
    touched: bool
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


async def read_inputs(cluster: Cluster, terraform: Mapping[str, Any]) -> Inputs:
    """Variables and state of a Terraform object; what cannot be read is a problem, said."""
    try:
        variables = await read_variables(cluster, terraform)
        stored = await read_state(cluster, terraform)
    except ClientError as error:
        return Inputs(problems=(str(error),))
    problems = [*variables.problems, stored.problem]
    state = None
    if stored.text is not None:
        try:
            state = parse_state(stored.text)
        except StateError as error:
            problems.append(str(error))
    return Inputs(variables, state, tuple(problem for problem in problems if problem))


class ModuleObserver:
    """Predicts one deployment's module; one for the whole service."""

    def __init__(self, predictor: Predictor, airbyte: AirbyteReader) -> None:
        self._predictor = predictor
        self._airbyte = airbyte

    @property
    def predictor(self) -> Predictor:
        """What predicts: one for the whole service."""
        return self._predictor

    async def observe(
        self, reader: RepositoryReader, made: Deployment, trees: Trees, inputs: Inputs
    ) -> Predicted:
        """The module at the head, against the state where there is one, else the base.

        What has landed is compared with what stood before it: the state has moved on since.
        """
        question = self._question(made, trees, inputs)
        prediction = await self._predictor.predict(reader.github, reader.name, question)
        files = self._predictor.snapshots.files(trees.head.tree)
        flags, odd = flags_of(prediction, files)
        look = _Look(reader, question, prediction, trees)
        seen = ModuleSeen(
            title=made.title,
            prediction=prediction,
            flags=tuple([await self._flag(look, flag, inputs) for flag in flags]),
            odd_flags=odd,
            perpetual=await self._perpetual(look),
            basis=tuple(_basis(inputs, question)),
        )
        secrets = inputs.variables.secrets() if inputs.variables else frozenset()
        return Predicted(seen, touches(made.module, prediction, trees.changed()), secrets)

    def _question(self, made: Deployment, trees: Trees, inputs: Inputs) -> Question:
        variables = inputs.variables.values if inputs.variables else None
        state = None if trees.landed else inputs.state
        return Question(made.module, trees.head, trees.base, state, variables)

    async def _flag(self, look: _Look, flag: StreamFlag, inputs: Inputs) -> FlagSeen:
        """What the flag makes: the same prediction without it tells."""
        content = self._bytes(look, flag.path)
        without = set_backfill(content, False) if content else b""
        if not isinstance(without, bytes):
            return FlagSeen(flag, is_new=True)
        question = Question(
            look.question.module,
            look.question.head,
            look.question.base,
            look.question.state,
            look.question.variables,
            {flag.path: without},
        )
        other = await self._predictor.predict(look.reader.github, look.reader.name, question)
        connections = connections_of(made_by(look.prediction, other), look.prediction)
        costs = [await self._cost(inputs, name) for name in connections]
        return FlagSeen(
            flag,
            is_new=await self._is_new(look, flag),
            connections=connections,
            streams=_streams(look.prediction, connections),
            cost=" ".join(cost for cost in costs if cost),
        )

    async def _is_new(self, look: _Look, flag: StreamFlag) -> bool:
        base = look.trees.base
        if flag.path not in base.tree:
            return True
        await self._predictor.snapshots.fetch(
            look.reader.github, look.reader.name, base.tree, [flag.path], base.sha
        )
        content = _read(self._predictor.snapshots.files(base.tree), flag.path)
        before = find_backfill(content) if content is not None else None
        return not (isinstance(before, Flag) and before.value)

    async def _cost(self, inputs: Inputs, address: str) -> str:
        connection_id = inputs.ids.get(address)
        return await self._airbyte.cost(connection_id) if connection_id else ""

    async def _perpetual(self, look: _Look) -> frozenset[str]:
        """What a pass over the head would update, when the head is applied already."""
        if not look.prediction.ok:
            return frozenset()
        head = look.question.head
        question = Question(look.question.module, head, head, None, look.question.variables)
        again = await self._predictor.predict(look.reader.github, look.reader.name, question)
        return frozenset(c.address for c in again.changes if c.action is Action.UPDATE)

    def _bytes(self, look: _Look, path: str) -> bytes | None:
        return _read(self._predictor.snapshots.files(look.question.head.tree), path)


@dataclass(frozen=True, slots=True)
class _Look:
    """A prediction with what it was made of."""

    reader: RepositoryReader
    question: Question
    prediction: Prediction
    trees: Trees


def touches(module: str, prediction: Prediction, changed: frozenset[str]) -> bool:
    """Whether a change of these paths can be one of this module."""
    reads = {item.path for item in prediction.reads}
    folder = f"{module}/" if module else ""
    return any(
        path in reads
        or (path.startswith(folder) and "/" not in path[len(folder) :])
        or any(fnmatch.fnmatchcase(path, pattern) for pattern in prediction.globs)
        for path in changed
    )


def _streams(prediction: Prediction, connections: tuple[str, ...]) -> tuple[str, ...]:
    """All streams of these connections as the module has them."""
    names: list[str] = []
    for change in prediction.changes:
        if change.address in connections and change.after is not None:
            attributes = change.after.raw if isinstance(change.after.raw, dict) else {}
            names += (streams(attributes.get("sync_catalog")) or {}).keys()
    return tuple(dict.fromkeys(names))


def _basis(inputs: Inputs, question: Question) -> list[str]:
    """What the prediction rests on, in words."""
    if question.state is not None:
        lines = [f"compared with the state, serial {question.state.serial}"]
    else:
        lines = ["compared with the base as if applied; the state was not read"]
    if question.variables is None:
        lines.append("variables are taken as constants that are not known")
    else:
        lines.append("variables have their true values, which are shown nowhere")
    return [*lines, *inputs.problems]


def _read(files: Files, path: str) -> bytes | None:
    try:
        return files.read(path)
    except NotFetched:
        return None
