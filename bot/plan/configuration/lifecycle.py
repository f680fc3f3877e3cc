"""The `lifecycle` block: what is ignored, what forces a replacement, what has to hold.

Above `arguments` in `bot.plan.configuration`
(https://opentofu.org/docs/language/resources/behavior/#lifecycle-customizations).
"""

from __future__ import annotations

from bot.plan.configuration.arguments import check_of, constant, listed, unsupported_block
from bot.plan.configuration.module import Lifecycle, Module
from bot.plan.syntax.nodes import Attr, Attribute, Block, Key, ScopeTraversal, Template


def lifecycle_of(block: Block, module: Module) -> Lifecycle:
    """What a resource's `lifecycle` block says; without one, what holds by itself."""
    lifecycle = Lifecycle()
    for each in block.body.blocks:
        if each.type == "lifecycle":
            _fill(lifecycle, each, module)
    return lifecycle


def _fill(lifecycle: Lifecycle, block: Block, module: Module) -> None:
    attributes = block.body.attributes
    lifecycle.create_before_destroy = constant(attributes.get("create_before_destroy")) is True
    prevent = attributes.get("prevent_destroy")
    if constant(prevent) is True:
        lifecycle.prevent_destroy = block.header_span
    ignore = attributes.get("ignore_changes")
    if ignore is not None:
        _ignore(lifecycle, ignore)
    lifecycle.triggers = listed(attributes.get("replace_triggered_by"))
    for inner in block.body.blocks:
        if inner.type == "precondition":
            lifecycle.preconditions += (check_of(inner, module),)
        elif inner.type == "postcondition":
            lifecycle.postconditions += (check_of(inner, module),)
        else:
            expected = ("precondition", "postcondition")
            module.diagnostics.append(unsupported_block(inner, expected))


def _ignore(lifecycle: Lifecycle, attribute: Attribute) -> None:
    if isinstance(attribute.expression, ScopeTraversal) and attribute.expression.root == "all":
        lifecycle.ignore_all = True
        return
    paths = []
    for item in listed(attribute):
        if isinstance(item, ScopeTraversal):
            paths.append((item.root, *(_step(step) for step in item.steps)))
        elif isinstance(item, Template) and item.literal:
            paths.append((item.literal,))
    lifecycle.ignore = tuple(paths)


def _step(step: Attr | Key) -> str:
    return step.name if isinstance(step, Attr) else str(step.key.raw)
