"""A check of a merge that nobody follows any more ends, neutral and in words."""

from __future__ import annotations

from dataclasses import replace

from preview_world import ADDS, MERGE, MERGED, SIGNER, after, observed

from bot.lifecycle.checks import APPLY_CHECK
from bot.lifecycle.effects import Conclusion, PutCheck, UpdateComment
from bot.lifecycle.left_checks import LeftCheck, ended
from bot.lifecycle.preview import decide_pull_request
from bot.lifecycle.rollout import Stand
from bot.model.github import CheckRun, Comment
from bot.render.markdown import plain

RUN = CheckRun(31, APPLY_CHECK, MERGE, "in_progress", None, "waiting", "", "f")
LEFT = LeftCheck(MERGED, RUN, "No Terraform object applies the branch main any more.")


def test_the_same_check_ends_neutral_and_says_why_and_where_it_stood() -> None:
    check = ended(LEFT)
    assert (check.existing, check.head_sha, check.name) == (31, MERGE, APPLY_CHECK)
    assert check.conclusion is Conclusion.NEUTRAL
    assert "No Terraform object applies" in check.summary
    assert "waiting" in check.summary
    assert check.fingerprint != RUN.external_id, "followed again, it is written again"


def test_its_words_are_not_markdown() -> None:
    check = ended(replace(LEFT, check=replace(RUN, title="*all* <b>well</b>")))
    assert plain("*all* <b>well</b>") in check.summary
    assert "*all* <b>" not in check.summary


def test_the_comment_that_says_over_is_written_after_the_check_has_ended() -> None:
    """Cut off between the two, the other order would leave the check in progress for ever."""
    comment = Comment(1, "lotus-bot[bot]", "as it stood", MERGED.merged_at, MERGED.merged_at)  # type: ignore[arg-type]
    seen = observed(ADDS, pull_request=MERGED, modules=(after(Stand.APPLIED),), ours=(comment,))
    effects = decide_pull_request(seen, SIGNER).effects
    kinds = [type(effect) for effect in effects if isinstance(effect, PutCheck | UpdateComment)]
    assert kinds == [PutCheck, UpdateComment]
