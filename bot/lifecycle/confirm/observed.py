"""What is observed before a confirmation goes a step further. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.lifecycle.confirm.plan import Planned
from bot.lifecycle.confirm.record import Confirmation
from bot.lifecycle.confirm.request import Request
from bot.lifecycle.confirm.slots import Slot
from bot.model.cluster import ObjectName
from bot.model.github import Permission, PullRequest
from bot.plan.prediction import Prediction


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """The plan that a copy has stored; None with `problem` where it cannot be read."""

    plan: Planned | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmObserved:
    """One Terraform object of a pull request. `original`, `source`: their JSON, to be copied.

    `permission` is what who asked may do at this moment; `reviewed` False: a review is wanted and
    there is none. `prediction` is of the request's head alone, with the true values. `plan` None:
    not read yet. `waiting`: commands, by their ids, that have no place yet. `forbidden`: what the
    cluster does not let us do, in words. `secrets` are true values, for redaction only.
    """

    pull_request: PullRequest
    terraform: ObjectName
    request: Request | None
    now: datetime
    slots: tuple[Slot, ...] = ()
    recorded: Confirmation | None = None
    permission: Permission = Permission.NONE
    reviewed: bool = True
    forbidden: str = ""
    waiting: tuple[int, ...] = ()
    prediction: Prediction | None = None
    plan: StoredPlan | None = None
    original: Mapping[str, Any] = field(default_factory=dict, repr=False)
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def ours(self) -> tuple[Slot, ...]:
        """The places that work for it."""
        place = (self.pull_request.repository, self.pull_request.number, self.terraform)
        return tuple(slot for slot in self.slots if slot.is_for(*place))
