"""`format` and `formatlist`: https://opentofu.org/docs/language/functions/format/.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.number_format import TooLong, floating, general, integer
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
    string,
)
from bot.plan.values.json import json_text, quoted

_VERB = re.compile(
    r"%%|%(?P<flags>[-+ #0]*)(?P<width>[1-9]\d*)?(?:\.(?P<precision>\d*))?"
    r"(?:\[(?P<place>[1-9]\d*)\])?(?P<verb>[a-zA-Z])?",
    re.ASCII,
)
WIDEST = 10_000


class Verb(Struct, frozen=True):
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
        if match.group() == "%%":
            pieces.append("%")
            continue
        verb = _verb(match)
        place = verb.place - 1 if verb.place is not None else following
        explicit = explicit or verb.place is not None
        value = _argument(verb, place, arguments)
        following = place + 1
        used = max(used, following)
        pieces.append(_one(verb, value))
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
            raise FunctionError(f"invalid format string starting at offset {match.end()}")
        bad = match.string[match.end()]
        raise FunctionError(f"unrecognized format character '{bad}' at offset {match.end()}")
    verb = Verb(
        match.group(),
        match.group("flags"),
        _count(width) if width else None,
        _count(precision or "0") if precision is not None else None,
        _count(place) if place else None,
        letter,
        match.start(),
    )
    if max(verb.width or 0, verb.precision or 0) > WIDEST:
        raise FunctionError(f"a verb asks for more than {WIDEST:,} characters; lotus stops there")
    return verb


def _count(digits: str) -> int:
    return int(digits) if len(digits) < 10 else 10**9


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


def _one(verb: Verb, value: Value) -> str:
    try:
        return _shown(verb, value)
    except ConversionError as problem:
        message = f"unsupported value for {quoted(verb.text)} at {verb.offset}: {problem}"
        raise FunctionError(message) from None


def _shown(verb: Verb, value: Value) -> str:
    letter = verb.letter
    if letter == "v":
        return _padded(_any(verb, value), verb)
    if value.is_null:
        raise ConversionError("null value cannot be formatted")
    if letter == "t":
        return "true" if convert(value, BOOL).raw else "false"
    if letter in "bdoxX":
        number = of(convert(value, NUMBER))
        if not number.is_integer():
            raise ConversionError("an integer is required")
        return _go(integer, verb, number)
    if letter in "eEfgG":
        return _go(floating, verb, of(convert(value, NUMBER)))
    if letter in "sq":
        return _padded(_text(verb, str(convert(value, STRING).raw)), verb)
    message = f"unsupported format verb '{letter}' in {quoted(verb.text)} at offset {verb.offset}"
    raise FunctionError(message)


def _go(write: Callable[[Number, str, str, int, int | None], str], verb: Verb, raw: Number) -> str:
    try:
        return write(raw, verb.letter, verb.flags, verb.width or 0, verb.precision)
    except TooLong:
        raise ConversionError("that many digits are not written here") from None


def _any(verb: Verb, value: Value) -> str:
    """`%v`: strings as they are, numbers by `%g`, the rest as JSON; `%#v`: all as JSON."""
    raw = value.raw
    if "#" not in verb.flags:
        if isinstance(raw, str):
            return raw
        if isinstance(raw, Number):
            return general(raw)
    try:
        return json_text(value)
    except ValueError as problem:
        raise ConversionError(str(problem)) from None


def _text(verb: Verb, text: str) -> str:
    if verb.precision:
        text = "".join(graphemes(text)[: verb.precision])
    return quoted(text) if verb.letter == "q" else text


def _padded(text: str, verb: Verb) -> str:
    missing = (verb.width or 0) - len(graphemes(text))
    padding = ("0" if "0" in verb.flags else " ") * max(0, missing)
    return text + padding if "-" in verb.flags else padding + text


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
