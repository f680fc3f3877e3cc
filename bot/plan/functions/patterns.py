"""Regular expressions as Go has them: RE2, no catastrophes.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import Function, FunctionError, Parameter, Undecided
from bot.plan.values import (
    STRING,
    ListType,
    ObjectType,
    TupleType,
    Type,
    Value,
    list_of,
    null,
    object_of,
    string,
    tuple_of,
)

LARGEST = 16 * 2**20
"""Characters that a replacement makes at most."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """The compiled pattern; raises `FunctionError` in words as near to Go's as RE2 has."""
    import re2  # only modules that use patterns pay for it

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)  # type: ignore[no-untyped-call]
    except re2.error as error:
        words = error.args[0]
        words = words.decode() if isinstance(words, bytes) else str(words)
        raise FunctionError(f"invalid regexp pattern: {words} in {pattern}", 0) from None


def _shape(pattern: Any) -> Type:
    """What one match gives: a string, or its groups by number or by name."""
    names = pattern.groupindex
    if not pattern.groups:
        return STRING
    if not names:
        return TupleType((STRING,) * pattern.groups)
    if len(names) != pattern.groups:
        message = "invalid regexp pattern: cannot mix both named and unnamed capture groups"
        raise FunctionError(message, 0)
    return ObjectType(dict.fromkeys(names, STRING))


def _match(shape: Type, match: Any) -> Value:
    groups = [null(STRING) if text is None else string(text) for text in match.groups()]
    if shape is STRING:
        return string(match.group())
    if isinstance(shape, ObjectType):
        names = match.re.groupindex
        return object_of({name: groups[place - 1] for name, place in names.items()})
    return tuple_of(groups)


def _texts(arguments: Sequence[Value]) -> tuple[str, str]:
    return str(arguments[0].raw), str(arguments[1].raw)


def _regex(arguments: Sequence[Value], _: FunctionContext) -> Value:
    source, text = _texts(arguments)
    pattern = compiled(source)
    shape = _shape(pattern)
    match = pattern.search(text)
    if match is None:
        raise FunctionError("pattern did not match any part of the given string")
    return _match(shape, match)


def _regexall(arguments: Sequence[Value], _: FunctionContext) -> Value:
    source, text = _texts(arguments)
    pattern = compiled(source)
    shape = _shape(pattern)
    return list_of(shape, [_match(shape, match) for match in _all(pattern, text)])


def _all(pattern: Any, text: str) -> list[Any]:
    """As Go finds them: an empty match right after another one does not count."""
    found: list[Any] = []
    end = -1
    for match in pattern.finditer(text):
        if match.start() == match.end() == end:
            continue
        found.append(match)
        end = match.end()
    return found


def _returns(arguments: Sequence[Value]) -> Type:
    raw = arguments[0].raw
    if not isinstance(raw, str):
        raise Undecided
    return _shape(compiled(raw))


def _returns_all(arguments: Sequence[Value]) -> Type:
    return ListType(_returns(arguments))


def replaced(text: str, pattern: str, replacement: str) -> str:
    """Go's `ReplaceAllString`: `$1`, `${name}`, `$$`; unknown groups are empty."""
    expression = compiled(pattern)
    pieces: list[str] = []
    at = length = 0
    for match in _all(expression, text):
        pieces += [text[at : match.start()], _expanded(replacement, match)]
        at = match.end()
        length += len(pieces[-1])
        if length > LARGEST:
            raise FunctionError(
                f"the result has more than {LARGEST:,} characters; lotus stops there"
            )
    return "".join([*pieces, text[at:]])


def _expanded(template: str, match: Any) -> str:
    def group(found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2)
        if name is None:
            return "$"
        if name.isdigit():
            number = int(name)
            return (match.group(number) or "") if number <= match.re.groups else ""
        place = match.re.groupindex.get(name)
        return (match.group(place) or "") if place else ""

    return re.sub(r"\$(?:\{(\w+)\}|(\w+)|\$)", group, template)


_PARAMETERS = (Parameter("pattern", STRING), Parameter("string", STRING))

PATTERNS = {
    "regex": Function(_PARAMETERS, _regex, _returns),
    "regexall": Function(_PARAMETERS, _regexall, _returns_all),
}
