"""Functions of lists and tuples: https://opentofu.org/docs/language/functions/concat/ and others.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.numeric import whole
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NO_MARKS,
    NUMBER,
    STRING,
    ConversionError,
    ListType,
    Marks,
    Number,
    SetType,
    TupleType,
    Type,
    Value,
    boolean,
    compare,
    convert,
    friendly_name,
    list_of,
    number,
    tuple_of,
    unify,
)
from bot.plan.values.number import add
from bot.plan.values.types import has_dynamic


def sequence(value: Value) -> bool:
    """Whether it is a list, a set or a tuple."""
    return isinstance(value.type, (ListType, SetType, TupleType))


def _alltrue(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return _decided(arguments[0], True)


def _anytrue(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return _decided(arguments[0], False)


def _decided(values: Value, neutral: bool) -> Value:
    """`neutral` unless one says otherwise; a null is neither true nor, for `anytrue`, an error."""
    marks: Marks = NO_MARKS
    open_ = False
    for item in values.elements():
        if not item.is_known:
            open_ = True
        elif item.is_null or item.raw is not neutral:
            if item.is_null and not neutral:
                continue
            return boolean(not neutral).with_marks(marks)
    if open_:
        raise Undecided(BOOL)
    return boolean(neutral).with_marks(marks)


def _chunklist(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values, size = arguments[0], whole(arguments[1])
    if size < 0:
        raise FunctionError("the size argument must be positive")
    items = list(values.elements())
    element = values.type
    if not items:
        return list_of(element, ())
    size = size or len(items)
    chunks = [items[i : i + size] for i in range(0, len(items), size)]
    return list_of(element, [Value(element, tuple(chunk)) for chunk in chunks])


def _coalescelist(arguments: Sequence[Value], _: FunctionContext) -> Value:
    if not arguments:
        raise FunctionError("at least one argument is required")
    for each in arguments:
        if each.is_known and not isinstance(each.type, (ListType, TupleType)):
            raise FunctionError("coalescelist arguments must be lists or tuples")
    for each in arguments:
        if not each.is_known:
            raise Undecided(each.type if len({str(a.type) for a in arguments}) == 1 else DYNAMIC)
        if not each.is_null and list(each.elements()):
            return each
    raise FunctionError("no non-null arguments")


def _compact(arguments: Sequence[Value], _: FunctionContext) -> Value:
    kept = [item for item in arguments[0].elements() if not item.is_null and item.raw != ""]
    return list_of(STRING, kept)


def _concat(arguments: Sequence[Value], _: FunctionContext) -> Value:
    if not arguments:
        raise FunctionError("at least one argument is required")
    for place, each in enumerate(arguments):
        if not isinstance(each.type, (ListType, TupleType)):
            message = "all arguments must be lists or tuples; got " + friendly_name(each.type)
            raise FunctionError(message, place)
    if all(isinstance(each.type, ListType) for each in arguments):
        elements = [each.type.element for each in arguments if isinstance(each.type, ListType)]
        common = unify(elements, unsafe=True)
        if common is not None:
            lists = [convert(each, ListType(common)) for each in arguments]
            return list_of(common, [item for each in lists for item in each.elements()])
    return tuple_of(item for each in arguments for item in each.elements())


def _contains(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values, wanted = arguments
    if not sequence(values):
        raise FunctionError("argument must be list, tuple, or set")
    if values.is_null:
        raise FunctionError("cannot search a nil list or set")
    open_ = False
    for item in values.elements():
        same = _matches(item, wanted)
        if same:
            return boolean(True)
        open_ = open_ or same is None
    if open_:
        raise Undecided(BOOL)
    return boolean(False)


def _matches(item: Value, wanted: Value) -> bool | None:
    """Equal, with the wanted value converted to the element's type where it can be."""
    if item.type != wanted.type and not has_dynamic(item.type):
        return False if item.is_known and wanted.is_known else compare(item, wanted)
    return compare(item, wanted)


