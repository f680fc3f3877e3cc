"""Requests of ours, as the annotations on the objects tell them: no memory outside is needed. PURE.

`reconcile.fluxcd.io/requestedAt` may hold any value; ours says for which commit, how hard, when,
and what the object's status was like at that moment. A pass that moved the status since is a proof;
that the request was "handled" is none (`facts/tofu-controller.md`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.lifecycle.marker import fingerprint
from bot.model.cluster import Terraform

_OURS, _CLEARED = "lotus", "c"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `mark`: the status then, "" where it is not known.

    `cleared`: `lastPlanAt` was cleared for this commit, with this request or one before it.
    """

    commit: str
    step: int
    at: datetime
    mark: str = ""
    cleared: bool = False

    def __str__(self) -> str:
        step = f"{self.step}{_CLEARED if self.cleared else ''}"
        at = self.at.isoformat(timespec="microseconds")
        return "/".join((_OURS, self.commit[:12], step, at, *([self.mark] if self.mark else [])))

    def is_for(self, commit: str) -> bool:
        """Whether it asks for this commit."""
        return bool(self.commit) and commit.startswith(self.commit)


def asked(value: str) -> Asked | None:
    """The reverse; None for anybody else's request, and for ours where a hand has edited it."""
    try:
        ours, commit, step, at, *mark = value.split("/")
        moment = datetime.fromisoformat(at)
        if ours != _OURS or moment.tzinfo is None or len(mark) > 1:
            return None
        number = int(step.removesuffix(_CLEARED))
        return Asked(commit, number, moment, "".join(mark), step.endswith(_CLEARED))
    except ValueError:
        return None


def mark_of(terraform: Terraform, *, clearing: bool = False) -> str:
    """A short name of all in the status that a pass moves; `clearing`: `lastPlanAt` goes now."""
    seen = replace(terraform, last_plan_at=None) if clearing else terraform
    ready = seen.ready
    told = (
        (ready.status, ready.reason, ready.since),
        (seen.attempted, seen.applied, seen.planned, seen.pending_plan),
        (seen.last_plan_at, seen.last_success_at, seen.failures),
    )
    return fingerprint(repr(told))


def has_moved(terraform: Terraform, request: Asked) -> bool:
    """Whether the status is another one than at the request; clocks play no part in it.

    Without a mark the status' times are compared: they have whole seconds, so the same one counts.
    """
    if request.mark:
        return mark_of(terraform) != request.mark
    begun = request.at.replace(microsecond=0)
    times = (terraform.last_success_at, terraform.ready.since, terraform.last_plan_at)
    return any(time is not None and time >= begun for time in times)


def is_swallowed(terraform: Terraform, request: Asked) -> bool:
    """Whether the request was called handled, and nothing came of it: an old controller's way."""
    handled = terraform.handled == terraform.requested == str(request)
    return handled and bool(request.mark) and not has_moved(terraform, request)


def is_pending(requested: str, handled: str) -> bool:
    """Whether somebody else has asked, and was not answered yet: ours would only replace it."""
    return bool(requested) and requested != handled and asked(requested) is None
