"""`format` and `formatlist`: https://opentofu.org/docs/language/functions/format/.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.numeric import of
from bot.plan.functions.sequences import sequence
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.functions.strings import graphemes
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ConversionError,
    ListType,
    Number,
    Value,
    convert,
    list_of,
    number_text,
    string,
)
from bot.plan.values.json import json_text, quoted

_VERB = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?:\[(?P<place>\d+)\])?(?P<verb>[^\W\d_]|%)?"
)
WIDEST = 10_000


@dataclass(frozen=True, slots=True)
class Verb:
    """One `%…` of a format."""

    text: str
    flags: str
    width: int | None
    precision: int | None
    place: int | None
    letter: str
    offset: int


def formatted(template: str, arguments: Sequence[Value]) -> str:
    """The text; raises `FunctionError` as Go's `fmt` reports through cty."""
    pieces: list[str] = []
    at = following = used = 0
    explicit = False
    for match in _VERB.finditer(template):
        pieces.append(template[at : match.start()])
        at = match.end()
        verb = _verb(match)
        if verb.letter == "%" and verb.place is None:
            pieces.append("%")
            continue
        place = verb.place - 1 if verb.place is not None else following
        explicit = explicit or verb.place is not None
        value = _argument(verb, place, arguments)
        following = place + 1
        used = max(used, following)
        pieces.append(_padded(_one(verb, value, place), verb))
    pieces.append(template[at:])
    if used < len(arguments):
        few = f"too many arguments; only {used} used by format string"
        raise FunctionError(
            few if used else "too many arguments; no verbs in format string", used + 1
        )
    return "".join(pieces)


def _verb(match: re.Match[str]) -> Verb:
    width, precision, place = match.group("width", "precision", "place")
    letter = match.group("verb")
    if letter is None:
        if match.end() == len(match.string):
            raise FunctionError(
                f"unterminated verb {quoted(match.group())} at end of format string"
            )
        bad = match.string[match.end()]
        raise FunctionError(f"unrecognized format character {quoted(bad)} at offset {match.end()}")
    verb = Verb(
        match.group(),
        match.group("flags"),
        int(width) if width else None,
        int(precision or 0) if precision is not None else None,
        int(place) if place else None,
        letter,
        match.start(),
    )
    if max(verb.width or 0, verb.precision or 0) > WIDEST:
        raise FunctionError(f"{quoted(verb.text)} asks for more than {WIDEST} characters")
    return verb


def _argument(verb: Verb, place: int, arguments: Sequence[Value]) -> Value:
    if 0 <= place < len(arguments):
        return arguments[place]
    if place < 0:
        raise FunctionError(
            f"invalid argument index {verb.place} for {quoted(verb.text)} at {verb.offset}"
        )
    message = (
        f"not enough arguments for {quoted(verb.text)} at {verb.offset}: need index {place + 1} but"
        f" have {len(arguments)} total"
    )
    raise FunctionError(message)


def _one(verb: Verb, value: Value, place: int) -> str:
    try:
        return _shown(verb, value)
    except ConversionError as problem:
        message = f"unsupported value for {quoted(verb.text)} at {verb.offset}: {problem}"
        raise FunctionError(message) from None


def _shown(verb: Verb, value: Value) -> str:
    letter = verb.letter
    if letter == "v":
        return _any(verb, value)
    if value.is_null:
        raise ConversionError("null value cannot be formatted")
    if letter == "t":
        return "true" if convert(value, BOOL).raw else "false"
    if letter in "bdoxX":
        return _integer(verb, of(convert(value, NUMBER)))
    if letter in "eEfgG":
        return _float(verb, of(convert(value, NUMBER)))
    if letter in "sq":
        return _text(verb, str(convert(value, STRING).raw))
    message = (
        f"unsupported format verb {quoted(letter)} in {quoted(verb.text)} at offset {verb.offset}"
    )
    raise FunctionError(message)


def _any(verb: Verb, value: Value) -> str:
    """`%v`: strings as they are, numbers by `%g`, the rest as JSON; `%#v`: all as JSON."""
    if "#" in verb.flags:
        return json_text(value)
    raw = value.raw
    if raw is None:
        return "null"
    if isinstance(raw, str):
        return _text(Verb("%s", verb.flags, verb.width, verb.precision, None, "s", 0), raw)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Number):
        return _float(Verb("%g", verb.flags, verb.width, verb.precision, None, "g", 0), raw)
    return json_text(value)


def _text(verb: Verb, text: str) -> str:
    if verb.precision is not None:
        text = "".join(graphemes(text)[: verb.precision])
    return quoted(text) if verb.letter == "q" else text


