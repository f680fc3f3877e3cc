"""Observing a module at its branch's tip: what a pass would do now, and why it would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.clients.errors import ClientError
from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.platform import Deployment
from bot.lifecycle.rollout import Stand, standing
from bot.lifecycle.stability.inventory import Declared, declared_names, written_names
from bot.lifecycle.stability.tip import Tip
from bot.model.cluster import ObjectName
from bot.plan.configuration import Loader
from bot.plan.diagnostics import Severity
from bot.plan.prediction import Action, Prediction
from bot.runtime.observe.modules import Inputs, read_inputs
from bot.runtime.observe.predictor import Commit, Question
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.world import World

_APPLIED = (Stand.APPLIED, Stand.UNCHANGED)


class TipObserver:
    """One for the whole service."""

    def __init__(self, world: World, rollouts: RolloutObserver) -> None:
        self._world = world
        self._rollouts = rollouts

    async def observe(self, name: ObjectName, live: Mapping[str, object] | None) -> Tip:
        """The module with its true values; `live` as Airbyte's lists give its objects."""
        fresh = await self._world.platforms.fresh(name)
        if isinstance(fresh, str):
            return Tip(str(name), name.name, problem=fresh)
        made, item = fresh
        repository = self._world.installations.find(made.repository)
        if repository is None:
            problem = f"the App is not installed on {made.repository}"
            return Tip(str(name), made.title, problem=problem)
        inputs = await read_inputs(self._world.cluster, item)
        if inputs.state is None or inputs.values is None:
            problem = "; ".join(inputs.problems) or "it has no state yet"
            return Tip(str(name), made.title, problem=problem)
        reader = self._world.installations.reader(repository)
        try:
            return await self._predicted(reader, made, inputs, live)
        except ClientError as error:
            return Tip(str(name), made.title, problem=str(error))
        except RecursionError:
            problem = "the module is nested too deeply to be evaluated"
            return Tip(str(name), made.title, problem=problem)

    async def declared(self, name: ObjectName) -> Declared | str:
        """What its code declares at the branch's tip, with its state or without one; why not."""
        fresh = await self._world.platforms.fresh(name)
        if isinstance(fresh, str):
            return fresh
        made, item = fresh
        repository = self._world.installations.find(made.repository)
        if repository is None:
            return f"the App is not installed on {made.repository}"
        inputs = await read_inputs(self._world.cluster, item)
        reader = self._world.installations.reader(repository)
        try:
            return await self._names(reader, made, inputs)
        except ClientError as error:
            return str(error)
        except RecursionError:
            return "the module is nested too deeply to be evaluated"

    async def _names(
        self, reader: RepositoryReader, made: Deployment, inputs: Inputs
    ) -> Declared | str:
        sha = await reader.tip(made.branch)
        if sha is None:
            return f"{made.repository} has no branch {made.branch}"
        tree = await self._world.snapshots.tree(reader.github, reader.name, sha)
        head = Commit(tree, sha)
        found = await self._predict(reader, _question(made, head, inputs))
        files = self._world.snapshots.files(tree)
        declared = declared_names(found) or written_names(Loader(files, {}).load(made.module))
        return declared or _broken(found)

    async def _predicted(
        self,
        reader: RepositoryReader,
        made: Deployment,
        inputs: Inputs,
        live: Mapping[str, object] | None,
    ) -> Tip:
        name = made.terraform.name
        sha = await reader.tip(made.branch)
        if sha is None:
            problem = f"{made.repository} has no branch {made.branch}"
            return Tip(str(name), made.title, problem=problem)
        head = Commit(await self._world.snapshots.tree(reader.github, reader.name, sha), sha)
        question = _question(made, head, inputs)
        now = standing(await self._rollouts.rollout(reader, made, sha))
        stored = await self._predict(reader, question)
        again = await self._predict(reader, replace(question, base=head, state=None))
        read = replace(question, live=live)
        return Tip(
            holder=str(name),
            title=made.title,
            stored=stored,
            live=await self._predict(reader, read) if live is not None else None,
            perpetual=_updated(again),
            applied=now.stand in _APPLIED,
            problem="" if stored.ok else "a plan of the branch's tip would fail",
            repository=reader.name,
            sha=sha,
            secrets=inputs.secrets(),
        )

    async def _predict(self, reader: RepositoryReader, question: Question) -> Prediction:
        return await self._world.modules.predictor.predict(reader.github, reader.name, question)


def _question(made: Deployment, head: Commit, inputs: Inputs) -> Question:
    """What a pass over the state would do."""
    return Question(
        made.module,
        head,
        state=inputs.state,
        variables=inputs.values,
        plain=inputs.plain,
        var_files=made.var_files,
    )


def _updated(again: Prediction) -> frozenset[str]:
    if not again.ok:
        return frozenset()
    return frozenset(c.address for c in again.changes if c.action is Action.UPDATE)


def _broken(found: Prediction) -> str:
    """The first mistake, with its place; else what keeps it from being read whole."""
    for item in found.diagnostics:
        if item.severity is Severity.ERROR:
            at = item.subject
            place = f" ({at.file}:{at.start.line})" if at is not None else ""
            return f"{item.summary}{place}"
    return next(iter(found.uncertain), "it cannot be evaluated")
