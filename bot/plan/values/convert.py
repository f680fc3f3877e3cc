"""Conversion of a value to a type, with cty's rules and cty's words where it cannot be.

Above `value` and `unify` in `bot.plan.values`
(https://github.com/zclconf/go-cty/blob/main/docs/convert.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.plan.values.memo import Memo
from bot.plan.values.mismatch import mismatch
from bot.plan.values.number import Number, TooLarge, number_text
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
    is_primitive,
    without_optional,
)
from bot.plan.values.unify import convertible, unify
from bot.plan.values.value import (
    FALSE,
    TRUE,
    Unknown,
    Value,
    list_of,
    map_of,
    null,
    number,
    object_of,
    set_of,
    string,
    tuple_of,
)

Path = tuple[str | int, ...]
_CONVERTED: Memo[Value] = Memo()
_LARGE = 64
"""Elements beyond which a container is hardly there again as it is; its elements are."""


class ConversionError(Exception):
    """The value does not fit; `message` is cty's, `path` leads to the offending part."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def convert(value: Value, target: Type) -> Value:
    """`value` as a `target`, marks kept; raises `ConversionError`."""
    if value.type == target:
        return value
    if not convertible(value.type, target):
        raise ConversionError(mismatch(value.type, target))
    return _convert(value, target, ())


def _convert(value: Value, target: Type, path: Path) -> Value:
    if target is DYNAMIC or value.type == target:
        return value
    raw = value.raw
    if raw is None:
        return null(_replaced(value.type, without_optional(target))).with_marks(value.marks)
    if isinstance(raw, Unknown):
        return Value(_replaced(value.type, without_optional(target)), raw, value.marks)
    return _known(value, target, path).with_marks(value.marks)


def _replaced(source: Type, target: Type) -> Type:
    """`target` with its dynamic parts taken from `source`, where they correspond."""
    if target is DYNAMIC:
        return source
    match source, target:
        case ((ListType(a) | SetType(a)), ListType(b)):
            return ListType(_replaced(a, b))
        case ((ListType(a) | SetType(a)), SetType(b)):
            return SetType(_replaced(a, b))
        case MapType(a), MapType(b):
            return MapType(_replaced(a, b))
        case ObjectType(a), ObjectType(b):
            return ObjectType({n: _replaced(a.get(n, DYNAMIC), of) for n, of in b.items()})
        case TupleType(a), TupleType(b) if len(a) == len(b):
            return TupleType(tuple(map(_replaced, a, b)))
        case TupleType(a), (ListType(b) | SetType(b)) if b is DYNAMIC and a:
            wrap = ListType if isinstance(target, ListType) else SetType
            return wrap(unify(a, unsafe=True) or DYNAMIC)
        case ObjectType(a), MapType(b) if b is DYNAMIC and a:
            return MapType(unify(list(a.values()), unsafe=True) or DYNAMIC)
        case _:
            return target


def _known(value: Value, target: Type, path: Path) -> Value:
    raw = value.raw
    if is_primitive(target):
        return _primitive(value, target, path)
    match target:
        case ObjectType():
            return _object(value, target, path)
        case MapType(element) if isinstance(raw, dict):
            return _map(raw, value.type, element, path)
        case TupleType(elements) if isinstance(raw, tuple):
            items = tuple(
                _convert(item, of, (*path, i))
                for i, (item, of) in enumerate(zip(raw, elements, strict=True))
            )
            return tuple_of(items)
        case ListType(element) | SetType(element) if isinstance(raw, tuple):
            return _sequence(value, raw, target, path)
        case _:
            raise ConversionError(mismatch(value.type, target), path)


def _primitive(value: Value, target: Type, path: Path) -> Value:
    raw = value.raw
    if target is STRING:
        return string(raw if isinstance(raw, str) else primitive_text(value))
    if target is NUMBER and isinstance(raw, str):
        try:
            return number(raw)
        except (ValueError, TooLarge):
            raise ConversionError("a number is required", path) from None
    if target is BOOL and isinstance(raw, str):
        return _bool(raw, path)
    raise ConversionError(mismatch(value.type, target), path)