def _integer(verb: Verb, number: Number) -> str:
    if not number.is_integer():
        raise ConversionError("an integer is required")
    value = int(number)
    digits = format(abs(value), {"b": "b", "d": "d", "o": "o", "x": "x", "X": "X"}[verb.letter])
    if verb.precision is not None:
        digits = digits.zfill(verb.precision)
    if "#" in verb.flags:
        digits = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(verb.letter, "") + digits
    return _signed(verb, digits, value < 0)


def _signed(verb: Verb, digits: str, negative: bool) -> str:
    sign = "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    if "0" in verb.flags and "-" not in verb.flags and verb.width:
        digits = digits.rjust(verb.width - len(sign), "0")
    return sign + digits


def _float(verb: Verb, number: Number) -> str:
    negative = number < 0
    digits = number_text(number).lstrip("-")
    if verb.letter == "f":
        digits = _fixed(digits, 6 if verb.precision is None else verb.precision)
    elif verb.letter in "eE":
        digits = _scientific(digits, 6 if verb.precision is None else verb.precision, verb.letter)
    else:
        digits = _general(digits, verb)
    return _signed(verb, digits, negative)


def _fixed(digits: str, precision: int) -> str:
    from decimal import ROUND_HALF_EVEN, Context, Decimal

    value = Decimal(digits)
    context = Context(prec=len(digits) + precision + 5, rounding=ROUND_HALF_EVEN)
    return format(value.quantize(Decimal(1).scaleb(-precision), context=context), "f")


def _scientific(digits: str, precision: int, letter: str) -> str:
    from decimal import ROUND_HALF_EVEN, Context, Decimal

    value = Decimal(digits).normalize(Context(prec=precision + 1, rounding=ROUND_HALF_EVEN))
    if value == 0:
        mantissa, exponent = "0", 0
    else:
        exponent = value.adjusted()
        mantissa = format(value.scaleb(-exponent), "f")
    whole, _, fraction = mantissa.partition(".")
    body = whole + ("." + fraction.ljust(precision, "0") if precision else "")
    return f"{body}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _general(digits: str, verb: Verb) -> str:
    """Go's `%g`: the shortest form, an exponent where it is below -4 or from 21 on."""
    from decimal import ROUND_HALF_EVEN, Context, Decimal

    value = Decimal(digits)
    precision = verb.precision
    if precision is not None:
        value = value.normalize(Context(prec=max(1, precision), rounding=ROUND_HALF_EVEN))
    significant = len(value.normalize(Context(prec=len(digits) + 1)).as_tuple().digits)
    limit = 21 if precision is None else max(1, precision)
    if precision is None and significant > limit:
        limit = significant
    exponent = value.adjusted() if value else 0
    if exponent < -4 or exponent >= limit:
        short = value.normalize(Context(prec=len(digits) + 1))
        places = len(short.as_tuple().digits) - 1
        return _scientific(digits, places, "E" if verb.letter == "G" else "e")
    shown = format(value, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _padded(text: str, verb: Verb) -> str:
    missing = (verb.width or 0) - len(graphemes(text))
    if missing <= 0:
        return text
    return text + " " * missing if "-" in verb.flags else " " * missing + text


def _format(arguments: Sequence[Value], _: FunctionContext) -> Value:
    template, *values = arguments
    if any(not value.is_wholly_known for value in values):
        raise Undecided(STRING)
    return string(formatted(str(template.raw), values))


def _formatlist(arguments: Sequence[Value], _: FunctionContext) -> Value:
    template, *values = arguments
    if any(not value.is_wholly_known for value in values):
        raise Undecided(ListType(STRING))
    lists = [sequence(value) and not value.is_null for value in values]
    length = _shared_length(values, lists)
    rows = []
    for row in range(length):
        picked = [
            list(value.elements())[row] if is_list else value
            for value, is_list in zip(values, lists, strict=True)
        ]
        try:
            rows.append(string(formatted(str(template.raw), picked)))
        except FunctionError as error:
            raise FunctionError(f"error on format iteration {row}: {error.message}") from None
    return list_of(STRING, rows)


def _shared_length(values: Sequence[Value], lists: Sequence[bool]) -> int:
    """One length for all lists; without any list, one row."""
    length: int | None = None
    first = 0
    for position, (value, is_list) in enumerate(zip(values, lists, strict=True)):
        if not is_list:
            continue
        count = len(list(value.elements()))
        if length is not None and count != length:
            message = (
                f"argument {position + 1} has length {count}, which is inconsistent with argument"
                f" {first + 1} of length {length}"
            )
            raise FunctionError(message, position + 1)
        if length is None:
            length, first = count, position
    return 1 if length is None else length


_FORMAT = Parameter("format", STRING)
_ARGS = Parameter("args", DYNAMIC, null=True, unknown=True)

FORMATTING = {
    "format": Function((_FORMAT,), _format, STRING, _ARGS, deep=False),
    "formatlist": Function((_FORMAT,), _formatlist, ListType(STRING), _ARGS, deep=False),
}
