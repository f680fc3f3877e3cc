"""What a body may have in it: arguments, blocks with so many labels; the rest is said.

Lowest layer of `bot.plan.configuration` beside `module`. The words are HCL's own
(https://pkg.go.dev/github.com/hashicorp/hcl/v2#Body), which differ between its two syntaxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.suggestions import hint
from bot.plan.syntax.nodes import Attribute, Block, Body

Labels = tuple[str, ...]
"""What the labels of a block are called."""
Found = list[Diagnostic]


class Shape(Struct, frozen=True):
    """The arguments, which of them are required, and the blocks by type, in the tool's order."""

    arguments: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    blocks: Mapping[str, Labels] = field(default_factory=dict)


def content(body: Body, shape: Shape, found: Found) -> list[Block]:
    """The blocks of a body that has nothing but what the shape has."""
    blocks = partial_content(body, shape, found)
    for attribute in body.attributes.values():
        if attribute.name not in shape.arguments:
            found.append(unsupported_argument(attribute, body, shape.arguments, shape.blocks))
    for block in body.blocks:
        if block.type not in shape.blocks:
            found.append(unsupported_block(block, shape.blocks, shape.arguments))
    return blocks


def partial_content(body: Body, shape: Shape, found: Found) -> list[Block]:
    """As `content`, of a body that may have more."""
    for name in shape.arguments:
        if name in shape.required and name not in body.attributes:
            found.append(missing_argument(name, body))
    wanted = [block for block in body.blocks if block.type in shape.blocks]
    return [block for block in wanted if _labelled(block, shape.blocks[block.type], found)]


def just_attributes(body: Body, found: Found) -> Mapping[str, Attribute]:
    """The arguments of a body that has no blocks."""
    if body.blocks:
        first = body.blocks[0]
        where = first.type_span.range
        found.append(
            error(f'Unexpected "{first.type}" block', "Blocks are not allowed here.", where)
        )
    return body.attributes


def missing_argument(name: str, body: Body) -> Diagnostic:
    """A required argument that is not there."""
    detail = f'The argument "{name}" is required, but no definition was found.'
    return error("Missing required argument", detail, body.end_span.range)


def unsupported_argument(
    attribute: Attribute, body: Body, known: Iterable[str], blocks: Iterable[str] = ()
) -> Diagnostic:
    """An argument that nobody expects, with the name that was probably meant."""
    unused = [name for name in known if name not in body.attributes]
    near = hint(attribute.name, unused)
    if body.json:
        near = hint(attribute.name, [*unused, *blocks])
        detail = f'No argument or block type is named "{attribute.name}".{near}'
        return error("Extraneous JSON object property", detail, attribute.name_span.range)
    if not near and attribute.name in blocks:
        near = f' Did you mean to define a block of type "{attribute.name}"?'
    detail = f'An argument named "{attribute.name}" is not expected here.{near}'
    return error("Unsupported argument", detail, attribute.name_span.range)


def unsupported_block(
    block: Block, known: Iterable[str], arguments: Iterable[str] = ()
) -> Diagnostic:
    """A block that nobody expects, with the type or the argument that was probably meant."""
    near = hint(block.type, known)
    if not near and block.type in arguments:
        near = (
            f' Did you mean to define argument "{block.type}"? If so, use the equals sign to assign'
            " it a value."
        )
    detail = f'Blocks of type "{block.type}" are not expected here.{near}'
    return error("Unsupported block type", detail, block.type_span.range)


def _labelled(block: Block, labels: Labels, found: Found) -> bool:
    have, wanted = len(block.labels), len(labels)
    names = ", ".join(labels)
    if have > wanted:
        detail = f"No labels are expected for {block.type} blocks."
        if wanted:
            detail = f"Only {wanted} labels ({names}) are expected for {block.type} blocks."
        where = block.label_spans[wanted].range
        found.append(error(f"Extraneous label for {block.type}", detail, where))
    elif have < wanted:
        detail = f"All {block.type} blocks must have {wanted} labels ({names})."
        where = block.open_span.range
        found.append(error(f"Missing {labels[have]} for {block.type}", detail, where))
    return have == wanted
