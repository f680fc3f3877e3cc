"""`range`: https://opentofu.org/docs/language/functions/range/.

Beside the other areas in `bot.plan.functions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.plan.functions.context import FunctionContext
from bot.plan.functions.numeric import of
from bot.plan.functions.signature import Function, FunctionError, Parameter
from bot.plan.values import NUMBER, ListType, Number, Value, list_of, number
from bot.plan.values.number import add, number_of

LONGEST = 1024
"""Values that `range` gives at most: OpenTofu's own limit."""


def _range(arguments: Sequence[Value], _: FunctionContext) -> Value:
    numbers = [of(each) for each in arguments]
    start, step = number_of(0), number_of(1)
    match numbers:
        case [end]:
            step = number_of(-1) if end < 0 else step
        case [start, end]:
            step = number_of(-1) if end < start else step
        case [start, end, step]:
            _check_step(start, end, step)
        case _:
            raise FunctionError("must have one, two, or three arguments")
    return list_of(NUMBER, _counted(start, end, step))


def _check_step(start: Number, end: Number, step: Number) -> None:
    """OpenTofu's own check for a step of zero never strikes: such a range ends at its limit."""
    if step < 0 and end > start:
        raise FunctionError("end must be less than start when step is negative", 1)
    if step > 0 and end < start:
        raise FunctionError("end must be greater than start when step is positive", 1)


def _counted(start: Number, end: Number, step: Number) -> list[Value]:
    values: list[Value] = []
    at = start
    down = step < 0
    while at > end if down else at < end:
        if len(values) >= LONGEST:
            message = (
                "more than 1024 values were generated; either decrease the difference between"
                " start and end or use a smaller step"
            )
            raise FunctionError(message)
        values.append(number(at))
        at = add(at, step)
    return values


RANGES = {"range": Function((), _range, ListType(NUMBER), Parameter("params", NUMBER))}
