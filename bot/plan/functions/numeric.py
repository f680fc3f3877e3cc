"""Numeric functions: https://opentofu.org/docs/language/functions/abs/ and its neighbours.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import Function, FunctionError, Parameter
from bot.plan.values import NUMBER, Number, Value, friendly_name, number
from bot.plan.values.number import negate, number_of_float, rounded
from bot.plan.values.types import DYNAMIC

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def of(value: Value) -> Number:
    """The number of a known argument."""
    raw = value.raw
    if not isinstance(raw, Number):
        raise FunctionError("a number is required")
    return raw


def whole(value: Value) -> int:
    """The integer of a known argument; an error names what it needs, as Go's decoder does."""
    raw = of(value)
    if not raw.is_integer() or not -(2**63) <= raw < 2**63:
        raise FunctionError(
            "value must be a whole number, between -9223372036854775808 and 9223372036854775807"
        )
    return int(raw)


def _abs(arguments: Sequence[Value], _: FunctionContext) -> Value:
    raw = of(arguments[0])
    return number(negate(raw)) if raw < 0 else arguments[0]


def _ceil(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return number(rounded(of(arguments[0]), up=True))


def _floor(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return number(rounded(of(arguments[0]), up=False))


def _shortest(value: float) -> Value:
    if math.isnan(value):
        raise FunctionError("panic in function implementation: Float.SetFloat64(NaN)")
    return number(number_of_float(value))


def _log(arguments: Sequence[Value], _: FunctionContext) -> Value:
    num, base = float(of(arguments[0])), float(of(arguments[1]))
    return _shortest(_divided(_ln(num), _ln(base)))


def _ln(value: float) -> float:
    if value < 0 or math.isnan(value):
        return math.nan
    return -math.inf if value == 0 else math.log(value)


def _divided(one: float, other: float) -> float:
    if other != 0:
        return one / other
    if one == 0 or math.isnan(one):
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1.0, other)


def _pow(arguments: Sequence[Value], _: FunctionContext) -> Value:
    num, power = float(of(arguments[0])), float(of(arguments[1]))
    try:
        return _shortest(math.pow(num, power))
    except OverflowError:
        odd = power.is_integer() and power % 2 == 1
        return _shortest(-math.inf if num < 0 and odd else math.inf)
    except ValueError:
        return _shortest(math.inf if num == 0 else math.nan)


def _signum(arguments: Sequence[Value], _: FunctionContext) -> Value:
    sign = whole(arguments[0])
    return number((sign > 0) - (sign < 0))


def _max(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return _extreme(arguments, lambda one, other: one > other)


def _min(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return _extreme(arguments, lambda one, other: one < other)


def _extreme(arguments: Sequence[Value], better: Callable[[Number, Number], bool]) -> Value:
    if not arguments:
        raise FunctionError("must pass at least one number")
    best = arguments[0]
    for each in arguments[1:]:
        if better(of(each), of(best)):
            best = each
    return best


def _parseint(arguments: Sequence[Value], _: FunctionContext) -> Value:
    text = arguments[0].raw
    if not isinstance(text, str):
        kind = friendly_name(arguments[0].type)
        raise FunctionError(f"first argument must be a string, not {kind}", 0)
    try:
        base = whole(arguments[1])
    except FunctionError as problem:
        raise FunctionError(problem.message, 1) from None
    if not 2 <= base <= 62:
        raise FunctionError("base must be a whole number between 2 and 62 inclusive", 1)
    parsed = _parsed(text, base)
    if parsed is None:
        raise FunctionError(f'cannot parse "{text}" as a base {base} integer', 0)
    return number(parsed)


def _parsed(text: str, base: int) -> int | None:
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in ("+", "-") else text
    if base <= 36:
        digits = digits.lower()
    alphabet = {digit: place for place, digit in enumerate(_DIGITS[:base])}
    if not digits or len(digits) > 10_000 or any(digit not in alphabet for digit in digits):
        return None
    value = 0
    for digit in digits:
        value = value * base + alphabet[digit]
    return sign * value


_NUM = Parameter("num", NUMBER)

NUMERIC = {
    "abs": Function((_NUM,), _abs, NUMBER),
    "ceil": Function((_NUM,), _ceil, NUMBER),
    "floor": Function((_NUM,), _floor, NUMBER),
    "log": Function((_NUM, Parameter("base", NUMBER)), _log, NUMBER),
    "max": Function((), _max, NUMBER, Parameter("numbers", NUMBER)),
    "min": Function((), _min, NUMBER, Parameter("numbers", NUMBER)),
    "parseint": Function(
        (Parameter("number", DYNAMIC), Parameter("base", NUMBER)), _parseint, NUMBER
    ),
    "pow": Function((_NUM, Parameter("power", NUMBER)), _pow, NUMBER),
    "signum": Function((_NUM,), _signum, NUMBER),
}
