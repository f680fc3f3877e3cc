"""What the tool finds before it looks at single blocks: calls that do not fit, and cycles.

Above `bot.plan.configuration` and `bot.plan.providers`; below `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.configuration import Module
from bot.plan.configuration.content import (
    missing_argument,
    unsupported_argument,
    unsupported_block,
)
from bot.plan.configuration.module import ModuleCall
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate.references import references, references_in
from bot.plan.graph import Node, cycles, edges
from bot.plan.provisioner_shapes import PROVISIONERS
from bot.plan.syntax.nodes import Block, Body, ScopeTraversal


def validate(root: Module) -> list[Diagnostic]:
    """What stops the tool before it evaluates anything, in its words."""
    found: list[Diagnostic] = []
    _plugins(root, found)
    _calls(root, found)
    if not found:
        _cycles(root, found)
    return found


def _plugins(module: Module, found: list[Diagnostic]) -> None:
    """Provisioners that do not come with the tool."""
    named = {
        provisioner.labels[0]
        for block in module.resources.values()
        for provisioner in block.provisioners
    }
    for name in sorted(named - PROVISIONERS.keys()):
        detail = (
            f'This configuration requires provisioner plugin "{name}", which isn\'t available. If'
            " you're intending to use an external provisioner plugin, you must install it manually"
            " into one of the plugin search directories before running OpenTofu."
        )
        found.append(error("Missing required provisioner plugin", detail))
    for child in module.children.values():
        _plugins(child, found)


def _calls(module: Module, found: list[Diagnostic]) -> None:
    for call in module.calls.values():
        child = module.children.get(call.name)
        if child is not None:
            _call(child, call, found)
            _calls(child, found)


def _call(child: Module, call: ModuleCall, found: list[Diagnostic]) -> None:
    body = Body(call.arguments, call.blocks, call.end_span, call.end_span, json=call.json)
    known, given = child.variables, call.arguments
    required = [each.name for each in known.values() if each.default is None]
    found += [missing_argument(name, body) for name in required if name not in given]
    extra = [attribute for name, attribute in given.items() if name not in known]
    found += [unsupported_argument(each, body, sorted(known)) for each in extra]
    found += [unsupported_block(block, (), known) for block in call.blocks]


def provisioner_references(provisioner: Block) -> Iterator[ScopeTraversal]:
    """What a provisioner refers to; the words of `when` and `on_failure` are no references."""
    for name, attribute in provisioner.body.attributes.items():
        if name not in ("when", "on_failure"):
            yield from references(attribute.expression)
    for inner in provisioner.body.blocks:
        yield from references_in(inner.body)


def _cycles(root: Module, found: list[Diagnostic]) -> None:
    components = [each for each in cycles(dict(edges(root))) if len(each) > 1]
    found += [error(f"Cycle: {', '.join(_named(each))}") for each in components]


def _named(component: list[Node]) -> list[str]:
    """Names as the tool writes them; it expands all but resources, and says so."""
    names = sorted((*(f"module.{each}" for each in path), name) for path, name in component)
    texts = [(".".join(words), words[-1].partition(".")[0]) for words in names]
    expanded = [f"{text} (expand)" for text, kind in texts if kind in _EXPANDED]
    return [*expanded, *reversed([text for text, kind in texts if kind not in _EXPANDED])]


_EXPANDED = ("local", "var", "output", "module")
