"""A resource's body without a schema: arguments as they are, blocks as lists of objects.

Beside `body`, above `bot.plan.evaluate`. `dynamic` blocks become what they stand for
(https://opentofu.org/docs/language/expressions/dynamic-blocks/).
"""

from __future__ import annotations

from bot.plan.diagnostics import Range, error
from bot.plan.evaluate import Scope, derived, evaluate
from bot.plan.evaluate.references import iterator_of
from bot.plan.evaluate.scope import Found
from bot.plan.syntax.nodes import Block, Body
from bot.plan.values import (
    DYNAMIC,
    UNKNOWN,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Value,
    friendly_name,
    object_of,
    tuple_of,
)

_ITERABLE = (ListType, SetType, MapType, TupleType, ObjectType)


def evaluate_freely(body: Body, scope: Scope, found: Found) -> Value:
    """One object: every argument, and for each type of block the list of its blocks.

    The list is unknown where one of its `dynamic` blocks cannot tell how often it stands there.
    """
    made: dict[str, Value] = {}
    for name, each in body.attributes.items():
        made[name], problems = evaluate(each.expression, scope)
        found += problems
    blocks: dict[str, list[Value]] = {}
    open_: dict[str, list[Value]] = {}
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            items = _repeated(block, scope, found)
            here = blocks.setdefault(block.labels[0], [])
            if isinstance(items, Value):
                open_.setdefault(block.labels[0], []).append(items)
            else:
                here += items
        else:
            inner = evaluate_freely(block.body, scope, found)
            blocks.setdefault(block.type, []).append(inner)
    lists = {name: tuple_of(items) for name, items in blocks.items()}
    for name, rest in open_.items():
        lists[name] = derived(DYNAMIC, "blocks", lists[name], *rest)
    return object_of({**made, **lists})


def _repeated(block: Block, scope: Scope, found: Found) -> list[Value] | Value:
    """The blocks that a `dynamic` block makes; what they are made of where that is not known."""
    argument = block.body.attributes.get("for_each")
    if argument is None:
        detail = 'The argument "for_each" is required, but no definition was found.'
        found.append(error("Missing required argument", detail, block.body.end_span.range))
        return UNKNOWN
    collection, problems = evaluate(argument.expression, scope)
    found += problems
    bare = collection.unmarked()
    if problems or not _iterable(bare, argument.expression.span.range, found):
        return UNKNOWN
    if not bare.is_known:
        element = derived(DYNAMIC, "element", bare)
        content = _content(block, (element, element), scope, found)
        return derived(DYNAMIC, "repeated", bare, content)
    return [_content(block, pair, scope, found) for pair in bare.items()]


def _iterable(bare: Value, where: Range, found: Found) -> bool:
    detail = ""
    if bare.is_null:
        detail = "Cannot use a null value in for_each."
    elif bare.type is not DYNAMIC and not isinstance(bare.type, _ITERABLE):
        kind = friendly_name(bare.type)
        detail = f"Cannot use a {kind} value in for_each. An iterable collection is required."
    if detail:
        found.append(error("Invalid dynamic for_each value", detail, where))
    return not detail


def _content(block: Block, pair: tuple[Value, Value], scope: Scope, found: Found) -> Value:
    """One block, made of one element and its key."""
    key, item = pair
    inner = scope.child({iterator_of(block): object_of({"key": key, "value": item})})
    contents = [each for each in block.body.blocks if each.type == "content"]
    made = [evaluate_freely(each.body, inner, found) for each in contents]
    return made[0] if made else object_of({})
