"""`condition ? yes : no`: both arms are evaluated for their types, one for its value.

Above `scope` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from bot.plan.diagnostics import error
from bot.plan.evaluate import expression
from bot.plan.evaluate.scope import Found, Scope, derived
from bot.plan.syntax.nodes import Conditional, Expression
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    UNKNOWN,
    ConversionError,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    Value,
    convert,
    friendly_name,
    unify,
    unknown,
)

_SUMMARY = "Inconsistent conditional result types"


def conditional(node: Conditional, scope: Scope, found: Found) -> Value:
    """The chosen arm, converted to what both arms have in common."""
    yes_found: Found = []
    no_found: Found = []
    yes = expression.value_of(node.yes, scope, yes_found)
    no = expression.value_of(node.no, scope, no_found)
    yes = unknown(yes.type) if yes_found else yes
    no = unknown(no.type) if no_found else no
    if yes.type is not no.type:  # all of both is gone through for what they have in common
        scope.functions.work.spend(min(yes.count, no.count) * 2)
    common = _common(node, yes, no, found)
    if common is None:
        return UNKNOWN
    chosen = _condition(node, scope, found)
    if chosen is None:
        return UNKNOWN
    marks = chosen.marks | yes.marks | no.marks
    if isinstance(chosen.raw, bool):
        arm, value, arm_found = (
            (node.yes, yes, yes_found) if chosen.raw else (node.no, no, no_found)
        )
        found.extend(arm_found)
        side = "true" if chosen.raw else "false"
        return _as(value, common, arm, side, node, found).with_marks(marks)
    if yes.is_null and no.is_null:
        return Value(common, None, marks)
    return derived(common, "?:", chosen, yes.unmarked(), no.unmarked()).with_marks(marks)


def _common(node: Conditional, yes: Value, no: Value, found: Found) -> Type | None:
    if yes.is_null and yes.type is DYNAMIC:
        return no.type
    if no.is_null and no.type is DYNAMIC:
        return yes.type
    if DYNAMIC in (yes.type, no.type):
        return DYNAMIC
    common = unify([yes.type, no.type], unsafe=True)
    if common is None:
        detail = (
            "The true and false result expressions must have consistent types."
            f" {mismatch(yes.type, no.type)}."
        )
        subject = node.yes.span.to(node.no.span).range
        found.append(error(_SUMMARY, detail, subject))
    return common


def _condition(node: Conditional, scope: Scope, found: Found) -> Value | None:
    before = len(found)
    condition = expression.value_of(node.condition, scope, found)
    if len(found) > before:
        return None
    if condition.is_null:
        detail = "The condition value is null. Conditions must either be true or false."
        found.append(error("Null condition", detail, node.condition.span.range))
        return None
    try:
        return convert(condition, BOOL)
    except ConversionError:
        detail = "The condition expression must be of type bool."
        found.append(error("Incorrect condition type", detail, node.condition.span.range))
        return None


def _as(
    value: Value, common: Type, arm: Expression, side: str, node: Conditional, found: Found
) -> Value:
    if common is DYNAMIC or value.type == common:
        return value
    try:
        return convert(value, common)
    except ConversionError as problem:
        detail = f"The {side} result value has the wrong type: {problem}."
        subject = arm.span.range if arm is not node else node.span.range
        found.append(error(_SUMMARY, detail, subject))
        return UNKNOWN


def mismatch(yes: Type, no: Type) -> str:
    """How the two arms differ, in HCL's words."""
    match yes, no:
        case ObjectType(), ObjectType():
            return _objects(yes, no)
        case TupleType(one), TupleType(other):
            if len(one) != len(other):
                return (
                    f"The 'true' tuple has length {len(one)}, but the 'false' tuple has length"
                    f" {len(other)}"
                )
            for position, (a, b) in enumerate(zip(one, other, strict=True)):
                if a != b:
                    return f"Type mismatch for tuple element {position}: {mismatch(a, b)}"
        case (
            (ListType(one), ListType(other))
            | (SetType(one), SetType(other))
            | (
                MapType(one),
                MapType(other),
            )
        ) if isinstance(one, (ObjectType, TupleType)) and type(one) is type(other):
            kind = type(yes).__name__.removesuffix("Type").lower()
            return f"Mismatched {kind} element types: {mismatch(one, other)}"
    names = friendly_name(yes), friendly_name(no)
    if names[0] == names[1]:
        return (
            "At least one deeply-nested attribute or element is not compatible across both the"
            " 'true' and the 'false' value"
        )
    return f"The 'true' value is {names[0]}, but the 'false' value is {names[1]}"


def _objects(yes: ObjectType, no: ObjectType) -> str:
    for name in sorted(yes.attributes):
        if name not in no.attributes:
            return (
                f"The 'true' value includes object attribute \"{name}\", which is absent in the"
                " 'false' value"
            )
    for name in sorted(no.attributes):
        if name not in yes.attributes:
            return (
                f"The 'false' value includes object attribute \"{name}\", which is absent in the"
                " 'true' value"
            )
    for name in sorted(yes.attributes):
        one, other = yes.attributes[name], no.attributes[name]
        if one != other:
            return f'Type mismatch for object attribute "{name}": {mismatch(one, other)}'
    return "The types differ"
