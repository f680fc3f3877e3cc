"""A node and a scope in, a value out; what is wrong goes into the list of diagnostics.

Above the rest of `bot.plan.evaluate`, which holds one kind of expression a file. Evaluation goes on
after an error, with an unknown in the place of what could not be had.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.plan.diagnostics import Diagnostic, error, failed
from bot.plan.evaluate import calls, loops, texts
from bot.plan.evaluate.access import follow, index
from bot.plan.evaluate.conditionals import conditional
from bot.plan.evaluate.confidential import told
from bot.plan.evaluate.objects import object_cons
from bot.plan.evaluate.operators import Side, binary, unary
from bot.plan.evaluate.scope import Found, Scope
from bot.plan.functions.context import TooMuchWork
from bot.plan.syntax.nodes import (
    Binary,
    Conditional,
    Expression,
    For,
    FunctionCall,
    Index,
    JsonString,
    Literal,
    ObjectCons,
    ObjectKey,
    Parentheses,
    RelativeTraversal,
    ScopeTraversal,
    Splat,
    SplatItem,
    Template,
    TemplateJoin,
    TemplateWrap,
    TupleCons,
    Unary,
)
from bot.plan.values import BOOL, NUMBER, UNKNOWN, Value, string, tuple_of, unknown

_A_NODE = 4
"""Steps of a node: it takes that much longer than an element of what a function copies."""


def evaluate(node: Expression, scope: Scope) -> tuple[Value, list[Diagnostic]]:
    """The value of a whole expression, unknown where it failed, and what is wrong in it."""
    found: Found = []
    work = scope.functions.work
    before = work.begin()
    try:
        value = value_of(node, scope, found)
    except TooMuchWork:
        detail = "Evaluating this expression takes more steps than lotus goes: it would be large."
        found.append(error("Expression too expensive", detail, node.span.range))
    except RecursionError:
        detail = "This expression nests deeper than lotus follows."
        found.append(error("Expression too deep", detail, node.span.range))
    finally:
        work.end(before)
    return (UNKNOWN if failed(found) else value), told(found, node, scope) if found else found


def value_of(node: Expression, scope: Scope, found: Found) -> Value:
    """As `evaluate`, adding to `found`: how expressions evaluate their parts."""
    scope.functions.work.spend(_A_NODE)
    return _KINDS[type(node)](node, scope, found)


def _literal(node: Literal, _scope: Scope, _found: Found) -> Value:
    return node.value


def _json_string(node: JsonString, scope: Scope, found: Found) -> Value:
    if not scope.functions.callable:
        return string(node.text)
    if node.problems:
        found += node.problems
        return UNKNOWN
    return value_of(node.template, scope, found)


def _parentheses(node: Parentheses, scope: Scope, found: Found) -> Value:
    return value_of(node.inner, scope, found)


def _scope_traversal(node: ScopeTraversal, scope: Scope, found: Found) -> Value:
    local = scope.names.get(node.root)
    if local is not None:
        return follow(local, node.steps, found)
    value, taken = scope.root.resolve(node, found)
    return follow(value, node.steps[taken:], found)


def _relative_traversal(node: RelativeTraversal, scope: Scope, found: Found) -> Value:
    before = len(found)
    source = value_of(node.source, scope, found)
    return UNKNOWN if failed(found[before:]) else follow(source, node.steps, found)


def _index(node: Index, scope: Scope, found: Found) -> Value:
    before = len(found)
    collection = value_of(node.collection, scope, found)
    key = value_of(node.key, scope, found)
    if failed(found[before:]):
        return UNKNOWN
    return index(collection, key, node.bracket_span, found)


def _binary(node: Binary, scope: Scope, found: Found) -> Value:
    left_found: Found = []
    right_found: Found = []
    left = Side(value_of(node.left, scope, left_found), left_found)
    right = Side(value_of(node.right, scope, right_found), right_found)
    if node.operator in ("==", "!="):
        scope.functions.work.spend(min(left.value.count, right.value.count) >> 3)
    return binary(node, left, right, found)


def _unary(node: Unary, scope: Scope, found: Found) -> Value:
    before = len(found)
    operand = value_of(node.operand, scope, found)
    if failed(found[before:]):
        return unknown(BOOL if node.operator == "!" else NUMBER)
    return unary(node, operand, found)


def _tuple(node: TupleCons, scope: Scope, found: Found) -> Value:
    return bounded(tuple_of(value_of(item, scope, found) for item in node.items))


MOST = 20_000_000
"""Values that one value may be made of: what shares its parts grows without costing a step."""


def bounded(value: Value) -> Value:
    """The value; raises `TooMuchWork` where it is made of too many."""
    if value.count > MOST:
        raise TooMuchWork
    return value


def _splat_item(node: SplatItem, scope: Scope, _found: Found) -> Value:
    return scope.names[loops.item_name(node)]


def _object_key(node: ObjectKey, scope: Scope, found: Found) -> Value:
    return value_of(node.wrapped, scope, found)


_KINDS: dict[type, Callable[[Any, Scope, Found], Value]] = {
    Literal: _literal,
    JsonString: _json_string,
    Parentheses: _parentheses,
    ScopeTraversal: _scope_traversal,
    RelativeTraversal: _relative_traversal,
    Index: _index,
    Binary: _binary,
    Unary: _unary,
    TupleCons: _tuple,
    SplatItem: _splat_item,
    ObjectKey: _object_key,
    ObjectCons: object_cons,
    Conditional: conditional,
    For: loops.for_expression,
    Splat: loops.splat,
    FunctionCall: calls.call,
    Template: texts.template,
    TemplateWrap: texts.wrapped,
    TemplateJoin: texts.join,
}
