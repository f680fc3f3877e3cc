"""`resource` and `data` blocks into nouns, and the provisioners in them.

Above `lifecycle` in `bot.plan.configuration`.
"""

from __future__ import annotations

from bot.plan.configuration.arguments import (
    depends_on,
    escaped,
    expression_of,
    keyword,
    not_both,
    reserved,
    unquoted,
)
from bot.plan.configuration.content import Shape, partial_content
from bot.plan.configuration.lifecycle import lifecycle_of, only_one
from bot.plan.configuration.module import Lifecycle, Module, ResourceBlock
from bot.plan.configuration.names import named
from bot.plan.configuration.provider_references import provider_reference
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate import references
from bot.plan.places import place
from bot.plan.syntax.nodes import Attr, Attribute, Block, Body, ScopeTraversal

_META = ("count", "for_each", "provider", "depends_on")
_RESOURCE = Shape(
    _META,
    blocks={"locals": (), "lifecycle": (), "connection": (), "provisioner": ("type",), "_": ()},
)
_DATA = Shape(_META, blocks={"lifecycle": (), "locals": (), "_": ()})
_SHAPES = {"resource": _RESOURCE, "data": _DATA}
_PROVISIONER = Shape(("when", "on_failure"), blocks={"_": (), "connection": (), "lifecycle": ()})
_NAMES = {
    "resource": ("resource type name", "resource name"),
    "data": ("data source name", "data resource name"),
}
_REMOVED = frozenset({"chef", "habitat", "puppet", "salt-masterless"})


def resource(block: Block, module: Module) -> None:
    """A `resource` or `data` block."""
    made = decoded(block, module)
    key = (made.mode, made.type, made.name)
    if key in module.resources:
        duplicate(block, module.resources[key], module)
    else:
        module.resources[key] = made


def decoded(block: Block, module: Module, *, nested: bool = False) -> ResourceBlock:
    """The noun of a block; `nested`: it stands in a `check` block."""
    found, shape = module.diagnostics, _SHAPES[block.type]
    blocks = partial_content(block.body, shape, found)
    named(block, _NAMES[block.type], found)
    attributes = dict(block.body.attributes)
    meta = {name: attributes.pop(name, None) for name in _META}
    if nested:
        _no_repetition(meta, module)
    not_both(meta, found)
    provider = provider_reference(meta["provider"], "provider", found)
    after = depends_on(meta["depends_on"], found)
    mode = "managed" if block.type == "resource" else "data"
    of = "resource" if mode == "managed" else "data"
    attributes.update(escaped(blocks, "resource-type-specific", of, module))
    for each in blocks:
        if each.type == "locals":
            reserved(each, of, found)
    lifecycle = _lifecycle(block, blocks, module, nested)
    inner = tuple(each for each in block.body.blocks if each.type not in shape.blocks)
    body = Body(attributes, inner, block.body.span, block.body.end_span, json=block.body.json)
    return ResourceBlock(
        mode,
        block.labels[0],
        block.labels[1],
        block.header_span,
        body,
        expression_of(meta["count"]),
        expression_of(meta["for_each"]),
        provider.name if provider is not None else block.labels[0].partition("_")[0],
        lifecycle,
        after,
        _provisioners(blocks, module),
        alias=provider.alias if provider is not None else "",
        type_span=block.label_spans[0],
    )


def _lifecycle(block: Block, blocks: list[Block], module: Module, nested: bool) -> Lifecycle:
    for each in blocks if nested else ():
        if each.type == "lifecycle":
            detail = (
                'Nested data blocks do not support "lifecycle" blocks as the lifecycle is managed'
                " by the containing block."
            )
            where = each.header_span.range
            module.diagnostics.append(error("Invalid lifecycle block", detail, where))
    return lifecycle_of(block, blocks, module)


