"""Why a type does not fit another, in cty's words (they are part of OpenTofu's diagnostics).

Above `unify` in `bot.plan.values`.
"""

from __future__ import annotations

from bot.plan.values.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    constraint_name,
    friendly_name,
    has_dynamic,
    is_collection,
    is_primitive,
)
from bot.plan.values.unify import convertible


def mismatch(got: Type, want: Type) -> str:
    """One line: what is wanted, and where `got` differs."""
    match got, want:
        case ObjectType(), ObjectType():
            return _objects(got, want)
        case TupleType(), ListType(element) if element is DYNAMIC:
            return "all list elements must have the same type"
        case TupleType(), SetType(element) if element is DYNAMIC:
            return "all set elements must have the same type"
        case ObjectType(), MapType(element) if element is DYNAMIC:
            return "all map elements must have the same type"
        case ((TupleType() | ObjectType()), (ListType() | SetType() | MapType())):
            return _from_structure(got, want)
        case ((ListType() | SetType() | MapType()), (ListType() | SetType() | MapType())):
            return _from_collection(got, want)
        case _ if not _confusing(got, want):
            return f"{friendly_name(want)} required, but have {friendly_name(got)}"
        case _:
            return f"{constraint_name(want)} required"


def _objects(got: ObjectType, want: ObjectType) -> str:
    missing = sorted(
        name for name in want.attributes if name not in got.attributes and name not in want.optional
    )
    if missing:
        return _missing(missing)
    for name in sorted(want.attributes):
        if name in got.attributes and not convertible(got.attributes[name], want.attributes[name]):
            return f'attribute "{name}": {mismatch(got.attributes[name], want.attributes[name])}'
    return "incorrect object attributes"


def _missing(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    if len(quoted) == 1:
        return f"attribute {quoted[0]} is required"
    if len(quoted) == 2:
        return f"attributes {quoted[0]} and {quoted[1]} are required"
    return f"attributes {', '.join(quoted[:-1])}, and {quoted[-1]} are required"


def _from_structure(got: TupleType | ObjectType, want: ListType | SetType | MapType) -> str:
    if isinstance(want, MapType) != isinstance(got, ObjectType):
        return f"{constraint_name(want)} required"
    items: list[tuple[object, Type]] = (
        list(enumerate(got.elements))
        if isinstance(got, TupleType)
        else [(f'"{name}"', of) for name, of in sorted(got.attributes.items())]
    )
    for key, item in items:
        if not convertible(item, want.element):
            return f"element {key}: {mismatch(item, want.element)}"
    return f"all elements must be {constraint_name(want.element)}"


def _from_collection(got: ListType | SetType | MapType, want: ListType | SetType | MapType) -> str:
    if isinstance(want, MapType) != isinstance(got, MapType):
        return f"{constraint_name(want)} required"
    kinds = {ListType: "list", SetType: "set", MapType: "map"}
    return f"incorrect {kinds[type(want)]} element type: {mismatch(got.element, want.element)}"


def _confusing(got: Type, want: Type) -> bool:
    if is_primitive(got) != is_primitive(want) or want is STRING:
        return False
    if {got, want} == {BOOL, NUMBER}:
        return False
    if is_collection(got) and is_collection(want):
        return has_dynamic(got) or not has_dynamic(want)
    return not (isinstance(got, TupleType) and isinstance(want, ObjectType))
