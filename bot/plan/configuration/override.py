"""Override files: what they declare is merged into what is there already.

Above `module` in `bot.plan.configuration`
(https://opentofu.org/docs/language/files/override/).
"""

from __future__ import annotations

from bot.plan.configuration.module import Module, ResourceBlock
from bot.plan.diagnostics import Range, error
from bot.plan.syntax.nodes import Body


def override(module: Module, over: Module) -> None:
    """Merge `over` into `module`; overriding what does not exist is an error."""
    module.diagnostics.extend(over.diagnostics)
    for name, variable in over.variables.items():
        base = module.variables.get(name)
        if base is None:
            _missing(module, "variable", f"var.{name}", variable.span.range)
            continue
        base.default = variable.default or base.default
        if variable.defaults is not None:
            base.type, base.defaults = variable.type, variable.defaults
        base.sensitive = base.sensitive or variable.sensitive
    module.locals.update(over.locals)
    for name, output in over.outputs.items():
        if name in module.outputs and output.value is None:
            output.value = module.outputs[name].value
        module.outputs[name] = output
    for key, resource in over.resources.items():
        existing = module.resources.get(key)
        if existing is None:
            named = f"{resource.type}.{resource.name}"
            _missing(module, "resource", named, resource.span.range)
        else:
            _resource(existing, resource)
    for name, call in over.calls.items():
        target = module.calls.get(name)
        if target is None:
            _missing(module, "module call", f"module.{name}", call.span.range)
            continue
        target.arguments.update(call.arguments)
        target.source = call.source or target.source
    module.providers.update(over.providers)
    module.provider_blocks.extend(over.provider_blocks)


def _missing(module: Module, noun: str, name: str, where: Range) -> None:
    detail = (
        f"There is no {noun} named {name!r}. An override file can only override a {noun} that was"
        " already declared in a primary configuration file."
    )
    module.diagnostics.append(error(f"Missing base {noun} to override", detail, where))


def _resource(base: ResourceBlock, over: ResourceBlock) -> None:
    attributes = {**base.body.attributes, **over.body.attributes}
    replaced = {block.type for block in over.body.blocks}
    kept = [block for block in base.body.blocks if block.type not in replaced]
    blocks = (*kept, *over.body.blocks)
    base.body = Body(attributes, tuple(blocks), base.body.span, base.body.end_span)
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