def _no_repetition(meta: dict[str, Attribute | None], module: Module) -> None:
    for name in ("count", "for_each"):
        attribute = meta[name]
        if attribute is not None:
            detail = (
                'The "count" and "for_each" meta-arguments are not supported within nested data'
                " blocks."
            )
            where = attribute.name_span.range
            module.diagnostics.append(error(f'Invalid "{name}" attribute', detail, where))
            meta[name] = None


def duplicate(block: Block, first: ResourceBlock, module: Module, *, nested: bool = False) -> None:
    """Say that a block of that type and name is there already."""
    type_, name = block.labels
    noun = "resource" if first.mode == "managed" else "data resource"
    summary = f'Duplicate {noun.split()[0]} "{type_}" configuration'
    also = ", including within check blocks" if nested else ""
    detail = (
        f'A {type_} {noun} named "{name}" was already declared at'
        f" {place(first.span.range, module.root)}. Resource names must be unique per type in each"
        f" module{also}."
    )
    module.diagnostics.append(error(summary, detail, block.header_span.range))


def _provisioners(blocks: list[Block], module: Module) -> tuple[Block, ...]:
    found = module.diagnostics
    connection = only_one(blocks, "connection", "This resource", module)
    given = [each for each in blocks if each.type == "provisioner"]
    kept = tuple(each for each in given if provisioner(each, module))
    if connection is not None and any(at_destroy(each) for each in kept):
        found += _only_self(connection.body)
    return kept


def at_destroy(block: Block) -> bool:
    """Whether a provisioner runs when its resource is destroyed."""
    when = block.body.attributes.get("when")
    return when is not None and keyword(unquoted(when.expression, [])) == "destroy"


def provisioner(block: Block, module: Module) -> bool:
    """Whether a provisioner is one; what is wrong with it is said."""
    found = module.diagnostics
    blocks = partial_content(block.body, _PROVISIONER, found)
    if block.labels[0] in _REMOVED:
        summary = f'The "{block.labels[0]}" provisioner has been removed'
        detail = (
            f'The "{block.labels[0]}" provisioner is deprecated and has been removed from OpenTofu.'
        )
        found.append(error(summary, detail, block.label_spans[0].range))
        return False
    _word(block, "when", ("create", "destroy"), module)
    _word(block, "on_failure", ("continue", "fail"), module)
    if at_destroy(block):
        found += _only_self(block.body)
    dict(escaped(blocks, "provisioner-type-specific", "provisioner", module))
    connection = only_one(blocks, "connection", "This provisioner", module)
    if connection is not None and at_destroy(block):
        found += _only_self(connection.body)
    for each in blocks:
        if each.type == "lifecycle":
            reserved(each, "provisioner", found)
    return True


def _word(block: Block, name: str, words: tuple[str, str], module: Module) -> None:
    attribute = block.body.attributes.get(name)
    if attribute is None:
        return
    if keyword(unquoted(attribute.expression, module.diagnostics, word=True)) not in words:
        detail = (
            f'The "{name}" argument requires one of the following keywords: {words[0]} or'
            f" {words[1]}."
        )
        where = attribute.expression.span.range
        module.diagnostics.append(error(f'Invalid "{name}" keyword', detail, where))


def _only_self(body: Body) -> list[Diagnostic]:
    """What runs at the end of a resource may refer to that resource alone."""
    detail = (
        "Destroy-time provisioners and their connection configurations may only reference"
        " attributes of the related resource, via 'self', 'count.index', or 'each.key'.\n\n"
        "References to other resources during the destroy phase can cause dependency cycles and"
        " interact poorly with create_before_destroy."
    )
    summary = "Invalid reference from destroy provisioner"
    return [
        error(summary, detail, attribute.expression.span.range)
        for name, attribute in body.attributes.items()
        if name not in _PROVISIONER.arguments
        for node in references(attribute.expression)
        if not _of_self(node)
    ]


def _of_self(node: ScopeTraversal) -> bool:
    if node.root in ("count", "each"):
        names = [step.name if isinstance(step, Attr) else "" for step in node.steps]
        return names == [{"count": "index", "each": "key"}[node.root]]
    return node.root in ("self", "path", "terraform", "tofu")
