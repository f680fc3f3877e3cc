"""`count` and `for_each`: which instances there are, and the words where that cannot be told.

Beside `modules` in `bot.plan.engine`.
"""

from __future__ import annotations

from bot.plan.address import Key
from bot.plan.diagnostics import error
from bot.plan.evaluate.scope import Found
from bot.plan.syntax.nodes import Expression
from bot.plan.values import (
    NUMBER,
    ConversionError,
    MapType,
    Number,
    ObjectType,
    SetType,
    Value,
    all_opaque,
    convert,
    friendly_name,
)

MOST = 5_000
"""Instances of one block: nobody applies more, and memory is bounded."""
MOST_OF_ALL = 10_000
"""Instances of all blocks and calls together."""


class NotGiven(Exception):
    """The number of instances hangs on a value that nobody gave: it cannot be told."""


Instances = dict[Key, Value | None]


class Budget:
    """Counts the instances of a whole configuration; beyond the limit there are none."""

    def __init__(self) -> None:
        self._spent = 0

    def within(
        self, instances: Instances | None, node: Expression, found: Found
    ) -> Instances | None:
        """`instances`, or None, which is said once, where all together are too many."""
        before = self._spent
        self._spent += len(instances or ())
        if self._spent <= MOST_OF_ALL:
            return instances
        if before <= MOST_OF_ALL:
            detail = f"All blocks together have more than {MOST_OF_ALL:,} instances; lotus stops."
            found.append(error("Too many instances", detail, node.span.range))
        return None


_EXCLUDE = (
    "use the planning option -exclude={} to first apply without this object, and then apply"
    " normally to converge."
)
_UNKNOWN_KEYS = (
    'The "for_each" {} includes {} derived from resource attributes that cannot be determined until'
    " apply, and so OpenTofu cannot determine the full set of keys that will identify the instances"
    " of this resource.\n\nWhen working with unknown values in for_each, it's better to {}."
)
_KEYED = {
    True: (
        "map",
        "keys",
        (
            "define the map keys statically in your configuration and place apply-time results only"
            " in the map values"
        ),
    ),
    False: (
        "set",
        "values",
        (
            "use a map value where the keys are defined statically in your configuration and where"
            " only the values contain apply-time results"
        ),
    ),
}


def counted(node: Expression, value: Value, found: Found, address: str) -> Instances | None:
    """The instances of `count`; None after an error."""
    summary, where = "Invalid count argument", node.span.range
    # A sensitive count is allowed: the number of instances is seen anyway.
    value = value.unmarked()
    try:
        converted = convert(value, NUMBER)
    except ConversionError as problem:
        detail = f"Invalid expression value: {problem}."
        found.append(error("Incorrect value type", detail, where))
        return None
    raw = converted.raw
    if raw is None:
        detail = 'The given "count" argument value is null. An integer is required.'
    elif not isinstance(raw, Number):
        if all_opaque(converted):
            raise NotGiven
        detail = (
            'The "count" value depends on resource attributes that cannot be determined until'
            " apply, so OpenTofu cannot predict how many instances will be created.\n\nTo work"
            f" around this, {_EXCLUDE.format(address)}"
        )
    elif not raw.is_integer():
        detail = (
            'The given "count" argument value is unsuitable: value must be a whole number, between'
            " -9223372036854775808 and 9223372036854775807."
        )
    elif raw < 0:
        detail = (
            'The given "count" argument value is unsuitable: must be greater than or equal to zero.'
        )
    elif raw > MOST:
        detail = f'"count" asks for {int(raw):,} instances; lotus stops at {MOST:,}.'
    else:
        return dict.fromkeys(range(int(raw)))
    found.append(error(summary, detail, where))
    return None


def each(node: Expression, value: Value, found: Found, address: str) -> Instances | None:
    """The instances of `for_each`; None after an error."""
    summary, where = "Invalid for_each argument", node.span.range
    if value.is_sensitive:
        detail = "Sensitive values, or values derived from sensitive values, cannot be used as"
        detail += " for_each arguments. If used, the sensitive value could be exposed as a resource"
        detail += " instance key."
        found.append(error(summary, detail, where))
        return None
    problem = _unsuitable(value, address)
    if problem:
        found.append(error(summary, problem, where))
        return None
    raw = value.raw
    if isinstance(raw, dict):
        return {key: raw[key] for key in sorted(raw)}
    if isinstance(raw, tuple):
        return {str(item.raw): item for item in raw}
    return {}


def _unsuitable(value: Value, address: str) -> str:
    raw, type_ = value.raw, value.type
    kinds = (MapType, ObjectType, SetType)
    if value.is_null:
        return (
            'The given "for_each" argument value is unsuitable: the given "for_each" argument value'
            " is null."
        )
    if value.is_known and not isinstance(type_, kinds):
        return (
            'The given "for_each" argument value is unsuitable: the "for_each" argument must be'
            " a map, or set of strings, and you have provided a value of type"
            f" {friendly_name(type_)}."
        )
    whole = value.is_wholly_known if isinstance(type_, SetType) else value.is_known
    if not whole:
        if all_opaque(value):
            raise NotGiven
        return _UNKNOWN_KEYS.format(*_KEYED[isinstance(type_, (MapType, ObjectType))]) + (
            f"\n\nAlternatively, you could {_EXCLUDE.format(address)}"
        )
    if isinstance(raw, (dict, tuple)) and len(raw) > MOST:
        return f'"for_each" asks for {len(raw):,} instances; lotus stops at {MOST:,}.'
    if isinstance(raw, tuple):
        return _bad_element(raw)
    return ""


def _bad_element(items: tuple[Value, ...]) -> str:
    for item in items:
        if item.is_null:
            return (
                'The given "for_each" argument value is unsuitable: "for_each" sets must not'
                " contain null values."
            )
        if not isinstance(item.raw, str):
            return (
                'The given "for_each" argument value is unsuitable: "for_each" supports sets of'
                f" strings, but you have provided a set containing type {friendly_name(item.type)}."
            )
    return ""