def primitive_text(value: Value) -> str:
    """A known string, number or bool as text."""
    raw = value.raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return number_text(raw) if isinstance(raw, Number) else str(raw)


def _bool(text: str, path: Path) -> Value:
    if text in ("true", "1"):
        return TRUE
    if text in ("false", "0"):
        return FALSE
    lower = text.lower()
    if lower in ("true", "false"):
        hint = f'a bool is required; to convert from string, use lowercase "{lower}"'
        raise ConversionError(hint, path)
    raise ConversionError("a bool is required", path)


def _object(value: Value, target: ObjectType, path: Path) -> Value:
    raw = value.raw
    if not isinstance(raw, dict):
        raise ConversionError(mismatch(value.type, target), path)
    attributes: dict[str, Value] = {}
    for name, of in target.attributes.items():
        item = raw.get(name)
        if item is not None:
            attributes[name] = _element(item, of, (*path, name))
        elif name in target.optional:
            attributes[name] = null(without_optional(of))
        else:
            raise ConversionError(f'map has no element for required attribute "{name}"', path)
    return object_of(attributes)


def _element(item: Value, of: Type, path: Path) -> Value:
    if not isinstance(item.raw, (dict, tuple)) or len(item.raw) > _LARGE:
        return _fitting(item, of, path)
    known = _CONVERTED.get(item, of)
    return known if known is not None else _CONVERTED.put(_fitting(item, of, path), item, of)


def _fitting(item: Value, of: Type, path: Path) -> Value:
    if not convertible(item.type, of):
        raise ConversionError(mismatch(item.type, of), path)
    return _convert(item, of, path)


def _map(raw: Mapping[str, Value], source: Type, element: Type, path: Path) -> Value:
    if not raw:
        if element is DYNAMIC and isinstance(source, MapType):
            element = source.element
        return map_of(without_optional(element), {})
    wanted = _common([item.type for item in raw.values()], element, path)
    items = {key: _element(item, wanted, (*path, key)) for key, item in raw.items()}
    aligned = _aligned(list(items.values()), path)
    return map_of(aligned[0].type, dict(zip(items, aligned, strict=True)))


def _sequence(value: Value, raw: tuple[Value, ...], target: Type, path: Path) -> Value:
    if not isinstance(target, (ListType, SetType)):
        raise ConversionError(mismatch(value.type, target), path)
    make = list_of if isinstance(target, ListType) else set_of
    element = target.element
    if not raw:
        if element is DYNAMIC and isinstance(value.type, (ListType, SetType, MapType)):
            element = value.type.element
        return make(without_optional(element), ())
    if isinstance(target, ListType) and isinstance(value.type, SetType) and _open_set(value):
        return Value(ListType(without_optional(element)), Unknown(not_null=True))
    wanted = _common([item.type for item in raw], element, path)
    items = _aligned([_element(item, wanted, (*path, i)) for i, item in enumerate(raw)], path)
    return make(items[0].type, items)


def _open_set(value: Value) -> bool:
    return not value.is_wholly_known


def _common(types: list[Type], element: Type, path: Path) -> Type:
    if element is not DYNAMIC:
        return element
    common = unify(types, unsafe=True)
    if common is None:
        raise ConversionError("all elements must have the same type", path)
    return common


def _aligned(items: list[Value], path: Path) -> list[Value]:
    """Elements whose types still differ (dynamic parts) brought to their common type."""
    types = [item.type for item in items]
    if all(type_ == types[0] for type_ in types):
        return items
    common = unify(types, unsafe=True)
    if common is None:
        raise ConversionError("cannot find a common base type for all elements", path)
    return [_convert(item, common, path) for item in items]
