"""Function calls: arguments evaluated, expanded, counted, converted; then the function.

Above `scope` in `bot.plan.evaluate`. `try` and `can` get expressions, not values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate import expression
from bot.plan.evaluate.confidential import touched
from bot.plan.evaluate.scope import Found, Scope, derived
from bot.plan.functions.context import FunctionContext
from bot.plan.functions.signature import Function, FunctionError, Parameter, invoke
from bot.plan.functions.table import find, suggestion
from bot.plan.syntax.nodes import Expression, FunctionCall, Literal
from bot.plan.syntax.source import Span
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NO_MARKS,
    TRUE,
    UNKNOWN,
    ConversionError,
    ListType,
    Marks,
    SetType,
    TupleType,
    Value,
    all_opaque,
    boolean,
    convert,
    is_secret,
)

_INVALID = "Invalid function argument"


def call(node: FunctionCall, scope: Scope, found: Found) -> Value:
    """The function's result; unknown where the call is wrong, which is reported."""
    if not scope.functions.callable:
        detail = "Functions may not be called here."
        found.append(error("Function calls not allowed", detail, node.span.range))
        return UNKNOWN
    special = _SPECIAL.get(node.name.removeprefix("core::"))
    if special is not None:
        given = _expanded(node, scope, found)
        if given is None or isinstance(given, Value):
            return UNKNOWN if given is None else given
        return special(replace(node, arguments=tuple(given)), scope, found)
    function = find(node.name)
    if function is None and _provider(node) in scope.functions.providers:
        values = [expression.value_of(each, scope, found) for each in node.arguments]
        return derived(DYNAMIC, node.name, *values)  # the same of the same: such functions are pure
    if function is None:
        scope.functions.work.spend(_A_SEARCH)
        found.append(_unknown(node))
        return UNKNOWN
    expanded = _expanded(node, scope, found)
    if expanded is None or isinstance(expanded, Value):
        return UNKNOWN if expanded is None else expanded
    problem = _count(node, function, expanded)
    if problem is not None:
        found.append(problem)
        return UNKNOWN
    before = len(found)
    values = [
        _converted(function, i, _argument(node, each, scope, found), each.span, found)
        for i, each in enumerate(expanded)
    ]
    if len(found) > before:
        return UNKNOWN
    arguments = [(value, each.span) for value, each in zip(values, expanded, strict=True)]
    return _invoked(node, function, arguments, scope, found)


def _invoked(
    node: FunctionCall,
    function: Function,
    arguments: _Arguments,
    scope: Scope,
    found: Found,
) -> Value:
    """The function of values that are of its parameters' types; what it costs is counted."""
    values = [value for value, _ in arguments]
    try:
        scope.functions.on_call(node.span)
        value = invoke(function, values, _heard(node, values, scope.functions))
        scope.functions.work.spend(_size(value) + sum(map(_size, values)))
        return value
    except FunctionError as failure:
        found.append(_failed(node, function, arguments, failure))
        return UNKNOWN


def _heard(
    node: FunctionCall, values: Sequence[Value], context: FunctionContext
) -> FunctionContext:
    """A path that is made of a Secret's value is not told."""
    paths = values[:1] if node.name.endswith("templatefile") else values
    return context.unheard() if context.confidential and any(map(is_secret, paths)) else context


def _argument(node: FunctionCall, given: Expression, scope: Scope, found: Found) -> Value:
    """What is given; where the function goes through all of it, that is paid for."""
    value = expression.value_of(given, scope, found)
    if node.name in _THROUGHOUT:
        scope.functions.work.spend(value.count >> _THROUGHOUT[node.name])
    return value


_THROUGHOUT = {
    **dict.fromkeys(("jsonencode", "yamlencode", "flatten", "sensitive", "nonsensitive"), 3),
    **dict.fromkeys(("toset", "setunion", "setintersection", "setsubtract", "distinct"), 0),
}
"""Functions that go through all of a value, down to its leaves: a step for 2 ** n of them."""


def _size(value: Value) -> int:
    """What a value adds to the steps of a call that takes or gives it."""
    raw = value.raw
    if isinstance(raw, str):
        return len(raw) >> 5
    return len(raw) if isinstance(raw, (tuple, dict)) else 0


_A_SEARCH = 10_000
"""Steps that it takes to find the function that was probably meant."""


def _provider(node: FunctionCall) -> str | None:
    """Whose function it is: the local name in `provider::name::function`."""
    space, _, rest = node.name.partition("::")
    return rest.partition("::")[0] if space == "provider" else None


def _unknown(node: FunctionCall) -> Diagnostic:
    provider = _provider(node)
    if provider is not None:
        detail = (
            f'Provider "{provider}" does not exist within the required_providers of this module'
        )
        return error("Unknown function provider", detail, node.name_span.range)
    namespace, _, name = node.name.rpartition("::")
    if namespace:
        detail = f'There are no functions in namespace "{namespace}::".'
    else:
        near = suggestion(name)
        hint = f' Did you mean "{near}"?' if near else ""
        detail = f'There is no function named "{name}".{hint}'
    return error("Call to unknown function", detail, node.name_span.range)


_Arguments = list[tuple[Value, Span]]


