"""What refers to what in a whole configuration, module calls included, evaluating nothing.

Above `bot.plan.configuration`; below `validate` and `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import Check
from bot.plan.configuration.resources import at_destroy
from bot.plan.evaluate.references import references, references_in
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal

Path = tuple[str, ...]
Node = tuple[Path, str]
"""A block, local, variable, output or call: the names of the modules on the way, and its own."""
Graph = Mapping[Node, list[Node]]


def local_name(block: ResourceBlock) -> str:
    """A block's address in its own module."""
    return f"{'data.' if block.mode == 'data' else ''}{block.type}.{block.name}"


def edges(
    module: Module, path: Path = (), call: Node | None = None
) -> Iterator[tuple[Node, list[Node]]]:
    """Every node of a module and of those that it calls, with what it refers to.

    `call` is the call that the module's blocks hang on.
    """
    outer = [call] if call is not None else []
    for block in module.resources.values():
        nodes = [*references_in(block.body), *_in((block.count, block.for_each))]
        nodes += [*_in((*block.depends_on, *block.lifecycle.triggers)), *_around(block)]
        yield (path, local_name(block)), [*targets(module, path, nodes), *outer]
    for name, attribute in module.locals.items():
        found = references(attribute.expression)
        yield (path, f"local.{name}"), [*targets(module, path, found), *outer]
    for name, output in module.outputs.items():
        nodes = [*_in((output.value, *output.depends_on)), *_conditions(output.preconditions)]
        yield (path, f"output.{name}"), [*targets(module, path, nodes), *outer]
    for name, child in module.children.items():
        given = module.calls[name]
        here: Node = (path, f"module.{name}")
        nodes = list(_in((given.count, given.for_each, *given.depends_on)))
        yield here, [*targets(module, path, nodes), *outer]
        for argument in given.arguments.values():
            found = references(argument.expression)
            yield ((*path, name), f"var.{argument.name}"), [*targets(module, path, found), here]
        inner = list(edges(child, (*path, name), here))
        yield from inner
        yield (path, f"module.{name}{CLOSE}"), [node for node, _ in inner]


CLOSE = " (close)"
"""After a call's name: all that is in the module, for which a reference to the whole waits."""


def _around(block: ResourceBlock) -> Iterator[ScopeTraversal]:
    """What a block's conditions and its provisioners at the creation refer to."""
    lifecycle = block.lifecycle
    for node in _conditions((*lifecycle.preconditions, *lifecycle.postconditions)):
        if node.root != "self":
            yield node
    for provisioner in block.provisioners:
        if not at_destroy(provisioner):
            yield from (node for node in references_in(provisioner.body) if node.root != "self")


def _conditions(checks: Iterable[Check]) -> Iterator[ScopeTraversal]:
    for check in checks:
        yield from _in((check.condition, check.message))


def _in(nodes: Iterable[Expression | None]) -> Iterator[ScopeTraversal]:
    for node in nodes:
        if node is not None:
            yield from references(node)


def targets(module: Module, path: Path, nodes: Iterable[ScopeTraversal]) -> list[Node]:
    """The nodes that references in a module name."""
    found: dict[Node, None] = {}
    for node in nodes:
        words = [step.name for step in node.steps[:2] if isinstance(step, Attr)]
        if node.root in ("local", "var") and words:
            found[path, f"{node.root}.{words[0]}"] = None
        elif node.root == "module" and words and words[0] in module.children:
            named = _output_named(node, module.children[words[0]].outputs)
            whole: Node = (path, f"module.{words[0]}{CLOSE}")
            found[((*path, words[0]), f"output.{named}") if named else whole] = None
        elif node.root == "data" and len(words) > 1:
            found[path, f"data.{words[0]}.{words[1]}"] = None
        elif words:
            found[path, f"{node.root}.{words[0]}"] = None
    return list(found)


def _output_named(node: ScopeTraversal, outputs: Container[str]) -> str:
    """The output that a reference names, after an index too; "" where it names the module."""
    names = [step.name for step in node.steps[1:3] if isinstance(step, Attr)]
    return names[0] if names and names[0] in outputs else ""


def reached(graph: Graph, start: Iterable[Node]) -> set[Node]:
    """All that these nodes refer to, directly or not; and they themselves."""
    seen: set[Node] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += graph.get(node, ())
    return seen


def cycles(graph: Graph) -> list[list[Node]]:
    """The strongly connected components that are cycles (Tarjan's algorithm, without recursion)."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    found: list[list[Node]] = []
    for root in graph:
        if root in index:
            continue
        work: list[tuple[Node, Iterator[Node]]] = [(root, iter(graph[root]))]
        _enter(root, index, low, stack, on_stack)
        while work:
            node, targets = work[-1]
            target = next((each for each in targets if each in graph), None)
            if target is None:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    component = _leave(node, stack, on_stack)
                    if len(component) > 1 or node in graph[node]:
                        found.append(component)
            elif target not in index:
                _enter(target, index, low, stack, on_stack)
                work.append((target, iter(graph[target])))
            elif target in on_stack:
                low[node] = min(low[node], index[target])
    return found


def _enter(
    node: Node,
    index: dict[Node, int],
    low: dict[Node, int],
    stack: list[Node],
    on_stack: set[Node],
) -> None:
    index[node] = low[node] = len(index)
    stack.append(node)
    on_stack.add(node)


def _leave(node: Node, stack: list[Node], on_stack: set[Node]) -> list[Node]:
    component: list[Node] = []
    while not component or component[-1] != node:
        component.append(stack.pop())
        on_stack.discard(component[-1])
    return component
