"""Functions of maps, objects and anything: https://opentofu.org/docs/language/functions/merge/ ...

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.sequences import sequence
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.functions.strings import graphemes
from bot.plan.values import (
    DYNAMIC,
    NO_MARKS,
    NUMBER,
    STRING,
    ConversionError,
    ListType,
    MapType,
    Marks,
    ObjectType,
    SetType,
    TupleType,
    Type,
    Value,
    convert,
    friendly_name,
    list_of,
    map_of,
    number,
    object_of,
    string,
    tuple_of,
    unify,
)


def _coalesce(arguments: Sequence[Value], _: FunctionContext) -> Value:
    common = unify([each.type for each in arguments], unsafe=True)
    if common is None:
        raise FunctionError("all arguments must have the same type")
    for each in arguments:
        if not each.is_known:
            raise Undecided(common)
        if each.is_null:
            continue
        converted = convert(each, common)
        if common is STRING and converted.raw == "":
            continue
        return converted
    raise FunctionError("no non-null, non-empty-string arguments")


def _keys(arguments: Sequence[Value], _: FunctionContext) -> Value:
    value = arguments[0]
    match value.type:
        case MapType():
            return list_of(STRING, [string(name) for name in _names(value)])
        case ObjectType(attributes):
            return tuple_of(string(name) for name in sorted(attributes, key=str.encode))
        case _ if not value.is_known and value.type is DYNAMIC:
            raise Undecided(DYNAMIC)
        case _:
            raise FunctionError("must have map or object type", 0)


def _names(value: Value) -> list[str]:
    if not isinstance(value.raw, dict):
        raise Undecided(ListType(STRING))
    return sorted(value.raw, key=str.encode)


def _length(arguments: Sequence[Value], _: FunctionContext) -> Value:
    value = arguments[0]
    raw = value.raw
    match value.type:
        case TupleType(elements):
            return number(len(elements))
        case ObjectType(attributes):
            return number(len(attributes))
    if isinstance(raw, str):
        return number(len(graphemes(raw)))
    if isinstance(raw, (tuple, dict)):
        if isinstance(value.type, SetType) and not value.is_wholly_known:
            raise Undecided(NUMBER)
        return number(len(raw))
    if value.type is DYNAMIC or value.type is STRING or not value.is_known:
        raise Undecided(NUMBER)
    message = "argument must be a string, a collection type, or a structural type"
    raise FunctionError(message)


def _lookup(arguments: Sequence[Value], _: FunctionContext) -> Value:
    if len(arguments) > 3:
        message = f"lookup() takes two or three arguments, got {len(arguments)}"
        raise FunctionError(message)
    value, key = arguments[0], str(arguments[1].raw)
    default = arguments[2] if len(arguments) == 3 else None
    match value.type:
        case ObjectType(attributes):
            return _object_lookup(value, key, attributes.get(key), default)
        case MapType(element):
            return _map_lookup(value, key, element, default)
        case _:
            raise FunctionError("lookup() requires a map as the first argument", 0)


def _object_lookup(value: Value, key: str, type_: Type | None, default: Value | None) -> Value:
    raw = value.raw
    if type_ is not None and isinstance(raw, dict):
        return raw[key]
    if default is None:
        raise FunctionError(f'the given object has no attribute "{key}"', 0)
    return default


def _map_lookup(value: Value, key: str, element: Type, default: Value | None) -> Value:
    raw = value.raw
    if default is not None:
        try:
            default = convert(default, element)
        except ConversionError:
            message = "the default value must have the same type as the map elements"
            raise FunctionError(message, 2) from None
    if isinstance(raw, dict) and key in raw:
        return raw[key]
    if default is None:
        raise FunctionError(f'lookup failed to find key "{key}"')
    return default


def _merge(arguments: Sequence[Value], _: FunctionContext) -> Value:
    marks: Marks = NO_MARKS
    given: list[Value] = []
    for each in arguments:
        marks = marks | each.marks
        if each.is_null and each.type is DYNAMIC:
            continue
        if not isinstance(each.type, (MapType, ObjectType)):
            kind = friendly_name(each.type)
            raise FunctionError(f'arguments must be maps or objects, got "{kind}"')
        given.append(each)
    merged: dict[str, Value] = {}
    for each in given:
        if isinstance(each.raw, dict):
            merged.update(each.raw)
    maps = [each.type for each in given if isinstance(each.type, MapType)]
    if maps and len(maps) == len(given) and all(type_ == maps[0] for type_ in maps):
        return map_of(maps[0].element, merged).with_marks(marks)
    if given and all(each.is_null and each.type == given[0].type for each in given):
        return object_of({})
    return object_of(merged).with_marks(marks)


def _transpose(arguments: Sequence[Value], _: FunctionContext) -> Value:
    turned: dict[str, list[str]] = {}
    for key, names in arguments[0].items():
        if names.is_null:
            raise FunctionError(f'cannot use null list for ["{key.raw}"]', 0)
        for position, name in enumerate(names.elements()):
            if name.is_null:
                where = f'["{key.raw}"][{position}]'
                raise FunctionError(f"cannot use null string for {where}", 0)
            turned.setdefault(str(name.raw), []).append(str(key.raw))
    lists = {
        name: list_of(STRING, [string(key) for key in sorted(keys)])
        for name, keys in turned.items()
    }
    return map_of(ListType(STRING), lists)


def _values(arguments: Sequence[Value], _: FunctionContext) -> Value:
    value = arguments[0]
    match value.type:
        case MapType(element):
            return list_of(element, list(value.elements()))
        case ObjectType():
            return tuple_of(value.elements())
        case _:
            raise FunctionError("values() requires a map as the first argument")


def _zipmap(arguments: Sequence[Value], _: FunctionContext) -> Value:
    keys, values = arguments
    if not sequence(values) or isinstance(values.type, SetType):
        raise FunctionError("values argument must be a list or tuple value")
    names, items = list(keys.elements()), list(values.elements())
    if len(names) != len(items):
        message = f"number of keys ({len(names)}) does not match number of values ({len(items)})"
        raise FunctionError(message)
    paired: dict[str, Value] = {}
    marks: Marks = NO_MARKS
    for position, (name, item) in enumerate(zip(names, items, strict=True)):
        if name.is_null:
            raise FunctionError(f"keys list has null value at index {position}")
        if not name.is_known:
            raise Undecided
        marks = marks | name.marks
        paired[str(name.raw)] = item
    if isinstance(values.type, ListType):
        return map_of(values.type.element, paired).with_marks(marks)
    return object_of(paired).with_marks(marks)


_MAP = Parameter("inputMap", DYNAMIC, marked=True)

COLLECTIONS = {
    "coalesce": Function(
        (),
        _coalesce,
        lambda arguments: unify([each.type for each in arguments], unsafe=True) or DYNAMIC,
        Parameter("vals", DYNAMIC, null=True, unknown=True),
        deep=False,
    ),
    "keys": Function((Parameter("inputMap", DYNAMIC, unknown=True, marked=True),), _keys),
    "length": Function(
        (Parameter("value", DYNAMIC, unknown=True, marked=True),), _length, NUMBER, deep=False
    ),
    "lookup": Function(
        (_MAP, Parameter("key", STRING)),
        _lookup,
        variadic=Parameter("default", DYNAMIC, null=True, unknown=True, verbatim=True),
        deep=False,
    ),
    "merge": Function(
        (), _merge, variadic=Parameter("maps", DYNAMIC, null=True, marked=True), deep=False
    ),
    "transpose": Function(
        (Parameter("values", MapType(ListType(STRING))),), _transpose, MapType(ListType(STRING))
    ),
    "values": Function((Parameter("mapping", DYNAMIC, marked=True),), _values, deep=False),
    "zipmap": Function(
        (
            Parameter("keys", ListType(STRING), marked=True),
            Parameter("values", DYNAMIC, marked=True),
        ),
        _zipmap,
        deep=False,
    ),
}
