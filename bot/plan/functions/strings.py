"""String functions: https://opentofu.org/docs/language/functions/chomp/ and its neighbours.

Beside the other areas in `bot.plan.functions`. Lengths and positions count grapheme clusters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.numeric import whole
from bot.plan.functions.patterns import replaced
from bot.plan.functions.signature import Function, FunctionError, Parameter
from bot.plan.values import (
    BOOL,
    NUMBER,
    STRING,
    ListType,
    Value,
    boolean,
    list_of,
    string,
)

LARGEST = 16 * 2**20
"""Characters that a function makes at most."""
if TYPE_CHECKING:
    import regex

_STR = Parameter("str", STRING)
_LINKERS = re.compile("[\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d]")
"""Signs that join two Indic consonants into one character, but only since Unicode 15.1."""
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's `unicode.IsSpace` calls white space."""


def graphemes(text: str) -> list[str]:
    """The characters that a person sees, as Unicode 15.0, which OpenTofu has, cuts them."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    import regex  # its import costs 20 ms

    clusters: list[str] = regex.findall(r"\X", text)
    if _LINKERS.search(text):
        return [part for cluster in clusters for part in _conjuncts().split(cluster)]
    return clusters


def bounded(length: int) -> None:
    """Raises `FunctionError` where a text would become longer than anybody means."""
    if length > LARGEST:
        message = f"the result would have {length:,} characters; lotus stops at {LARGEST:,}"
        raise FunctionError(message)


@lru_cache(maxsize=1)
def _conjuncts() -> regex.Pattern[str]:
    """Where such a joined character is cut in two."""
    import regex

    linker = _LINKERS.pattern
    return regex.compile(rf"(?V1)(?:(?<={linker})|(?<={linker}\u200d))(?=\p{{Lo}})")


def text_of(value: Value) -> str:
    """The text of a known argument."""
    raw = value.raw
    if not isinstance(raw, str):
        raise FunctionError("a string is required")
    return raw


def _plain(change: Callable[[str], str]) -> Function:
    """A function of one string."""

    def body(arguments: Sequence[Value], _: FunctionContext) -> Value:
        return string(change(text_of(arguments[0])))

    body.__name__ = change.__name__
    return Function((_STR,), body, STRING)


def _pair(second: str, change: Callable[[str, str], str]) -> Function:
    """A function of two strings, the second named `second`."""

    def body(arguments: Sequence[Value], _: FunctionContext) -> Value:
        return string(change(text_of(arguments[0]), text_of(arguments[1])))

    body.__name__ = change.__name__
    return Function((_STR, Parameter(second, STRING)), body, STRING)


def _test(second: str, holds: Callable[[str, str], bool]) -> Function:
    def body(arguments: Sequence[Value], _: FunctionContext) -> Value:
        return boolean(holds(text_of(arguments[0]), text_of(arguments[1])))

    body.__name__ = holds.__name__
    return Function((_STR, Parameter(second, STRING)), body, BOOL)


def _chomp(text: str) -> str:
    return re.sub(r"(?:\r\n?|\n)*\Z", "", text)


def _title(text: str) -> str:
    """Go's `strings.Title`: a letter is raised where what is before it separates words."""
    previous, out = " ", []
    for character in text:
        out.append(_raised(character) if _separates(previous) else character)
        previous = character
    return "".join(out)


def _raised(character: str) -> str:
    raised = character.title()
    return raised if len(raised) == 1 else character


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return not character.isalnum() and character in _SPACE


def _simple_case(text: str, change: Callable[[str], str]) -> str:
    """Go changes letter by letter: what would become several letters stays."""
    return "".join(c if len(change(c)) != 1 else change(c) for c in text)


def _upper(text: str) -> str:
    return text.upper() if text.isascii() else _simple_case(text, str.upper)


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(_lowered(c) for c in text)


def _lowered(character: str) -> str:
    return "i" if character == "\u0130" else character.lower()


