"""The result: what a plan of this module would be, why, and what it rests on.

Data only. `bot.plan.predict` makes it, `bot.lifecycle` decides by it, `bot.render` and
the CLI show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from bot.plan.diagnostics import Diagnostic, Range, failed

if TYPE_CHECKING:
    from bot.plan.values import Value


class Action(StrEnum):
    """What OpenTofu would do to one instance; `/` joins the two halves of a replacement."""

    NO_OP = "no-op"
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    DELETE_CREATE = "delete/create"
    CREATE_DELETE = "create/delete"
    FORGET = "forget"

    @property
    def replaces(self) -> bool:
        """Whether the object is destroyed and made anew."""
        return self in (Action.DELETE_CREATE, Action.CREATE_DELETE)

    @property
    def destroys(self) -> bool:
        """Whether an object that exists is destroyed."""
        return self is Action.DELETE or self.replaces


Path = tuple[str | int, ...]
"""A way into a value: attribute names and map keys as str, list positions as int."""


class Cause(Struct, frozen=True):
    """One link of the chain from the edited line to the change: words, and where."""

    text: str
    range: Range | None = None


class ResourceChange(Struct, frozen=True):
    """One resource instance. `before` and `after` may hold unknown and sensitive values.

    `uncertain` says why the action may be another one ("" where it is certain);
    `reason` is the tool's `action_reason` (`replace_because_cannot_update`, ...);
    `causes` goes from the edit to this change, empty for `NO_OP`; `importing` is the id of what is
    imported first ("" where nothing is); `deposed` the key of an old object that a replacement left
    behind ("" for the current one).
    """

    address: str
    mode: str
    type: str
    name: str
    provider: str
    action: Action
    index: int | str | None = None
    module_address: str = ""
    previous_address: str | None = None
    before: Value | None = None
    after: Value | None = None
    reason: str = ""
    replace_paths: tuple[Path, ...] = ()
    declared: Range | None = None
    causes: tuple[Cause, ...] = ()
    uncertain: str = ""
    importing: str = ""
    deposed: str = ""


class OutputChange(Struct, frozen=True):
    """A root output: its action, and the values (sensitive ones are marked).

    `uncertain` says why the action may be another one.
    """

    name: str
    action: Action
    before: Value | None = None
    after: Value | None = None
    uncertain: str = ""


class Counts(Struct, frozen=True):
    """As the tool prints them: a replacement counts in `add` and in `destroy`."""

    add: int = 0
    change: int = 0
    destroy: int = 0
    imported: int = 0
    forget: int = 0

    def __str__(self) -> str:
        return f"{self.add} to add, {self.change} to change, {self.destroy} to destroy"


class Read(Struct, frozen=True):
    """A file that was read; `by` is the block's address (`local.x`, `airbyte_source.y`)."""

    path: str
    by: str
    range: Range | None = None


class Prediction(Struct, frozen=True):
    """A whole plan. `changes` is in plan order: dependencies first; destroys dependents first.

    `reads` is every repository file that the module depends on; `globs` the patterns of its
    `fileset`s, relative to the repository's root; `not_fetched` the files whose bytes were not at
    hand (evaluate again with them); `references` the static graph, address -> addresses;
    `uncertain` the reasons why the whole may differ (a remote module, a count over a value that is
    not given); `assumptions` what the plan rests on that nobody looked at (a value that is not
    given is what it was, a data source answers as it did): true as a rule, said in small print;
    `withheld` the blocks and calls whose keys are made of a Secret's value: not even how many
    instances they have is told.
    """

    module: str
    changes: tuple[ResourceChange, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    reads: tuple[Read, ...] = ()
    globs: tuple[str, ...] = ()
    not_fetched: frozenset[str] = frozenset()
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)
    uncertain: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    withheld: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """Whether the plan would succeed."""
        return not failed(self.diagnostics)

    @property
    def counts(self) -> Counts:
        """`1 to add, 2 to change, 0 to destroy`, by OpenTofu's way of counting."""
        actions = [change.action for change in self.changes if change.mode == "managed"]
        return Counts(
            add=sum(action is Action.CREATE or action.replaces for action in actions),
            change=sum(action is Action.UPDATE for action in actions),
            destroy=sum(action.destroys for action in actions),
            imported=sum(bool(change.importing) for change in self.changes),
            forget=sum(action is Action.FORGET for action in actions),
        )
