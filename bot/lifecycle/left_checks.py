"""The watchdog: a check of ours that is in progress, of a merge that nobody follows any more. PURE.

`lotus / apply` is the one check that stays in progress: `lotus / plan` is written with its
conclusion. As long as a merge is followed, every look at it writes its check again where that says
something else. What is not followed any more ends here, neutral and in words, for a check that
hangs blocks a team; where it is followed again (its object is back), the check goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.lifecycle.effects import Conclusion, PutCheck
from bot.lifecycle.marker import fingerprint
from bot.model.github import CheckRun, PullRequest
from bot.render.markdown import plain


@dataclass(frozen=True, slots=True)
class LeftCheck:
    """`check` is ours, on the merge commit, and has not ended. `why`: a sentence."""

    pull_request: PullRequest
    check: CheckRun
    why: str


def ended(left: LeftCheck) -> PutCheck:
    """The same check, with its end."""
    stood = left.check.title or "not looked at"
    summary = f"{left.why}\n\nIt stood at: {plain(stood)}."
    return PutCheck(
        repository=left.pull_request.repository,
        head_sha=left.check.head_sha,
        name=left.check.name,
        title=f"{stood}, and not followed any more",
        summary=summary,
        conclusion=Conclusion.NEUTRAL,
        fingerprint=fingerprint(summary),
        existing=left.check.id,
    )
