"""One Terraform object's module, predicted for two trees: what the comment is made of.

Observes only. True variables and the state are used for what people with write wrote, and for what
is merged; for anybody else they are opaque, since evaluating code with them would tell them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.clients.errors import ClientError
from bot.clients.github.repository import RepositoryReader
from bot.clients.kubernetes.cluster import Cluster
from bot.lifecycle.catalogs import (
    CATALOG,
    StaleCatalog,
    catalog_paths,
    inputs_of,
    refusals,
    stale_catalog,
)
from bot.lifecycle.observed import ModuleSeen
from bot.lifecycle.platform import Deployment
from bot.lifecycle.reach import refired
from bot.lifecycle.remedy import ByHand, by_hand
from bot.lifecycle.state_ids import ids_by_address
from bot.model.cluster import terraform_from
from bot.model.variables import unmodelled
from bot.plan.files import Files, NotFetched
from bot.plan.prediction import Action, Prediction
from bot.plan.state import State, StateError, parse_state
from bot.render.markdown import hidden
from bot.render.state_secrets import setting_texts, state_secrets
from bot.runtime.observe.airbyte import AirbyteReader
from bot.runtime.observe.backfill.flags import FlagObserver
from bot.runtime.observe.inputs import Variables, read_state, read_variables
from bot.runtime.observe.looks import Look
from bot.runtime.observe.predictor import Commit, Predictor, Question
from bot.runtime.observe.trees import Trees


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the cluster gives to a module; nothing of it where the author is not trusted.

    `names` are those of the object, its path and its resources: no secret is told by them.
    """

    variables: Variables | None = None
    state: State | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    @property
    def values(self) -> Mapping[str, object] | None:
        """The variables, None where not all of them could be read: a part would read as mistakes
        of the module.
        """
        if self.variables is None or self.variables.problems:
            return None
        return self.variables.values

    @property
    def plain(self) -> frozenset[str]:
        """The names of variables that are in no Secret."""
        return self.variables.plain if self.variables else frozenset()

    def secrets(self, texts: Iterable[str] = ()) -> frozenset[str]:
        """The values to be taken out of whatever is said: those that are not public anyway.

        A user name `airbyte` stands in every address; taking it out would make the comment
        unreadable, and tell what the value is. `texts` are the module's own files. What the state
        holds may be a credential of before: it is no variable's value any more.
        """
        values = self.variables.secrets() if self.variables else frozenset()
        if self.state is not None:
            values |= state_secrets(self.state) | setting_texts(self.state)
        return hidden(values, (*self.names, *texts))

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
    spec = terraform.get("spec") or {}
    problems = [*variables.problems, *unmodelled(spec), stored.problem]
    state = None
    if stored.text is not None:
        try:
            state = parse_state(stored.text)
        except StateError as error:
            problems.append(str(error))
    said = tuple(problem for problem in problems if problem)
    return Inputs(variables, state, said, frozenset(_names(terraform, state)))


def _names(terraform: Mapping[str, Any], state: State | None) -> Iterator[str]:
    """What anybody can read who sees the object or the module."""
    made = terraform_from(terraform)
    yield from (str(made.name), made.path, str(made.source))
    yield from (str(stored.address) for stored in (state.instances if state else ()))


class ModuleObserver:
    """Predicts one deployment's module; one for the whole service."""

    def __init__(self, predictor: Predictor, airbyte: AirbyteReader) -> None:
        self._predictor = predictor
        self._flags = FlagObserver(airbyte)

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
        asked = replace(question(made, trees.head, inputs), base=trees.base)
        if trees.landed:
            asked = replace(asked, state=None)
        prediction = await self._predictor.predict(reader.github, reader.name, asked)
        look = Look(reader, self._predictor, asked, prediction, trees, inputs.ids)
        again = await look.again() if prediction.ok else Prediction(made.module)
        perpetual = _updated(again)
        flags, odd = await self._flags.flags(look, refired(again))
        unread = await self._flags.unread(look)
        seen = ModuleSeen(
            title=made.title,
            object_name=str(made.terraform.name),
            prediction=prediction,
            flags=flags,
            odd_flags=odd,
            perpetual=perpetual,
            basis=tuple(_basis(inputs, asked)),
            perpetual_before=_updated(await look.again_before()) if perpetual else frozenset(),
            unread=unread,
            stale=await _stale(look),
            refused=refusals(prediction) if prediction.ok else (),
            drift=await _drift(again, look.head, perpetual),
        )
        secrets = inputs.secrets(
            (reader.name, made.branch, *_texts(made.module, prediction, look.head))
        )
        touched = bool(unread) or touches(made.module, prediction, trees.changed())
        return Predicted(seen, touched, secrets)


def question(made: Deployment, head: Commit, inputs: Inputs) -> Question:
    """What a pass over the state would do at this commit, with all that is given to the module."""
    return Question(
        made.module,
        head,
        state=inputs.state,
        variables=inputs.values,
        plain=inputs.plain,
        var_files=made.var_files,
    )


def _updated(again: Prediction) -> frozenset[str]:
    """What a pass over what is applied already would update."""
    return frozenset(c.address for c in again.changes if c.action is Action.UPDATE)


async def _drift(again: Prediction, files: Files, perpetual: frozenset[str]) -> tuple[ByHand, ...]:
    """Where it is written, but for the catalogs that a command writes in the quiet form."""
    found = await asyncio.to_thread(by_hand, again, files, perpetual) if perpetual else ()
    return tuple(item for item in found if not item.path.endswith(f"/{CATALOG}"))


async def _stale(look: Look) -> tuple[StaleCatalog, ...]:
    """Catalogs whose stream files changed without them."""
    changed = look.trees.changed()
    paths = {*look.question.head.tree, *look.trees.base.tree}
    found = []
    for catalog in catalog_paths(look.prediction):
        wanted = inputs_of(catalog, paths)
        if changed & wanted - {catalog}:
            await look.fetch(wanted)
            found.append(stale_catalog(catalog, look.head, look.base, changed))
    return tuple(item for item in found if item is not None)


def _texts(module: str, prediction: Prediction, files: Files) -> Iterator[str]:
    """The module's own files and those that it reads, as far as they are at hand."""
    folder = f"{module}/" if module else ""
    own = {path for path in files.paths() if path.startswith(folder) and path.endswith(".tf")}
    for path in sorted(own | {item.path for item in prediction.reads}):
        with contextlib.suppress(NotFetched):
            yield (files.read(path) or b"").decode(errors="replace")


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
