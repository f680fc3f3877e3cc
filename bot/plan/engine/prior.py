"""What there is before the plan: a state's objects as the provider's next read gives them.

Beside `modules` in `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from bot.plan.address import Instance
from bot.plan.prediction import Action, Prediction
from bot.plan.providers import ResourceType, Schemas, resource_type
from bot.plan.state import State, Stored
from bot.plan.values import Unknown, Value, from_json
from bot.plan.values.json import typed_from_json
from bot.plan.values.marks import marked_at, remarked


class Prior(Struct, frozen=True):
    """One object that exists; `previous` is its address before moves."""

    address: Instance
    provider: str
    value: Value
    dependencies: tuple[str, ...] = ()
    tainted: bool = False
    deposed: str = ""
    create_before_destroy: bool = False
    previous: str = ""


def priors(
    state: State, live: Mapping[str, object] | None, schemas: Schemas | None = None
) -> list[Prior]:
    """All objects of a state; raises `ValueError` where one does not fit its schema."""
    return [_prior(each, live, schemas) for each in state.instances]


def _prior(stored: Stored, live: Mapping[str, object] | None, schemas: Schemas | None) -> Prior:
    type_ = resource_type(
        stored.provider, stored.address.resource.mode, stored.address.resource.type, schemas
    )
    if type_ is None:
        value = from_json(dict(stored.attributes))
    else:
        value = read(type_, typed_from_json(dict(stored.attributes), type_.type), live)
    if stored.address.resource.mode == "managed":
        for path in stored.sensitive:
            value = marked_at(value, path)
    return Prior(
        stored.address,
        stored.provider,
        value,
        stored.dependencies,
        stored.tainted,
        stored.deposed,
        stored.create_before_destroy,
    )


def read(type_: ResourceType, value: Value, live: Mapping[str, object] | None) -> Value:
    """The provider's read: Airbyte's objects where they are given, then how it spells things."""
    if live is not None and type_.live is not None:
        value = type_.live(value, live)
    return type_.read(value) if type_.read is not None else value


def applied(
    base: Prediction, addresses: Mapping[str, Instance], schemas: Schemas | None = None
) -> list[Prior]:
    """The base as if it had been applied: what its apply would have told is a constant each."""
    found = []
    for change in base.changes:
        if change.action in (Action.DELETE, Action.FORGET) or change.after is None:
            continue
        address = addresses[change.address]
        type_ = resource_type(change.provider, change.mode, change.type, schemas)
        value = change.after
        if type_ is not None:
            value = remarked(read(type_, value.unmarked_deep()[0], None), value)
        dependencies = tuple(sorted(base.references.get(str(address.resource), ())))
        found.append(Prior(address, change.provider, value, dependencies))
    return found


def standing(state: Iterable[Prior], base: Iterable[Prior]) -> list[Prior]:
    """A state's objects, where the variables' values are not given.

    What of the base hangs on such a value is a constant that nobody knows; the state knows it, and
    the head says the same as the base or not. So the constant stands in place of the state's value.
    """
    assumed = by_address(base)
    return [
        replace(each, value=_not_given(each.value, assumed[str(each.address)].value))
        if str(each.address) in assumed and not each.deposed
        else each
        for each in state
    ]


def outputs_standing(state: Mapping[str, Value], base: Mapping[str, Value]) -> Mapping[str, Value]:
    """The same for a state's outputs."""
    return {
        name: _not_given(value, base[name]) if name in base else value
        for name, value in state.items()
    }


def _not_given(known: Value, assumed: Value) -> Value:
    """The known value, with the constants of the other one that stand for variables."""
    raw, other = known.raw, assumed.raw
    if isinstance(other, Unknown):
        hangs = any(origin.address.startswith("var.") for origin in other.origins)
        return assumed if hangs and other.opaque else known
    if isinstance(raw, dict) and isinstance(other, dict):
        parts = {
            name: _not_given(item, other[name]) if name in other else item
            for name, item in raw.items()
        }
        return Value(known.type, parts, known.marks)
    if isinstance(raw, tuple) and isinstance(other, tuple) and len(raw) == len(other):
        return Value(known.type, tuple(map(_not_given, raw, other)), known.marks)
    return known


def moved(prior: Prior, target: Instance) -> Prior:
    """The same object under another address."""
    return replace(prior, address=target, previous=prior.previous or str(prior.address))


def by_address(found: Iterable[Prior]) -> dict[str, Prior]:
    """Current objects by their address; deposed ones are kept apart by the caller."""
    return {str(each.address): each for each in found if not each.deposed}
