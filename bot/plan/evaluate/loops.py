"""`for` and splat: one expression evaluated once for each element.

Above `scope` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.diagnostics import error
from bot.plan.evaluate import expression
from bot.plan.evaluate.scope import Found, Scope, derived, undecided
from bot.plan.syntax.nodes import Attr, For, RelativeTraversal, Splat, SplatItem
from bot.plan.syntax.source import Span
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NO_MARKS,
    STRING,
    UNKNOWN,
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
    object_of,
    tuple_of,
)

LARGEST = 200_000
"""Elements that one `for` may go through: more is nobody's configuration."""

_ITERABLE = (ListType, SetType, MapType, TupleType, ObjectType)


class _Undecided(Exception):
    """Whether or where an element goes is not known: neither is the result's type."""

    def __init__(self, *because: Value) -> None:
        super().__init__()
        self.because = because


def for_expression(node: For, scope: Scope, found: Found) -> Value:
    """A tuple, or an object where it has keys."""
    before = len(found)
    collection = expression.value_of(node.collection, scope, found)
    if len(found) > before:
        return UNKNOWN
    marks, bare = collection.marks, collection.unmarked()
    if not _iterable(bare, node.collection.span, found):
        return UNKNOWN
    if not bare.is_known:
        return undecided(bare).with_marks(marks)
    make = _object if node.makes_object else _tuple
    try:
        made = make(node, bare, scope, found)
    except _Undecided as reason:
        made = undecided(bare, *reason.because)
    return made.with_marks(marks)


def _iterable(bare: Value, where: Span, found: Found) -> bool:
    summary, detail = "", ""
    if bare.is_null:
        summary = "Iteration over null value"
        detail = "A null value cannot be used as the collection in a 'for' expression."
    elif bare.type is not DYNAMIC and not isinstance(bare.type, _ITERABLE):
        summary = "Iteration over non-iterable value"
        detail = f"A value of type {friendly_name(bare.type)} cannot be used as the collection in a"
        detail += " 'for' expression."
    elif isinstance(bare.raw, (tuple, dict)) and len(bare.raw) > LARGEST:
        summary = "Too many elements"
        detail = (
            f"This 'for' would go through {len(bare.raw):,} elements; lotus stops at {LARGEST:,}."
        )
    if summary:
        found.append(error(summary, detail, where.range))
    return not summary


def _elements(node: For, bare: Value, scope: Scope, found: Found) -> Iterator[tuple[Scope, Marks]]:
    """A scope for each element that the `if` lets through, and the marks of that `if`."""
    for key, item in bare.items():
        names = {node.value_name: item}
        if node.key_name:
            names = {node.key_name: key, node.value_name: item}
        inner = scope.child(names)
        included = _included(node, inner, found)
        if included is not None and included.raw:
            yield inner, included.marks


def _included(node: For, inner: Scope, found: Found) -> Value | None:
    if node.condition is None:
        return Value(BOOL, True)
    before = len(found)
    raw = expression.value_of(node.condition, inner, found)
    if len(found) > before:
        return None
    where = node.condition.span.range
    if raw.is_null:
        detail = "The value of the 'if' clause must not be null."
        found.append(error("Invalid 'for' condition", detail, where))
        return None
    try:
        included = convert(raw, BOOL)
    except ConversionError as problem:
        detail = f"The 'if' clause value is invalid: {problem}."
        found.append(error("Invalid 'for' condition", detail, where))
        return None
    if not included.is_known:
        raise _Undecided(included)
    return included


def _tuple(node: For, bare: Value, scope: Scope, found: Found) -> Value:
    items: list[Value] = []
    marks: Marks = NO_MARKS
    for inner, included in _elements(node, bare, scope, found):
        marks = marks | included
        before = len(found)
        items.append(expression.value_of(node.value, inner, found))
        if len(found) > before:
            break
    return tuple_of(items).with_marks(marks)


def _object(node: For, bare: Value, scope: Scope, found: Found) -> Value:
    made: dict[str, Value] = {}
    groups: dict[str, list[Value]] = {}
    marks: Marks = NO_MARKS
    for inner, included in _elements(node, bare, scope, found):
        marks = marks | included
        before = len(found)
        key = _key(node, inner, found)
        value = expression.value_of(node.value, inner, found)
        if len(found) > before or key is None:
            break
        marks = marks | key.marks
        name = str(key.raw)
        if node.group:
            groups.setdefault(name, []).append(value)
        elif name in made:
            _duplicate(node, name, found)
            break
        else:
            made[name] = value
    if node.group:
        made = {name: tuple_of(values) for name, values in groups.items()}
    return object_of(made).with_marks(marks)


