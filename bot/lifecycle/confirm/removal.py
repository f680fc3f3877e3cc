"""Taking the copies away, in the one order that leaves nothing: copy, its Secrets, its source.

PURE. Decided anew from what is seen; a crash anywhere goes on where it stopped, because the source
goes last and says what it was for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.lifecycle.confirm.copy_effects import (
    CopyEffect,
    DeleteCopysPlans,
    DeleteSourceCopy,
    DeleteTerraformCopy,
    ReleaseTerraformCopy,
)
from bot.lifecycle.confirm.slots import Slot, TerraformCopy
from bot.model.plan_copy import left_behind

_STUCK = timedelta(seconds=20)


def removal(slots: Iterable[Slot], now: datetime) -> tuple[CopyEffect, ...]:
    """What to do next for places that are not needed; () where only waiting is left."""
    return tuple(effect for slot in slots for effect in _removal(slot, now))


def _removal(slot: Slot, now: datetime) -> Iterator[CopyEffect]:
    copy = slot.terraform if slot.terraform and slot.terraform.ours and not slot.crossed else None
    if copy is not None:
        yield from _copy(slot, copy, now)
        return
    source = slot.source
    if source is None or not source.ours:
        return
    if source.intent is not None and not slot.crossed:
        intent = source.intent
        names = left_behind(intent.workspace, slot.name)
        yield DeleteCopysPlans(intent.terraform.namespace, names)
    if not source.deleting:
        yield DeleteSourceCopy(source.name, source.uid)


def _copy(slot: Slot, copy: TerraformCopy, now: datetime) -> Iterator[CopyEffect]:
    """Without its source it cannot plan any more, and nothing would remember its Secrets."""
    if slot.source is None:
        yield DeleteCopysPlans(copy.name.namespace, left_behind(copy.workspace, copy.name.name))
    if copy.deleting is None:
        yield DeleteTerraformCopy(copy.name, copy.uid)
    elif copy.held and (slot.source is None or now - copy.deleting > _STUCK):
        yield ReleaseTerraformCopy(copy.name, copy.uid)
