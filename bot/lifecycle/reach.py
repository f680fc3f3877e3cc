"""What a flag brings about: which connection it resets, whether that fires, and how often. PURE.

The evaluation decides, not the text: a prediction with this flag alone is held against one with
no flag at all, and what the whole plan does with the resources that differ is what will happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.lifecycle.flags import connections_of, made_by
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.render.changes import FIRING
from bot.render.streams import streams


class Firing(StrEnum):
    """Whether the reset comes with the apply. STANDS: its resource was made before."""

    FIRES = "fires"
    STANDS = "stands already"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a flag does to one connection. `triggers`: the addresses that it makes or keeps.

    `fresh`: the same plan makes the connection anew, so there is nothing to reset. `again`: each
    further pass fires it once more. `cost` in words, "" where it is not known.
    """

    connection: str
    triggers: tuple[str, ...] = ()
    firing: Firing = Firing.FIRES
    fresh: bool = False
    again: bool = False
    streams: tuple[str, ...] = ()
    cost: str = ""


def reaches(
    whole: Prediction, alone: Prediction, none: Prediction, refires: frozenset[str] = frozenset()
) -> tuple[Reach, ...]:
    """By connection. `whole` is the plan as it will be, `alone` with this flag and no other,
    `none` without any. `refires`: what every further pass makes again.
    """
    found: dict[str, list[str]] = {}
    for trigger in made_by(alone, none):
        for address in connections_of((trigger,), alone):
            found.setdefault(address, []).append(trigger)
    changes = {change.address: change for change in whole.changes}
    return tuple(_reach(address, found[address], changes, refires) for address in sorted(found))


def refired(again: Prediction) -> frozenset[str]:
    """What a pass over what is applied already would make again."""
    made = (c for c in again.changes if c.type in FIRING and _fires(c))
    return frozenset(change.address for change in made)


def _reach(
    address: str,
    triggers: list[str],
    changes: Mapping[str, ResourceChange],
    refires: frozenset[str],
) -> Reach:
    hit = changes.get(address)
    fires = any(_fires(changes.get(trigger)) for trigger in triggers)
    return Reach(
        connection=address,
        triggers=tuple(triggers),
        firing=Firing.FIRES if fires else Firing.STANDS,
        fresh=hit is not None and (hit.action is Action.CREATE or hit.action.replaces),
        again=bool(refires.intersection(triggers)),
        streams=_streams(hit),
    )


def _fires(change: ResourceChange | None) -> bool:
    """A provisioner runs when its resource is made, and at no other time."""
    return change is not None and (change.action is Action.CREATE or change.action.replaces)


def _streams(change: ResourceChange | None) -> tuple[str, ...]:
    """All streams of a connection as the module has them."""
    raw = change.after.raw if change is not None and change.after is not None else None
    catalog = raw.get("sync_catalog") if isinstance(raw, dict) else None
    return tuple(streams(catalog) or ())
