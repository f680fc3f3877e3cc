"""What a function takes, and the one way to call it: nulls, unknowns and marks are dealt with here.

Above `context` in `bot.plan.functions`; the rules are cty's function package's
(https://github.com/zclconf/go-cty/blob/main/docs/functions.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from bot.plan.functions.context import FunctionContext
from bot.plan.values import (
    CLOSED,
    DYNAMIC,
    LEAVES,
    NO_MARKS,
    ConversionError,
    Marks,
    Origin,
    Type,
    Unknown,
    Value,
    all_origins,
    identities,
)

Body = Callable[[Sequence[Value], FunctionContext], Value]
TypeOf = Callable[[Sequence[Value]], Type]


class FunctionError(Exception):
    """The call failed; `position` is the argument's that is to blame, if one is."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class Undecided(Exception):
    """The result hangs on something unknown inside the arguments; `type` is what is known of it,
    and `prefix` how the string begins."""

    def __init__(self, type_: Type = DYNAMIC, prefix: str = "") -> None:
        super().__init__()
        self.type = type_
        self.prefix = prefix


class Parameter(Struct, frozen=True):
    """One parameter, and what its function can deal with by itself.

    `marked`: marks inside the argument stay where they are (those on it go to the result);
    `verbatim`: the function gets the argument with all its marks.
    """

    name: str
    type: Type
    null: bool = False
    unknown: bool = False
    marked: bool = False
    verbatim: bool = False


class Function(Struct, frozen=True):
    """A built-in function. `returns` is its result's type, or tells it from the arguments.

    `deep`: it cannot be computed as long as anything inside its arguments is unknown.
    `impure`: its result is only known at the apply. `encodes`: its text is its argument as JSON.
    """

    parameters: tuple[Parameter, ...]
    body: Body
    returns: Type | TypeOf = DYNAMIC
    variadic: Parameter | None = None
    deep: bool = True
    impure: bool = False
    encodes: bool = False


def invoke(function: Function, arguments: Sequence[Value], context: FunctionContext) -> Value:
    """The result, with all marks of the arguments; raises `FunctionError`.

    Arguments are converted to their parameters' types already.
    """
    marks: Marks = NO_MARKS
    plain: list[Value] = []
    unknown = False
    for position, value in enumerate(arguments):
        parameter = _parameter(function, position)
        bare, found = _lifted(value, parameter)
        marks = marks | found
        if bare.is_null and not parameter.null:
            raise FunctionError("argument must not be null", position)
        unknown = unknown or _not_yet(bare, parameter, function)
        plain.append(bare)
    marks = _in_result(function, arguments, marks)
    if unknown:
        return _unknown(function, plain).with_marks(marks)
    try:
        return function.body(plain, context).with_marks(marks)
    except ConversionError as problem:
        raise FunctionError(str(problem)) from None
    except Undecided as undecided:
        result = _result(undecided.type, function, plain, undecided.prefix)
        return result.with_marks(marks)


def _in_result(function: Function, arguments: Sequence[Value], marks: Marks) -> Marks:
    """A text of JSON whose object has no secret names tells at least those; any other, nothing."""
    if function.encodes and isinstance(arguments[0].raw, dict) and CLOSED & marks:
        return marks if arguments[0].marks & (CLOSED | LEAVES) else marks - CLOSED | LEAVES
    return marks | CLOSED if marks & LEAVES else marks


def _lifted(value: Value, parameter: Parameter) -> tuple[Value, Marks]:
    """The argument as the function gets it, and the marks that go to its result."""
    if parameter.verbatim:
        return value, NO_MARKS
    return (value.unmarked(), value.marks) if parameter.marked else value.unmarked_deep()


def _parameter(function: Function, position: int) -> Parameter:
    if position < len(function.parameters):
        return function.parameters[position]
    if function.variadic is None:
        raise FunctionError("too many arguments", position)
    return function.variadic


def _not_yet(value: Value, parameter: Parameter, function: Function) -> bool:
    if parameter.unknown:
        return False
    return not (value.is_wholly_known if function.deep else value.is_known)


def _unknown(function: Function, arguments: Sequence[Value]) -> Value:
    returns = function.returns
    if not callable(returns):
        return _result(returns, function, arguments)
    try:
        return _result(returns(arguments), function, arguments)
    except Undecided as undecided:
        return _result(undecided.type, function, arguments)


def _result(type_: Type, function: Function, arguments: Sequence[Value], prefix: str = "") -> Value:
    """Unknown because the arguments are; the same opaque constant for the same arguments."""
    origins = frozenset[Origin]().union(*map(all_origins, arguments))
    if function.impure:
        reason = f"{function.body.__name__.strip('_')}() is evaluated at the apply"
        return Value(type_, Unknown(origins | {Origin("", "", reason)}, not_null=True))
    names = identities(arguments)
    opaque = ""
    if names is not None:
        opaque = f"{function.body.__module__}.{function.body.__name__}({','.join(names)})"
    encoded = arguments[0] if function.encodes else None
    raw = Unknown(origins, bool(prefix), shortened(opaque), prefix, encoded=encoded)
    return Value(type_, raw)


def shortened(name: str) -> str:
    """An identity of bounded length: beyond it, a digest names the same."""
    if len(name) < 200:
        return name
    import hashlib  # only for names that are long

    return f"{name[:20]}#{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"
