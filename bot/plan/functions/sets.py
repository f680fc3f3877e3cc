"""Functions of sets: https://opentofu.org/docs/language/functions/setunion/ and its neighbours.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import Function, FunctionError, Parameter
from bot.plan.values import (
    DYNAMIC,
    ConversionError,
    ListType,
    SetType,
    TupleType,
    Type,
    Value,
    convert,
    list_of,
    set_of,
    tuple_of,
    unify,
)

LARGEST = 100_000
"""Combinations that `setproduct` makes at most."""

_SET = SetType(DYNAMIC)


def _aligned(arguments: Sequence[Value]) -> list[Value]:
    """All sets with one element type."""
    elements = [
        each.type.element
        for each in arguments
        if isinstance(each.type, SetType) and (each.raw or each.type.element is not DYNAMIC)
    ]
    common = unify(elements, unsafe=True) if elements else DYNAMIC
    if common is None:
        raise FunctionError("given sets must all have compatible element types")
    aligned = []
    for position, each in enumerate(arguments):
        try:
            aligned.append(convert(each, SetType(common)) if each.raw else set_of(common, ()))
        except ConversionError as error:
            raise FunctionError(str(error), position) from None
    return aligned


def _element(value: Value) -> Type:
    return value.type.element if isinstance(value.type, SetType) else DYNAMIC


def _union(arguments: Sequence[Value], _: FunctionContext) -> Value:
    sets = _aligned(arguments)
    return set_of(_element(sets[0]), itertools.chain(*(each.elements() for each in sets)))


def _intersection(arguments: Sequence[Value], _: FunctionContext) -> Value:
    first, *others = _aligned(arguments)
    members = [set(each.elements()) for each in others]
    kept = [item for item in first.elements() if all(item in other for other in members)]
    return set_of(_element(first), kept)


def _subtract(arguments: Sequence[Value], _: FunctionContext) -> Value:
    one, other = _aligned(arguments)
    away = set(other.elements())
    return set_of(_element(one), [item for item in one.elements() if item not in away])


def _product(arguments: Sequence[Value], _: FunctionContext) -> Value:
    if len(arguments) < 2:
        raise FunctionError("at least two arguments are required")
    axes = [_axis(each, position) for position, each in enumerate(arguments)]
    count = math.prod(len(items) for _, items in axes)
    if count > LARGEST:
        message = f"the product would have {count:,} elements; lotus stops at {LARGEST:,}"
        raise FunctionError(message)
    element = TupleType(tuple(type_ for type_, _ in axes))
    combined = [tuple_of(items) for items in itertools.product(*(items for _, items in axes))]
    if any(isinstance(each.type, SetType) for each in arguments):
        return set_of(element, combined)
    return list_of(element, combined)


def _axis(value: Value, position: int) -> tuple[Type, list[Value]]:
    items = list(value.elements())
    match value.type:
        case ListType(element) | SetType(element):
            return element, items
        case TupleType(elements):
            if not elements:
                return DYNAMIC, []
            common = unify(elements, unsafe=True)
            if common is None:
                raise FunctionError("all elements must be of the same type", position)
            return common, [convert(item, common) for item in items]
        case _:
            raise FunctionError("a set or a list is required", position)


def _same_type(arguments: Sequence[Value]) -> Type:
    return arguments[0].type


_OTHERS = Parameter("other_sets", _SET)

SETS = {
    "setintersection": Function(
        (Parameter("first_set", _SET),), _intersection, _same_type, _OTHERS
    ),
    "setproduct": Function(
        (), _product, variadic=Parameter("sets", DYNAMIC, marked=True), deep=False
    ),
    "setsubtract": Function((Parameter("a", _SET), Parameter("b", _SET)), _subtract, _same_type),
    "setunion": Function((Parameter("first_set", _SET),), _union, _same_type, _OTHERS),
}
