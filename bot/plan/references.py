"""The static graph: which block refers to which, as addresses.

Above `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.plan.address import Resource
from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.planner import Planner
from bot.plan.evaluate.references import references, references_in
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.validate import provisioner_references


def reference_graph(planner: Planner) -> Mapping[str, frozenset[str]]:
    """Each resource, local and output with what it refers to; instances share their block's."""
    graph: dict[str, frozenset[str]] = {}
    for module in planner.all_modules():
        for key, block in module.module.resources.items():
            nodes = [node for node in (block.count, block.for_each, *block.depends_on) if node]
            found = [*references_in(block.body), *_in(nodes)]
            for provisioner in block.provisioners:
                found += list(provisioner_references(provisioner))
            graph[str(Resource(module.path, *key))] = _named(module, found)
        for name, attribute in module.module.locals.items():
            graph[module.within(f"local.{name}")] = _named(module, references(attribute.expression))
        for name, output in module.module.outputs.items():
            found = list(references(output.value)) if output.value else []
            graph[module.within(f"output.{name}")] = _named(module, found)
        for name, call in module.module.calls.items():
            found = [r for a in call.arguments.values() for r in references(a.expression)]
            graph[module.within(f"module.{name}")] = _named(module, found)
    return graph


def _in(nodes: Iterable[Expression]) -> Iterator[ScopeTraversal]:
    for node in nodes:
        yield from references(node)


def _named(module: ModuleInstance, found: Iterable[ScopeTraversal]) -> frozenset[str]:
    names = set()
    for node in found:
        words = [step.name for step in node.steps[:2] if isinstance(step, Attr)]
        if node.root in ("local", "var", "module") and words:
            names.add(module.within(f"{node.root}.{words[0]}"))
        elif node.root == "data" and len(words) > 1:
            names.add(module.within(f"data.{words[0]}.{words[1]}"))
        elif words and ("managed", node.root, words[0]) in module.module.resources:
            names.add(module.within(f"{node.root}.{words[0]}"))
    return frozenset(names)
