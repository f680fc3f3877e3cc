"""OpenTofu's numbers: binary floats of up to 512 bits, written in full, never with an exponent.

Lowest layer of `bot.plan.values`. cty keeps a `big.Float`, rounded to nearest even: of 512 bits
where it was written or read, of 64 where Go counted (a length, an index), of 53 where `pow` or
`log` computed; an operation takes the larger precision of its operands
(https://pkg.go.dev/math/big#Float). An integer that its precision holds exactly is a Python int
here; any other number is a float of gmpy2's (see `binary`), which is imported when one comes up.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import ModuleType
from typing import Any

PRECISION = 512
_COUNTED = 64
_FLOAT = 53
_TEXT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eEpP])([+-]?\d+))?\Z", re.ASCII)
_WHOLE = re.compile(r"(?:0|-?[1-9]\d{0,149})\Z", re.ASCII)
"""Integers of at most 512 bits; a negative zero is none."""
_INFINITE = re.compile(r"[+-]?[iI]nf\Z")
_LARGEST_EXPONENT = 1_000_000


class TooLarge(ValueError):
    """The number has so many digits that nobody means it; it is refused, not computed."""


class NotANumber(ArithmeticError):
    """The operation has no result; the message is cty's."""


def _floats() -> ModuleType:
    from bot.plan.values import binary  # gmpy2: its import costs as much as a small plan

    return binary


class Number:
    """A number and its precision in bits: a whole one, or a float of `binary`."""

    __slots__ = ("_float", "precision", "whole")

    def __init__(self, precision: int, whole: int | None, float_: Any = None) -> None:
        self.precision = precision
        self.whole = whole
        self._float = float_

    @property
    def binary(self) -> Any:
        """It as a float of `binary`."""
        if self._float is None:
            self._float = _floats().of_int(self.whole, self.precision)
        return self._float

    @property
    def _exact(self) -> Any:
        """What it is compared by: ints and gmpy2's floats compare exactly, and hash alike."""
        return self._float if self.whole is None else self.whole

    def is_integer(self) -> bool:
        """Whether it has no fraction."""
        return self.whole is not None or bool(self._float.is_integer())

    def __int__(self) -> int:
        return int(self._exact)

    def __float__(self) -> float:
        return float(self._exact)

    def __eq__(self, other: object) -> bool:
        return bool(self._exact == _exact(other))

    def __lt__(self, other: Number | int) -> bool:
        return bool(self._exact < _exact(other))

    def __le__(self, other: Number | int) -> bool:
        return bool(self._exact <= _exact(other))

    def __gt__(self, other: Number | int) -> bool:
        return bool(self._exact > _exact(other))

    def __ge__(self, other: Number | int) -> bool:
        return bool(self._exact >= _exact(other))

    def __hash__(self) -> int:
        return hash(self._exact)

    def __repr__(self) -> str:
        return number_text(self)


def _exact(other: object) -> Any:
    return other._exact if isinstance(other, Number) else other


def _fits(whole: int, precision: int) -> bool:
    return whole.bit_length() <= min(precision, PRECISION)


def of_float(float_: Any) -> Number:
    """A number of gmpy2's."""
    return Number(float_.precision, None, float_)


def number_of(value: int | str) -> Number:
    """An exact integer, as Go makes one, or a decimal text; raises `ValueError` for other text."""
    if not isinstance(value, int):
        return _parsed(value)
    precision = max(_COUNTED, value.bit_length())
    if _fits(value, precision):
        return Number(precision, int(value))
    return of_float(_floats().of_int(value, precision))


def number_of_float(value: float) -> Number:
    """A 64-bit float as a number: what `pow` and `log` give, printed as the fewest digits of it."""
    if value and value.is_integer() and _fits(int(value), _FLOAT):
        return Number(_FLOAT, int(value))
    return of_float(_floats().of_float(value))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Number:
    if _WHOLE.match(text):
        return Number(PRECISION, int(text))
    match = _TEXT.match(text)
    if match is None:
        return _infinite(text)
    mantissa, letter, exponent = match.groups()
    if exponent and (len(exponent) > 9 or abs(int(exponent)) > _LARGEST_EXPONENT):
        raise TooLarge("a number is required")
    if letter in ("p", "P"):  # Go's: times two to the exponent
        return of_float(_floats().of_power(mantissa, int(exponent)))
    return of_float(_floats().of_text(text))


def _infinite(text: str) -> Number:
    if not _INFINITE.match(text):
        raise ValueError("a number is required")
    return of_float(_floats().of_text(text))


def as_int(number: Number) -> int | None:
    """The integer that it is, or None where it is none."""
    return int(number) if number.is_integer() else None


def number_text(number: Number) -> str:
    """As OpenTofu prints it: the fewest digits that give this number back, no exponent.

    Of a whole number that is all of them: the next one is a whole unit away.
    """
    if number.whole is not None:
        return str(number.whole)
    text: str = _floats().text(number.binary)
    return text


def is_infinite(number: Number) -> bool:
    """Whether it is one of the two infinities."""
    return number.whole is None and bool(_floats().is_infinite(number.binary))


def is_negative(number: Number) -> bool:
    """Whether it has a sign, as a negative zero has."""
    return (
        number.whole < 0 if number.whole is not None else bool(_floats().is_negative(number.binary))
    )


def rounded(number: Number, *, up: bool) -> Number:
    """The next integer above or below; an infinity stays."""
    if number.whole is not None or is_infinite(number):
        return number
    return of_float(_floats().rounded(number.binary, up=up))


def shortest(number: Number) -> tuple[str, int]:
    """The fewest digits and the place of the point (0.DIGITS times ten to that)."""
    found: tuple[str, int] = _floats().shortest(number.binary)
    return found


def digits_of(number: Number, count: int) -> tuple[str, int]:
    """`count` digits at most, rounded to even, and the place of the point."""
    found: tuple[str, int] = _floats().digits_of(number.binary, count)
    return found


def _whole(result: int, left: Number, right: Number) -> Number | None:
    """A sum, difference or product of whole numbers, where it is one in the wider precision.

    A zero may have a sign, which only floats tell.
    """
    precision = max(left.precision, right.precision)
    return Number(precision, result) if result and _fits(result, precision) else None


def add(left: Number, right: Number) -> Number:
    """The sum; opposing infinities raise `NotANumber`, like the impossible cases below."""
    if left.whole is not None and right.whole is not None:
        sum_ = _whole(left.whole + right.whole, left, right)
        if sum_ is not None:
            return sum_
    return of_float(_floats().add(left.binary, right.binary))


def subtract(left: Number, right: Number) -> Number:
    """The difference."""
    if left.whole is not None and right.whole is not None:
        difference = _whole(left.whole - right.whole, left, right)
        if difference is not None:
            return difference
    return of_float(_floats().subtract(left.binary, right.binary))


def multiply(left: Number, right: Number) -> Number:
    """The product, with as many bits as it needs up to 512, or as the wider operand has."""
    if left.whole is not None and right.whole is not None:
        product = _whole(left.whole * right.whole, left, right)
        if product is not None:
            return product
    return of_float(_floats().multiply(left.binary, right.binary))


def divide(left: Number, right: Number) -> Number:
    """The quotient; a division by zero is infinite."""
    return of_float(_floats().divide(left.binary, right.binary))


def modulo(left: Number, right: Number) -> Number:
    """What is left of a division truncated towards zero; by zero, all of it."""
    return of_float(_floats().modulo(left.binary, right.binary))


def negate(number: Number) -> Number:
    """The number with the other sign."""
    if number.whole:
        return Number(number.precision, -number.whole)
    return of_float(_floats().negate(number.binary))
