"""What the decoders of all blocks ask of arguments: constants, lists, conditions, mistakes.

Below `lifecycle` and `decode` in `bot.plan.configuration`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from bot.plan.configuration.module import Check, Module
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate import Names, Scope, evaluate, references
from bot.plan.functions.context import FunctionContext
from bot.plan.syntax.nodes import Attribute, Block, Expression, TupleCons


def unsupported_block(block: Block, known: Iterable[str]) -> Diagnostic:
    """A block that nobody expects, with the name that was probably meant."""
    near = difflib.get_close_matches(block.type, list(known), n=1, cutoff=0.7)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    detail = f'Blocks of type "{block.type}" are not expected here.{hint}'
    return error("Unsupported block type", detail, block.type_span.range)


def missing_argument(name: str, block: Block) -> Diagnostic:
    """A required argument that is not there; the tool points at the block's header."""
    detail = f'The argument "{name}" is required, but no definition was found.'
    return error("Missing required argument", detail, block.header_span.range)


def constant(attribute: Attribute | None) -> object:
    """A literal argument's plain value; None where it is absent or no literal."""
    if attribute is None:
        return None
    value, found = evaluate(attribute.expression, Scope(Names({}), FunctionContext()))
    if found or not value.is_wholly_known or isinstance(value.raw, (dict, tuple)):
        return None
    return value.raw


def listed(attribute: Attribute | None) -> tuple[Expression, ...]:
    """A list's elements as they are written; what is no list is its one element."""
    if attribute is None:
        return ()
    node = attribute.expression
    return node.items if isinstance(node, TupleCons) else (node,)


def check_of(block: Block, module: Module) -> Check:
    """A condition with its message; what is missing, or checks nothing, is said."""
    attributes = block.body.attributes
    condition, message = attributes.get("condition"), attributes.get("error_message")
    for name, given in (("condition", condition), ("error_message", message)):
        if given is None:
            module.diagnostics.append(missing_argument(name, block))
    if condition is not None and not references(condition.expression):
        detail = (
            "The condition expression must refer to at least one object from elsewhere in the"
            " configuration, or else its result would not be checking anything."
        )
        summary = f"Invalid {block.type} expression"
        module.diagnostics.append(error(summary, detail, condition.expression.span.range))
    return Check(
        condition.expression if condition else None,
        message.expression if message else None,
        block.header_span,
    )
