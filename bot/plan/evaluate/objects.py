"""Object constructors: keys that are names, keys that are expressions, keys that are unknown.

Above `scope` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from bot.plan.diagnostics import error
from bot.plan.evaluate import expression
from bot.plan.evaluate.scope import Found, Scope, undecided
from bot.plan.syntax.nodes import ObjectCons, ObjectKey, ScopeTraversal
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
            attributes[key.raw] = value
        else:
            inputs.append(key)
            known = False
    made = object_of(attributes) if known else undecided(*inputs)
    return made.with_marks(marks)


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
    if key.is_null:
        found.append(
            error("Null value as key", "Can't use a null value as a key.", node.span.range)
        )
        return None
    try:
        return convert(key, STRING)
    except ConversionError as problem:
        detail = f"Can't use this value as a key: {problem}."
        found.append(error("Incorrect key type", detail, node.span.range))
        return None
