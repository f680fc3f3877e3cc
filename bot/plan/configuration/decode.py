"""Blocks into the nouns of `module`: names checked, arguments sorted, mistakes said.

Above `lifecycle` and `arguments` in `bot.plan.configuration`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from bot.plan.configuration.arguments import (
    check_of,
    constant,
    listed,
    missing_argument,
    unsupported_block,
)
from bot.plan.configuration.lifecycle import lifecycle_of
from bot.plan.configuration.module import (
    Check,
    CheckBlock,
    Import,
    Module,
    ModuleCall,
    Move,
    Output,
    Removal,
    ResourceBlock,
    Variable,
)
from bot.plan.diagnostics import error, warning
from bot.plan.evaluate import Names, Scope, evaluate, references
from bot.plan.functions.context import FunctionContext
from bot.plan.places import place
from bot.plan.syntax.nodes import (
    Attribute,
    Block,
    Body,
    Expression,
    ScopeTraversal,
)
from bot.plan.type_constraint import type_constraint

_LABELS = {
    "variable": 1, "output": 1, "module": 1, "provider": 1, "check": 1, "resource": 2, "data": 2,
    "locals": 0, "terraform": 0, "moved": 0, "removed": 0, "import": 0,
}  # fmt: skip


def decode(body: Body, module: Module) -> None:
    """Add what a file declares to `module`; duplicates and unknown blocks are reported."""
    for attribute in body.attributes.values():
        detail = (
            f'An argument named "{attribute.name}" is not expected here.'
            if attribute.name not in _LABELS
            else f'An argument named "{attribute.name}" is not expected here. Did you mean to'
            f' define a block of type "{attribute.name}"?'
        )
        module.diagnostics.append(error("Unsupported argument", detail, attribute.name_span.range))
    for block in body.blocks:
        handler = BLOCKS.get(block.type)
        if handler is None:
            module.diagnostics.append(unsupported_block(block, _LABELS))
        elif _labelled(block, module) and _named(block, module):
            handler(block, module)


def _labelled(block: Block, module: Module) -> bool:
    wanted = _LABELS[block.type]
    if len(block.labels) == wanted:
        return True
    names = {1: "name", 2: "type, name"}
    if len(block.labels) > wanted:
        extra = block.label_spans[wanted]
        detail = f"No labels are expected for {block.type} blocks."
        if wanted:
            detail = f"Only {wanted} labels ({names[wanted]}) are expected for {block.type} blocks."
        module.diagnostics.append(error(f"Extraneous label for {block.type}", detail, extra.range))
    else:
        missing = "type" if wanted == 2 and not block.labels else "name"
        detail = f"All {block.type} blocks must have {wanted} labels ({names[wanted]})."
        module.diagnostics.append(
            error(f"Missing {missing} for {block.type}", detail, block.type_span.range)
        )
    return False


_NAME = re.compile(r"[^\W\d][\w-]*")
_NOT_A_NAME = (
    "A name must start with a letter or underscore and may contain only letters, digits,"
    " underscores, and dashes."
)
_NAMES = {
    "module": ("module instance name",),
    "resource": ("resource type name", "resource name"),
    "data": ("data source name", "data resource name"),
    "variable": ("variable name",),
    "output": ("output name",),
}


def _named(block: Block, module: Module) -> bool:
    """Whether what a block declares can be referred to."""
    pairs = zip(_NAMES.get(block.type, ()), block.labels, block.label_spans, strict=False)
    wrong = [
        error(f"Invalid {noun}", _NOT_A_NAME, span.range)
        for noun, label, span in pairs
        if not _NAME.fullmatch(label)
    ]
    module.diagnostics += wrong
    return not wrong


def _variable(block: Block, module: Module) -> None:
    name = block.labels[0]
    if name in module.variables:
        first = module.variables[name].span.range
        detail = (
            f'A variable named "{name}" was already declared at {place(first, module.root)}.'
            " Variable names must be unique within a module."
        )
        summary = "Duplicate variable declaration"
        module.diagnostics.append(error(summary, detail, block.header_span.range))
        return
    attributes = block.body.attributes
    variable = Variable(name, block.header_span)
    if "type" in attributes:
        type_, defaults, found = type_constraint(attributes["type"].expression)
        variable.type, variable.defaults, variable.typed = type_, defaults, True
        module.diagnostics.extend(found)
    if "default" in attributes:
        variable.default = attributes["default"].expression
    variable.nullable = constant(attributes.get("nullable")) is not False
    variable.sensitive = constant(attributes.get("sensitive")) is True
    variable.validations = tuple(
        _validation(inner, name, module)
        for inner in block.body.blocks
        if inner.type == "validation"
    )
    known = {"type", "default", "description", "sensitive", "nullable", "ephemeral", "deprecated"}
    _unexpected(block.body, known, {"validation"}, module)
    module.variables[name] = variable


def _unexpected(body: Body, known: set[str], blocks: set[str], module: Module) -> None:
    for attribute in body.attributes.values():
        if attribute.name not in known:
            near = difflib.get_close_matches(attribute.name, known, n=1, cutoff=0.7)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            detail = f'An argument named "{attribute.name}" is not expected here.{hint}'
            where = attribute.name_span.range
            module.diagnostics.append(error("Unsupported argument", detail, where))
    for block in body.blocks:
        if block.type not in blocks:
            module.diagnostics.append(unsupported_block(block, blocks))


def _validation(block: Block, name: str, module: Module) -> Check:
    check = check_of(block, module)
    if check.condition is not None and not any(
        node.root == "var" and node.steps and getattr(node.steps[0], "name", "") == name
        for node in references(check.condition)
    ):
        detail = (
            f'The condition for variable "{name}" must refer to var.{name} in order to test'
            " incoming values."
        )
        where = check.condition.span.range
        module.diagnostics.append(error("Invalid variable validation condition", detail, where))
    return check


def _locals(block: Block, module: Module) -> None:
    for name, attribute in block.body.attributes.items():
        if name in module.locals:
            first = module.locals[name].span.range
            detail = (
                f'A local value named "{name}" was already defined at {place(first, module.root)}.'
                " Local value names must be unique within a module."
            )
            summary = "Duplicate local value definition"
            module.diagnostics.append(error(summary, detail, attribute.name_span.range))
        else:
            module.locals[name] = attribute


def _output(block: Block, module: Module) -> None:
    name = block.labels[0]
    attributes = block.body.attributes
    if name in module.outputs:
        first = module.outputs[name].span.range
        detail = (
            f'An output named "{name}" was already defined at {place(first, module.root)}.'
            " Output names must be unique within a module."
        )
        summary = "Duplicate output definition"
        module.diagnostics.append(error(summary, detail, block.header_span.range))
        return
    if "value" not in attributes:
        module.diagnostics.append(missing_argument("value", block))
    value = attributes.get("value")
    module.outputs[name] = Output(
        name,
        block.header_span,
        value.expression if value else None,
        constant(attributes.get("sensitive")) is True,
        listed(attributes.get("depends_on")),
        tuple(check_of(each, module) for each in block.body.blocks if each.type == "precondition"),
    )


def _resource(block: Block, module: Module) -> None:
    mode = "managed" if block.type == "resource" else "data"
    type_, name = block.labels
    key = (mode, type_, name)
    if key in module.resources:
        _duplicate(block, module.resources[key], module)
        return
    attributes = dict(block.body.attributes)
    meta = {n: attributes.pop(n, None) for n in ("count", "for_each", "provider", "depends_on")}
    inner = [each for each in block.body.blocks if each.type not in _META_BLOCKS]
    body = Body(attributes, tuple(inner), block.body.span, block.header_span)
    count, for_each = meta["count"], meta["for_each"]
    if count is not None and for_each is not None:
        detail = 'The "count" and "for_each" meta-arguments are mutually-exclusive, only one should'
        detail += " be used to be explicit about the number of resources to be created."
        summary = 'Invalid combination of "count" and "for_each"'
        module.diagnostics.append(error(summary, detail, for_each.name_span.range))
    module.resources[key] = ResourceBlock(
        mode,
        type_,
        name,
        block.header_span,
        body,
        count.expression if count else None,
        for_each.expression if for_each else None,
        _provider_name(meta["provider"], type_),
        lifecycle_of(block, module),
        listed(meta["depends_on"]),
        tuple(each for each in block.body.blocks if each.type == "provisioner"),
    )


_META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})


def _duplicate(block: Block, first: ResourceBlock, module: Module) -> None:
    type_, name = block.labels
    at = first.span.range
    noun = f'resource "{type_}"' if first.mode == "managed" else f'data "{type_}"'
    summary = f"Duplicate {noun} configuration"
    detail = (
        f"A {type_} {'resource' if first.mode == 'managed' else 'data resource'} named"
        f' "{name}" was already declared at {place(at, module.root)}. Resource names must be unique'
        " per type in each module."
    )
    module.diagnostics.append(error(summary, detail, block.header_span.range))


def _provider_name(attribute: Attribute | None, type_: str) -> str:
    """The local name of the provider: as given, else the type's first word."""
    if attribute is not None and isinstance(attribute.expression, ScopeTraversal):
        return attribute.expression.root
    return type_.partition("_")[0]


