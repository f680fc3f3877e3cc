"""What is created before it is destroyed: by its own word, or because another needs it so.

Beside `dependencies` in `bot.plan.engine`. What a block with `create_before_destroy` depends on,
through locals, variables and outputs of modules too, is created first as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.configuration import Module
from bot.plan.graph import Node, Path, edges, local_name


def created_first(root: Module) -> frozenset[Node]:
    """All resources of a configuration that are created before they are destroyed."""
    wanted = set(_by_their_word(root, ()))
    if not wanted:
        return frozenset()
    graph = dict(edges(root))
    todo = list(wanted)
    while todo:
        for node in graph.get(todo.pop(), ()):
            if node not in wanted:
                wanted.add(node)
                todo.append(node)
    return frozenset(wanted)


def _by_their_word(module: Module, path: Path) -> Iterator[Node]:
    for block in module.resources.values():
        if block.lifecycle.create_before_destroy:
            yield path, local_name(block)
    for name, child in module.children.items():
        yield from _by_their_word(child, (*path, name))
