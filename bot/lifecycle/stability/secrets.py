"""A credential that changed in the cluster and did not reach Airbyte (TICKET-004). PURE.

The branch's tip is applied, yet predicting it with the true values finds something to do: then
what is given from outside has changed since. No hash of a secret is kept anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.lifecycle.stability.inventory import Kind, kind_of
from bot.lifecycle.stability.tip import Tip, changes
from bot.plan.prediction import Action, ResourceChange


@dataclass(frozen=True, slots=True)
class SecretChange:
    """What the next pass will do. `reached`: the sources and destinations whose settings differ;
    `replaced`: connections that lose their sync state by it (finding A).
    """

    holder: str
    reached: tuple[ResourceChange, ...]
    replaced: tuple[ResourceChange, ...] = ()


def secret_change(tip: Tip) -> SecretChange | None:
    """None where nothing differs for certain, or where Git itself is not applied yet."""
    if not tip.applied:
        return None
    due = [change for change in changes(tip.stored) if change.address not in tip.perpetual]
    reached = tuple(change for change in due if _is_actor(change))
    if not reached:
        return None
    replaced = tuple(
        change
        for change in due
        if kind_of(change.type) is Kind.CONNECTION and change.action.replaces
    )
    return SecretChange(tip.holder, reached, replaced)


def _is_actor(change: ResourceChange) -> bool:
    is_actor = kind_of(change.type) in (Kind.SOURCE, Kind.DESTINATION) and not change.uncertain
    return is_actor and (change.action is Action.UPDATE or change.action.replaces)
