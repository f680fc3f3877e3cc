"""Which names an expression refers to, without evaluating it.

Above `bot.plan.syntax`. What a `for` introduces is not a reference inside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.plan.syntax.nodes import (
    Attr,
    Binary,
    Block,
    Body,
    Conditional,
    Expression,
    For,
    FunctionCall,
    Index,
    JsonString,
    Key,
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
from bot.plan.values.memo import Memo

__all__ = ["Attr", "Key", "calls", "iterator_of", "references", "references_in"]


def references(node: Expression) -> tuple[ScopeTraversal, ...]:
    """Every reference to an outer name, in the order of the text."""
    known = _REFERENCES.get(node)
    return _REFERENCES.put(tuple(_walk(node, frozenset())), node) if known is None else known


_REFERENCES: Memo[tuple[ScopeTraversal, ...]] = Memo()


def references_in(body: Body, bound: frozenset[str] = frozenset()) -> Iterator[ScopeTraversal]:
    """Every reference in a body's arguments and nested blocks."""
    for attribute in body.attributes.values():
        yield from _walk(attribute.expression, bound)
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            yield from _in_dynamic(block, bound)
        else:
            yield from references_in(block.body, bound)


def _in_dynamic(block: Block, bound: frozenset[str]) -> Iterator[ScopeTraversal]:
    """What a `dynamic` block refers to: its iterator is a name of its own within its content."""
    inner = bound | {iterator_of(block)}
    for name, names in (("for_each", bound), ("labels", inner)):
        if name in block.body.attributes:
            yield from _walk(block.body.attributes[name].expression, names)
    for content in block.body.blocks:
        yield from references_in(content.body, inner)


def iterator_of(block: Block) -> str:
    """The name by which a `dynamic` block's content knows its element."""
    given = block.body.attributes.get("iterator")
    node = given.expression if given is not None else None
    return node.root if isinstance(node, ScopeTraversal) else block.labels[0]


def _walk(node: Expression, bound: frozenset[str]) -> Iterator[ScopeTraversal]:
    if isinstance(node, ScopeTraversal):
        if node.root not in bound:
            yield node
        return
    if isinstance(node, For):
        yield from _walk(node.collection, bound)
        inner = bound | {name for name in (node.key_name, node.value_name) if name}
        for part in (node.key, node.value, node.condition):
            if part is not None:
                yield from _walk(part, inner)
        return
    if isinstance(node, ObjectKey) and node.keyword is not None:
        return
    for part in parts(node):
        yield from _walk(part, bound)


def calls(node: Expression) -> Iterator[FunctionCall]:
    """Every function call in the expression."""
    if isinstance(node, FunctionCall):
        yield node
    for part in parts(node):
        yield from calls(part)


def parts(node: Expression) -> Iterable[Expression]:
    """The expressions that a node is made of."""
    match node:
        case Literal() | ScopeTraversal() | SplatItem():
            return ()
        case JsonString(template=inner, problems=problems):
            return () if problems else (inner,)
        case Template(parts=items) | TupleCons(items=items) | FunctionCall(arguments=items):
            return items
        case TemplateWrap(wrapped=inner) | Parentheses(inner=inner) | ObjectKey(wrapped=inner):
            return (inner,)
        case TemplateJoin(loop=inner) | Unary(operand=inner) | RelativeTraversal(source=inner):
            return (inner,)
        case Conditional(condition=one, yes=two, no=three):
            return (one, two, three)
        case Binary(left=one, right=two) | Index(collection=one, key=two):
            return (one, two)
        case Splat(source=one, each=two):
            return (one, two)
        case ObjectCons(items=pairs):
            return [part for pair in pairs for part in pair]
        case For():
            rest = (node.key, node.value, node.condition)
            return [node.collection, *(part for part in rest if part is not None)]
