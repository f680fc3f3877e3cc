"""What the decoders of all blocks ask of arguments: flags, texts, keywords, lists, references.

Above `content` in `bot.plan.configuration`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.configuration.content import Found, Shape, content
from bot.plan.configuration.module import Check, Module
from bot.plan.diagnostics import Diagnostic, Range, error, warning
from bot.plan.evaluate import references
from bot.plan.evaluate.constants import constant_value
from bot.plan.places import place
from bot.plan.syntax import parse_expression
from bot.plan.syntax.nodes import (
    Attribute,
    Block,
    Expression,
    JsonString,
    Literal,
    ObjectCons,
    ObjectKey,
    ScopeTraversal,
    Template,
    TupleCons,
)
from bot.plan.values import BOOL, STRING, ConversionError, Type, convert

_EXPRESSION = "Invalid expression"
_SINGLE = (
    "A single static variable reference is required: only attribute access and indexing with"
    " constant keys. No calculations, function calls, template expressions, etc are allowed here."
)
_QUOTED = (
    "In this context, {0} are expected literally rather than in quotes. OpenTofu 0.11 and earlier"
    " required quotes, but quoted {0} are now deprecated and will be removed in a future version of"
    " OpenTofu. Remove the quotes surrounding this {1} to silence this warning."
)


def constant(attribute: Attribute | None) -> object:
    """A literal argument's plain value; None where it is absent or no literal."""
    if attribute is None:
        return None
    value, found = constant_value(attribute.expression)
    if found or not value.is_wholly_known or isinstance(value.raw, (dict, tuple)):
        return None
    return value.raw


def flag(attribute: Attribute | None, found: Found) -> bool | None:
    """A constant `true` or `false`; None where there is none, which is said if it is something."""
    raw = _constant_of(attribute, BOOL, found)
    return raw if isinstance(raw, bool) else None


def text(attribute: Attribute | None, found: Found) -> str | None:
    """As `flag`, for a constant text."""
    raw = _constant_of(attribute, STRING, found)
    return raw if isinstance(raw, str) else None


def _constant_of(attribute: Attribute | None, type_: Type, found: Found) -> object:
    if attribute is None:
        return None
    value, problems = constant_value(attribute.expression)
    found += problems
    problem = ""
    try:
        value = convert(value, type_)
    except ConversionError as mismatch:
        problem = str(mismatch)
    if value.is_null:
        problem = "null value is not allowed"
    elif not problem and not value.is_known:
        problem = "value must be known"
    if problem:
        where = attribute.expression.span.range
        found.append(error("Unsuitable value type", f"Unsuitable value: {problem}", where))
        return None
    return value.raw


def static_list(attribute: Attribute | None, found: Found) -> tuple[Expression, ...]:
    """A list's elements as they are written; what is no list is said."""
    if attribute is None:
        return ()
    node = attribute.expression
    if isinstance(node, TupleCons):
        return node.items
    found.append(error(_EXPRESSION, "A static list expression is required.", node.span.range))
    return ()


def static_map(node: Expression, found: Found) -> tuple[tuple[ObjectKey, Expression], ...]:
    """An object's keys and values as they are written; what is no object is said."""
    if isinstance(node, ObjectCons):
        return node.items
    found.append(error(_EXPRESSION, "A static map expression is required.", node.span.range))
    return ()


def traversal(node: Expression, found: Found) -> ScopeTraversal | None:
    """A reference as it is written, its keys constant; what is more than that is said."""
    named = traversal_of(node)
    if named is None:
        found.append(error(_EXPRESSION, _SINGLE, node.span.range))
    return named


def traversal_of(node: Expression) -> ScopeTraversal | None:
    """A reference with constant keys, where the expression is no more than that."""
    if isinstance(node, ObjectKey):
        node = node.wrapped
    if isinstance(node, JsonString):
        at = node.span.range.start
        parsed, problems = parse_expression(node.text, node.span.source.file, at)
        if problems or not isinstance(parsed, ScopeTraversal):
            return None
        return ScopeTraversal(parsed.root, parsed.steps, node.span, node.span)
    if isinstance(node, Literal) and node.span.text in ("true", "false", "null"):
        return ScopeTraversal(node.span.text, (), node.span, node.span)
    return node if isinstance(node, ScopeTraversal) else None


def native(node: Expression, found: Found) -> Expression:
    """An expression of the native syntax, which a JSON file has in a string."""
    if not isinstance(node, JsonString):
        return node
    parsed, problems = parse_expression(node.text, node.span.source.file, node.span.range.start)
    found += problems
    return parsed


