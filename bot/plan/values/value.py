"""A value of OpenTofu's language: known, null or unknown, and perhaps sensitive.

Above `types` and `number` in `bot.plan.values`. Unknown and sensitive are properties of values, not
exceptions: they propagate. An unknown remembers why it is unknown (its `origins`), and a value that
nobody gave is an *opaque constant*: not known, but equal to itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from bot.plan.values.number import Number, number_of, number_text
from bot.plan.values.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    SetType,
    Type,
    type_of_object,
    type_of_tuple,
)


class Mark(Enum):
    """What sticks to a value and to all that is made of it."""

    SENSITIVE = "sensitive"
    GIVEN = "given"  # made of a true value from outside: no function takes it off
    CLOSED = "closed"  # made of a Secret's: it makes no key, number or words that are shown
    LEAVES = "leaves"  # a JSON text in which only the leaves are, so that its names may be shown


Marks = frozenset[Mark]
NO_MARKS: Final[Marks] = frozenset()
SENSITIVE: Final[Marks] = frozenset({Mark.SENSITIVE})
GIVEN: Final[Marks] = frozenset({Mark.GIVEN})
CLOSED: Final[Marks] = frozenset({Mark.CLOSED})
LEAVES: Final[Marks] = frozenset({Mark.LEAVES})
CONFIDENTIAL: Final[Marks] = GIVEN | CLOSED | LEAVES
"""What the tool knows nothing of."""


class Origin(Struct, frozen=True):
    """Where something unknown began: a resource's attribute, a variable, a function."""

    address: str
    attribute: str = ""
    reason: str = "known after apply"


class Unknown(Struct, frozen=True):
    """Stands for a value that is not known yet.

    `opaque` is the identity of an opaque constant: two unknowns with the same one are equal.
    `not_null` says that, whatever it will be, it is not null; `prefix` how the string will begin
    (cty's refinements, as far as they decide anything); `example` is a text of its shape;
    `parts` are the attributes that are told of an object whose others are not (None: of none);
    `encoded` is what a JSON text is made of.
    """

    origins: frozenset[Origin] = frozenset()
    not_null: bool = False
    opaque: str = ""
    prefix: str = ""
    example: str = ""
    parts: tuple[tuple[str, Value], ...] | None = None
    encoded: Value | None = None

    def part(self, name: str) -> Value | None:
        """An attribute of an object that is told in part; None where it is not told so."""
        if self.parts is None:
            return None
        for known, value in self.parts:
            if known == name:
                return value
        origins = (replace(each, attribute=each.attribute or name) for each in self.origins)
        opaque = f"{self.opaque}.{name}" if self.opaque else ""
        return Value(DYNAMIC, Unknown(frozenset(origins), opaque=opaque))


Raw: TypeAlias = "str | bool | Number | tuple[Value, ...] | dict[str, Value] | Unknown | None"


