"""cty's types as values: what a `Value` can be.

Above `memo` in `bot.plan.values`; knows no value. Names and words are go-cty's
(https://github.com/zclconf/go-cty/blob/main/docs/types.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import assert_never

from msgspec import Struct, field

from bot.plan.values.memo import Kept, Memo


class Primitive(Enum):
    """The types without elements; `DYNAMIC` is the type of what is not known to have one."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    DYNAMIC = "dynamic"


STRING = Primitive.STRING
NUMBER = Primitive.NUMBER
BOOL = Primitive.BOOL
DYNAMIC = Primitive.DYNAMIC


class ListType(Struct, frozen=True):
    """A list of elements of one type."""

    element: Type


class SetType(Struct, frozen=True):
    """A set of elements of one type."""

    element: Type


class MapType(Struct, frozen=True):
    """A map from strings to elements of one type."""

    element: Type


class TupleType(Struct, frozen=True):
    """A sequence in which each position has its own type."""

    elements: tuple[Type, ...]


class ObjectType(Struct, frozen=True):
    """Named attributes, each with its own type; `optional` ones may be missing (in constraints)."""

    attributes: Mapping[str, Type]
    optional: frozenset[str] = field(default_factory=frozenset)

    def __hash__(self) -> int:
        return hash((frozenset(self.attributes.items()), self.optional))


Type = Primitive | ListType | SetType | MapType | TupleType | ObjectType

_MANY = 64
"""Elements beyond which a type is hardly another value's as well."""
_OBJECTS: Kept[tuple[object, ...], ObjectType] = Kept(20_000)
_TUPLES: Kept[tuple[int, ...], TupleType] = Kept(20_000)


def type_of_object(attributes: Mapping[str, Type]) -> ObjectType:
    """The type of an object; one for all of the same types, so that they are compared at once."""
    if len(attributes) > _MANY:
        return ObjectType(attributes)
    key = (*attributes, *map(id, attributes.values()))
    known = _OBJECTS.get(key)
    if known is None:  # it keeps alive what the key names
        known = _OBJECTS.put(key, ObjectType(attributes))
    return known


def type_of_tuple(elements: tuple[Type, ...]) -> TupleType:
    """The type of a tuple; one for all of the same types."""
    if len(elements) > _MANY:
        return TupleType(elements)
    key = tuple(map(id, elements))
    known = _TUPLES.get(key)
    return known if known is not None else _TUPLES.put(key, TupleType(elements))


def friendly_name(type_: Type) -> str:
    """The type as diagnostics name it: `list of string`, `object`."""
    match type_:
        case Primitive():
            return type_.value
        case ListType(element):
            return f"list of {friendly_name(element)}"
        case SetType(element):
            return f"set of {friendly_name(element)}"
        case MapType(element):
            return f"map of {friendly_name(element)}"
        case TupleType():
            return "tuple"
        case ObjectType():
            return "object"
        case _:
            assert_never(type_)


def constraint_name(type_: Type) -> str:
    """Like `friendly_name`, for what is asked for: `any type`, `list of any single type`."""
    match type_:
        case Primitive.DYNAMIC:
            return "any type"
        case ListType(element):
            return f"list of {_any_single(element)}"
        case SetType(element):
            return f"set of {_any_single(element)}"
        case MapType(element):
            return f"map of {_any_single(element)}"
        case _:
            return friendly_name(type_)


def _any_single(element: Type) -> str:
    return "any single type" if element is DYNAMIC else constraint_name(element)


def type_json(type_: Type) -> str | list[object]:
    """The type as `tofu output -json` writes it: `"string"`, `["list", "string"]`."""
    match type_:
        case Primitive():
            return type_.value
        case ListType(element):
            return ["list", type_json(element)]
        case SetType(element):
            return ["set", type_json(element)]
        case MapType(element):
            return ["map", type_json(element)]
        case TupleType(elements):
            return ["tuple", [type_json(element) for element in elements]]
        case ObjectType(attributes):
            return ["object", {name: type_json(of) for name, of in sorted(attributes.items())}]
        case _:
            assert_never(type_)


def parse_type_json(shape: object) -> Type:
    """The inverse of `type_json`; raises `ValueError` for what is no type."""
    match shape:
        case "string" | "number" | "bool" | "dynamic":
            return Primitive(shape)
        case ["list", element]:
            return ListType(parse_type_json(element))
        case ["set", element]:
            return SetType(parse_type_json(element))
        case ["map", element]:
            return MapType(parse_type_json(element))
        case ["tuple", [*elements]]:
            return TupleType(tuple(parse_type_json(element) for element in elements))
        case ["object", dict() as attributes, *_]:
            return ObjectType({name: parse_type_json(of) for name, of in attributes.items()})
        case _:
            raise ValueError(f"not a type: {shape!r}")


def is_primitive(type_: Type) -> bool:
    """Whether it is string, number or bool."""
    return type_ is STRING or type_ is NUMBER or type_ is BOOL


def is_collection(type_: Type) -> bool:
    """Whether all its elements are of one type: list, set or map."""
    return isinstance(type_, (ListType, SetType, MapType))


def without_optional(type_: Type) -> Type:
    """The type of values that conform to the constraint `type_`: nothing is optional in it."""
    match type_:
        case Primitive():
            return type_
        case ListType(element):
            return ListType(without_optional(element))
        case SetType(element):
            return SetType(without_optional(element))
        case MapType(element):
            return MapType(without_optional(element))
        case TupleType(elements):
            return TupleType(tuple(map(without_optional, elements)))
        case ObjectType(attributes):
            return ObjectType({name: without_optional(of) for name, of in attributes.items()})
        case _:
            assert_never(type_)


def has_dynamic(type_: Type) -> bool:
    """Whether a part of the type is not known."""
    match type_:
        case Primitive():
            return type_ is DYNAMIC
        case ListType(element) | SetType(element) | MapType(element):
            return has_dynamic(element)
        case TupleType() | ObjectType():
            known = _DYNAMIC.get(type_)
            return known if known is not None else _DYNAMIC.put(_has_dynamic_part(type_), type_)
        case _:
            assert_never(type_)


_DYNAMIC: Memo[bool] = Memo()


def _has_dynamic_part(type_: TupleType | ObjectType) -> bool:
    parts = type_.elements if isinstance(type_, TupleType) else type_.attributes.values()
    return any(map(has_dynamic, parts))
