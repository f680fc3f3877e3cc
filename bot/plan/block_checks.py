"""Single findings about blocks that need no evaluation, in the tool's words.

Above `reference_checks` in `bot.plan`; below `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.plan.configuration import Module, ResourceBlock
from bot.plan.diagnostics import Diagnostic, Range, error, failed, warning
from bot.plan.evaluate import references, references_in
from bot.plan.evaluate.subjects import misshapen
from bot.plan.graph import Node, Path, targets
from bot.plan.providers import Provider, ResourceType
from bot.plan.reference_checks import address_of, block_named, wrong_steps
from bot.plan.suggestions import hint
from bot.plan.syntax.nodes import Attr, Key, ScopeTraversal


def modules(module: Module, path: Path) -> Iterator[tuple[Path, Module]]:
    """A module and all that it calls, with the names of the calls."""
    yield path, module
    for name, child in module.children.items():
        yield from modules(child, (*path, name))


def wrong_only_when_planned(root: Module) -> list[Diagnostic]:
    """What the tool finds when it plans, though nothing has to be evaluated for it."""
    found: list[Diagnostic] = []
    for path, module in modules(root, ()):
        for block in module.resources.values():
            found += _self_references(block)
            found += _unknown_triggers(block, path, module)
    return found


def _self_references(block: ResourceBlock) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    repeated = [node for node in (block.count, block.for_each) if node is not None]
    for node in (*references_in(block.body), *(r for one in repeated for r in references(one))):
        named = block_named(node) if misshapen(node) is None else None
        if named is None or named[0] != (block.mode, block.type, block.name):
            continue
        key = named[1][0] if named[1] and isinstance(named[1][0], Key) else None
        name = address_of(block) + (key.span.text if key is not None else "")
        detail = f"Configuration for {name} may not refer to itself."
        # The tool says this twice: when it validates and when it plans.
        found += [error("Self-referential block", detail, node.span.range)] * 2
    return found


def _unknown_triggers(block: ResourceBlock, path: Path, module: Module) -> Iterator[Diagnostic]:
    for trigger in block.lifecycle.triggers:
        for node in references(trigger):
            named = block_named(node) if misshapen(node) is None else None
            if named is None or named[0] in module.resources:
                continue
            mode, type_, name = named[0]
            address = f"{'data.' if mode == 'data' else ''}{type_}.{name}"
            place = ".".join(f"module.{each}" for each in path) or "the root module"
            detail = f"A resource {address} has not been declared in {place}"
            yield error("Reference to undeclared resource", detail, node.span.range)


def ignored(block: ResourceBlock, type_: ResourceType) -> list[Diagnostic]:
    """`ignore_changes` names attributes that can be configured."""
    found: list[Diagnostic] = []
    for named in block.lifecycle.ignored:
        found += wrong_steps(type_, (Attr(named.root, named.root_span), *named.steps))
        rule = type_.attributes.get(named.root)
        if failed(found) or rule is None or rule.required or rule.optional or named.steps:
            continue
        detail = (
            "Adding an attribute name to ignore_changes tells OpenTofu to ignore future changes to"
            " the argument in configuration after the object has been created, retaining the value"
            f" originally configured.\n\nThe attribute {named.root} is decided by the provider"
            " alone and therefore there can be no configured value to compare with. Including this"
            " attribute in ignore_changes has no effect. Remove the attribute from ignore_changes"
            " to quiet this warning."
        )
        where = (block.type_span or block.span).range
        found.append(warning("Redundant ignore_changes element", detail, where))
    return found


def no_type(source: str, block: ResourceBlock, facts: Provider) -> Diagnostic:
    """A type that the provider does not have, with what was probably meant."""
    managed = block.mode == "managed"
    table, other = facts.resources, facts.data_sources
    near = hint(block.type, table if managed else other)
    if block.type in (other if managed else table):
        meant = (
            f'the data source "{block.type}"? If so, declare this using a "data" block instead of a'
            ' "resource" block.'
            if managed
            else f'the managed resource type "{block.type}"? If so, declare this using a "resource"'
            ' block instead of a "data" block.'
        )
        near = f"\n\nDid you intend to use {meant}"
    noun = "resource type" if managed else "data source"
    detail = f'The provider {source} does not support {noun} "{block.type}".{near}'
    summary = "Invalid resource type" if managed else "Invalid data source"
    return error(summary, detail, (block.type_span or block.span).range)


def names_local(node: ScopeTraversal, name: str) -> bool:
    """Whether a reference is to the local of that name."""
    return node.root == "local" and bool(node.steps) and getattr(node.steps[0], "name", "") == name


def remaining(node: ScopeTraversal) -> Range | None:
    """What a reference has beyond the object that it names."""
    if misshapen(node) is not None:
        return None
    named = block_named(node)
    steps = node.steps[1:] if named is None else named[1]
    if steps and isinstance(steps[0], Key):
        steps = steps[1:]
    if node.root == "module" and steps:
        steps = steps[1:]
    return steps[0].span.to(steps[-1].span).range if steps else None


def beside(
    path: Path, module: Module, block: ResourceBlock, type_: ResourceType | None
) -> Iterator[Node]:
    """What only arguments refer to that the block's type does not have."""
    if type_ is None:
        return
    known, extra = list[ScopeTraversal](), list[ScopeTraversal]()
    for name, attribute in block.body.attributes.items():
        found = known if name in type_.attributes else extra
        found += references(attribute.expression)
    if extra:
        whole = set(targets(module, path, known))
        yield from (each for each in targets(module, path, extra) if each not in whole)


def unknown_names(named: Iterable[ScopeTraversal]) -> Iterator[Diagnostic]:
    """A condition is evaluated even where there is no scope to evaluate it in."""
    for node in named:
        detail = f'There is no variable named "{node.root}".'
        yield error("Unknown variable", detail, node.root_span.range)
