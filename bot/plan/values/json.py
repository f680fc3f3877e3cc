"""JSON and values: what `jsondecode` reads and `jsonencode` writes, and a state's attributes.

Above `convert` in `bot.plan.values`. `jsonencode` writes as Go's encoder does: keys sorted, `<`,
`>`, `&` and the two line separators escaped, numbers without an exponent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from bot.plan.values.convert import ConversionError, convert
from bot.plan.values.memo import Kept
from bot.plan.values.number import Number, number_text
from bot.plan.values.types import (
    DYNAMIC,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    parse_type_json,
)
from bot.plan.values.value import (
    NULL,
    Unknown,
    Value,
    boolean,
    list_of,
    map_of,
    null,
    number,
    object_of,
    set_of,
    string,
    tuple_of,
)

Json = str | bool | int | float | Decimal | Sequence["Json"] | Mapping[str, "Json"] | None


def from_json(document: Json) -> Value:
    """A decoded document as `jsondecode` gives it: objects and tuples; numbers exact.

    Equal parts of documents are one value, for a thousand streams repeat the same few fields: what
    is one value is also compared, converted and planned once.
    """
    if document is None:
        return NULL
    if isinstance(document, bool):
        return boolean(document)
    if isinstance(document, str):
        return _text(document) if len(document) <= _LONG else string(document)
    if isinstance(document, (int, float, Decimal)):
        return _numeral(str(document))
    if isinstance(document, Mapping):
        items = {string_key(key): from_json(item) for key, item in document.items()}
        return _one(object_of, items, (object_of, *items, *map(id, items.values())))
    elements = tuple([from_json(item) for item in document])
    return _one(tuple_of, elements, (tuple_of, *map(id, elements)))


_KEPT = 50_000
_LONG = 64
_MANY = 16
"""Characters, and elements, beyond which nothing is likely to be there again."""
_text = lru_cache(_KEPT)(string)
_numeral = lru_cache(_KEPT)(number)
_CONTAINERS: Kept[tuple[object, ...], Value] = Kept(_KEPT)


def _one(make: Callable[[Any], Value], parts: Any, key: tuple[object, ...]) -> Value:
    """The container of these very parts, which it keeps alive: the key goes by their identity."""
    if len(parts) > _MANY:
        return make(parts)
    known = _CONTAINERS.get(key)
    return known if known is not None else _CONTAINERS.put(key, make(parts))


def string_key(key: str) -> str:
    """A key as cty keeps it: NFC like every string."""
    return key if key.isascii() else str(string(key).raw)


def typed_from_json(document: Json, type_: Type) -> Value:
    """A state's attribute as a value of its schema's type; raises `ValueError` where it is none."""
    if type_ is DYNAMIC:
        return _dynamic(document)
    if document is None:
        return null(type_)
    match type_, document:
        case ListType(element), [*items]:
            return list_of(element, [typed_from_json(item, element) for item in items])
        case SetType(element), [*items]:
            return set_of(element, [typed_from_json(item, element) for item in items])
        case TupleType(elements), [*items] if len(elements) == len(items):
            return tuple_of(map(typed_from_json, items, elements))
        case MapType(element), dict():
            return map_of(element, {k: typed_from_json(v, element) for k, v in document.items()})
        case ObjectType(attributes), dict():
            found = {k: typed_from_json(document.get(k), of) for k, of in attributes.items()}
            return Value(type_, found)
        case _:
            return _primitive(document, type_)


def _dynamic(document: Json) -> Value:
    """cty writes a value of any type with its type beside it: `{"value": …, "type": …}`."""
    if isinstance(document, Mapping) and document.keys() == {"value", "type"}:
        return typed_from_json(document["value"], parse_type_json(document["type"]))
    return from_json(document)


def _primitive(document: Json, type_: Type) -> Value:
    value = from_json(document)
    if value.type == type_:
        return value
    try:
        return convert(value, type_)
    except ConversionError as error:
        raise ValueError(str(error)) from None


def to_json(value: Value) -> Json:
    """The plain document of a wholly known value; marks are ignored: the caller has looked."""
    raw = value.raw
    if isinstance(raw, Unknown):
        raise ValueError("an unknown value has no JSON")
    if isinstance(raw, tuple):
        return [to_json(item) for item in raw]
    if isinstance(raw, dict):
        return {key: to_json(raw[key]) for key in sorted(raw)}
    return Decimal(number_text(raw)) if isinstance(raw, Number) else raw


def json_text(value: Value) -> str:
    """As `jsonencode` writes a wholly known value; raises `ValueError` for what JSON has not."""
    return "".join(_pieces(value))


def _pieces(value: Value) -> Iterator[str]:
    raw = value.raw
    if isinstance(raw, Unknown):
        raise ValueError("an unknown value has no JSON")
    if isinstance(raw, dict):
        yield from _object_pieces(raw)
    elif isinstance(raw, tuple):
        yield "["
        for position, item in enumerate(raw):
            if position:
                yield ","
            yield from _pieces(item)
        yield "]"
    elif isinstance(raw, Number):
        yield _number(raw)
    else:
        yield quoted(raw) if isinstance(raw, str) else json.dumps(raw)


def _number(raw: Number) -> str:
    text = number_text(raw)
    if text.endswith("Inf"):
        raise ValueError("cannot serialize infinity as JSON")
    return text


def _object_pieces(raw: Mapping[str, Value]) -> Iterator[str]:
    yield "{"
    for position, key in enumerate(sorted(raw, key=str.encode)):
        yield ("," if position else "") + quoted(key) + ":"
        yield from _pieces(raw[key])
    yield "}"


_ESCAPES = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
        "\x7f": "\x7f",
    }
)


def quoted(text: str) -> str:
    """A string as Go's encoder writes it."""
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPES)
