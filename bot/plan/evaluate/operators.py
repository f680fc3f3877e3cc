"""`+`, `==`, `&&`, `!` and their like, on values that may be unknown or sensitive.

Above `scope` in `bot.plan.evaluate`. Operands are converted to what the operator wants; `==` never
converts (https://opentofu.org/docs/language/expressions/operators/).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bot.plan.diagnostics import error, failed
from bot.plan.evaluate.scope import Found, derived
from bot.plan.syntax.nodes import Binary, Unary
from bot.plan.syntax.source import Span
from bot.plan.values import (
    BOOL,
    NO_MARKS,
    NUMBER,
    UNKNOWN,
    ConversionError,
    Number,
    Type,
    Value,
    boolean,
    convert,
    equals,
    number,
    unknown,
)
from bot.plan.values import number as as_number
from bot.plan.values.number import NotANumber, add, divide, modulo, multiply, negate, subtract

_ARITHMETIC: dict[str, Callable[[Number, Number], Number]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
}
_ORDER: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def result_type(operator: str) -> Type:
    """The type of what a binary operator gives."""
    return NUMBER if operator in _ARITHMETIC else BOOL


class Side(NamedTuple):
    """An operand, unknown where it failed, and what is wrong in it."""

    value: Value
    found: Found


def binary(node: Binary, left: Side, right: Side, found: Found) -> Value:
    """The result; `&&` and `||` decide by one side where they can, the other may be wrong."""
    if node.operator in ("&&", "||"):
        return _logic(node, left, right, found)
    found += left.found + right.found
    if failed(left.found + right.found):
        return unknown(result_type(node.operator))
    if node.operator in ("==", "!="):
        same = equals(left.value, right.value)
        if not same.is_known:
            sides = (each.value.unmarked_deep()[0] for each in (left, right))
            same = derived(BOOL, "==", *sides).with_marks(same.marks)
        return same if node.operator == "==" else invert(same)
    one = operand(left.value, NUMBER, "left", node.left.span, found)
    other = operand(right.value, NUMBER, "right", node.right.span, found)
    if one is None or other is None:
        return unknown(result_type(node.operator))
    if one.is_null or other.is_null:
        _null(node.span, found)
        return unknown(result_type(node.operator))
    marks = one.marks | other.marks
    return _apply(node, one.unmarked(), other.unmarked(), found).with_marks(marks)


def operand(value: Value, wanted: Type, side: str, where: Span, found: Found) -> Value | None:
    """The operand as the operator wants it; None where it cannot be, which is reported."""
    try:
        return convert(value, wanted)
    except ConversionError as problem:
        _unsuitable(side, str(problem), where, found)
        return None


def _null(where: Span, found: Found) -> None:
    detail = "Error during operation: argument must not be null."
    found.append(error("Operation failed", detail, where.range))


def _unsuitable(side: str, why: str, where: Span, found: Found) -> None:
    detail = f"Unsuitable value for {side} operand: {why}."
    found.append(error("Invalid operand", detail, where.range))


def _apply(node: Binary, one: Value, other: Value, found: Found) -> Value:
    left, right = one.raw, other.raw
    if not isinstance(left, Number) or not isinstance(right, Number):
        return derived(result_type(node.operator), node.operator, one, other)
    if node.operator in _ORDER:
        return boolean(_ORDER[node.operator](left, right))
    try:
        return as_number(_ARITHMETIC[node.operator](left, right))
    except NotANumber as problem:
        detail = f"Error during operation: {problem}."
        found.append(error("Operation failed", detail, node.span.range))
        return unknown(NUMBER)


def _logic(node: Binary, left: Side, right: Side, found: Found) -> Value:
    one, one_found = _truth(left, "left", node.left.span, found)
    other, other_found = _truth(right, "right", node.right.span, found)
    if one is None or other is None:
        found += one_found + other_found
        return unknown(BOOL)
    marks = one.marks | other.marks
    decided = _decided(node, Side(one, one_found), Side(other, other_found))
    if decided is not None:
        found += decided.found
        return decided.value.with_marks(marks)
    found += one_found + other_found
    if failed(one_found + other_found) or not (one.is_known and other.is_known):
        return derived(BOOL, node.operator, one.unmarked(), other.unmarked()).with_marks(marks)
    if one.is_null or other.is_null:
        _null(node.span, found)
        return unknown(BOOL)
    return boolean(node.operator == "&&").with_marks(marks)


def _truth(side: Side, name: str, where: Span, found: Found) -> tuple[Value | None, Found]:
    """The side as a bool, unknown where it failed; None where it cannot be one."""
    value = UNKNOWN if failed(side.found) else side.value
    return operand(value, BOOL, name, where, found), side.found


def _decided(node: Binary, left: Side, right: Side) -> Side | None:
    """What one side decides alone: true for `||`, false or null for `&&`."""
    decisive = node.operator == "||"
    for side in (left, right):
        if side.value.is_known and (side.value.raw is True) is decisive:
            return Side(boolean(decisive), side.found)
    for side, other in ((left, right), (right, left)):
        if not side.value.is_known and other.value.is_known:
            return Side(derived(BOOL, node.operator, side.value.unmarked()), side.found)
    return None


def unary(node: Unary, value: Value, found: Found) -> Value:
    """`-` and `!`."""
    wanted = NUMBER if node.operator == "-" else BOOL
    converted = operand(value, wanted, "unary", node.operand.span, found)
    if converted is None:
        return unknown(wanted)
    if converted.is_null:
        _null(node.span, found)
        return unknown(wanted)
    if wanted is BOOL:
        return invert(converted)
    raw = converted.raw
    if isinstance(raw, Number):
        return number(negate(raw)).with_marks(converted.marks)
    return derived(NUMBER, "-", converted.unmarked()).with_marks(converted.marks)


def invert(value: Value) -> Value:
    """`!` of a bool."""
    if isinstance(value.raw, bool):
        return boolean(not value.raw).with_marks(value.marks or NO_MARKS)
    return derived(BOOL, "!", value.unmarked()).with_marks(value.marks)
