"""A backfill after the merge: its reset job, the sync that re-reads, the flag set back. PURE.

Completion is `facts/airbyte.md`'s: the reset succeeded, and a later sync succeeded that began after
the reset's end, every stream complete where that can be known; or one refresh succeeded. A reset
that does not appear is said: the provisioner's curl hides errors. There is no effect that resets.
"""

from bot.lifecycle.backfill.follow_up import (
    PREFIX,
    BackfillObserved,
    LeftBranch,
    OpenFollowUp,
    branch_of,
    closed,
    decide_backfill,
    removed,
)
from bot.lifecycle.backfill.pace import last_full, next_sync, pace
from bot.lifecycle.backfill.stages import (
    FlaggedConnection,
    Progress,
    Stage,
    is_over,
    progress,
)
from bot.lifecycle.backfill.story import cost, job_lines, story

__all__ = [
    "PREFIX",
    "BackfillObserved",
    "FlaggedConnection",
    "LeftBranch",
    "OpenFollowUp",
    "Progress",
    "Stage",
    "branch_of",
    "closed",
    "cost",
    "decide_backfill",
    "is_over",
    "job_lines",
    "last_full",
    "next_sync",
    "pace",
    "progress",
    "removed",
    "story",
]
