"""`.name` and `[key]`: an element of a value, in HCL's words where there is none.

Above `scope` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from bot.plan.diagnostics import error
from bot.plan.evaluate.scope import Found, derived
from bot.plan.syntax.nodes import Attr, Step
from bot.plan.syntax.source import Span
from bot.plan.values import (
    DYNAMIC,
    NUMBER,
    STRING,
    UNKNOWN,
    ConversionError,
    ListType,
    MapType,
    Number,
    ObjectType,
    SetType,
    TupleType,
    Type,
    Unknown,
    Value,
    convert,
    convertible,
    friendly_name,
    number_text,
    unknown,
)
from bot.plan.values.number import as_int

_NO_SUCH = "The given key does not identify an element in this collection value"
_SET = (
    "Elements of a set are identified only by their value and don't have any separate index or key"
    " to select with, so it's only possible to perform operations across all elements of the set."
)


def follow(value: Value, steps: tuple[Step, ...], found: Found) -> Value:
    """`value` after all steps; unknown after the first that cannot be taken."""
    for step in steps:
        before = len(found)
        if isinstance(step, Attr):
            value = attribute(value, step.name, step.span, found)
        else:
            value = index(value, step.key, step.span, found)
        if len(found) > before:
            return UNKNOWN
    return value


def attribute(value: Value, name: str, where: Span, found: Found) -> Value:
    """`value.name`."""
    bare, marks = value.unmarked(), value.marks
    if bare.is_null:
        summary = "Attempt to get attribute from null value"
        detail = "This value is null, so it does not have any attributes."
        found.append(error(summary, detail, where.range))
        return UNKNOWN
    raw = bare.raw
    match bare.type:
        case ObjectType(attributes):
            return _object_attribute(bare, attributes.get(name), name, where, found).with_marks(
                marks
            )
        case MapType(element):
            if isinstance(raw, dict) and name in raw:
                return raw[name].with_marks(marks)
            if isinstance(raw, Unknown):
                return derived(element, f".{name}", bare).with_marks(marks)
            detail = f'This map does not have an element with the key "{name}".'
            found.append(error("Missing map element", detail, where.range))
        case _ if bare.type is DYNAMIC:
            return (_told(bare, name) or derived(DYNAMIC, f".{name}", bare)).with_marks(marks)
        case _:
            found.append(error("Unsupported attribute", _not_object(bare.type, name), where.range))
    return UNKNOWN


def _object_attribute(
    bare: Value, type_: Type | None, name: str, where: Span, found: Found
) -> Value:
    if type_ is None:
        detail = f'This object does not have an attribute named "{name}".'
        found.append(error("Unsupported attribute", detail, where.range))
        return UNKNOWN
    raw = bare.raw
    if isinstance(raw, dict):
        return raw[name]
    told = _told(bare, name)
    if told is not None and convertible(told.type, type_):
        return convert(told, type_)
    return derived(type_, f".{name}", bare)


def _not_object(type_: Type, name: str) -> str:
    kinds = {ListType: "a list", SetType: "a set", TupleType: "a tuple"}
    if isinstance(type_, (ListType, SetType)) and isinstance(type_.element, ObjectType):
        kind = kinds[type(type_)]
        what = f'attribute "{name}"' if name in type_.element.attributes else "an attribute"
        where = "for a specific element of the list, or across all elements of the list"
        if isinstance(type_, SetType):
            what, where = "an attribute", "across all elements of the set"
        return (
            f"Can't access attributes on {kind} of objects. Did you mean to access {what} {where}?"
        )
    if type_ in (STRING, NUMBER) or not isinstance(type_, tuple(kinds)):
        return f"Can't access attributes on a primitive-typed value ({friendly_name(type_)})."
    return "This value does not have any attributes."


def index(value: Value, key: Value, where: Span, found: Found) -> Value:
    """`value[key]`."""
    marks = value.marks | key.marks
    bare, key = value.unmarked(), key.unmarked()
    if bare.is_null:
        detail = "This value is null, so it does not have any indices."
        found.append(error("Attempt to index null value", detail, where.range))
    elif key.is_null:
        _invalid("Can't use a null value as an indexing key.", where, found)
    elif bare.type is DYNAMIC and isinstance(key.raw, str) and _told(bare, key.raw) is not None:
        return (_told(bare, key.raw) or UNKNOWN).with_marks(marks)
    elif bare.type is DYNAMIC or (key.type is DYNAMIC and not key.is_known):
        return derived(DYNAMIC, "[]", bare, key).with_marks(marks)
    else:
        return _element(bare, key, where, found).with_marks(marks)
    return UNKNOWN


def _told(bare: Value, name: str) -> Value | None:
    return bare.raw.part(name) if isinstance(bare.raw, Unknown) else None


def _invalid(detail: str, where: Span, found: Found) -> None:
    found.append(error("Invalid index", detail, where.range))


def _element(bare: Value, key: Value, where: Span, found: Found) -> Value:
    match bare.type:
        case ListType() | TupleType():
            return _position(bare, key, where, found)
        case MapType(element):
            return _key(bare, key, element, where, found)
        case ObjectType(attributes):
            return _name(bare, key, attributes, where, found)
        case SetType():
            _invalid(_SET, where, found)
        case _:
            _invalid("This value does not have any indices.", where, found)
    return UNKNOWN


def _wanted(key: Value, wanted: Type, where: Span, found: Found) -> Value | None:
    try:
        return convert(key, wanted)
    except ConversionError as problem:
        _invalid(f"{_NO_SUCH}: {problem}.", where, found)
        return None


def _position(bare: Value, key: Value, where: Span, found: Found) -> Value:
    wanted = _wanted(key, NUMBER, where, found)
    if wanted is None:
        return UNKNOWN
    items, place = bare.raw, wanted.raw
    if not isinstance(place, Number) or not isinstance(items, tuple):
        element = bare.type.element if isinstance(bare.type, ListType) else DYNAMIC
        return derived(element, "[]", bare, wanted)
    whole = as_int(place)
    if whole is not None and 0 <= whole < len(items):
        return items[whole]
    if whole is None:
        why = (
            "indexing a sequence requires a whole number, but the given index has a fractional part"
        )
    elif whole < 0:
        why = "a negative number is not a valid index for a sequence"
    elif not items:
        why = "the collection has no elements"
    else:
        why = "the given index is greater than or equal to the length of the collection"
    _invalid(f"{_NO_SUCH}: {why}.", where, found)
    return UNKNOWN


def _key(bare: Value, key: Value, element: Type, where: Span, found: Found) -> Value:
    wanted = _wanted(key, STRING, where, found)
    if wanted is None:
        return UNKNOWN
    name, items = wanted.raw, bare.raw
    if not isinstance(name, str) or not isinstance(items, dict):
        return derived(element, "[]", bare, wanted)
    if name in items:
        return items[name]
    _invalid(f"{_NO_SUCH}.", where, found)
    return UNKNOWN


def _name(bare: Value, key: Value, attributes: object, where: Span, found: Found) -> Value:
    wanted = _wanted(key, STRING, where, found)
    if wanted is None:
        return UNKNOWN
    name, items = wanted.raw, bare.raw
    if not isinstance(name, str):
        return derived(DYNAMIC, "[]", bare, wanted)
    if isinstance(attributes, dict) and name in attributes:
        if isinstance(items, dict):
            return items[name]
        return (
            unknown(attributes[name])
            if not isinstance(items, Unknown)
            else derived(attributes[name], "[]", bare, wanted)
        )
    if not bare.is_known:
        return derived(DYNAMIC, "[]", bare, wanted)
    hint = ""
    if isinstance(key.raw, Number):
        hint = " An object only supports looking up attributes by name, not by numeric index."
        number_text(key.raw)
    _invalid(f"{_NO_SUCH}.{hint}", where, found)
    return UNKNOWN
