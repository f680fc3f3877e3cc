"""Object constructors: keys that are names, keys that are expressions, keys that are unknown.

Above `scope` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate import expression
from bot.plan.evaluate.scope import Found, Scope, undecided
from bot.plan.places import place
from bot.plan.syntax.nodes import JsonString, ObjectCons, ObjectKey, ScopeTraversal
from bot.plan.values import (
    NO_MARKS,
    STRING,
    ConversionError,
    Marks,
    Value,
    convert,
    object_of,
    string,
)


def object_cons(node: ObjectCons, scope: Scope, found: Found) -> Value:
    """The object; where a key is unknown, not even its type is known."""
    attributes: dict[str, Value] = {}
    inputs: list[Value] = []
    marks: Marks = NO_MARKS
    places: dict[str, ObjectKey] = {}
    known = True
    for key_node, value_node in node.items:
        key = _key(key_node, scope, found)
        value = expression.value_of(value_node, scope, found)
        inputs.append(value)
        if key is None:
            known = False
            continue
        marks = marks | key.marks
        if isinstance(key.raw, str):
            if isinstance(key_node.wrapped, JsonString) and key.raw in places:
                found.append(_twice(key.raw, key_node, places[key.raw]))
                continue
            attributes[key.raw] = value
            places[key.raw] = key_node
        else:
            inputs.append(key)
            known = False
    made = expression.bounded(object_of(attributes)) if known else undecided(*inputs)
    return made.with_marks(marks)


def _twice(name: str, key: ObjectKey, first: ObjectKey) -> Diagnostic:
    """HCL's JSON form, unlike its native syntax, has each attribute once."""
    at = place(first.span.range)
    detail = f'An attribute named "{name}" was already defined at {at}.'
    return error("Duplicate object attribute", detail, key.span.range)


def _key(node: ObjectKey, scope: Scope, found: Found) -> Value | None:
    keyword = node.keyword
    if keyword is not None:
        return string(keyword)
    if isinstance(node.wrapped, ScopeTraversal) and not node.forced:
        detail = (
            "If this expression is intended to be a reference, wrap it in parentheses. If it's"
            " instead intended as a literal name containing periods, wrap it in quotes to create a"
            " string literal."
        )
        found.append(error("Ambiguous attribute key", detail, node.span.range))
        return None
    before = len(found)
    key = expression.value_of(node, scope, found)
    if len(found) > before:
        return None
    in_json = isinstance(node.wrapped, JsonString)
    summary = "Invalid object key expression" if in_json else "Null value as key"
    if key.is_null:
        detail = "Cannot use" if in_json else "Can't use a"
        detail += " null value as an object key." if in_json else " null value as a key."
        found.append(error(summary, detail, node.span.range))
        return None
    try:
        return convert(key, STRING)
    except ConversionError as problem:
        detail = f"Can't use this value as a key: {problem}."
        if in_json:
            detail = f"Cannot use this expression as an object key: {problem}."
        found.append(error(summary if in_json else "Incorrect key type", detail, node.span.range))
        return None
