"""What Airbyte has and no state knows (TICKET-002). PURE.

An object is called an orphan only when two observations with no pass between them agree, all
states are readable, and it cannot belong to what is suspended or failing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.lifecycle.stability.inventory import (
    AirbyteObject,
    Holder,
    Inventory,
    Kind,
    doubts,
    users_of,
)


@dataclass(frozen=True, slots=True)
class Orphan:
    """An object of nobody. `twins`: others of its kind and name. `users`: what hangs on it."""

    item: AirbyteObject
    twins: tuple[AirbyteObject, ...] = ()
    users: tuple[AirbyteObject, ...] = ()


class Evidence(StrEnum):
    """What the observations are worth."""

    PROVEN = "proven"
    ONCE = "seen once"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Orphans:
    """`found` is proven; `once` has to be looked at again, and is no orphan before.

    `withheld`: what may belong to somebody, and why.
    """

    evidence: Evidence
    found: tuple[Orphan, ...] = ()
    once: tuple[AirbyteObject, ...] = ()
    withheld: tuple[tuple[AirbyteObject, str], ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def by_id(self) -> dict[str, Orphan]:
        """The orphans by their id."""
        return {orphan.item.id: orphan for orphan in self.found}


def orphans(now: Inventory, before: Inventory | None) -> Orphans:
    """Airbyte's objects minus what every state knows, connections first."""
    doubted = doubts(now)
    if doubted:
        return Orphans(Evidence.DOUBTFUL, doubts=doubted)
    unknown = sorted(_unknown(now), key=_order)
    withheld = tuple((item, reason) for item in unknown if (reason := _claim(item, now)))
    held = {item.id for item, _ in withheld}
    seen = _seen_before(now, before)
    found = tuple(i for i in unknown if i.id in seen and i.id not in held)
    once = tuple(i for i in unknown if i.id not in seen and i.id not in held)
    evidence = Evidence.ONCE if once else Evidence.PROVEN
    return Orphans(evidence, tuple(_orphan(item, now) for item in found), once, withheld)


def _seen_before(now: Inventory, before: Inventory | None) -> frozenset[str]:
    """The ids that no state knew then either, where no pass lies between; none in doubt."""
    if before is None or doubts(before) or before.passes != now.passes:
        return frozenset()
    return frozenset(item.id for item in _unknown(before))


def same_name(seen: Inventory, item: AirbyteObject) -> tuple[AirbyteObject, ...]:
    """Others of this kind with this name."""
    return tuple(
        other
        for other in seen.objects
        if other.id != item.id and (other.kind, other.name) == (item.kind, item.name)
    )


def _unknown(seen: Inventory) -> list[AirbyteObject]:
    known = seen.known_ids
    return [item for item in seen.objects if item.id not in known]


def _claim(item: AirbyteObject, seen: Inventory) -> str:
    """Why it may be somebody's after all, "" where it is nobody's."""
    for holder in seen.holders:
        if not holder.well and (reason := _could_hold(holder, item)):
            return reason
    known = seen.known_ids
    for user in users_of(seen, item.id):
        if user.id in known:
            return f"{user.name}, which a state knows, hangs on it"
        if _claim(user, seen):
            return f"{user.name}, which may be somebody's, hangs on it"
    return ""


def _could_hold(holder: Holder, item: AirbyteObject) -> str:
    state = f"{holder.name} is suspended or failing"
    if holder.declared is None:
        why = f": {holder.broken}" if holder.broken else ""
        return f"{state}, and what its code declares is not known{why}"
    if (item.kind, item.name) in holder.declared.names:
        return f"{state}, and its code declares a {item.kind.value} of this name"
    if item.kind in holder.declared.unnamed:
        return f"{state}, and its code declares a {item.kind.value} whose name is not known"
    if any(end in holder.ids for end in item.ends):
        return f"{state}, and it connects what that object holds"
    return ""


def _orphan(item: AirbyteObject, seen: Inventory) -> Orphan:
    return Orphan(item, same_name(seen, item), users_of(seen, item.id))


def _order(item: AirbyteObject) -> tuple[int, str, str]:
    return list(Kind).index(item.kind), item.name, item.id
