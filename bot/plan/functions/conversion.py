"""Type conversion and sensitivity: https://opentofu.org/docs/language/functions/tostring/ ...

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import Function, FunctionError, Parameter
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NUMBER,
    SENSITIVE,
    STRING,
    ConversionError,
    ListType,
    MapType,
    SetType,
    Type,
    Value,
    boolean,
    convert,
    convertible,
    friendly_name,
)
from bot.plan.values.json import quoted
from bot.plan.values.types import constraint_name


def _to(target: Type) -> Function:
    """`to…`: a conversion that says what it was given where it cannot be done."""

    def converted(arguments: Sequence[Value], _: FunctionContext) -> Value:
        value = arguments[0]
        if not convertible(value.type, target):
            raise FunctionError(_impossible(value.type, target), 0)
        try:
            return convert(value, target)
        except ConversionError:
            raise FunctionError(_failed(value, target), 0) from None

    name = friendly_name(target).split(" ")[0]
    converted.__name__ = f"to{name}"
    parameter = Parameter("v", DYNAMIC, null=True, unknown=True, verbatim=True)
    return Function((parameter,), converted, target, deep=False)


def _impossible(source: Type, target: Type) -> str:
    return f"cannot convert {friendly_name(source)} to {constraint_name(target)}"


def _failed(value: Value, target: Type) -> str:
    raw = value.raw
    if value.marks:
        kind = friendly_name(value.type)
        return f"cannot convert this sensitive {kind} to {constraint_name(target)}"
    if isinstance(raw, str) and target is BOOL:
        only = 'only the strings "true" or "false" are allowed'
        return f"cannot convert {quoted(raw)} to bool; {only}"
    if isinstance(raw, str) and target is NUMBER:
        only = "given string must be a decimal representation of a number"
        return f"cannot convert {quoted(raw)} to number; {only}"
    return _impossible(value.type, target)


def _sensitive(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return arguments[0].with_marks(SENSITIVE)


def _nonsensitive(arguments: Sequence[Value], _: FunctionContext) -> Value:
    value = arguments[0]
    return Value(value.type, value.raw, value.marks - SENSITIVE)


def _issensitive(arguments: Sequence[Value], _: FunctionContext) -> Value:
    return boolean(arguments[0].is_sensitive)


def _removed(name: str, instead: str) -> Function:
    """`list` and `map` are gone, and say so."""

    def removed(arguments: Sequence[Value], _: FunctionContext) -> Value:
        del arguments
        kind = "list" if name == "list" else "map"
        message = (
            f'the "{name}" function was deprecated in Terraform v0.12 and is not available in'
            f" OpenTofu; use {instead} syntax to write a literal {kind}"
        )
        raise FunctionError(message)

    vals = Parameter("vals", DYNAMIC, null=True, unknown=True, verbatim=True)
    return Function((), removed, variadic=vals, deep=False)


_ANY = Parameter("value", DYNAMIC, null=True, unknown=True, verbatim=True)

CONVERSION = {
    "list": _removed("list", "tolist([ ... ])"),
    "map": _removed("map", "tomap({ ... })"),
    "tobool": _to(BOOL),
    "tolist": _to(ListType(DYNAMIC)),
    "tomap": _to(MapType(DYNAMIC)),
    "tonumber": _to(NUMBER),
    "toset": _to(SetType(DYNAMIC)),
    "tostring": _to(STRING),
    "sensitive": Function((_ANY,), _sensitive, deep=False),
    "nonsensitive": Function((_ANY,), _nonsensitive, deep=False),
    "issensitive": Function((_ANY,), _issensitive, BOOL, deep=False),
}
