"""Everything once, dependencies first, so that evaluating a long chain needs no deep stack.

Above `planner` in `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.planner import Planner
from bot.plan.graph import CLOSE, Graph, Node, Path


def plan_all(planner: Planner) -> None:
    """Evaluate a whole configuration."""
    instances: dict[Path, list[ModuleInstance]] = {(): [planner.root]}
    for path, name in in_order(planner.graph):
        for instance in _at(planner, path, instances):
            _evaluate(planner, instance, name)
    for instance in planner.all_modules():
        for name in instance.module.variables:
            instance.variable(name)


def in_order(graph: Graph) -> Iterator[Node]:
    """All nodes of the static graph, each after what it refers to (in a cycle, somewhere)."""
    seen: set[Node] = set()
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        work = [(start, iter(graph[start]))]
        while work:
            node, targets = work[-1]
            following = next((each for each in targets if each in graph and each not in seen), None)
            if following is None:
                work.pop()
                yield node
            else:
                seen.add(following)
                work.append((following, iter(graph[following])))


def _at(
    planner: Planner, path: Path, known: dict[Path, list[ModuleInstance]]
) -> list[ModuleInstance]:
    """The instances of the module that goes by these calls."""
    if path not in known:
        parents = _at(planner, path[:-1], known)
        made = [planner.module_instances(parent, path[-1]) or {} for parent in parents]
        known[path] = [instance for each in made for instance in each.values()]
    return known[path]


def _evaluate(planner: Planner, instance: ModuleInstance, name: str) -> None:
    kind, *rest = name.split(".")
    match kind:
        case "local":
            instance.local(rest[0])
        case "var":
            if rest[0] in instance.module.variables:
                instance.variable(rest[0])
        case "output":
            instance.output(rest[0])
        case "module":
            planner.module_instances(instance, rest[0].removesuffix(CLOSE))
        case _:
            mode, type_, of = ("data", *rest) if kind == "data" else ("managed", kind, rest[0])
            for at in planner.instances(instance, (mode, type_, of)) or {}:
                planner.change(instance, (mode, type_, of), at)
