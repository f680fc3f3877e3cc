"""`for` and splat: one expression evaluated once for each element.

Above `scope` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from bot.plan.diagnostics import error
from bot.plan.evaluate import expression
from bot.plan.evaluate.scope import Found, Scope, derived
from bot.plan.evaluate.turns import Turn, Turns, turns_of
from bot.plan.syntax.nodes import Attr, Expression, For, RelativeTraversal, Splat, SplatItem
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
    convertible,
    friendly_name,
    list_of,
    mismatch,
    object_of,
    string,
    tuple_of,
    unknown,
)

MANY_MISTAKES = 100
"""Diagnostics after which a `for` ends: more only repeat themselves."""

LARGEST = 200_000
"""Elements that one `for` may go through: more is nobody's configuration."""

_ITERABLE = (ListType, SetType, MapType, TupleType, ObjectType)


class _Round(Struct):
    """What a `for` has gathered: marks of its conditions and keys, and why it cannot be known."""

    marks: Marks = NO_MARKS
    because: list[Value] = field(default_factory=list)
    failed: bool = False


def for_expression(node: For, scope: Scope, found: Found) -> Value:
    """A tuple, or an object where it has keys. A mistake does not hide the next one's."""
    before = len(found)
    collection = expression.value_of(node.collection, scope, found)
    if len(found) > before:
        return UNKNOWN
    marks, bare = collection.marks, collection.unmarked()
    if not _iterable(bare, node.collection.span, found):
        return UNKNOWN
    if not bare.is_known:
        return _of_unknown(node, bare, scope).with_marks(marks)
    if not _condition_makes_sense(node, scope, found):
        return UNKNOWN
    gathered = _Round()
    make = _object if node.makes_object else _tuple
    made = make(node, bare, scope, found, gathered)
    if gathered.failed:
        return UNKNOWN
    if gathered.because:
        made = _of_unknown(node, bare, scope)
    return made.with_marks(marks | gathered.marks)


def _of_unknown(node: For, bare: Value, scope: Scope) -> Value:
    """The same constant where the same is made of the same: its parts, of one element."""
    element = derived(DYNAMIC, "element", bare)
    pairs = list(bare.items()) if bare.is_known else [(element, element)]
    parts = [part for part in (node.key, node.value, node.condition) if part is not None]
    ignored: Found = []  # of what is not known nothing is wrong yet
    made: list[Value] = []
    for key, item in pairs:
        names = {node.value_name: item, **({node.key_name: key} if node.key_name else {})}
        made += [expression.value_of(part, scope.child(names), ignored) for part in parts]
    if ignored:
        made.append(string(node.span.text))
    kind = (len(parts), node.condition is None, node.makes_object, node.group)
    return derived(DYNAMIC, f"for {kind}", bare, *made)


def _condition_makes_sense(node: For, scope: Scope, found: Found) -> bool:
    """A look at the `if` with unknown elements: what is wrong then is wrong for each of them."""
    if node.condition is None:
        return True
    before = len(found)
    names = {name: UNKNOWN for name in (node.key_name, node.value_name) if name}
    result = expression.value_of(node.condition, scope.child(names), found)
    if result.is_null and len(found) == before:
        detail = "The value of the 'if' clause must not be null."
        found.append(error("Condition is null", detail, node.condition.span.range))
    elif not convertible(result.type, BOOL):
        _invalid_condition(node.condition, mismatch(result.type, BOOL), found)
    elif isinstance(result.raw, str):
        _as_bool(node.condition, result, found)
    return len(found) == before


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


def _turns(node: For, bare: Value, scope: Scope, found: Found, gathered: _Round) -> Iterator[Turn]:
    """What each element gives that the `if` lets through."""
    turns = turns_of(node, scope)
    for element in bare.items():
        if turns is None:
            turn = _turn(node, scope, element, found, gathered)
        elif (kept := turns.kept(*element)) is not None:
            turn = kept.turn
        else:
            turn = _watched(turns, node, element, found, gathered)
        if turn is not None:
            yield turn
        if len(found) > MANY_MISTAKES:
            break