def _duplicate(node: For, name: str, found: Found) -> None:
    detail = (
        f"Two different items produced the key \"{name}\" in this 'for' expression. If duplicates"
        " are expected, use the ellipsis (...) after the value expression to enable grouping by"
        " key."
    )
    where = node.key.span.range if node.key else node.span.range
    found.append(error("Duplicate object key", detail, where))


def _key(node: For, inner: Scope, found: Found) -> Value | None:
    if node.key is None:
        return None
    before = len(found)
    raw = expression.value_of(node.key, inner, found)
    if len(found) > before:
        return None
    if raw.is_null:
        detail = "Key expression in 'for' expression must not produce a null value."
        found.append(error("Invalid object key", detail, node.key.span.range))
        return None
    try:
        key = convert(raw, STRING)
    except ConversionError as problem:
        detail = f"The key expression produced an invalid result: {problem}."
        found.append(error("Invalid object key", detail, node.key.span.range))
        return None
    if not key.is_known:
        raise _Undecided(key)
    return key


def item_name(item: SplatItem) -> str:
    """The name under which a scope holds a splat's current element: none that can be written."""
    return f"* {id(item)}"


def splat(node: Splat, scope: Scope, found: Found) -> Value:
    """`source[*].each`: a list where the source is one, a tuple otherwise; null gives none."""
    before = len(found)
    source = expression.value_of(node.source, scope, found)
    if len(found) > before:
        return UNKNOWN
    marks, bare = source.marks, source.unmarked()
    if bare.type is DYNAMIC and not bare.is_null:
        return undecided(bare).with_marks(marks)
    sequence = isinstance(bare.type, (ListType, SetType, TupleType))
    if bare.is_null:
        if sequence:
            detail = "Splat expressions (with the * symbol) cannot be applied to null sequences."
            found.append(error("Splat of null value", detail, node.source.span.range))
            return UNKNOWN
        return tuple_of(()).with_marks(marks)
    return _each(node, bare, scope, found, sequence).with_marks(marks)


def _each(node: Splat, bare: Value, scope: Scope, found: Found, sequence: bool) -> Value:
    if not bare.is_known:
        return undecided(bare) if sequence else _one_unknown(node, bare, scope, found)
    raw = bare.raw
    items = raw if sequence and isinstance(raw, tuple) else (bare,)
    before = len(found)
    results = [_applied(node, item, scope, found) for item in items]
    if len(found) > before:
        return UNKNOWN
    if isinstance(bare.type, (ListType, SetType)):
        return _as_list(node, results, bare)
    return tuple_of(results)


def _applied(node: Splat, item: Value, scope: Scope, found: Found) -> Value:
    return expression.value_of(node.each, scope.child({item_name(node.item): item}), found)


def _one_unknown(node: Splat, bare: Value, scope: Scope, found: Found) -> Value:
    """It may turn out to be null, and then the result has no element."""
    result = _applied(node, bare, scope, found)
    return derived(DYNAMIC, "[*]", bare, result)


def _as_list(node: Splat, results: list[Value], bare: Value) -> Value:
    if not results:
        element = bare.type.element if isinstance(bare.type, (ListType, SetType)) else DYNAMIC
        return list_of(_type_of_each(node, Value(element, None)), ())
    types = {str(result.type): result.type for result in results}
    if len(types) > 1:
        return tuple_of(results)
    return list_of(results[0].type, results)


def _type_of_each(node: Splat, item: Value) -> Type:
    """The type that `each` would have, told by steps into the element's type."""
    type_ = item.type
    each = node.each
    if isinstance(each, SplatItem):
        return type_
    if isinstance(each, RelativeTraversal) and isinstance(each.source, SplatItem):
        for step in each.steps:
            if isinstance(type_, ObjectType) and isinstance(step, Attr):
                type_ = type_.attributes.get(step.name, DYNAMIC)
            elif isinstance(type_, (ListType, MapType)):
                type_ = type_.element
            else:
                return DYNAMIC
        return type_
    return DYNAMIC