def _strrev(text: str) -> str:
    return "".join(reversed(graphemes(text)))


def _trimspace(text: str) -> str:
    return text.strip(_SPACE)


def _trim(text: str, cutset: str) -> str:
    return text.strip(cutset) if cutset else text


def _indent(arguments: Sequence[Value], _: FunctionContext) -> Value:
    spaces, text = whole(arguments[0]), text_of(arguments[1])
    if spaces < 0:
        raise FunctionError("panic in function implementation: strings: negative Repeat count")
    bounded(spaces * (1 + text.count("\n")))
    return string(text.replace("\n", "\n" + " " * spaces))


def _join(arguments: Sequence[Value], _: FunctionContext) -> Value:
    separator, *lists = arguments
    if not lists:
        raise FunctionError("at least one list is required")
    items: list[str] = []
    for place, each in enumerate(lists):
        for position, item in enumerate(each.elements()):
            if item.is_null:
                of = f" of list {place + 1}" if len(lists) > 1 else ""
                message = f"element {position}{of} is null; cannot concatenate null values"
                raise FunctionError(message, place + 1)
            items.append(text_of(item))
    between = text_of(separator)
    bounded(sum(map(len, items)) + len(between) * len(items))
    return string(between.join(items))


def _replace(arguments: Sequence[Value], _: FunctionContext) -> Value:
    text, substring, replacement = map(text_of, arguments)
    if len(substring) > 1 and substring.startswith("/") and substring.endswith("/"):
        try:
            return string(replaced(text, substring[1:-1], replacement))
        except FunctionError as error:
            raise FunctionError(error.message) from None
    bounded(len(text) + (text.count(substring) or 0) * len(replacement))
    return string(text.replace(substring, replacement))


def _split(arguments: Sequence[Value], _: FunctionContext) -> Value:
    separator, text = map(text_of, arguments)
    parts = text.split(separator) if separator else list(text)
    return list_of(STRING, [string(part) for part in parts])


def _substr(arguments: Sequence[Value], _: FunctionContext) -> Value:
    characters = graphemes(text_of(arguments[0]))
    offset, length = whole(arguments[1]), whole(arguments[2])
    total = len(characters)
    if offset < 0:
        offset = max(0, offset + total)
    if length == 0 or offset >= total:
        return string("")
    end = total if length < 0 else min(total, offset + length)
    return string("".join(characters[offset:end]))


def _endswith(text: str, suffix: str) -> bool:
    return text.endswith(suffix)


def _startswith(text: str, prefix: str) -> bool:
    return text.startswith(prefix)


def _strcontains(text: str, part: str) -> bool:
    return part in text


def _trimprefix(text: str, prefix: str) -> str:
    return text.removeprefix(prefix)


def _trimsuffix(text: str, suffix: str) -> str:
    return text.removesuffix(suffix)


STRINGS = {
    "chomp": _plain(_chomp),
    "endswith": _test("suffix", _endswith),
    "indent": Function((Parameter("spaces", NUMBER), _STR), _indent, STRING),
    "join": Function(
        (Parameter("separator", STRING),), _join, STRING, Parameter("lists", ListType(STRING))
    ),
    "lower": _plain(_lower),
    "replace": Function(
        (_STR, Parameter("substr", STRING), Parameter("replace", STRING)), _replace, STRING
    ),
    "split": Function((Parameter("separator", STRING), _STR), _split, ListType(STRING)),
    "startswith": _test("prefix", _startswith),
    "strcontains": _test("substr", _strcontains),
    "strrev": _plain(_strrev),
    "substr": Function(
        (_STR, Parameter("offset", NUMBER), Parameter("length", NUMBER)), _substr, STRING
    ),
    "title": _plain(_title),
    "trim": _pair("cutset", _trim),
    "trimprefix": _pair("prefix", _trimprefix),
    "trimspace": _plain(_trimspace),
    "trimsuffix": _pair("suffix", _trimsuffix),
    "upper": _plain(_upper),
}
