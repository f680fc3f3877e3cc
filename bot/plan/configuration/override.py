"""Override files: what they declare is merged into what is there already.

Above `module` in `bot.plan.configuration`
(https://opentofu.org/docs/language/files/override/).
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.plan.configuration.module import Module, ResourceBlock
from bot.plan.diagnostics import error
from bot.plan.syntax.source import Span


def override(module: Module, over: Module) -> None:
    """Merge `over` into `module`; overriding what does not exist is an error."""
    module.diagnostics.extend(over.diagnostics)
    _variables(module, over)
    for name, attribute in over.locals.items():
        if name in module.locals:
            module.locals[name] = attribute
        else:
            _missing(
                module,
                "base local value definition",
                _NAMED.format("local value", name),
                attribute.span,
            )
    for name, output in over.outputs.items():
        if name not in module.outputs:
            _missing(module, "base output definition", _NAMED.format("output", name), output.span)
            continue
        if output.value is None:
            output.value = module.outputs[name].value
        module.outputs[name] = output
    _resources(module, over)
    for name, call in over.calls.items():
        target = module.calls.get(name)
        if target is None:
            _missing(module, "module call", _NAMED.format("module call", name), call.span)
            continue
        target.arguments.update(call.arguments)
        target.source = call.source or target.source
    module.providers.update(over.providers)
    module.aliases.update(over.aliases)
    _providers(module, over)
    if over.backend is not None or over.cloud is not None:
        module.backend, module.cloud = over.backend, over.cloud


_NAMED = 'There is no {} named "{}".'
_NOUNS = {
    "base variable declaration": "a variable that was already declared",
    "base local value definition": "a local value that was already defined",
    "base output definition": "an output that was already defined",
    "module call": "a module call that was defined",
    "resource": "a resource block defined",
    "data resource": "a data block defined",
    "base provider configuration": "an aliased provider configuration that was already defined",
}


def _missing(module: Module, noun: str, there_is_none: str, where: Span) -> None:
    detail = (
        f"{there_is_none} An override file can only override {_NOUNS[noun]} in a primary"
        " configuration file."
    )
    to = "for override" if "provider" in noun else "to override"
    module.diagnostics.append(error(f"Missing {noun} {to}", detail, where.range))


def _variables(module: Module, over: Module) -> None:
    for name, variable in over.variables.items():
        given = module.variables.get(name)
        if given is None:
            words = _NAMED.format("variable", name)
            _missing(module, "base variable declaration", words, variable.span)
            continue
        given.default = variable.default or given.default
        if variable.defaults is not None:
            given.type, given.defaults = variable.type, variable.defaults
        given.sensitive = given.sensitive or variable.sensitive


def _resources(module: Module, over: Module) -> None:
    for key, resource in over.resources.items():
        existing = module.resources.get(key)
        if existing is not None:
            _resource(existing, resource)
            continue
        noun = "resource" if resource.mode == "managed" else "data resource"
        words = _NAMED.format(f"{resource.type} {noun}", resource.name)
        _missing(module, noun, words, resource.span)


def _providers(module: Module, over: Module) -> None:
    given = {(each.name, each.alias): each for each in module.provider_blocks}
    for block in over.provider_blocks:
        existing = given.get((block.name, block.alias))
        if existing is not None:
            attributes = {**existing.body.attributes, **block.body.attributes}
            existing.body = replace(existing.body, attributes=attributes)
        elif not block.alias:
            module.provider_blocks.append(block)
        else:
            words = (
                f'There is no {block.name} provider configuration with the alias "{block.alias}".'
            )
            _missing(module, "base provider configuration", words, block.span)


def _resource(base: ResourceBlock, over: ResourceBlock) -> None:
    attributes = {**base.body.attributes, **over.body.attributes}
    replaced = {block.type for block in over.body.blocks}
    kept = [block for block in base.body.blocks if block.type not in replaced]
    blocks = (*kept, *over.body.blocks)
    base.body = replace(base.body, attributes=attributes, blocks=tuple(blocks))
    base.count = over.count or base.count
    base.for_each = over.for_each or base.for_each
    base.depends_on = over.depends_on or base.depends_on
    lifecycle = over.lifecycle
    mine = base.lifecycle
    mine.create_before_destroy = mine.create_before_destroy or lifecycle.create_before_destroy
    mine.prevent_destroy = lifecycle.prevent_destroy or mine.prevent_destroy
    mine.ignore = lifecycle.ignore or mine.ignore
    mine.ignore_all = lifecycle.ignore_all or mine.ignore_all
    mine.triggers = lifecycle.triggers or mine.triggers