def _watched(
    turns: Turns, node: For, element: tuple[Value, Value], found: Found, gathered: _Round
) -> Turn | None:
    """A new turn, which is kept where it gives nothing but its value."""
    turns.begin()
    before = len(found)
    turn = _turn(node, turns.scope, element, found, gathered)
    if len(found) == before and gathered == _Round():
        turns.keep(*element, turn)
    return turn


def _turn(
    node: For, outer: Scope, element: tuple[Value, Value], found: Found, gathered: _Round
) -> Turn | None:
    """What one element gives; None where the `if` leaves it out."""
    key, item = element
    names = (
        {node.key_name: key, node.value_name: item} if node.key_name else {node.value_name: item}
    )
    inner = outer.child(names)
    if node.condition is not None and not _included(node.condition, inner, found, gathered):
        return None
    before = len(found)
    name = _key(node, inner, found, gathered)
    wanted = node.key is None or name is not None
    value = expression.value_of(node.value, inner, found) if wanted else UNKNOWN
    if len(found) > before:
        gathered.failed = True
    return Turn(value, name)


def _included(condition: Expression, inner: Scope, found: Found, gathered: _Round) -> bool:
    before = len(found)
    raw = expression.value_of(condition, inner, found)
    included = None
    if len(found) == before and raw.is_null:
        detail = "The value of the 'if' clause must not be null."
        found.append(error("Invalid 'for' condition", detail, condition.span.range))
    elif len(found) == before:
        included = _as_bool(condition, raw, found)
    if included is None:
        gathered.failed = True
        return False
    if not included.is_known:
        gathered.because.append(included)
        return False
    gathered.marks = gathered.marks | included.marks
    return included.raw is True


def _as_bool(condition: Expression, raw: Value, found: Found) -> Value | None:
    try:
        return convert(raw, BOOL)
    except ConversionError as problem:
        _invalid_condition(condition, str(problem), found)
        return None


def _invalid_condition(condition: Expression, why: str, found: Found) -> None:
    detail = f"The 'if' clause value is invalid: {why}."
    found.append(error("Invalid 'for' condition", detail, condition.span.range))


def _tuple(node: For, bare: Value, scope: Scope, found: Found, gathered: _Round) -> Value:
    return tuple_of([turn.value for turn in _turns(node, bare, scope, found, gathered)])


def _object(node: For, bare: Value, scope: Scope, found: Found, gathered: _Round) -> Value:
    made: dict[str, Value] = {}
    groups: dict[str, list[Value]] = {}
    for value, name in _turns(node, bare, scope, found, gathered):
        if name is None:
            continue
        groups.setdefault(name, []).append(value)
        if not node.group and name in made:
            _duplicate(node, name, found)
            gathered.failed = True
        made.setdefault(name, value)
    if node.group:
        made = {name: tuple_of(values) for name, values in groups.items()}
    return object_of(made)


def _duplicate(node: For, name: str, found: Found) -> None:
    detail = (
        f"Two different items produced the key \"{name}\" in this 'for' expression. If duplicates"
        " are expected, use the ellipsis (...) after the value expression to enable grouping by"
        " key."
    )
    where = node.key.span.range if node.key else node.span.range
    found.append(error("Duplicate object key", detail, where))


def _key(node: For, inner: Scope, found: Found, gathered: _Round) -> str | None:
    """The element's key; None where it has none, or none that is known."""
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
    if not isinstance(key.raw, str):
        gathered.because.append(key)
        return None
    gathered.marks = gathered.marks | key.marks
    return key.raw


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
        return _one_unknown(node, bare, scope, []).with_marks(marks)
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
        if sequence:
            return _one_unknown(node, derived(DYNAMIC, "element", bare), scope, [])
        return _one_unknown(node, bare, scope, found)
    raw = bare.raw
    items = raw if sequence and isinstance(raw, tuple) else (bare,)
    before = len(found)
    results = [_applied(node, item, scope, found) for item in items]
    if isinstance(bare.type, (ListType, SetType)) and not items:
        each = _applied(node, unknown(bare.type.element), scope, found)
        if len(found) == before:
            return Value(ListType(each.type), ())
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
