"""OpenTofu's numbers: binary floats of up to 512 bits, written in full, never with an exponent.

Lowest layer of `bot.plan.values`. cty keeps a `big.Float`, rounded to nearest even: of 512 bits
where it was written or read, of 64 where Go counted (a length, an index), of 53 where `pow` or
`log` computed; an operation takes the larger precision of its operands
(https://pkg.go.dev/math/big#Float). gmpy2's `mpfr` of that precision is the same number. No global
context of gmpy2 is touched.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import gmpy2

PRECISION = 512
_COUNTED = 64
_TEXT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eEpP])([+-]?\d+))?\Z", re.ASCII)
_INFINITE = re.compile(r"[+-]?[iI]nf\Z")
_mpfr: Any = gmpy2.mpfr
_MANY_DIGITS = 156
_LARGEST_EXPONENT = 1_000_000

if TYPE_CHECKING:

    class Number:
        """What is used of gmpy2's `mpfr`, which has no complete types of its own."""

        precision: int

        def is_integer(self) -> bool: ...
        def digits(self, base: int, count: int) -> tuple[str, int, int]: ...
        def as_mantissa_exp(self) -> tuple[int, int]: ...
        def __lt__(self, other: Number | int) -> bool: ...
        def __le__(self, other: Number | int) -> bool: ...
        def __gt__(self, other: Number | int) -> bool: ...
        def __ge__(self, other: Number | int) -> bool: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...
        def __eq__(self, other: object) -> bool: ...
        def __hash__(self) -> int: ...
else:
    Number = gmpy2.mpfr


class TooLarge(ValueError):
    """The number has so many digits that nobody means it; it is refused, not computed."""


class NotANumber(ArithmeticError):
    """The operation has no result; the message is cty's."""


def number_of(value: int | str) -> Number:
    """An exact integer, as Go makes one, or a decimal text; raises `ValueError` for other text."""
    if isinstance(value, int):
        exact: Number = _mpfr(gmpy2.mpz(value), max(_COUNTED, value.bit_length()))
        return exact
    return _parsed(value)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Number:
    match = _TEXT.match(text)
    if match is None:
        return _infinite(text)
    mantissa, letter, exponent = match.groups()
    if exponent and (len(exponent) > 9 or abs(int(exponent)) > _LARGEST_EXPONENT):
        raise TooLarge("a number is required")
    parsed: Number = _mpfr(text if letter not in ("p", "P") else mantissa, PRECISION)
    if letter in ("p", "P"):  # Go's: times two to the exponent
        factor = _context(PRECISION).pow(_mpfr(2, PRECISION), int(exponent))
        parsed = _context(PRECISION).mul(parsed, factor)
    return parsed


def _infinite(text: str) -> Number:
    if not _INFINITE.match(text):
        raise ValueError("a number is required")
    infinite: Number = _mpfr(text, PRECISION)
    return infinite


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
    return _text(number, number.precision)


@lru_cache(maxsize=4096)
def _text(number: Number, _precision: int) -> str:
    """`_precision` is there for the cache: equal numbers of two precisions have two texts."""
    return _written_out(*shortest(number), negative=number < 0)


def shortest(number: Number) -> tuple[str, int]:
    """The fewest digits and the place of the point (0.DIGITS times ten to that), by bisection."""
    low, high = 1, _MANY_DIGITS
    while low < high:
        middle = (low + high) // 2
        if _reads_back(number, middle):
            high = middle
        else:
            low = middle + 1
    return digits_of(number, low)


def digits_of(number: Number, count: int) -> tuple[str, int]:
    """`count` digits at most, rounded to even, and the place of the point."""
    # gmpy2 gives two digits at the least; a lone one is told by those two ending in 0.
    digits, exponent, _ = number.digits(10, max(count, 2))
    if count == 1 and digits.lstrip("-")[1] != "0":
        return _one_digit(number, digits.lstrip("-"), exponent)
    return digits.lstrip("-").rstrip("0") or "0", exponent


def _one_digit(number: Number, digits: str, exponent: int) -> tuple[str, int]:
    """One digit out of two that are rounded: only the number itself decides what ends in 5."""
    up = digits[1] > "5"
    if digits[1] == "5":
        exact = gmpy2.mpq(int(digits)) * gmpy2.mpq(10) ** (exponent - 2)
        distance = abs(gmpy2.mpq(number)) - exact
        up = distance > 0 or (distance == 0 and int(digits[0]) % 2 == 1)
    rounded = int(digits[0]) + up
    return ("1", exponent + 1) if rounded == 10 else (str(rounded), exponent)


def _reads_back(number: Number, count: int) -> bool:
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


def _needed_bits(number: Number) -> int:
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


def _wider(left: Number, right: Number) -> Any:
    return _context(max(left.precision, right.precision))


def _checked(result: Number, complaint: str) -> Number:
    if gmpy2.is_nan(result):
        raise NotANumber(complaint)
    return result


def add(left: Number, right: Number) -> Number:
    """The sum; opposing infinities raise `NotANumber`, like the impossible cases below."""
    sum_ = _wider(left, right).add(left, right)
    return _checked(sum_, "can't compute sum of opposing infinities")


def subtract(left: Number, right: Number) -> Number:
    """The difference, in the wider precision of the two."""
    difference = _wider(left, right).sub(left, right)
    return _checked(difference, "can't subtract infinity from itself")


def multiply(left: Number, right: Number) -> Number:
    """The product, with as many bits as it needs up to 512, or as the wider operand has."""
    product = _checked(_context(PRECISION).mul(left, right), "can't multiply zero by infinity")
    if gmpy2.is_infinite(product):
        return product
    precision = max(left.precision, right.precision, _needed_bits(product))
    narrowed: Number = _mpfr(product, precision)
    return narrowed


def divide(left: Number, right: Number) -> Number:
    """The quotient; a division by zero is infinite."""
    quotient = _wider(left, right).div(left, right)
    return _checked(quotient, "can't divide zero by zero or infinity by infinity")


def modulo(left: Number, right: Number) -> Number:
    """What is left of a division truncated towards zero; by zero, all of it."""
    if gmpy2.is_infinite(left):
        raise NotANumber("can't use modulo with zero and infinity")
    if gmpy2.is_zero(right):
        return left
    wider = _wider(left, right)
    quotient = gmpy2.trunc(wider.div(left, right))
    product = _checked(wider.mul(right, quotient), "can't use modulo with zero and infinity")
    result: Number = wider.sub(left, product)
    return result


def negate(number: Number) -> Number:
    """The number with the other sign."""
    result: Number = _context(number.precision).minus(number)
    return result
