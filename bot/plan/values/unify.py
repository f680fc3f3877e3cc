"""One type for several: what a conditional's arms or a list's elements have in common.

Above `types` in `bot.plan.values`; the rules are cty's
(https://github.com/zclconf/go-cty/blob/main/docs/convert.md#type-unification).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key

from bot.plan.values.memo import Memo
from bot.plan.values.types import (
    DYNAMIC,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    is_primitive,
)

_Wrap = Callable[[Type], Type]
_CONVERTIBLE: dict[bool, Memo[bool]] = {True: Memo(), False: Memo()}


def convertible(source: Type, target: Type, *, unsafe: bool = True) -> bool:
    """Whether cty has a conversion; an `unsafe` one may still fail for a given value."""
    if target is DYNAMIC:
        return True
    if source is DYNAMIC:
        return unsafe
    if is_primitive(source) and is_primitive(target):
        return source == target or target is STRING or (unsafe and source is STRING)
    known = _CONVERTIBLE[unsafe].get(source, target)
    if known is not None:
        return known
    return _CONVERTIBLE[unsafe].put(_container_convertible(source, target, unsafe), source, target)


def _container_convertible(source: Type, target: Type, unsafe: bool) -> bool:
    match source, target:
        case ObjectType(), ObjectType():
            return _object_convertible(source, target, unsafe)
        case TupleType(one), TupleType(other):
            return len(one) == len(other) and all(
                convertible(a, b, unsafe=unsafe) for a, b in zip(one, other, strict=True)
            )
        case ListType(), SetType() if not unsafe:
            return False
        case ((ListType(one) | SetType(one)), (ListType(other) | SetType(other))):
            return convertible(one, other, unsafe=unsafe)
        case MapType(one), MapType(other):
            return convertible(one, other, unsafe=unsafe)
        case TupleType(items), (ListType(element) | SetType(element)):
            return _all_convertible(items, element, unsafe)
        case ObjectType(attributes), MapType(element):
            return _all_convertible(tuple(attributes.values()), element, unsafe)
        case MapType(element), ObjectType(attributes) if unsafe:
            return all(
                name in target.optional or convertible(element, of)
                for name, of in attributes.items()
            )
        case _:
            return False


def _object_convertible(source: ObjectType, target: ObjectType, unsafe: bool) -> bool:
    for name, wanted in target.attributes.items():
        given = source.attributes.get(name)
        if given is None:
            if name not in target.optional:
                return False
        elif given != wanted and not convertible(given, wanted, unsafe=unsafe):
            return False
    return True


def _all_convertible(items: Sequence[Type], element: Type, unsafe: bool) -> bool:
    if not items:
        return True
    if element is DYNAMIC:
        common = unify(items, unsafe=unsafe)
        return common is not None and (common is not DYNAMIC or all(i is DYNAMIC for i in items))
    return all(item == element or convertible(item, element, unsafe=unsafe) for item in items)


def unify(types: Sequence[Type], *, unsafe: bool = False) -> Type | None:
    """The type that all `types` convert to, or None where there is none."""
    if not types:
        return None
    if all(type_ == types[0] for type_ in types):
        return types[0]
    kinds = {_kind(type_) for type_ in types}
    dynamic = "dynamic" in kinds
    kinds.discard("dynamic")
    if len(kinds) == 1 and (wrap := _COLLECTIONS.get(next(iter(kinds)))):
        return DYNAMIC if dynamic else _unify_collections(types, wrap, unsafe)
    if kinds == {"map", "object"} and (common := _unify_as(types, ObjectType, unsafe)):
        return common
    if kinds == {"list", "tuple"} and (common := _unify_as(types, TupleType, unsafe)):
        return common
    if kinds == {"object"}:
        return DYNAMIC if dynamic else _unify_objects(types, unsafe)
    if kinds == {"tuple"}:
        return DYNAMIC if dynamic else _unify_tuples(types, unsafe)
    if {"object", "tuple"} <= kinds:
        return None
    return _preferred(types, unsafe)


def _kind(type_: Type) -> str:
    match type_:
        case MapType():
            return "map"
        case ListType():
            return "list"
        case SetType():
            return "set"
        case ObjectType():
            return "object"
        case TupleType():
            return "tuple"
        case _:
            return "dynamic" if type_ is DYNAMIC else "primitive"


_COLLECTIONS: dict[str, _Wrap] = {"map": MapType, "list": ListType, "set": SetType}


def _preferred(types: Sequence[Type], unsafe: bool) -> Type | None:
    for wanted in sorted(types, key=cmp_to_key(_compare)):
        if all(type_ == wanted or convertible(type_, wanted, unsafe=unsafe) for type_ in types):
            return wanted
    return None


def _compare(one: Type, other: Type) -> int:
    """Negative where `one` is the better common type, as cty's `compareTypes` has it."""
    if one is DYNAMIC or other is DYNAMIC:
        return (one is DYNAMIC) - (other is DYNAMIC)
    if is_primitive(one) and is_primitive(other):
        return (other is STRING) - (one is STRING)
    match one, other:
        case (ListType(a), ListType(b)) | (SetType(a), SetType(b)) | (MapType(a), MapType(b)):
            return _compare(a, b)
        case ListType(), SetType():
            return -1
        case SetType(), ListType():
            return 1
        case _:
            return 0


