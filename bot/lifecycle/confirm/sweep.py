"""Copies that nobody looks after: of what is closed, of crashes, of hands that edited. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.lifecycle.confirm.copy_effects import CopyEffect
from bot.lifecycle.confirm.decide import PATIENCE
from bot.lifecycle.confirm.removal import removal
from bot.lifecycle.confirm.slots import Slot

_LOST = PATIENCE + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """What to do; `kept` work for a pull request that is to be looked at instead."""

    effects: tuple[CopyEffect, ...] = ()
    kept: tuple[Slot, ...] = ()
    waits: bool = False


def decide_sweep(
    slots: tuple[Slot, ...], heads: Mapping[tuple[str, int], str], now: datetime
) -> Swept:
    """`heads`: the head of each pull request that is open, by repository and number."""
    kept = tuple(slot for slot in slots if _is_live(slot, heads, now))
    gone = tuple(slot for slot in slots if slot not in kept)
    return Swept(removal(gone, now), kept, bool(gone))


def _is_live(slot: Slot, heads: Mapping[tuple[str, int], str], now: datetime) -> bool:
    intent = slot.intent
    if intent is None or now - intent.began > _LOST:
        return False
    return heads.get((intent.repository, intent.number)) == intent.head
