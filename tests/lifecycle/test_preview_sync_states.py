"""What the comment says of a sync state that a replacement costs: before the merge, and after it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from backfills import MERGED as MERGED_AT
from backfills import RUNNING, connection, job
from preview_world import MERGED, NOW, REPLACES, effects, observed

from bot.lifecycle.arrival import ChangedConnection
from bot.lifecycle.effects import CreateComment
from bot.lifecycle.observed import AfterMerge, ModuleSeen, is_told
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


SYNCED = ChangedConnection(_SHOP, MERGED_AT, connection(), jobs=(job(9),))


@pytest.mark.parametrize(
    ("kept", "changed", "words", "offered"),
    [
        pytest.param(
            Kept(_SHOP, saved=True), (), f"It is saved: {_BACK} gives it back", True, id="saved"
        ),
        pytest.param(
            Kept(_SHOP, saved=True),
            (replace(SYNCED, jobs=(job(9, status=RUNNING),)),),
            f"It is saved: {_BACK} gives it back",
            True,
            id="while its first sync runs",
        ),
        pytest.param(
            Kept(_SHOP, saved=True), (SYNCED,), "its first sync reads everything", False, id="late"
        ),
        pytest.param(Kept(_SHOP), (), "its first sync reads everything", False, id="not saved"),
        pytest.param(
            Kept(_SHOP, given=True), (), "was given its sync state back", False, id="given"
        ),
    ],
)
def test_after_the_merge_what_was_saved_is_offered_as_long_as_it_is_of_use(
    kept: Kept, changed: tuple[ChangedConnection, ...], words: str, offered: bool
) -> None:
    after = AfterMerge(Standing(Stand.APPLIED), NOW, NOW, changed=changed)
    module = ModuleSeen("x", REPLACES, after=after, kept=(kept,))
    seen = observed(modules=(module,), pull_request=MERGED)
    [comment] = [effect for effect in effects(seen) if isinstance(effect, CreateComment)]
    assert words in comment.body
    assert ("lost" in comment.body) is not kept.given
    assert (f"{_BACK} · `/lotus status`" in comment.body) is offered
    assert is_told(seen) is not offered, "until then it is followed"


def test_until_it_is_applied_the_replacement_is_still_to_come() -> None:
    after = AfterMerge(Standing(Stand.RUNNING))
    module = ModuleSeen("x", REPLACES, after=after, kept=(Kept(_SHOP, saved=True),))
    [comment] = [
        effect
        for effect in effects(observed(modules=(module,), pull_request=MERGED))
        if isinstance(effect, CreateComment)
    ]
    assert "is replaced and loses its sync state" in comment.body
