"""A planner, a provider and a Git for tests that say themselves what happens.

A simulator: imports nothing of the bot. A revision is scripted as the resources that its module
declares; what a plan of it would be follows from the state, as with the real tool.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.simulators.flux import state
from bot.simulators.flux.planning import Action, Change, Json, Known, Output, Plan, Request, Stage
from bot.simulators.flux.sources import Found, GitFailed, Ref

Resources = Mapping[str, Mapping[str, Any]]
"""Configured attributes by address (root module, without keys or with `[0]`)."""

REPLACED_BY = {"null_resource": ("triggers",), "airbyte_connection": ("source_id",)}


@dataclass(frozen=True, slots=True)
class Module:
    """What a revision declares. `resources` may hang on the variables. Those that `drift` are
    updated (null_resources: replaced) by every plan. `commands` are the creation-time local-execs.
    """

    resources: Resources | Callable[[Mapping[str, Any]], Resources] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    drift: frozenset[str] = frozenset()
    commands: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """A revision that the tool refuses with this text."""

    text: str = "Error: Reference to undeclared resource\n\n  on connections.tf line 21:\n"
    stage: Stage = "plan"


Outcome = Module | Broken


class ScriptedPlanner:
    """`outcomes` by commit SHA; a list is one outcome a plan, the last one for ever after.

    `otherwise` is for revisions that are not listed. `requests` is what was asked.
    """

    def __init__(
        self,
        outcomes: Mapping[str, Outcome | Sequence[Outcome]] | None = None,
        otherwise: Outcome | None = None,
    ) -> None:
        self.outcomes: dict[str, Outcome | Sequence[Outcome]] = dict(outcomes or {})
        self.otherwise = otherwise
        self.requests: list[Request] = []
        self._planned: dict[str, int] = {}

    async def plan(self, request: Request) -> Plan:
        """By the script; KeyError where that has nothing for the revision."""
        self.requests.append(request)
        outcome = self._outcome(request.revision.rpartition(":")[2])
        if isinstance(outcome, Broken):
            return Plan(error=outcome.text, stage=outcome.stage)
        return _plan(outcome, request)

    def _outcome(self, sha: str) -> Outcome:
        found = self.outcomes.get(sha, self.otherwise)
        if found is None:
            raise KeyError(f"the script has no outcome for {sha}")
        if isinstance(found, Module | Broken):
            return found
        count = self._planned[sha] = self._planned.get(sha, 0) + 1
        return found[min(count, len(found)) - 1]


def _plan(module: Module, request: Request) -> Plan:
    resources = module.resources
    declared = resources(request.variables) if callable(resources) else resources
    stored = {each.address: each for each in state.instances(request.state)}
    changes = [
        _wanted(place, dict(attributes), stored.get(place), place in module.drift)
        for place, attributes in declared.items()
    ]
    changes += [_removed(each) for place, each in stored.items() if place not in declared]
    outputs = {name: Output(value, _type(value)) for name, value in module.outputs.items()}
    before = (request.state or {}).get("outputs") or {}
    differ = {name: each.value for name, each in outputs.items()} != {
        name: each["value"] for name, each in before.items()
    }
    after = {change.address: change.after or {} for change in changes}
    return Plan(tuple(changes), Known(after, module.commands, outputs), outputs_change=differ)


def _wanted(place: str, attributes: Json, stored: state.Stored | None, drifts: bool) -> Change:
    resource, _, key = place.partition("[")
    type, _, name = resource.partition(".")
    index = int(key[:-1]) if key else None
    if stored is None:
        return Change(place, type, name, ("create",), after=attributes, index=index)
    before = stored.attributes
    differing = {name for name, value in attributes.items() if before.get(name) != value}
    forcing = tuple((n,) for n in REPLACED_BY.get(type, ()) if n in differing)
    if forcing or (drifts and type == "null_resource"):
        both: tuple[Action, ...] = ("delete", "create")
        paths = forcing or (("triggers",),)
        return Change(place, type, name, both, before, attributes, index=index, replace_paths=paths)
    if differing or drifts:
        return Change(place, type, name, ("update",), before, {**before, **attributes}, index=index)
    return Change(place, type, name, ("no-op",), before, before, index=index)


def _removed(each: state.Stored) -> Change:
    return Change(
        each.address, each.type, each.name, ("delete",), each.attributes, index=each.index
    )


def _type(value: Any) -> Any:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case Mapping():
            return ["object", {name: _type(inner) for name, inner in value.items()}]
        case list():
            return ["tuple", [_type(inner) for inner in value]]
    return "string"


class ImaginaryProvider:
    """Objects that exist nowhere but in the state. `done` is what was asked of it, in order;
    `failures` are what the next requests (not reads) come to, None for success."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.failures: list[Exception | None] = []
        self._numbers = itertools.count(1)

    async def create(self, type: str, attributes: Mapping[str, Any]) -> Json:
        """With an id."""
        self._note("create", type)
        return {**attributes, "id": f"id-{next(self._numbers)}"}

    async def read(self, type: str, attributes: Mapping[str, Any]) -> Json:  # noqa: ARG002 - the protocol's
        """As they are."""
        return dict(attributes)

    async def update(self, type: str, attributes: Mapping[str, Any]) -> Json:
        """As they are wanted."""
        self._note("update", type)
        return dict(attributes)

    async def delete(self, type: str, attributes: Mapping[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Nothing."""
        self._note("delete", type)

    async def provision(self, command: str) -> None:
        """Nothing."""
        self._note("provision", command)

    def _note(self, verb: str, what: str) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.done.append((verb, what))


class ScriptedGit:
    """Remotes that are nothing but refs: `refs` by full name (`refs/heads/main`), for any address.

    `reachable` are the commits on branches beside the tips; files are the same for every commit.
    """

    def __init__(
        self, refs: MutableMapping[str, str], files: Mapping[str, bytes] | None = None
    ) -> None:
        self.refs = refs
        self.reachable: set[str] = set()
        self._files = dict(files or {"main.tf": b""})

    async def resolve(self, url: str, ref: Ref) -> Found:
        """As `sources.Folders` does it."""
        await asyncio.sleep(0)
        name = ref.name or f"refs/heads/{ref.branch}"
        sha = ref.commit or self.refs.get(name)
        if sha is None:
            raise GitFailed(f"unable to clone '{url}': couldn't find remote ref \"{name}\"")
        tips = {tip for place, tip in self.refs.items() if place.startswith("refs/heads/")}
        if (ref.name or ref.commit) and sha not in tips | self.reachable:
            raise GitFailed(f"unable to resolve commit object for '{sha}': object not found")
        shown = ref.name or ref.branch
        return Found(sha, f"{shown}@sha1:{sha}" if shown else f"sha1:{sha}")

    async def files(self, url: str, sha: str) -> Mapping[str, bytes]:  # noqa: ARG002 - the protocol's
        """The same for all."""
        return self._files