def _distinct(arguments: Sequence[Value], _: FunctionContext) -> Value:
    kept: list[Value] = []
    seen: set[Value] = set()
    for item in arguments[0].elements():
        if item not in seen:
            seen.add(item)
            kept.append(item)
    element = arguments[0].type.element if isinstance(arguments[0].type, ListType) else DYNAMIC
    return list_of(element, kept)


def _element(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values, place = arguments
    if not isinstance(values.type, (ListType, TupleType)):
        raise FunctionError(f"cannot read elements from {friendly_name(values.type)}")
    try:
        position = whole(place)
    except FunctionError as error:
        raise FunctionError(f"invalid index: {error.message}") from None
    items = list(values.elements())
    if not items:
        raise FunctionError("cannot use element function with an empty list")
    return items[position % len(items)]


def _flatten(arguments: Sequence[Value], _: FunctionContext) -> Value:
    if not sequence(arguments[0]):
        raise FunctionError("can only flatten lists, sets and tuples")
    flat: list[Value] = []
    marks = _flattened(arguments[0], flat)
    return tuple_of(flat).with_marks(marks)


def _flattened(values: Value, flat: list[Value]) -> Marks:
    marks = values.marks
    for item in values.elements():
        if item.is_null or not (sequence(item) or item.type is DYNAMIC):
            flat.append(item)
        elif not item.is_known:
            raise Undecided
        elif sequence(item):
            marks = marks | _flattened(item, flat)
        else:
            flat.append(item)
    return marks


def _index(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values, wanted = arguments
    if not isinstance(values.type, (ListType, TupleType)):
        raise FunctionError("argument must be a list or tuple")
    items = list(values.elements())
    if not items:
        raise FunctionError("cannot search an empty list")
    for position, item in enumerate(items):
        if compare(item, wanted):
            return number(position)
    raise FunctionError("item not found")


def _matchkeys(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values, keys, wanted = arguments
    common = unify([keys.type, wanted.type], unsafe=True)
    if common is None:
        raise FunctionError("keys and searchset must be of the same type")
    keys, wanted = convert(keys, common), convert(wanted, common)
    pairs = list(keys.elements()), list(values.elements())
    if len(pairs[0]) != len(pairs[1]):
        raise FunctionError("length of keys and values should be equal")
    kept = [
        value
        for key, value in zip(*pairs, strict=True)
        if any(compare(key, each) for each in wanted.elements())
    ]
    element = values.type.element if isinstance(values.type, ListType) else DYNAMIC
    return list_of(element, kept)


def _one(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values = arguments[0]
    items = list(values.elements())
    if not sequence(values) or len(items) > 1:
        message = "must be a list, set, or tuple value with either zero or one elements"
        raise FunctionError(message, 0)
    if items:
        return items[0]
    element = values.type.element if isinstance(values.type, (ListType, SetType)) else DYNAMIC
    return Value(element, None)


def _reverse(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values = arguments[0]
    items = tuple(reversed(list(values.elements())))
    match values.type:
        case TupleType():
            return tuple_of(items)
        case ListType(element) | SetType(element):
            return list_of(element, items)
        case _:
            kind = friendly_name(values.type)
            raise FunctionError(f"can only reverse list or tuple values, not {kind}", 0)


def _slice(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values = arguments[0]
    if isinstance(values.type, SetType):
        message = (
            "cannot slice a set, because its elements do not have indices; explicitly convert to a"
            " list if the ordering of the result is not important"
        )
        raise FunctionError(message, 0)
    if not isinstance(values.type, (ListType, TupleType)):
        raise FunctionError("must be a list or tuple value", 0)
    items = list(values.elements())
    start = _bound(arguments[1], "start", 1, len(items))
    end = _bound(arguments[2], "end", 2, len(items))
    if start > end:
        raise FunctionError("start index must not be greater than end index", 1)
    if isinstance(values.type, ListType):
        return list_of(values.type.element, items[start:end])
    return tuple_of(items[start:end])


def _bound(value: Value, name: str, position: int, length: int) -> int:
    try:
        place = whole(value)
    except FunctionError as error:
        raise FunctionError(f"invalid {name} index: {error.message}", position) from None
    if place < 0:
        raise FunctionError(f"{name} index must not be less than zero", position)
    if place > length:
        message = f"{name} index must not be greater than the length of the list"
        raise FunctionError(message, position)
    return place


def _sort(arguments: Sequence[Value], _: FunctionContext) -> Value:
    items = list(arguments[0].elements())
    for position, item in enumerate(items):
        if item.is_null:
            message = f"given list element {position} is null; a null string cannot be sorted"
            raise FunctionError(message)
    return list_of(STRING, sorted(items, key=lambda item: str(item.raw).encode()))


def _sum(arguments: Sequence[Value], _: FunctionContext) -> Value:
    values = arguments[0]
    if not isinstance(values.raw, (tuple, dict)):
        raise FunctionError("cannot sum noniterable", 0)
    if not values.raw:
        raise FunctionError("cannot sum an empty list", 0)
    if not sequence(values):
        kind = friendly_name(values.type)
        raise FunctionError(f"argument must be list, set, or tuple. Received {kind}", 0)
    total: Number | None = None
    for item in values.elements():
        each = _summand(item)
        total = each if total is None else add(total, each)
    return number(total if total is not None else 0)


def _summand(item: Value) -> Number:
    message = "argument must be list, set, or tuple of number values"
    try:
        raw = convert(item, NUMBER).raw
    except ConversionError:
        raise FunctionError(message, 0) from None
    if not isinstance(raw, Number):
        raise FunctionError(message, 0)
    return raw


def _first_type(arguments: Sequence[Value]) -> Type:
    return arguments[0].type


_ANY_LIST = ListType(DYNAMIC)
_LIST = Parameter("list", DYNAMIC, marked=True)

SEQUENCES = {
    "alltrue": Function((Parameter("list", ListType(BOOL)),), _alltrue, BOOL, deep=False),
    "anytrue": Function((Parameter("list", ListType(BOOL)),), _anytrue, BOOL, deep=False),
    "chunklist": Function(
        (Parameter("list", _ANY_LIST, marked=True), Parameter("size", NUMBER)),
        _chunklist,
        lambda arguments: ListType(arguments[0].type),
        deep=False,
    ),
    "coalescelist": Function(
        (), _coalescelist, variadic=Parameter("vals", DYNAMIC, null=True, unknown=True)
    ),
    "compact": Function((Parameter("list", ListType(STRING)),), _compact, ListType(STRING)),
    "concat": Function((), _concat, variadic=Parameter("seqs", DYNAMIC, marked=True), deep=False),
    "contains": Function(
        (Parameter("list", DYNAMIC), Parameter("value", DYNAMIC)),
        _contains,
        BOOL,
        deep=False,
    ),
    "distinct": Function((Parameter("list", _ANY_LIST),), _distinct, _first_type),
    "element": Function((_LIST, Parameter("index", NUMBER)), _element, deep=False),
    "flatten": Function((_LIST,), _flatten, deep=False),
    "index": Function((Parameter("list", DYNAMIC), Parameter("value", DYNAMIC)), _index, NUMBER),
    "matchkeys": Function(
        (
            Parameter("values", _ANY_LIST),
            Parameter("keys", _ANY_LIST),
            Parameter("searchset", _ANY_LIST),
        ),
        _matchkeys,
        _first_type,
    ),
    "one": Function((Parameter("list", DYNAMIC),), _one, deep=False),
    "reverse": Function((_LIST,), _reverse, _first_type, deep=False),
    "slice": Function(
        (_LIST, Parameter("start_index", NUMBER), Parameter("end_index", NUMBER)),
        _slice,
        deep=False,
    ),
    "sort": Function((Parameter("list", ListType(STRING)),), _sort, ListType(STRING)),
    "sum": Function((Parameter("list", DYNAMIC),), _sum, NUMBER),
}
