"""OpenTofu's numbers: 512-bit binary floats, written in full, never with an exponent.

Lowest layer of `bot.plan.values`. cty keeps a `big.Float` of 512 bits, rounded to nearest even
(https://github.com/zclconf/go-cty/blob/main/docs/types.md#number); gmpy2's `mpfr` of that precision
is the same number. No global context of gmpy2 is touched.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import gmpy2

PRECISION = 512
_CONTEXT: Any = gmpy2.context(
    precision=PRECISION, round=gmpy2.RoundToNearest, emax=2**31 - 1, emin=-(2**31) + 1
)
_TEXT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
_mpfr: Any = gmpy2.mpfr
_MANY_DIGITS = 156
_LARGEST_EXPONENT = 1_000_000

if TYPE_CHECKING:

    class Number:
        """What is used of gmpy2's `mpfr`, which has no complete types of its own."""

        precision: int

        def is_integer(self) -> bool: ...
        def digits(self, base: int, count: int) -> tuple[str, int, int]: ...
        def __lt__(self, other: Number | int) -> bool: ...
        def __le__(self, other: Number | int) -> bool: ...
        def __gt__(self, other: Number | int) -> bool: ...
        def __ge__(self, other: Number | int) -> bool: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...
        def __hash__(self) -> int: ...
else:
    Number = gmpy2.mpfr


class TooLarge(ValueError):
    """The number has so many digits that nobody means it; it is refused, not computed."""


def number_of(value: int | str) -> Number:
    """An exact integer or a decimal text as a number; raises `ValueError` for any other text."""
    if isinstance(value, int):
        exact: Number = _mpfr(gmpy2.mpz(value), PRECISION)
        return exact
    return _parsed(value)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Number:
    match = _TEXT.match(text)
    if match is None:
        raise ValueError("a number is required")
    exponent = match.group(2)
    if exponent and abs(int(exponent[1:])) > _LARGEST_EXPONENT:
        raise TooLarge("a number is required")
    parsed: Number = _mpfr(text, PRECISION)
    return parsed


def is_integer(number: Number) -> bool:
    """Whether it has no fraction."""
    return bool(number.is_integer())


def as_int(number: Number) -> int | None:
    """The integer that it is, or None where it is none."""
    return int(number) if is_integer(number) else None


def number_text(number: Number) -> str:
    """As OpenTofu prints it: the fewest digits that give this number back, no exponent."""
    if gmpy2.is_infinite(number):
        return "-Inf" if number < 0 else "+Inf"
    if gmpy2.is_zero(number):  # 0 and -0 are equal and would share a place in the cache
        return "-0" if gmpy2.is_signed(number) else "0"
    return _text(number)


@lru_cache(maxsize=4096)
def _text(number: Number) -> str:
    return _written_out(*_shortest(number), negative=number < 0)


def _shortest(number: Number) -> tuple[str, int]:
    """The digits and the place of the point (0.DIGITS times ten to that), by bisection."""
    low, high = 1, _MANY_DIGITS
    while low < high:
        middle = (low + high) // 2
        if _reads_back(number, middle):
            high = middle
        else:
            low = middle + 1
    return _digits(number, low)


def _digits(number: Number, count: int) -> tuple[str, int]:
    # gmpy2 gives two digits at the least; a lone one is told by those two ending in 0.
    digits, exponent, _ = number.digits(10, max(count, 2))
    return digits.lstrip("-").rstrip("0") or "0", exponent


def _reads_back(number: Number, count: int) -> bool:
    digits, point = _digits(number, count)
    sign = "-" if number < 0 else ""
    return bool(_mpfr(f"{sign}0.{digits}e{point}", number.precision) == number)


def _written_out(digits: str, point: int, *, negative: bool) -> str:
    sign = "-" if negative else ""
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def add(left: Number, right: Number) -> Number:
    result: Number = _CONTEXT.add(left, right)
    return result


def subtract(left: Number, right: Number) -> Number:
    result: Number = _CONTEXT.sub(left, right)
    return result


def multiply(left: Number, right: Number) -> Number:
    result: Number = _CONTEXT.mul(left, right)
    return result


def divide(left: Number, right: Number) -> Number:
    """The quotient; a division by zero is infinite, and 0/0 raises `ZeroDivisionError`."""
    if gmpy2.is_zero(right) and gmpy2.is_zero(left):
        raise ZeroDivisionError
    result: Number = _CONTEXT.div(left, right)
    return result


def modulo(left: Number, right: Number) -> Number:
    """What is left of a division truncated towards zero, as cty computes it."""
    if gmpy2.is_zero(right):
        raise ZeroDivisionError
    quotient = gmpy2.trunc(_CONTEXT.div(left, right))
    result: Number = _CONTEXT.sub(left, _CONTEXT.mul(right, quotient))
    return result


def negate(number: Number) -> Number:
    result: Number = _CONTEXT.minus(number)
    return result