def _expanded(
    node: FunctionCall, scope: Scope, found: Found
) -> Sequence[Expression] | Value | None:
    """The arguments, the last one as its elements where it is expanded.

    A `Value` where an unknown is expanded; None after an error.
    """
    if not node.expand_final:
        return node.arguments
    before = len(found)
    plain, last = node.arguments[:-1], node.arguments[-1]
    value = expression.value_of(last, scope, found)
    if len(found) > before:
        return None
    summary = "Invalid expanding argument value"
    if value.is_null:
        detail = "The expanding argument (indicated by ...) must not be null."
    elif value.type is DYNAMIC or (not value.is_known and _sequence(value)):
        given = [expression.value_of(each, scope, []) for each in plain]
        return derived(DYNAMIC, f"{node.name}...", *given, value)
    elif not _sequence(value):
        detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type."
    else:
        items = [Literal(item.with_marks(value.marks), last.span) for item in value.elements()]
        return [*plain, *items]
    found.append(error(summary, detail, last.span.range))
    return None


def _sequence(value: Value) -> bool:
    return isinstance(value.type, (TupleType, ListType, SetType))


def _count(
    node: FunctionCall, function: Function, arguments: Sequence[Expression]
) -> Diagnostic | None:
    wanted = len(function.parameters)
    if len(arguments) < wanted:
        least = " at least" if function.variadic else ""
        missing = function.parameters[len(arguments)].name
        detail = (
            f'Function "{node.name}" expects{least} {wanted} argument(s). Missing value for'
            f' "{missing}".'
        )
        return error("Not enough function arguments", detail, node.close_span.range)
    if function.variadic is None and len(arguments) > wanted:
        detail = f'Function "{node.name}" expects only {wanted} argument(s).'
        return error("Too many function arguments", detail, arguments[wanted].span.range)
    return None


def _converted(function: Function, position: int, value: Value, where: Span, found: Found) -> Value:
    parameter = _parameter(function, position)
    try:
        return convert(value, parameter.type)
    except ConversionError as problem:
        detail = f'Invalid value for "{parameter.name}" parameter: {problem}.'
        found.append(error(_INVALID, detail, where.range))
        return UNKNOWN


def _parameter(function: Function, position: int) -> Parameter:
    if position < len(function.parameters):
        return function.parameters[position]
    if function.variadic is None:
        raise IndexError(position)
    return function.variadic


def _failed(
    node: FunctionCall, function: Function, arguments: _Arguments, failure: FunctionError
) -> Diagnostic:
    position = failure.position
    if position is None:
        detail = f'Call to function "{node.name}" failed: {failure.message}.'
        return error("Error in function call", detail, node.span.range)
    name = _parameter(function, position).name
    where = arguments[position][1] if position < len(arguments) else node.span
    detail = f'Invalid value for "{name}" parameter: {failure.message}.'
    return error(_INVALID, detail, where.range)


def _try(node: FunctionCall, scope: Scope, found: Found) -> Value:
    """The first argument without an error; undecided where that hangs on something unknown."""
    if not node.arguments:
        detail = 'Call to function "try" failed: at least one argument is required.'
        found.append(error("Error in function call", detail, node.span.range))
        return UNKNOWN
    problems: list[str] = []
    marks: Marks = NO_MARKS
    for at, each in enumerate(node.arguments):
        tried: Found = []
        value = expression.value_of(each, scope, tried).with_marks(marks)
        if not tried:
            rest = node.arguments[at + 1 :]
            later = not value.is_wholly_known and not all_opaque(value)
            if later or (rest and not value.is_known):
                return _open(value, rest, scope)
            return value
        problems += [_words(each, problem) for problem in tried]
        marks = marks | touched(each, scope)
    detail = (
        'Call to function "try" failed: no expression succeeded:\n'
        + "\n".join(problems)
        + "\n\nAt least one expression must produce a successful result."
    )
    found.append(error("Error in function call", detail, node.span.range))
    return UNKNOWN


def _open(value: Value, rest: Sequence[Expression], scope: Scope) -> Value:
    """What is unknown may yet fail and another argument take its place."""
    others = [expression.value_of(each, scope, []) for each in rest]
    return derived(DYNAMIC, "try", value, *others).with_marks(value.marks)


def _words(each: Expression, problem: Diagnostic) -> str:
    subject = problem.subject or each.span.range
    where = f"{subject.file}:{subject.start.line},{subject.start.column}-{subject.end.column}"
    return f"- {problem.summary} (at {where})\n  {problem.detail}"


def _can(node: FunctionCall, scope: Scope, found: Found) -> Value:
    """Whether its argument has no error; not known where that hangs on something unknown."""
    if len(node.arguments) != 1:
        few = not node.arguments
        summary = "Not enough function arguments" if few else "Too many function arguments"
        detail = (
            'Function "can" expects 1 argument(s). Missing value for "expression".'
            if few
            else 'Function "can" expects only 1 argument(s).'
        )
        where = node.close_span if few else node.arguments[1].span
        found.append(error(summary, detail, where.range))
        return UNKNOWN
    tried: Found = []
    value = expression.value_of(node.arguments[0], scope, tried)
    marks = touched(node.arguments[0], scope)
    if tried:
        return boolean(False).with_marks(marks)
    if value.is_wholly_known:
        return TRUE.with_marks(marks)
    return derived(BOOL, "can", value)


_Special = Callable[[FunctionCall, Scope, Found], Value]
_SPECIAL: dict[str, _Special] = {"try": _try, "can": _can}


def special_names() -> Sequence[str]:
    """The functions that get expressions, not values."""
    return tuple(_SPECIAL)
