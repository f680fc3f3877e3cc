"""The backfill flags that a module reads, each with the connections that it resets.

Above `bot.lifecycle.flags`: the module is predicted with each flag and without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.lifecycle.flag_edit import Flag, find_backfill, set_backfill
from bot.lifecycle.flags import Overlay, StreamFlag, connections_of, flags_of, made_by
from bot.plan.files import Files
from bot.plan.predict import Request, predict
from bot.plan.prediction import Prediction
from bot.render.terminal import FlagShown

_EXAMINED = 20  # each costs a prediction; whoever sets more knows what for


@dataclass(frozen=True, slots=True)
class Flags:
    """What is set, and what is neither true nor false: (path, line, what is wrong)."""

    shown: tuple[FlagShown, ...] = ()
    odd: tuple[tuple[str, int, str], ...] = ()


def flags_shown(request: Request, prediction: Prediction, base: Files | None) -> Flags:
    """All flags; beyond the first twenty without their connections."""
    found, odd = flags_of(prediction, request.files)
    shown = []
    for position, flag in enumerate(found):
        hit = _connections(request, prediction, flag) if position < _EXAMINED else ()
        shown.append(FlagShown(flag.path, flag.line, flag.stream, hit, not _is_set(base, flag)))
    return Flags(tuple(shown), tuple((each.path, each.line, each.message) for each in odd))


def _connections(request: Request, prediction: Prediction, flag: StreamFlag) -> tuple[str, ...]:
    content = request.files.read(flag.path)
    edited = set_backfill(content, False) if content is not None else None
    if not isinstance(edited, bytes):
        return ()
    without = predict(replace(request, files=Overlay(request.files, {flag.path: edited})))
    return connections_of(made_by(prediction, without), prediction)


def _is_set(base: Files | None, flag: StreamFlag) -> bool:
    content = base.read(flag.path) if base is not None else None
    before = find_backfill(content) if content is not None else None
    return isinstance(before, Flag) and before.value
