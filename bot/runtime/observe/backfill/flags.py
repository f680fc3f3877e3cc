"""Observing what the flags of a module bring about: each is predicted alone, and none at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.lifecycle.flag_edit import Flag, find_backfill, without_backfill
from bot.lifecycle.flags import OddFlag, StreamFlag, flag_in, flags_of, unread_candidates
from bot.lifecycle.observed import FlagSeen
from bot.lifecycle.reach import Reach, reaches
from bot.plan.prediction import Prediction
from bot.runtime.observe.airbyte import AirbyteReader
from bot.runtime.observe.looks import Look, content_of

_EXAMINED = 30  # flags of one module; each costs a prediction


class FlagObserver:
    """One for the whole service."""

    def __init__(self, airbyte: AirbyteReader) -> None:
        self._airbyte = airbyte

    async def flags(
        self, look: Look, refires: frozenset[str]
    ) -> tuple[tuple[FlagSeen, ...], tuple[OddFlag, ...]]:
        """What is set with what it brings about, and what is neither set nor not."""
        found, odd = flags_of(look.prediction, look.head)
        off = _off(look, [*found[:_EXAMINED], *odd[:_EXAMINED]])
        if not off:
            return tuple(FlagSeen(flag, is_new=True) for flag in found), odd
        none = await look.with_edits(off)
        seen = [await self._seen(look, flag, off, none, refires) for flag in found]
        return tuple(seen), tuple([await _odd(look, item, off, none) for item in odd])

    async def unread(self, look: Look) -> tuple[StreamFlag, ...]:
        """Flags in changed files that the module does not read, beside those that it does."""
        head, changed = look.question.head.tree, look.trees.changed()
        paths = unread_candidates(look.prediction, head, changed)
        await look.fetch(frozenset(paths))
        flags = (flag_in(path, content_of(look.head, path)) for path in paths)
        return tuple(flag for flag in flags if isinstance(flag, StreamFlag))

    async def _seen(
        self,
        look: Look,
        flag: StreamFlag,
        off: dict[str, bytes],
        none: Prediction,
        refires: frozenset[str],
    ) -> FlagSeen:
        alone = await look.with_edits(_others(off, flag.path))
        found = reaches(look.prediction, alone, none, refires) if flag.path in off else ()
        priced = [await self._priced(look, reach) for reach in found]
        return FlagSeen(flag, await _is_new(look, flag), tuple(priced))

    async def _priced(self, look: Look, reach: Reach) -> Reach:
        connection_id = look.ids.get(reach.connection)
        if not connection_id:
            return reach
        return replace(reach, cost=await self._airbyte.cost(connection_id))


async def _odd(look: Look, odd: OddFlag, off: dict[str, bytes], none: Prediction) -> OddFlag:
    """Whether the module takes it for set: the evaluation decides."""
    if odd.path not in off or not look.prediction.ok:
        return odd
    alone = await look.with_edits(_others(off, odd.path))
    return replace(odd, taken=bool(reaches(look.prediction, alone, none)))


def _off(look: Look, flags: Iterable[StreamFlag | OddFlag]) -> dict[str, bytes]:
    """The flagged files as if their flags were not set."""
    off = {}
    for flag in flags:
        content = content_of(look.head, flag.path)
        edited = without_backfill(content) if content is not None else None
        if isinstance(edited, bytes):
            off[flag.path] = edited
    return off


def _others(off: dict[str, bytes], path: str) -> dict[str, bytes]:
    return {other: content for other, content in off.items() if other != path}


async def _is_new(look: Look, flag: StreamFlag) -> bool:
    if flag.path not in look.trees.base.tree:
        return True
    await look.fetch(frozenset({flag.path}))
    content = content_of(look.base, flag.path)
    before = find_backfill(content) if content is not None else None
    return not (isinstance(before, Flag) and before.value)
