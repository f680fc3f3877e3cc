"""A credential that changed in the cluster and did not reach Airbyte (TICKET-004). PURE.

The branch's tip is applied, yet predicting it with the true values finds something to do: then
what is given from outside has changed since. No hash of a secret is kept anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.lifecycle.stability.inventory import Kind, kind_of
from bot.lifecycle.stability.tip import Tip, changes
from bot.plan.prediction import Action, ResourceChange
from bot.render.markdown import code


@dataclass(frozen=True, slots=True)
class SecretChange:
    """What the next pass will do. `reached`: the sources and destinations whose settings differ;
    `replaced`: connections that lose their sync state by it (finding A). `in_place`: it updates,
    for certain, and nothing is replaced, destroyed or fired by it.
    """

    holder: str
    reached: tuple[ResourceChange, ...]
    replaced: tuple[ResourceChange, ...] = ()
    in_place: bool = False


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
    in_place = all(c.action is Action.UPDATE and not c.uncertain for c in changes(tip.stored))
    return SecretChange(tip.holder, reached, replaced, in_place)


def has_reached(tip: Tip, addresses: Iterable[str]) -> bool:
    """Whether what is applied needs no change any more at these addresses."""
    if not tip.applied or tip.stored is None or not tip.stored.ok:
        return False
    return not {change.address for change in changes(tip.stored)} & set(addresses)


def secret_words(change: SecretChange) -> str:
    """That a credential changed, and what reaching Airbyte costs."""
    reached = ", ".join(code(item.address) for item in change.reached)
    said = f"a value from the cluster changed since the last apply, and {reached} lacks it."
    if change.replaced:
        names = ", ".join(code(item.address) for item in change.replaced)
        said += (
            f" The next pass replaces {names}: its sync state is lost, and the next sync reads "
            "everything again."
        )
    return said


def _is_actor(change: ResourceChange) -> bool:
    is_actor = kind_of(change.type) in (Kind.SOURCE, Kind.DESTINATION) and not change.uncertain
    return is_actor and (change.action is Action.UPDATE or change.action.replaces)
