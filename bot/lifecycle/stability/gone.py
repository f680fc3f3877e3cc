"""What a state believes in and Airbyte does not have (TICKET-003). PURE.

Airbyte's deletes are soft and reads still answer, so that only the lists tell
(`facts/airbyte.md`).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.lifecycle.stability.inventory import Inventory, Kind, Resource


@dataclass(frozen=True, slots=True)
class Gone:
    """A resource of `holder` without its object; `certain`: Airbyte itself says it is deleted."""

    holder: str
    resource: Resource
    certain: bool


def gone(seen: Inventory) -> tuple[Gone, ...]:
    """The states' resources that the lists lack; () where a list could not be had."""
    if seen.problems:
        return ()
    return tuple(
        Gone(holder.name, item, item.kind is not Kind.CONNECTION or item.id in seen.deleted)
        for holder in seen.holders
        for item in holder.resources
        if item.id not in seen.by_id
    )