def _module_call(block: Block, module: Module) -> None:
    name = block.labels[0]
    if name in module.calls:
        first = module.calls[name].span.range
        detail = (
            f'A module call named "{name}" was already defined at {place(first, module.root)}.'
            " Module calls must have unique names within a module."
        )
        module.diagnostics.append(error("Duplicate module call", detail, block.header_span.range))
        return
    arguments = dict(block.body.attributes)
    names = ("source", "version", "count", "for_each", "depends_on", "providers")
    meta = {each: arguments.pop(each, None) for each in names}
    source = constant(meta["source"])
    count, for_each = meta["count"], meta["for_each"]
    module.calls[name] = ModuleCall(
        name,
        block.header_span,
        source if isinstance(source, str) else None,
        arguments,
        block.header_span,
        count.expression if count else None,
        for_each.expression if for_each else None,
        listed(meta["depends_on"]),
    )


def _terraform(block: Block, module: Module) -> None:
    for inner in block.body.blocks:
        if inner.type == "required_providers":
            for name, attribute in inner.body.attributes.items():
                module.providers[name] = _source(attribute, name)


def _source(attribute: Attribute, name: str) -> str:
    value, found = evaluate(attribute.expression, Scope(Names({}), FunctionContext()))
    raw = value.raw
    if not found and isinstance(raw, dict) and "source" in raw:
        source = raw["source"].raw
        if isinstance(source, str):
            return (
                "/".join(source.split("/")[-2:])
                if not source.startswith("terraform.io")
                else source
            )
    return f"hashicorp/{name}"


