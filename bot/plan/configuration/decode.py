"""A file's blocks into the nouns of `module`; what is no block of the language is said.

Above the decoders of single blocks in `bot.plan.configuration`.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.plan.configuration.addresses import import_, moved, removed
from bot.plan.configuration.arguments import check_of
from bot.plan.configuration.calls import module_call
from bot.plan.configuration.content import Shape, content
from bot.plan.configuration.module import Check, CheckBlock, Module
from bot.plan.configuration.named_values import locals_, output, variable
from bot.plan.configuration.names import named
from bot.plan.configuration.requirements import provider, terraform
from bot.plan.configuration.resources import decoded, duplicate, resource
from bot.plan.diagnostics import error, failed
from bot.plan.places import place
from bot.plan.syntax.nodes import Block, Body

_FILE = Shape(
    blocks={
        "terraform": (),
        "required_providers": (),
        "provider": ("name",),
        "variable": ("name",),
        "locals": (),
        "output": ("name",),
        "module": ("name",),
        "resource": ("type", "name"),
        "data": ("type", "name"),
        "moved": (),
        "import": (),
        "check": ("name",),
        "removed": (),
    }
)
_CHECK = Shape(blocks={"data": ("type", "name"), "assert": ()})


def decode(body: Body, module: Module) -> None:
    """Add what a file declares to `module`; duplicates and unknown blocks are reported."""
    for block in content(body, _FILE, module.diagnostics):
        BLOCKS.get(block.type, _misplaced)(block, module)


def _misplaced(block: Block, module: Module) -> None:
    detail = 'A "required_providers" block must be nested inside a "terraform" block.'
    where = block.type_span.range
    module.diagnostics.append(error("Invalid required_providers block", detail, where))


def _check(block: Block, module: Module) -> None:
    found, name = module.diagnostics, block.labels[0]
    if module.overriding:
        detail = "Override files cannot override check blocks."
        found.append(error("Can't override check blocks", detail, block.header_span.range))
        return
    blocks = content(block.body, _CHECK, found)
    named(block, ("check block name",), found)
    _check_data([each for each in blocks if each.type == "data"], name, module)
    asserts = []
    for each in blocks:
        before = len(found)
        check = check_of(each, module) if each.type == "assert" else None
        if check is not None and not failed(found[before:]):
            asserts.append(check)
    if not asserts:
        detail = "Check blocks must have at least one assert block."
        found.append(error("Zero assert blocks", detail, block.header_span.range))
    _add_check(CheckBlock(name, tuple[Check, ...](asserts), block.header_span), module)


def _check_data(blocks: list[Block], name: str, module: Module) -> None:
    """The one data source that a check may have, which is seen in that check alone."""
    first: Block | None = None
    for block in blocks:
        if first is not None:
            at = place(first.header_span.range, module.root)
            detail = f"This check block already has a data resource defined at {at}."
            where = block.header_span.range
            module.diagnostics.append(error("Multiple data resource blocks", detail, where))
            continue
        before = len(module.diagnostics)
        made = decoded(block, module, nested=True)
        if failed(module.diagnostics[before:]):
            continue
        first = block
        made.check = name
        key = (made.mode, made.type, made.name)
        if key in module.resources:
            duplicate(block, module.resources[key], module, nested=True)
        else:
            module.resources[key] = made


def _add_check(made: CheckBlock, module: Module) -> None:
    for first in module.checks:
        if first.name == made.name:
            at = place(first.span.range, module.root)
            detail = (
                f'A check block named "{made.name}" was already declared at {at}. Check blocks must'
                " be unique within each module."
            )
            summary = f'Duplicate check "{made.name}" configuration'
            module.diagnostics.append(error(summary, detail, made.span.range))
            return
    module.checks.append(made)


BLOCKS: dict[str, Callable[[Block, Module], None]] = {
    "terraform": terraform,
    "provider": provider,
    "variable": variable,
    "locals": locals_,
    "output": output,
    "module": module_call,
    "resource": resource,
    "data": resource,
    "moved": moved,
    "import": import_,
    "check": _check,
    "removed": removed,
}
