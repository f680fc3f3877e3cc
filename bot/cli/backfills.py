"""The backfill flags that a module reads, each with the connections that it resets.

Above `bot.lifecycle.flags`: the module is predicted with each flag and without it.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot.lifecycle.flag_edit import Flag, find_backfill, set_backfill
from bot.lifecycle.flags import Overlay, StreamFlag, connections_of, flags_of, made_by
from bot.plan.files import Files
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction
from bot.render.terminal import FlagShown

_EXAMINED = 20  # each costs a prediction; whoever sets more knows what for


class Flags(Struct, frozen=True):
    """What is set, and what is neither true nor false: (path, line, what is wrong)."""

    shown: tuple[FlagShown, ...] = ()
    odd: tuple[tuple[str, int, str], ...] = ()


def flags_shown(request: Request, prediction: Prediction, base: Files | None) -> Flags:
    """All flags; beyond the first twenty without their connections."""
    found, odd = flags_of(prediction, request.files)
    shown = []
    for position, flag in enumerate(found):
        made = _made(request, prediction, flag) if position < _EXAMINED else ()
        hit = connections_of(made, prediction)
        is_new = not _is_set(base, flag)
        fires = _fires(made, prediction)
        shown.append(FlagShown(flag.path, flag.line, flag.stream, hit, is_new, fires))
    return Flags(tuple(shown), tuple((each.path, each.line, each.message) for each in odd))


def _made(request: Request, prediction: Prediction, flag: StreamFlag) -> tuple[str, ...]:
    """The addresses of what fires by this flag."""
    content = request.files.read(flag.path)
    edited = set_backfill(content, False) if content is not None else None
    if not isinstance(edited, bytes):
        return ()
    without = predict(replace(request, files=Overlay(request.files, {flag.path: edited})))
    return made_by(prediction, without)


def _fires(made: tuple[str, ...], prediction: Prediction) -> bool:
    """Whether one of these is created by this plan; one that is there already does nothing."""
    return any(
        change.address in made and (change.action is Action.CREATE or change.action.replaces)
        for change in prediction.changes
    )


def _is_set(base: Files | None, flag: StreamFlag) -> bool:
    content = base.read(flag.path) if base is not None else None
    before = find_backfill(content) if content is not None else None
    return isinstance(before, Flag) and before.value