def keyword(node: Expression) -> str:
    """The bare word that an expression is; "" where it is more."""
    named = traversal_of(node)
    return named.root if named is not None and not named.steps else ""


def unquoted(node: Expression, found: Found, *, word: bool = False) -> Expression:
    """What was written in quotes, as older configurations did, without them; that is said."""
    if not isinstance(node, Template):
        return node
    value, problems = constant_value(node)
    if problems or not isinstance(value.raw, str):
        return node
    parsed, problems = parse_expression(value.raw, node.span.source.file)
    named = parsed if not problems and isinstance(parsed, ScopeTraversal) else None
    if named is None:
        found.append(_no_name(value.raw, node.span.range))
    nouns = ("keywords", "keyword") if word else ("references", "reference")
    summary = f"Quoted {nouns[0]} are deprecated"
    found.append(warning(summary, _QUOTED.format(*nouns), node.span.range))
    if named is None:
        first = value.raw.split(" ")[0]
        return ScopeTraversal(first, (), node.span, node.span) if first else node
    return ScopeTraversal(named.root, named.steps, node.span, node.span)


def _no_name(raw: str, where: Range) -> Diagnostic:
    if not raw or not (raw[0].isalpha() or raw[0] == "_"):
        return error("Variable name required", "Must begin with a variable name.", where)
    detail = "Expected an attribute access or an index operator."
    return error("Invalid character", detail, where)


def depends_on(attribute: Attribute | None, found: Found) -> tuple[Expression, ...]:
    """The references of a `depends_on`."""
    named: list[Expression] = []
    for item in static_list(attribute, found):
        one = traversal(unquoted(item, found), found)
        named += [one] if one is not None else []
    return tuple(named)


_CHECK = Shape(("condition", "error_message"), frozenset({"condition", "error_message"}))


def check_of(block: Block, module: Module) -> Check:
    """A condition with its message; what is missing, or checks nothing, is said."""
    found = module.diagnostics
    if module.overriding:
        summary = f"Can't override {block.type} blocks"
        detail = f'Override files cannot override "{block.type}" blocks.'
        found.append(error(summary, detail, block.header_span.range))
        return Check(None, None, block.header_span)
    content(block.body, _CHECK, found)
    attributes = block.body.attributes
    condition, message = attributes.get("condition"), attributes.get("error_message")
    if condition is not None and not references(condition.expression):
        detail = (
            "The condition expression must refer to at least one object from elsewhere in the"
            " configuration, or else its result would not be checking anything."
        )
        summary = f"Invalid {block.type} expression"
        found.append(error(summary, detail, condition.expression.span.range))
    return Check(
        condition.expression if condition else None,
        message.expression if message else None,
        block.header_span,
    )


def not_both(attributes: dict[str, Attribute | None], found: Found) -> None:
    """`count` and `for_each` exclude each other."""
    for_each = attributes["for_each"]
    if attributes["count"] is not None and for_each is not None:
        detail = 'The "count" and "for_each" meta-arguments are mutually-exclusive, only one should'
        detail += " be used to be explicit about the number of resources to be created."
        summary = 'Invalid combination of "count" and "for_each"'
        found.append(error(summary, detail, for_each.name_span.range))


def escaped(
    blocks: list[Block], as_what: str, of: str, module: Module
) -> Iterator[tuple[str, Attribute]]:
    """The arguments of the one `_` block, which are never meta-arguments."""
    first: Block | None = None
    for block in blocks:
        if block.type != "_":
            continue
        if first is None:
            first = block
            yield from block.body.attributes.items()
            continue
        detail = (
            'The special block type "_" can be used to force particular arguments to be interpreted'
            f" as {as_what} rather than as meta-arguments, but each {of} block can have only one"
            " such block. The first escaping block was at"
            f" {place(first.header_span.range, module.root)}."
        )
        summary = "Duplicate escaping block"
        module.diagnostics.append(error(summary, detail, block.header_span.range))


def reserved(block: Block, of: str, found: Found) -> None:
    """A block type that the tool keeps for later."""
    detail = f'The block type name "{block.type}" is reserved for use by OpenTofu in a future'
    summary = f"Reserved block type name in {of} block"
    found.append(error(summary, f"{detail} version.", block.type_span.range))


def expression_of(attribute: Attribute | None) -> Expression | None:
    """An argument's expression, where there is the argument."""
    return attribute.expression if attribute is not None else None
