"""Observing a module at its branch's tip: what a pass would do now, and why it would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.clients.errors import ClientError
from bot.clients.github.repository import RepositoryReader
from bot.lifecycle.rollout import Stand, standing
from bot.lifecycle.stability.inventory import Declared, declared_names, written_names
from bot.lifecycle.stability.tip import Tip
from bot.model.cluster import ObjectName
from bot.plan.configuration import Loader
from bot.plan.diagnostics import Severity
from bot.plan.prediction import Action, Prediction
from bot.runtime.observe.modules import Inputs, question, read_inputs
from bot.runtime.observe.predictor import Commit, Question
from bot.runtime.observe.rollouts import RolloutObserver
from bot.runtime.observe.world import Located, World, located

_TOO_DEEP = "the module is nested too deeply to be evaluated"
_APPLIED = (Stand.APPLIED, Stand.UNCHANGED)


class TipObserver:
    """One for the whole service."""

    def __init__(self, world: World, rollouts: RolloutObserver) -> None:
        self._world = world
        self._rollouts = rollouts

    async def observe(self, name: ObjectName, live: Mapping[str, object] | None) -> Tip:
        """The module with its true values; `live` as Airbyte's lists give its objects."""
        found = await located(self._world, name)
        if isinstance(found, str):
            return Tip(str(name), name.name, problem=found)
        inputs = await read_inputs(self._world.cluster, found.item)
        if inputs.state is None or inputs.values is None:
            problem = "; ".join(inputs.problems) or "it has no state yet"
            return Tip(str(name), name.name, problem=problem)
        try:
            return await self._predicted(found, inputs, live)
        except ClientError as error:
            return Tip(str(name), name.name, problem=str(error))
        except RecursionError:
            return Tip(str(name), name.name, problem=_TOO_DEEP)

    async def declared(self, name: ObjectName) -> Declared | str:
        """What its code declares at the branch's tip, with its state or without one; why not."""
        found = await located(self._world, name)
        if isinstance(found, str):
            return found
        inputs = await read_inputs(self._world.cluster, found.item)
        try:
            return await self._names(found, inputs)
        except ClientError as error:
            return str(error)
        except RecursionError:
            return _TOO_DEEP

    async def _head(self, found: Located) -> Commit | str:
        """The branch's tip; or, in words, that there is none."""
        made, reader = found.made, found.reader
        sha = await reader.tip(made.branch)
        if sha is None:
            return f"{made.repository} has no branch {made.branch}"
        return Commit(await self._world.snapshots.tree(reader.github, reader.name, sha), sha)

    async def _names(self, found: Located, inputs: Inputs) -> Declared | str:
        head = await self._head(found)
        if isinstance(head, str):
            return head
        made = found.made
        prediction = await self._predict(found.reader, question(made, head, inputs))
        files = self._world.snapshots.files(head.tree)
        declared = declared_names(prediction) or written_names(Loader(files, {}).load(made.module))
        return declared or _broken(prediction)

    async def _predicted(
        self, found: Located, inputs: Inputs, live: Mapping[str, object] | None
    ) -> Tip:
        made, reader, name = found.made, found.reader, found.made.terraform.name
        head = await self._head(found)
        if isinstance(head, str):
            return Tip(str(name), made.title, problem=head)
        asked = question(made, head, inputs)
        now = standing(await self._rollouts.rollout(reader, made, head.sha))
        stored = await self._predict(reader, asked)
        again = await self._predict(reader, replace(asked, base=head, state=None))
        read = replace(asked, live=live)
        return Tip(
            holder=str(name),
            title=made.title,
            stored=stored,
            live=await self._predict(reader, read) if live is not None else None,
            perpetual=_updated(again),
            applied=now.stand in _APPLIED,
            problem="" if stored.ok else "a plan of the branch's tip would fail",
            repository=reader.name,
            sha=head.sha,
            secrets=inputs.secrets(),
        )

    async def _predict(self, reader: RepositoryReader, question: Question) -> Prediction:
        return await self._world.modules.predictor.predict(reader.github, reader.name, question)


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
