"""GitHub's merge queue: its commits get the same check as pull requests, or the queue stands still.

PURE. The queue makes a branch `gh-readonly-queue/<base>/…` whose tip is what would be merged.
https://docs.github.com/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/merging-a-pull-request-with-a-merge-queue
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.lifecycle.checks import PLAN_CHECK, Planned, plan_check, stands
from bot.lifecycle.effects import Conclusion, Decision, PutCheck
from bot.lifecycle.marker import fingerprint
from bot.model.github import CheckRun

QUEUE = "gh-readonly-queue/"


@dataclass(frozen=True, slots=True)
class MergeGroupObserved:
    """`checks`: ours on the commit, as they stand."""

    planned: Planned
    checks: tuple[CheckRun, ...] = ()


def base_of(branch: str) -> str | None:
    """The branch that this one would be merged into; None where it is none of a queue."""
    base = branch.removeprefix(QUEUE).rpartition("/")[0]
    return base if base and branch.startswith(QUEUE) else None


def decide_merge_group(seen: MergeGroupObserved) -> Decision:
    """The check; a change that touches nothing of ours is let through, for the queue waits."""
    planned = seen.planned
    said = planned.modules or planned.committed_state
    check = plan_check(planned) if said else _nothing(planned)
    return Decision(() if stands(check, seen.checks) else (check,))


def _nothing(planned: Planned) -> PutCheck:
    title = "nothing of the modules is touched"
    return PutCheck(
        repository=planned.repository,
        head_sha=planned.sha,
        name=PLAN_CHECK,
        title=title,
        summary=title,
        conclusion=Conclusion.SUCCESS,
        fingerprint=fingerprint(title),
    )
