"""`+`, `==`, `&&`, `!` and their like, on values that may be unknown or sensitive.

Above `scope` in `bot.plan.evaluate`. Operands are converted to what the operator wants; `==` never
converts (https://opentofu.org/docs/language/expressions/operators/).
"""

from __future__ import annotations

from collections.abc import Callable

from bot.plan.diagnostics import error
from bot.plan.evaluate.scope import Found, derived
from bot.plan.syntax.nodes import Binary, Unary
from bot.plan.syntax.source import Span
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NO_MARKS,
    NUMBER,
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
from bot.plan.values.number import add, divide, modulo, multiply, negate, subtract

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


def binary(node: Binary, left: Value, right: Value, found: Found) -> Value:
    """Both operands are evaluated; `&&` and `||` decide by one where the other is unknown."""
    if node.operator in ("==", "!="):
        same = equals(left, right)
        return same if node.operator == "==" else invert(same)
    wanted = BOOL if node.operator in ("&&", "||") else NUMBER
    one = operand(left, wanted, "left", node.left.span, found)
    other = operand(right, wanted, "right", node.right.span, found)
    if one is None or other is None:
        return unknown(result_type(node.operator))
    marks = one.marks | other.marks
    return _apply(node, one.unmarked(), other.unmarked(), found).with_marks(marks)


def operand(value: Value, wanted: Type, side: str, where: Span, found: Found) -> Value | None:
    """The operand as the operator wants it; None where it cannot be, which is reported."""
    try:
        converted = convert(value, wanted)
    except ConversionError as problem:
        _unsuitable(side, str(problem), where, found)
        return None
    if converted.is_null and wanted is NUMBER:
        _null(where, found)
        return None
    return converted


def _null(where: Span, found: Found) -> None:
    detail = "Error during operation: argument must not be null."
    found.append(error("Operation failed", detail, where.range))


def _unsuitable(side: str, why: str, where: Span, found: Found) -> None:
    name = f"{side} operand" if side else "operand"
    detail = f"Unsuitable value for {name}: {why}."
    found.append(error("Invalid operand", detail, where.range))


def _apply(node: Binary, one: Value, other: Value, found: Found) -> Value:
    if node.operator in ("&&", "||"):
        return _logic(node, one, other, found)
    left, right = one.raw, other.raw
    if not isinstance(left, Number) or not isinstance(right, Number):
        return derived(result_type(node.operator), node.operator, one, other)
    if node.operator in _ORDER:
        return boolean(_ORDER[node.operator](left, right))
    try:
        return as_number(_ARITHMETIC[node.operator](left, right))
    except ZeroDivisionError:
        detail = "The result of this operation is not a number: a division of zero by zero."
        if node.operator == "%":
            detail = "Can't use modulo to divide by zero."
        found.append(
            error("Operation failed", f"Error during operation: {detail}", node.span.range)
        )
        return unknown(NUMBER)


def _logic(node: Binary, one: Value, other: Value, found: Found) -> Value:
    """OpenTofu decides by either side; `&&` takes a null for false, `||` refuses it."""
    decisive = node.operator == "||"
    if one.raw is decisive or other.raw is decisive:
        return boolean(decisive)
    for value, where in ((one, node.left.span), (other, node.right.span)):
        if value.is_null:
            if not decisive:
                return boolean(False)
            _null(where, found)
            return unknown(BOOL)
    if one.is_known and other.is_known:
        return boolean(not decisive)
    return derived(BOOL, node.operator, one, other)


def unary(node: Unary, value: Value, found: Found) -> Value:
    """`-` and `!`."""
    wanted = NUMBER if node.operator == "-" else BOOL
    converted = operand(value, wanted, "", node.operand.span, found)
    if converted is None:
        return unknown(wanted)
    if converted.is_null:
        _null(node.operand.span, found)
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


__all__ = ["DYNAMIC", "binary", "invert", "operand", "result_type", "unary"]
