"""What is done to the copies, and to nothing else in the cluster. PURE: data.

Each is done only to what carries our label and, where it deletes, to the very object (`uid`) that
was seen; so doing it twice, or late, does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.cluster import ObjectName


@dataclass(frozen=True, slots=True)
class CreateSourceCopy:
    """A GitRepository of ours; nothing where the name is taken meanwhile."""

    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SuspendSourceCopy:
    """Its artifact is the wanted commit and stays it from now on."""

    name: ObjectName


@dataclass(frozen=True, slots=True)
class CreateTerraformCopy:
    """A plan-only Terraform object; nothing where the name is taken meanwhile."""

    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeleteTerraformCopy:
    """It is not needed any more; it goes before its source, for its finalizer wants that."""

    name: ObjectName
    uid: str


@dataclass(frozen=True, slots=True)
class ReleaseTerraformCopy:
    """It is being deleted and stuck: it loses its finalizers. It owns nothing."""

    name: ObjectName
    uid: str


@dataclass(frozen=True, slots=True)
class DeleteCopysPlans:
    """The Secrets that a copy may have left behind, by name."""

    namespace: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeleteSourceCopy:
    """The last that goes: while it is there, something may be left."""

    name: ObjectName
    uid: str


CopyEffect = (
    CreateSourceCopy
    | SuspendSourceCopy
    | CreateTerraformCopy
    | DeleteTerraformCopy
    | ReleaseTerraformCopy
    | DeleteCopysPlans
    | DeleteSourceCopy
)
