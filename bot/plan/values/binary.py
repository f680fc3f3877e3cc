"""Binary floats of up to 512 bits, by gmpy2: what a number is that is no small integer.

Beside `number` in `bot.plan.values`, which imports it when such a number comes up: its import costs
as much as the rest of a small plan. gmpy2's `mpfr` of a precision is the same number as a
`big.Float` of it. No global context of gmpy2 is touched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import gmpy2

from bot.plan.values.number import NotANumber

PRECISION = 512
_MANY_DIGITS = 156

Binary = Any
"""gmpy2's `mpfr`, which has no complete types of its own."""
_mpfr: Any = gmpy2.mpfr


def of_int(value: int, precision: int) -> Binary:
    """An exact integer of that many bits."""
    return _mpfr(gmpy2.mpz(value), precision)


def of_text(text: str) -> Binary:
    """A decimal text, or an infinity."""
    return _mpfr(text, PRECISION)


def of_float(value: float) -> Binary:
    """A 64-bit float."""
    return _mpfr(value, 53)


def of_power(mantissa: str, exponent: int) -> Binary:
    """A mantissa times two to the exponent."""
    factor = _context(PRECISION).pow(_mpfr(2, PRECISION), exponent)
    return _context(PRECISION).mul(_mpfr(mantissa, PRECISION), factor)


def is_infinite(number: Binary) -> bool:
    return bool(gmpy2.is_infinite(number))


def is_negative(number: Binary) -> bool:
    """Whether it has a sign, as a negative zero has."""
    return bool(gmpy2.is_signed(number))


def rounded(number: Binary, *, up: bool) -> Binary:
    """The next integer above or below."""
    with gmpy2.context(precision=number.precision):
        whole = gmpy2.ceil(number) if up else gmpy2.floor(number)
        return _mpfr(whole, number.precision)


def text(number: Binary) -> str:
    """The fewest digits that give this number back, no exponent."""
    if gmpy2.is_infinite(number):
        return "-Inf" if number < 0 else "+Inf"
    if gmpy2.is_zero(number):  # 0 and -0 are equal and would share a place in the cache
        return "-0" if gmpy2.is_signed(number) else "0"
    return _text(number, number.precision)


@lru_cache(maxsize=4096)
def _text(number: Binary, _precision: int) -> str:
    """`_precision` is there for the cache: equal numbers of two precisions have two texts."""
    return _written_out(*shortest(number), negative=number < 0)


def shortest(number: Binary) -> tuple[str, int]:
    """The fewest digits and the place of the point (0.DIGITS times ten to that), by bisection."""
    low, high = 1, _MANY_DIGITS
    while low < high:
        middle = (low + high) // 2
        if _reads_back(number, middle):
            high = middle
        else:
            low = middle + 1
    return digits_of(number, low)


def digits_of(number: Binary, count: int) -> tuple[str, int]:
    """`count` digits at most, rounded to even, and the place of the point."""
    # gmpy2 gives two digits at the least; a lone one is told by those two ending in 0.
    digits, exponent, _ = number.digits(10, max(count, 2))
    if count == 1 and digits.lstrip("-")[1] != "0":
        return _one_digit(number, digits.lstrip("-"), exponent)
    return digits.lstrip("-").rstrip("0") or "0", exponent


def _one_digit(number: Binary, digits: str, exponent: int) -> tuple[str, int]:
    """One digit out of two that are rounded: only the number itself decides what ends in 5."""
    up = digits[1] > "5"
    if digits[1] == "5":
        exact = gmpy2.mpq(int(digits)) * gmpy2.mpq(10) ** (exponent - 2)
        distance = abs(gmpy2.mpq(number)) - exact
        up = distance > 0 or (distance == 0 and int(digits[0]) % 2 == 1)
    rounded = int(digits[0]) + up
    return ("1", exponent + 1) if rounded == 10 else (str(rounded), exponent)


def _reads_back(number: Binary, count: int) -> bool:
    digits, point = digits_of(number, count)
    sign = "-" if number < 0 else ""
    text = f"{sign}0.{digits}e{point}"
    precision = number.precision
    if bool(_mpfr(text, precision) == number):
        return True
    if _needed_bits(number) != 1:
        return False
    # Go allows half a unit below a power of two as well, where floats lie twice as dense.
    wide = _context(2 * precision + 64)
    half_unit = wide.div(number, _mpfr(gmpy2.mpz(1) << precision, precision))
    distance = wide.sub(_mpfr(text, wide.precision), number)
    return bool(abs(distance) <= abs(half_unit))


def _needed_bits(number: Binary) -> int:
    mantissa, _ = number.as_mantissa_exp()
    return int(gmpy2.bit_length(mantissa)) - int(gmpy2.bit_scan1(mantissa) or 0)


def _written_out(digits: str, point: int, *, negative: bool) -> str:
    sign = "-" if negative else ""
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


@lru_cache(maxsize=64)
def _context(precision: int) -> Any:
    return gmpy2.context(
        precision=precision, round=gmpy2.RoundToNearest, emax=2**31 - 1, emin=-(2**31) + 1
    )


def _wider(left: Binary, right: Binary) -> Any:
    return _context(max(left.precision, right.precision))


def _checked(result: Binary, complaint: str) -> Binary:
    if gmpy2.is_nan(result):
        raise NotANumber(complaint)
    return result


def add(left: Binary, right: Binary) -> Binary:
    """The sum; opposing infinities raise `NotANumber`, like the impossible cases below."""
    sum_ = _wider(left, right).add(left, right)
    return _checked(sum_, "can't compute sum of opposing infinities")


def subtract(left: Binary, right: Binary) -> Binary:
    """The difference, in the wider precision of the two."""
    difference = _wider(left, right).sub(left, right)
    return _checked(difference, "can't subtract infinity from itself")


def multiply(left: Binary, right: Binary) -> Binary:
    """The product, with as many bits as it needs up to 512, or as the wider operand has."""
    product = _checked(_context(PRECISION).mul(left, right), "can't multiply zero by infinity")
    if gmpy2.is_infinite(product):
        return product
    precision = max(left.precision, right.precision, _needed_bits(product))
    return _mpfr(product, precision)


def divide(left: Binary, right: Binary) -> Binary:
    """The quotient; a division by zero is infinite."""
    quotient = _wider(left, right).div(left, right)
    return _checked(quotient, "can't divide zero by zero or infinity by infinity")


def modulo(left: Binary, right: Binary) -> Binary:
    """What is left of a division truncated towards zero; by zero, all of it."""
    if gmpy2.is_infinite(left):
        raise NotANumber("can't use modulo with zero and infinity")
    if gmpy2.is_zero(right):
        return left
    wider = _wider(left, right)
    quotient = gmpy2.trunc(wider.div(left, right))
    product = _checked(wider.mul(right, quotient), "can't use modulo with zero and infinity")
    return wider.sub(left, product)


def negate(number: Binary) -> Binary:
    """The number with the other sign."""
    return _context(number.precision).minus(number)