def _provider(block: Block, module: Module) -> None:
    module.provider_blocks.append(block)


def _moved(block: Block, module: Module) -> None:
    attributes = block.body.attributes
    for name in ("from", "to"):
        if name not in attributes:
            module.diagnostics.append(missing_argument(name, block))
            return
    source, target = attributes["from"].expression, attributes["to"].expression
    module.moves.append(Move(source, target, block.header_span))


def _removed(block: Block, module: Module) -> None:
    attributes = block.body.attributes
    if "from" not in attributes:
        module.diagnostics.append(missing_argument("from", block))
        return
    destroy: bool | None = None
    for inner in block.body.blocks:
        if inner.type == "lifecycle":
            given = constant(inner.body.attributes.get("destroy"))
            destroy = given if isinstance(given, bool) else True
    if destroy is None:
        detail = (
            "It is recommended for each 'removed' block configured to have also the 'lifecycle'"
            " block defined. By not specifying if the resource should be destroyed or not, could"
            " lead to unwanted behavior."
        )
        summary = "Missing lifecycle from the removed block"
        # The tool says this twice: when it loads the configuration and when it plans.
        module.diagnostics += [warning(summary, detail, block.header_span.range)] * 2
    module.removals.append(Removal(attributes["from"].expression, block.header_span, destroy))


def _import(block: Block, module: Module) -> None:
    attributes = block.body.attributes

    def of(name: str) -> Expression | None:
        return attributes[name].expression if name in attributes else None

    module.imports.append(Import(of("to"), of("id"), of("for_each"), block.header_span))


def _check_block(block: Block, module: Module) -> None:
    for inner in block.body.blocks:
        if inner.type == "data":
            _resource(inner, module)
    blocks = [inner for inner in block.body.blocks if inner.type == "assert"]
    asserts = tuple(check_of(inner, module) for inner in blocks)
    if not any(each.condition and references(each.condition) for each in asserts):
        detail = "Check blocks must have at least one assert block."
        module.diagnostics.append(error("Zero assert blocks", detail, block.header_span.range))
    module.checks.append(CheckBlock(block.labels[0], asserts, block.header_span))


BLOCKS: dict[str, Callable[[Block, Module], None]] = {
    "variable": _variable,
    "locals": _locals,
    "output": _output,
    "resource": _resource,
    "data": _resource,
    "module": _module_call,
    "terraform": _terraform,
    "provider": _provider,
    "moved": _moved,
    "removed": _removed,
    "import": _import,
    "check": _check_block,
}
