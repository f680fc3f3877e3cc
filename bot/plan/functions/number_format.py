"""Numbers as Go's `fmt` writes a `*big.Int` or `*big.Float` (https://pkg.go.dev/math/big#Float.Text).

Lowest layer of `bot.plan.functions`, beside `formatting`, which reads the format.
"""

from __future__ import annotations

import gmpy2

from bot.plan.values import Number
from bot.plan.values.number import digits_of, is_infinite, is_negative, shortest

LONGEST = 100_000
"""Digits that are written out at most; `TooLong` beyond."""
_BASES = {"b": 2, "d": 10, "o": 8, "x": 16, "X": 16}
_PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}
_SHORTEST_LIMIT = 6
_SMALLEST_EXPONENT = -4


class TooLong(ValueError):
    """So many digits that nobody means it."""


def integer(number: Number, letter: str, flags: str, width: int, precision: int | None) -> str:
    """A whole number by `b`, `d`, `o`, `x` or `X`, padded to `width`."""
    digits = str(gmpy2.mpz(int(number)).digits(_BASES[letter])).lstrip("-")
    if len(digits) > LONGEST:
        raise TooLong
    digits = digits.upper() if letter == "X" else digits.lower()
    sign = "-" if number < 0 else "+" if "+" in flags else " " if " " in flags else ""
    prefix = _PREFIXES.get(letter, "") if "#" in flags else ""
    if precision == 0 and digits == "0":
        return ""
    digits = digits.rjust(precision or 0, "0")
    room = width - len(sign) - len(prefix)
    if "-" in flags:
        return (sign + prefix + digits).ljust(width)
    if "0" in flags and precision is None:
        return sign + prefix + digits.rjust(room, "0")
    return (sign + prefix + digits).rjust(width)


def floating(number: Number, letter: str, flags: str, width: int, precision: int | None) -> str:
    """A number by `e`, `E`, `f`, `g` or `G`, padded to `width`."""
    infinite = is_infinite(number)
    negative = is_negative(number)
    text = "Inf" if infinite else _magnitude(number, letter, precision)
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if infinite and not negative and not sign:
        sign = "+"
    if "-" in flags:
        return (sign + text).ljust(width)
    if "0" in flags and not infinite:
        return sign + text.rjust(width - len(sign), "0")
    return (sign + text).rjust(width)


def general(number: Number) -> str:
    """The fewest digits, as `%g` and `%v` write them."""
    return floating(number, "g", "", 0, None)


def _magnitude(number: Number, letter: str, precision: int | None) -> str:
    if letter == "f":
        return _fixed(number, 6 if precision is None else precision)
    if letter in "eE":
        return _scientific(number, 6 if precision is None else precision, letter)
    return _general(number, precision, letter)


def _fixed(number: Number, precision: int) -> str:
    mantissa, exponent = number.binary.as_mantissa_exp()
    if abs(exponent) > 4 * LONGEST:
        raise TooLong
    scaled = abs(gmpy2.mpz(mantissa)) * gmpy2.mpz(10) ** precision
    whole = scaled << int(exponent) if exponent >= 0 else _halved(scaled, int(-exponent))
    digits = whole.digits(10).rjust(precision + 1, "0")
    if len(digits) > LONGEST:
        raise TooLong
    return f"{digits[:-precision]}.{digits[-precision:]}" if precision else digits


def _halved(value: gmpy2.mpz, times: int) -> gmpy2.mpz:
    """`value` divided by two to `times`, rounded to nearest even."""
    quotient, rest = gmpy2.f_divmod_2exp(value, times)
    half = gmpy2.mpz(1) << (times - 1)
    return quotient + 1 if rest > half or (rest == half and quotient & 1) else quotient


def _scientific(number: Number, precision: int, letter: str) -> str:
    digits, point = ("0", 1) if number == 0 else digits_of(number, precision + 1)
    return _with_exponent(digits.ljust(precision + 1, "0"), point - 1, letter)


def _with_exponent(digits: str, exponent: int, letter: str) -> str:
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _general(number: Number, precision: int | None, letter: str) -> str:
    if number == 0:
        return "0"
    if precision is None:
        digits, point = shortest(number)
        limit = _SHORTEST_LIMIT
    else:
        digits, point = digits_of(number, max(1, precision))
        limit = max(1, precision)
        if limit > len(digits) >= point:
            limit = len(digits)
    exponent = point - 1
    if exponent < _SMALLEST_EXPONENT or exponent >= limit:
        return _with_exponent(digits, exponent, "e" if letter == "g" else "E")
    if point <= 0:
        return "0." + "0" * -point + digits
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return f"{whole}.{fraction}" if fraction else whole
