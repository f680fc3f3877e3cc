"""Whether two values are equal, as the language's `==` sees it: true, false or not known.

Above `value` in `bot.plan.values`. `==` never converts: values of different types are unequal.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.plan.values.memo import Memo
from bot.plan.values.types import (
    BOOL,
    DYNAMIC,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    has_dynamic,
)
from bot.plan.values.value import Raw, Unknown, Value, all_origins, boolean, unknown


def equals(left: Value, right: Value) -> Value:
    """cty's `Equals`; marks of both sides, and of what is inside, stick to the answer."""
    left, left_marks = left.unmarked_deep()
    right, right_marks = right.unmarked_deep()
    answer = compare(left, right)
    if answer is None:
        return unknown(BOOL, all_origins(left) | all_origins(right)).with_marks(
            left_marks | right_marks
        )
    return boolean(answer).with_marks(left_marks | right_marks)


def compare(left: Value, right: Value) -> bool | None:
    """Equal, different, or None: it depends on what is not known yet. Marks do not count."""
    one, other = left.raw, right.raw
    if left is right and left.is_wholly_known:
        return True
    if one is None or other is None:
        return _with_null(left, right)
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return _with_unknown(left, right)
    if not (_type_is_known(left) and _type_is_known(right)):
        conform = conforms(left.type, right.type) or conforms(right.type, left.type)
        return _as_constants(left, right) if conform else False
    if left.type != right.type:
        return False
    if isinstance(one, tuple) and isinstance(other, tuple):
        return _sequences(left, right, one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return _mappings(one, other)
    return type(one) is type(other) and one == other


def _as_constants(left: Value, right: Value) -> bool | None:
    """Values of open types: the same where every part is, the same opaque constants among them."""
    one, other = left.raw, right.raw
    same: bool | None = None
    if isinstance(one, dict) and isinstance(other, dict):
        same = _mappings(one, other)
    elif isinstance(one, tuple) and isinstance(other, tuple):
        same = _sequences(left, right, one, other)
    return same or None


def _type_is_known(value: Value) -> bool:
    """Whether nothing in it is unknown in a way that leaves a type open, too."""
    if isinstance(value.raw, Unknown):
        return not has_dynamic(value.type)
    if not has_dynamic(value.type):
        return True
    known = _TYPED.get(value)
    if known is None:
        known = _TYPED.put(all(map(_type_is_known, value.elements())), value)
    return known


_TYPED: Memo[bool] = Memo()


def conforms(given: Type, wanted: Type) -> bool:
    """Whether `given` is `wanted`, whose dynamic parts stand for anything."""
    if given is wanted:
        return True
    match given, wanted:
        case (
            (ListType(one), ListType(other))
            | (SetType(one), SetType(other))
            | (MapType(one), MapType(other))
        ):
            return conforms(one, other)
        case TupleType(ones), TupleType(others):
            return len(ones) == len(others) and all(map(conforms, ones, others))
        case ObjectType(ones), ObjectType(others):
            return ones.keys() == others.keys() and all(
                conforms(of, others[name]) for name, of in ones.items()
            )
        case _:
            return wanted is DYNAMIC or given == wanted


def _with_null(left: Value, right: Value) -> bool | None:
    if left.raw is None and right.raw is None:
        return True
    there = right.raw if left.raw is None else left.raw
    if isinstance(there, Unknown):
        return False if there.not_null else None
    return False


def _with_unknown(left: Value, right: Value) -> bool | None:
    one, other = left.raw, right.raw
    types = (left.type, right.type)
    alike = DYNAMIC in types or type(left.type) is type(right.type)
    if isinstance(one, Unknown) and one.opaque and _is_the_same(one, other) and alike:
        return True
    if DYNAMIC not in types and not any(map(has_dynamic, types)) and types[0] != types[1]:
        return False
    if isinstance(one, Unknown) and isinstance(other, Unknown) and one.encoded and other.encoded:
        return False if _encoded_differently(one.encoded, other.encoded) else None
    return False if _begin_differently(one, other) else None


def _encoded_differently(left: Value, right: Value) -> bool:
    """Whether the JSON texts of two values differ, whatever is unknown in them turns out to be."""
    one, other = left.raw, right.raw
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() != other.keys() or any(
            _encoded_differently(item, other[name]) for name, item in one.items()
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        if SetType in (type(left.type), type(right.type)):
            return False  # their order may hang on what is unknown
        return len(one) != len(other) or any(map(_encoded_differently, one, other))
    return type(one) is not type(other) or one != other


def _is_the_same(constant: Unknown, other: Raw) -> bool:
    return isinstance(other, Unknown) and constant.opaque == other.opaque


def _begin_differently(one: Raw, other: Raw) -> bool:
    """Whether two strings, of which at least one is not known, cannot be the same."""
    here, there = _beginning(one), _beginning(other)
    if isinstance(one, str):
        return not one.startswith(there)
    if isinstance(other, str):
        return not other.startswith(here)
    return not (here.startswith(there) or there.startswith(here))


def _beginning(raw: Raw) -> str:
    return raw.prefix if isinstance(raw, Unknown) else raw if isinstance(raw, str) else ""


def _sequences(
    left: Value, right: Value, one: tuple[Value, ...], other: tuple[Value, ...]
) -> bool | None:
    if isinstance(left.type, SetType) or isinstance(right.type, SetType):
        if not (left.is_wholly_known and right.is_wholly_known):
            return True if one == other and _opaque_only(left) else None
        return len(one) == len(other) and all(map(_same, one, other))
    if len(one) != len(other):
        return False
    return _all(_element(a, b) for a, b in zip(one, other, strict=True))


_COMPARED: Memo[tuple[bool | None]] = Memo()
_FEW = 8
"""Values in one that are compared again in less time than it takes to remember."""


def _element(left: Value, right: Value) -> bool | None:
    """As `compare`; what two larger values share is compared once, however often it is in them."""
    if min(left.count, right.count) < _FEW:
        return compare(left, right)
    known = _COMPARED.get(left, right)
    if known is None:
        known = _COMPARED.put((compare(left, right),), left, right)
    return known[0]


def _mappings(one: dict[str, Value], other: dict[str, Value]) -> bool | None:
    if one.keys() != other.keys():
        return False
    return _all(_element(item, other[key]) for key, item in one.items())


def _same(left: Value, right: Value) -> bool:
    return _element(left, right) is True


def _opaque_only(value: Value) -> bool:
    raw = value.raw
    if isinstance(raw, Unknown):
        return bool(raw.opaque)
    return all(map(_opaque_only, value.elements()))


def _all(answers: Iterable[bool | None]) -> bool | None:
    undecided = False
    for answer in answers:
        if answer is False:
            return False
        undecided = undecided or answer is None
    return None if undecided else True
