"""The parts of the world that a command may need to see, each observed only when declared. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.lifecycle.platform import Deployment
from bot.lifecycle.saved_states import SavedStates
from bot.lifecycle.stability.inventory import Inventory, Resource
from bot.lifecycle.stability.locks import LockSeen
from bot.lifecycle.stability.tip import Tip
from bot.model.airbyte import Connection, Job, SyncState
from bot.model.cluster import ObjectName, Terraform


class Need(StrEnum):
    """What may have to be observed for a command; without any, it costs nothing."""

    LADDER = "each Terraform object with its rollout, state, lock and backfills"
    PULL_REQUEST = "the pull request with its modules predicted"
    CONFIRMATION = "the pull request, with how far its confirmation by this command is"
    CHECKOUT = "the files that the modules read, at the commit that a change would be made to"
    PLATFORM = "Airbyte's objects and all states"
    TIPS = "with them, each module predicted at its branch's tip"
    LOCKS = "the states' locks and their holders"
    SUCCESSION = "the connection that is named, and the deleted ones that it may have replaced"
    STATES = "each object's state, its copy that a rebuild keeps, and what a rebuild has begun"
    CHECKS = "what Airbyte's connection checks say of the sources and destinations"


@dataclass(frozen=True, slots=True)
class Checkout:
    """One module's files where a change would be made: `branch` with its tip `sha`.

    On a pull request that is its own branch, else the branch that is applied. `files` are the JSON
    files that the module reads, with all JSON files beside them and what the sources offer;
    `before` the same on the base. `reads` are those that the module itself reads, `paths` is every
    file that there is.
    """

    made: Deployment
    repository: str
    branch: str
    sha: str
    from_fork: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    before: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    reads: frozenset[str] = frozenset()
    paths: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class PlatformSeen:
    """`before` is an earlier look, None where there was none.

    `tips` are this repository's modules, only where `Need.TIPS` is declared.
    """

    now: Inventory
    before: Inventory | None = None
    tips: tuple[Tip, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectLock:
    """A Terraform object's lock, in the Lease `lease`; `problem`: why it is not known."""

    name: ObjectName
    lease: str
    lock: LockSeen
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Succession:
    """A connection that a state holds, with its sync state and its newest job.

    `before`: deleted ones of its name or between its ends, newest first, with theirs. `synced`: a
    sync of its own succeeded. `states`: what was saved before merges. `problem`: why it is not
    known.
    """

    address: str
    connection: Connection | None = None
    state: SyncState | None = None
    newest: Job | None = None
    before: tuple[tuple[Connection, SyncState], ...] = ()
    synced: bool = False
    states: SavedStates | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as a Secret has it. `version`: its lineage and serial, "" where there is none."""

    version: str = ""
    resources: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectStates:
    """A Terraform object's state and the copy of it; `problem`: why they are not known."""

    terraform: Terraform
    state: StoredState
    copy: StoredState
    problem: str = ""
