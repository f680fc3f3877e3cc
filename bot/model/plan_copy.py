"""Plan-only copies of Terraform objects: what marks one, the few names, and what each is for. Pure.

The admission policy in `manifests/admission` refuses an object with this label that could apply.
The names are fixed, since RBAC cannot grant a Secret whose name is not known beforehand; their
number is also how many copies can be at once. What a copy is for stands in its own annotations,
and in those of its source: nothing else remembers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.model.cluster import ObjectName

LABEL = "lotus-bot.github.io/plan-copy"
POOL = ("lotus-plan-1", "lotus-plan-2", "lotus-plan-3")
CHUNKS = 8  # of a stored plan that can be read by name: each holds 1 MiB, packed
BY_PUSH = 0  # in place of a comment's id: nobody asked, a push did

_PREFIX = "lotus-bot.github.io/"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a copy is for: which Terraform object, for which pull request, at which head commit.

    `asked_by` is the id of the comment with the command, or `BY_PUSH`. `workspace` is part of the
    names of what the copy leaves behind.
    """

    repository: str
    number: int
    head: str
    terraform: ObjectName
    workspace: str
    asked_by: int
    began: datetime

    def annotations(self) -> dict[str, str]:
        """As the copies carry it."""
        return {
            f"{_PREFIX}pull-request": f"{self.repository}#{self.number}",
            f"{_PREFIX}head": self.head,
            f"{_PREFIX}terraform": str(self.terraform),
            f"{_PREFIX}workspace": self.workspace,
            f"{_PREFIX}asked-by": str(self.asked_by),
            f"{_PREFIX}began": self.began.isoformat(timespec="seconds"),
        }


def is_copy(item: Mapping[str, Any]) -> bool:
    """Whether an object (its JSON) carries our label."""
    metadata = item.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return isinstance(labels, Mapping) and LABEL in labels


def intent_of(item: Mapping[str, Any]) -> Intent | None:
    """What a copy is for; None where its annotations do not say it, by whoever's hand."""
    notes = item["metadata"].get("annotations") or {}
    try:
        repository, _, number = notes[f"{_PREFIX}pull-request"].rpartition("#")
        namespace, _, name = notes[f"{_PREFIX}terraform"].partition("/")
        began = datetime.fromisoformat(notes[f"{_PREFIX}began"])
        intent = Intent(
            repository,
            int(number),
            str(notes[f"{_PREFIX}head"]),
            ObjectName(namespace, name),
            str(notes[f"{_PREFIX}workspace"]),
            int(notes[f"{_PREFIX}asked-by"]),
            began,
        )
    except (KeyError, ValueError, AttributeError, TypeError):
        return None
    return intent if began.tzinfo and namespace and name else None


def stored_names(workspace: str, copy: str) -> tuple[str, ...]:
    """The Secrets with the plan of a copy that can be read: the whole, or its parts."""
    return chunked(f"tfplan-{workspace}-{copy}.json")


def left_behind(workspace: str, copy: str) -> tuple[str, ...]:
    """Every Secret that a copy may leave behind (`facts/tofu-controller.md`)."""
    return (*stored_names(workspace, copy), *chunked(f"tfplan-{workspace}-{copy}"))


def chunked(name: str) -> tuple[str, ...]:
    """An object that keeps a plan, and the names of its parts where it is too long for one."""
    return (name, *(f"{name}-{index}" for index in range(CHUNKS)))