class Value:
    """An immutable value: its type, what it is, and its marks.

    `raw` is `None` for null, `Unknown`, or: a `str` in NFC, a `bool`, a `Number`, a tuple of values
    (list, set in cty's order, tuple) or a dict of values (map, object).
    """

    __slots__ = ("_count", "_deep_marks", "_origins", "_whole", "marks", "raw", "type")

    def __init__(self, type_: Type, raw: Raw, marks: Marks = NO_MARKS) -> None:
        self.type = type_
        self.raw = raw
        self.marks = marks
        self._whole: bool | None = None
        self._count = 0
        self._deep_marks: Marks | None = None
        self._origins: frozenset[Origin] | None = None

    def __eq__(self, other: object) -> bool:
        """Raw equality: types, contents and marks; an unknown equals the same unknown."""
        if self is other:
            return True
        if not isinstance(other, Value):
            return NotImplemented
        return self.marks == other.marks and self.type == other.type and self.raw == other.raw

    def __hash__(self) -> int:
        raw = self.raw
        if isinstance(raw, dict):
            return hash((self.marks, frozenset(raw.items())))
        return hash((self.marks, raw))

    def __repr__(self) -> str:
        """For people who debug; never the content of what is sensitive."""
        shown = "(sensitive)" if self.marks else repr(self.raw)
        return f"Value({self.type!r}, {shown})"

    @property
    def is_known(self) -> bool:
        """Whether it is known at the top (an element within may still be unknown)."""
        return not isinstance(self.raw, Unknown)

    @property
    def is_null(self) -> bool:
        """Whether it is known to be null."""
        return self.raw is None

    @property
    def is_sensitive(self) -> bool:
        """Whether it is marked so at the top, as the tool knows it."""
        return Mark.SENSITIVE in self.marks

    @property
    def is_wholly_known(self) -> bool:
        """Whether nothing in it is unknown."""
        whole = self._whole
        if whole is None:
            raw = self.raw
            inside = _inside(raw)
            whole = not isinstance(raw, Unknown) and all(item.is_wholly_known for item in inside)
            self._whole = whole
        return whole

    @property
    def count(self) -> int:
        """How many values it is made of, itself included, each as often as it is in it."""
        if not self._count:
            self._count = 1 + sum(item.count for item in _inside(self.raw))
        return self._count

    def elements(self) -> Iterable[Value]:
        """The values inside, in cty's order of iteration; none for what is no container."""
        raw = self.raw
        if isinstance(raw, tuple):
            return raw
        return [raw[key] for key in sorted(raw)] if isinstance(raw, dict) else ()

    def items(self) -> Iterator[tuple[Value, Value]]:
        """Keys and elements as `for` sees them; a set's key is the element itself."""
        raw = self.raw
        if isinstance(raw, dict):
            for key in sorted(raw):
                yield Value(STRING, key), raw[key]
        elif isinstance(raw, tuple):
            is_set = isinstance(self.type, SetType)
            for position, item in enumerate(raw):
                yield (item if is_set else number(position)), item

    def with_marks(self, marks: Marks) -> Value:
        """The same value, also marked with `marks`."""
        if marks <= self.marks:
            return self
        return Value(self.type, self.raw, self.marks | marks)

    def unmarked(self) -> Value:
        """The same value without marks at the top."""
        return self if not self.marks else Value(self.type, self.raw)

    def unmarked_deep(self) -> tuple[Value, Marks]:
        """The same value without any marks, and all the marks that were in it."""
        marks = all_marks(self)
        return (self, marks) if not marks else (_without_marks(self), marks)


def _inside(raw: Raw) -> Iterable[Value]:
    return raw if isinstance(raw, tuple) else raw.values() if isinstance(raw, dict) else ()


def all_marks(value: Value) -> Marks:
    """The marks of the value and of everything inside."""
    known = value._deep_marks
    if known is None:
        known = value._deep_marks = _marks_within(value)
    return known


def is_secret(value: Value) -> bool:
    """Whether something in the value is made of a Secret's value."""
    return bool(all_marks(value) & (CLOSED | LEAVES))


def _marks_within(value: Value) -> Marks:
    marks = value.marks
    for item in _inside(value.raw):
        inner = all_marks(item)
        if inner:
            marks = marks | inner
    return marks


def all_origins(value: Value) -> frozenset[Origin]:
    """Why parts of the value are unknown."""
    raw = value.raw
    if isinstance(raw, Unknown):
        return raw.origins
    if value.is_wholly_known:
        return frozenset()
    if value._origins is None:
        found: set[Origin] = set()
        for item in _inside(raw):
            if not item.is_wholly_known:
                found |= all_origins(item)
        value._origins = frozenset(found)
    return value._origins


def all_opaque(value: Value) -> bool:
    """Whether something is unknown in it, and all of that is an opaque constant."""
    raw = value.raw
    if isinstance(raw, Unknown):
        return bool(raw.opaque)
    unknown_items = [item for item in value.elements() if not item.is_wholly_known]
    return bool(unknown_items) and all(map(all_opaque, unknown_items))


def identity(value: Value) -> str | None:
    """A text that names the value exactly, opaque constants included; None where it cannot."""
    raw = value.raw
    if isinstance(raw, Unknown):
        return f"?{raw.opaque}" if raw.opaque else None
    if isinstance(raw, tuple):
        inner = identities(raw)
        return None if inner is None else f"[{','.join(inner)}]"
    if isinstance(raw, dict):
        keys = sorted(raw)
        inner = identities(raw[key] for key in keys)
        return None if inner is None else f"{{{dict(zip(keys, inner, strict=True))}}}"
    return f"{type(raw).__name__}:{raw}"


def identities(values: Iterable[Value]) -> list[str] | None:
    """All their identities; None as soon as one has none."""
    names = []
    for value in values:
        name = identity(value)
        if name is None:
            return None
        names.append(name)
    return names


