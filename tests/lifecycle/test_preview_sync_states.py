"""What the comment says of a sync state that a replacement costs: before the merge, and after it."""

from __future__ import annotations

import pytest
from test_preview import MERGED, NOW, REPLACES, effects, observed

from bot.lifecycle.effects import CreateComment
from bot.lifecycle.observed import AfterMerge, ModuleSeen
from bot.lifecycle.rollout import Stand, Standing
from bot.lifecycle.saved_states import Kept

_BACK = "`/lotus keep-state shop`"
_SHOP = "airbyte_connection.shop"


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        pytest.param((), f"After the merge {_BACK} looks for it", id="of somebody not trusted"),
        pytest.param(
            (Kept(_SHOP, saved=True),),
            f"The state is saved: {_BACK} gives it back after the merge.",
            id="saved",
        ),
        pytest.param(
            (Kept(_SHOP, problem="it is *too* large"),),
            rf"It is not saved: it is \*too\* large. After the merge {_BACK} looks for it",
            id="not saved",
        ),
        pytest.param((Kept(_SHOP, nothing=True),), "nothing of that is lost", id="nothing to save"),
    ],
)
def test_before_the_merge_it_is_said_whether_the_sync_state_is_saved(
    kept: tuple[Kept, ...], words: str
) -> None:
    module = ModuleSeen("x", REPLACES, kept=kept)
    [comment] = [e for e in effects(observed(modules=(module,))) if isinstance(e, CreateComment)]
    assert words in comment.body
    assert ("Sync state lost" in comment.body) is not any(item.nothing for item in kept)


@pytest.mark.parametrize("saved", [True, False])
def test_after_the_merge_what_was_saved_is_offered(saved: bool) -> None:
    after = AfterMerge(Standing(Stand.APPLIED), NOW, NOW)
    module = ModuleSeen("x", REPLACES, after=after, kept=(Kept(_SHOP, saved=saved),))
    [comment] = [
        effect
        for effect in effects(observed(modules=(module,), pull_request=MERGED))
        if isinstance(effect, CreateComment)
    ]
    assert "was replaced and begins without its sync state" in comment.body
    assert (f"It is saved: {_BACK} gives it back" in comment.body) is saved
    assert (f"{_BACK} · `/lotus status`" in comment.body) is saved


def test_until_it_is_applied_the_replacement_is_still_to_come() -> None:
    after = AfterMerge(Standing(Stand.RUNNING))
    module = ModuleSeen("x", REPLACES, after=after, kept=(Kept(_SHOP, saved=True),))
    [comment] = [
        effect
        for effect in effects(observed(modules=(module,), pull_request=MERGED))
        if isinstance(effect, CreateComment)
    ]
    assert "is replaced and loses its sync state" in comment.body
