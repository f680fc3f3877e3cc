"""What the simulated tofu-controller asks of whoever plans, and of the providers' plugins.

A simulator: imports nothing of the bot. `Planner` is met by an adapter over an evaluator (the
demo) or by `scripted.ScriptedPlanner` (tests). The controller refreshes the state through the
`Provider` first, asks for a `Plan`, and carries it out change by change through the `Provider`,
asking the plan's `Resolver` for each change's final attributes once what it depends on is there.
Attributes are plain JSON everywhere, as a tfstate has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Json = dict[str, Any]
"""A JSON object."""

Action = Literal["no-op", "create", "read", "update", "delete", "forget"]
"""The words of `actions` in `tofu show -json`; a replacement has two of them, in order."""

Stage = Literal["init", "validate", "plan", "apply"]


@dataclass(frozen=True, slots=True)
class Change:
    """One resource instance of a plan.

    `before` is its attributes in the (refreshed) state, None where it is new; `after` the planned
    ones, None where it is destroyed, the unknown ones left out and True in `after_unknown` (which
    has the shape of `after`, as in `tofu show -json`). `provider` is `hashicorp/null`,
    `dependencies` the addresses of resources (without keys) that the state is to remember.
    `sensitive` lists the top-level attributes whose values the tool would mask.
    """

    address: str
    type: str
    name: str
    actions: tuple[Action, ...]
    before: Json | None = None
    after: Json | None = None
    after_unknown: Json = field(default_factory=dict)
    index: int | str | None = None
    module: str = ""
    mode: Literal["managed", "data"] = "managed"
    provider: str = ""
    reason: str = ""
    replace_paths: tuple[tuple[str | int, ...], ...] = ()
    dependencies: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is to do."""
        return self.actions not in (("no-op",), ("read",))


@dataclass(frozen=True, slots=True)
class Output:
    """A root output as the state has it; `type` is cty's JSON (`"string"`, `["list","string"]`)."""

    value: Any
    type: Any = "string"
    sensitive: bool = False


Applied = Mapping[str, Json]
"""The attributes of every instance that exists now, by address: unchanged ones, and what the
changes carried out so far have made."""


class Resolver(Protocol):
    """What a plan still owes when it is carried out: the values that were unknown."""

    def attributes(self, address: str, applied: Applied) -> Json:
        """The configured attributes of a change that creates or updates, all that it depends on
        being in `applied`. What only the provider computes is left out; for an update the simulator
        adds the object's computed ids from `before`. Raises `PlanFailed` where it cannot be."""
        ...

    def provisioners(self, address: str, applied: Applied) -> Sequence[str]:
        """The command lines of the instance's creation-time `local-exec`s, in order; its own final
        attributes are in `applied`."""
        ...

    def outputs(self, applied: Applied) -> Mapping[str, Output]:
        """The root outputs, once everything is applied."""
        ...


class PlanFailed(Exception):
    """The tool stopped with errors; `text` is all that it printed, beginning with `Error: `."""

    def __init__(self, text: str, stage: Stage = "plan") -> None:
        super().__init__(text)
        self.text = text
        self.stage = stage


@dataclass(frozen=True, slots=True)
class Known:
    """A resolver for plans without unknown values: what was planned is what is applied."""

    after: Mapping[str, Json] = field(default_factory=dict)
    commands: Mapping[str, Sequence[str]] = field(default_factory=dict)
    values: Mapping[str, Output] = field(default_factory=dict)

    def attributes(self, address: str, applied: Applied) -> Json:  # noqa: ARG002 - the protocol's
        """What was planned."""
        return dict(self.after.get(address) or {})

    def provisioners(self, address: str, applied: Applied) -> Sequence[str]:  # noqa: ARG002 - the protocol's
        """What was given."""
        return self.commands.get(address, ())

    def outputs(self, applied: Applied) -> Mapping[str, Output]:  # noqa: ARG002 - the protocol's
        """What was given."""
        return self.values


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan came to. `error` is "" or the tool's whole text, from `Error: ` on.

    `changes` holds every instance, no-ops too, in the order in which an apply would go:
    dependencies first. Destroys (and the destroying halves of replacements) are taken out and
    done before, those first that others do not depend on, by the state's `dependencies`.
    `outputs_change`: whether root outputs alone are a reason to apply. `text` is the
    human-readable plan, "" for the simulator's own rendering.
    """

    changes: tuple[Change, ...] = ()
    resolver: Resolver = field(default_factory=Known)
    error: str = ""
    stage: Stage = "plan"
    outputs_change: bool = False
    text: str = ""

    @property
    def ok(self) -> bool:
        """Whether there is a plan."""
        return not self.error

    @property
    def has_changes(self) -> bool:
        """Whether the tool's exit code would say so (`-detailed-exitcode` 2)."""
        return self.outputs_change or any(change.changes for change in self.changes)


@dataclass(frozen=True, slots=True)
class Request:
    """What to plan. `files` is the whole tree by path from the repository's root, `module` the
    folder in it (`airbyte/terraform`, "" is the root).

    `variables` are the values from `vars` and `varsFrom`: texts, or JSON where `vars` gave some.
    `state` is the tfstate of version 4, refreshed through the provider; None: there is none.
    `revision` is `main@sha1:<40>`, `var_files` paths among the files. Destroying everything is
    the simulator's own affair: it asks for a plan all the same, as the tool evaluates the module,
    and only minds whether that is `ok`.
    """

    files: Mapping[str, bytes]
    module: str
    variables: Mapping[str, Any]
    state: Json | None
    revision: str = ""
    targets: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()


class Planner(Protocol):
    """Who evaluates the module. A mistake in it is a `Plan` with `error`, never an exception."""

    async def plan(self, request: Request) -> Plan:
        """The plan that the tool would make."""
        ...


class Provider(Protocol):
    """The providers' plugins: `airbyte.provider.AirbyteProvider` is one. Errors are exceptions
    with `summary` and `detail`."""

    async def create(self, type: str, attributes: Mapping[str, Any], /) -> Json:
        """Make the object; its attributes, computed ones included."""
        ...

    async def read(self, type: str, attributes: Mapping[str, Any], /) -> Json:
        """Its attributes as a refresh finds them."""
        ...

    async def update(self, type: str, attributes: Mapping[str, Any], /) -> Json:
        """Change it in place; `attributes` carry its id."""
        ...

    async def delete(self, type: str, attributes: Mapping[str, Any], /) -> None:
        """Delete it."""
        ...

    async def provision(self, command: str, /) -> None:
        """Carry out a `local-exec`."""
        ...