def _without_marks(value: Value) -> Value:
    raw = value.raw
    if isinstance(raw, tuple):
        items = tuple(_without_marks(item) for item in raw)
        if isinstance(value.type, SetType):
            return set_of(value.type.element, items)
        return Value(value.type, items)
    if isinstance(raw, dict):
        return Value(value.type, {key: _without_marks(item) for key, item in raw.items()})
    return value.unmarked()


TRUE: Final = Value(BOOL, True)
FALSE: Final = Value(BOOL, False)
NULL: Final = Value(DYNAMIC, None)
UNKNOWN: Final = Value(DYNAMIC, Unknown())


def string(text: str) -> Value:
    """A string, in NFC as cty keeps it."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return Value(STRING, text)


def number(value: int | str | Number) -> Value:
    """A number, from an integer, a decimal text or a `Number`."""
    return Value(NUMBER, number_of(value) if isinstance(value, (int, str)) else value)


def boolean(value: bool) -> Value:
    """A known bool."""
    return TRUE if value else FALSE


def null(type_: Type = DYNAMIC) -> Value:
    """The null of a type."""
    return Value(type_, None)


def unknown(type_: Type = DYNAMIC, origins: Iterable[Origin] = ()) -> Value:
    """Not known yet, because of `origins`."""
    return Value(type_, Unknown(frozenset(origins)))


def opaque(type_: Type, name: str) -> Value:
    """A constant that nobody told us: equal to what has the same name, otherwise unknown."""
    return Value(
        type_, Unknown(frozenset({Origin(name, reason="its value is not given")}), opaque=name)
    )


def tuple_of(items: Iterable[Value]) -> Value:
    """A tuple; each element keeps its type."""
    elements = tuple(items)
    return Value(type_of_tuple(tuple([item.type for item in elements])), elements)


def list_of(element: Type, items: Iterable[Value]) -> Value:
    """A list; every item already has the type `element`."""
    return Value(ListType(element), tuple(items))


def object_of(attributes: Mapping[str, Value]) -> Value:
    """An object; each attribute keeps its type."""
    type_ = type_of_object({name: item.type for name, item in attributes.items()})
    return Value(type_, dict(attributes))


def map_of(element: Type, items: Mapping[str, Value]) -> Value:
    """A map; every item already has the type `element`."""
    return Value(MapType(element), dict(items))


def set_of(element: Type, items: Iterable[Value]) -> Value:
    """A set in cty's order, equal elements once; marks of elements become marks of the set."""
    marks: Marks = NO_MARKS
    plain: dict[bytes, Value] = {}
    unknowns: list[Value] = []
    for item in items:
        bare, inner = item.unmarked_deep()
        marks = marks | inner
        if bare.is_wholly_known:
            plain.setdefault(_set_key(bare), bare)
        else:
            unknowns.append(bare)
    ordered = sorted(plain.values(), key=_order)
    return Value(SetType(element), tuple(ordered + unknowns), marks)


def _order(value: Value) -> tuple[bool, object]:
    """cty's order of a set's elements: strings by bytes, numbers by size, the rest by their key."""
    raw = value.raw
    if raw is None:
        return (True, 0)
    if isinstance(raw, str):
        return (False, raw.encode())
    if isinstance(raw, (tuple, dict)):
        return (False, _set_key(value))
    return (False, raw)


def _set_key(value: Value) -> bytes:
    """As cty's `makeSetHashBytes`: distinct for distinct values of one type."""
    raw = value.raw
    if raw is None:
        return b"~"
    if isinstance(raw, bool):
        return b"T" if raw else b"F"
    if isinstance(raw, str):
        return b'"' + raw.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    if isinstance(raw, Number):
        return number_text(raw).encode()
    return _container_key(value)


def _container_key(value: Value) -> bytes:
    inner = [_set_key(item) + b";" for item in value.elements()]
    match value.type:
        case MapType():
            keys = [_set_key(key) + b":" for key, _ in value.items()]
            pairs = [key + item for key, item in zip(keys, inner, strict=True)]
            return b"{" + b"".join(pairs) + b"}"
        case ListType() | SetType():
            return b"[" + b"".join(inner) + b"]"
        case _:
            return b"<" + b"".join(inner) + b">"
