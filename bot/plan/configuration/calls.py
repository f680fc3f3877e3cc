"""`module` blocks into nouns.

Above `arguments` in `bot.plan.configuration`.
"""

from __future__ import annotations

from bot.plan.configuration.arguments import (
    constant,
    depends_on,
    escaped,
    expression_of,
    not_both,
    reserved,
)
from bot.plan.configuration.content import Shape, partial_content
from bot.plan.configuration.module import Module, ModuleCall
from bot.plan.configuration.names import named
from bot.plan.configuration.provider_references import passed_providers
from bot.plan.diagnostics import error
from bot.plan.places import place
from bot.plan.syntax.nodes import Block

_META = ("source", "version", "count", "for_each", "depends_on", "providers")
_BLOCKS: dict[str, tuple[str, ...]] = {
    "_": (), "lifecycle": (), "locals": (), "provider": ("type",)
}  # fmt: skip
_CALL = Shape(_META, frozenset({"source"}), _BLOCKS)
_OVERRIDING = Shape(_META, blocks=_BLOCKS)


def module_call(block: Block, module: Module) -> None:
    """A `module` block."""
    found, name = module.diagnostics, block.labels[0]
    blocks = partial_content(block.body, _OVERRIDING if module.overriding else _CALL, found)
    named(block, ("module instance name",), found)
    arguments = dict(block.body.attributes)
    meta = {each: arguments.pop(each, None) for each in _META}
    not_both(meta, found)
    after = depends_on(meta["depends_on"], found)
    providers = passed_providers(meta["providers"], module)
    arguments.update(escaped(blocks, "module input variables", "module", module))
    for each in blocks:
        if each.type != "_":
            reserved(each, "module", found)
    source = constant(meta["source"])
    call = ModuleCall(
        name,
        block.header_span,
        source if isinstance(source, str) else None,
        arguments,
        block.body.end_span,
        expression_of(meta["count"]),
        expression_of(meta["for_each"]),
        after,
        providers,
        tuple(each for each in block.body.blocks if each.type not in _BLOCKS),
        expression_of(meta["source"]),
        versioned=meta["version"] is not None,
        json=block.body.json,
    )
    _add(call, module)


def _add(call: ModuleCall, module: Module) -> None:
    """The first of a name stays."""
    if call.name not in module.calls:
        module.calls[call.name] = call
        return
    first = place(module.calls[call.name].span.range, module.root)
    detail = (
        f'A module call named "{call.name}" was already defined at {first}. Module calls must have'
        " unique names within a module."
    )
    module.diagnostics.append(error("Duplicate module call", detail, call.span.range))