def _unify_collections(types: Sequence[Type], wrap: _Wrap, unsafe: bool) -> Type | None:
    elements = [type_.element for type_ in types if isinstance(type_, (ListType, SetType, MapType))]
    common = unify(elements, unsafe=unsafe)
    return None if common is None else wrap(common)


def _unify_as(
    types: Sequence[Type], kind: type[ObjectType] | type[TupleType], unsafe: bool
) -> Type | None:
    """Objects among maps as maps, tuples among lists as lists."""
    structural = [type_ for type_ in types if isinstance(type_, kind)]
    fallback = _objects_to_map if kind is ObjectType else _tuples_to_list
    collection = fallback(structural, unsafe)
    if collection is None:
        return None
    replaced = [collection if isinstance(type_, kind) else type_ for type_ in types]
    common = unify(replaced, unsafe=unsafe)
    return common if isinstance(common, (MapType, ListType)) else None


def _unify_objects(types: Sequence[Type], unsafe: bool) -> Type | None:
    objects = [type_ for type_ in types if isinstance(type_, ObjectType)]
    names = objects[0].attributes.keys()
    if any(each.attributes.keys() != names for each in objects):
        return _objects_to_map(objects, unsafe)
    common = {
        name: unify([each.attributes[name] for each in objects], unsafe=unsafe) for name in names
    }
    known = {name: type_ for name, type_ in common.items() if type_ is not None}
    return ObjectType(known) if len(known) == len(common) else None


def _objects_to_map(types: Sequence[Type], unsafe: bool) -> Type | None:
    elements = [
        of for each in types if isinstance(each, ObjectType) for of in each.attributes.values()
    ]
    common = unify(elements, unsafe=unsafe)
    return None if common is None else MapType(common)


def _unify_tuples(types: Sequence[Type], unsafe: bool) -> Type | None:
    tuples = [type_ for type_ in types if isinstance(type_, TupleType)]
    if len({len(each.elements) for each in tuples}) > 1:
        return _tuples_to_list(tuples, unsafe)
    across = zip(*(each.elements for each in tuples), strict=True)
    common = [unify(position, unsafe=unsafe) for position in across]
    known = [type_ for type_ in common if type_ is not None]
    return TupleType(tuple(known)) if len(known) == len(common) else None


def _tuples_to_list(types: Sequence[Type], unsafe: bool) -> Type | None:
    elements = [of for each in types if isinstance(each, TupleType) for of in each.elements]
    common = unify(elements, unsafe=unsafe)
    return None if common is None else ListType(common)
