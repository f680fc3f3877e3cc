"""What is created before it is destroyed: by its own word, or because another needs it so.

Beside `dependencies` in `bot.plan.engine`. What a block with `create_before_destroy` depends on,
through locals, variables and outputs of modules too, is created first as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.configuration import Module
from bot.plan.graph import Graph, Node, Path, local_name, reached


def created_first(root: Module, graph: Graph) -> frozenset[Node]:
    """All resources of a configuration that are created before they are destroyed."""
    return frozenset(reached(graph, _by_their_word(root, ())))


def _by_their_word(module: Module, path: Path) -> Iterator[Node]:
    for block in module.resources.values():
        if block.lifecycle.create_before_destroy:
            yield path, local_name(block)
    for name, child in module.children.items():
        yield from _by_their_word(child, (*path, name))
