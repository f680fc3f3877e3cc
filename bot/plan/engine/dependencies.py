"""What hangs on what: pending changes behind a `depends_on`, triggers, what is created first.

Beside `planner` in `bot.plan.engine`; asks it for the changes of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.plan.address import Instance, Key, Resource, key_text, module_text
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.diagnostics import error
from bot.plan.engine.modules import ModuleInstance, plain_key
from bot.plan.framework import differs
from bot.plan.graph import Node, local_name, reached, targets
from bot.plan.prediction import Action, ResourceChange
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import NULL, Unknown, Value

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner


def pending(planner: Planner, module: ModuleInstance, block: ResourceBlock) -> bool | None:
    """Whether a data source waits for a change of this plan; None where that change is uncertain.

    It waits for the managed resources that it or a module around it names in `depends_on`, for
    those that its arguments name, and with conditions of its own for all that it hangs on.
    """
    path = tuple(name for name, _ in module.path)
    changing = [
        _pending_in(planner, node, module)
        for node in _waited_for(planner, module, block, path)
        if not node[1].startswith("data.")
    ]
    return True if True in changing else None if None in changing else False


def _waited_for(
    planner: Planner, module: ModuleInstance, block: ResourceBlock, path: tuple[str, ...]
) -> set[Node]:
    graph, here = planner.graph, (path, local_name(block))
    if block.lifecycle.preconditions or block.lifecycle.postconditions:
        return {node for node in reached(graph, [here]) if _is_resource(node)} - {here}
    nodes = {node for node in graph.get(here, ()) if _is_resource(node)}
    named = _dependencies(module.module, path, block.depends_on)
    at = module
    while at.parent is not None:
        call = at.parent.module.calls[at.path[-1][0]]
        outer = tuple(name for name, _ in at.parent.path)
        named += _dependencies(at.parent.module, outer, call.depends_on)
        at = at.parent
    for node in named:
        behind = {node} if _is_resource(node) else reached(graph, [node])
        nodes |= {each for each in behind if _is_resource(each)}
    return nodes


def _dependencies(
    module: Module, path: tuple[str, ...], nodes: tuple[Expression, ...]
) -> list[Node]:
    return targets(module, path, [node for node in nodes if isinstance(node, ScopeTraversal)])


def _is_resource(node: Node) -> bool:
    return node[1].partition(".")[0] not in ("local", "var", "output", "module")


def _pending_in(planner: Planner, node: Node, waiting: ModuleInstance) -> bool | None:
    """Whether an instance of a managed resource changes, in the waiting one's own module instance
    or in any of another module."""
    path, name = node
    type_, _, label = name.partition(".")
    key = ("managed", type_, label)
    doubtful = False
    for module in planner.all_modules():
        if tuple(step for step, _ in module.path) != path or key not in module.module.resources:
            continue
        if len(module.path) == len(waiting.path) and _named_alike(module, waiting):
            continue
        instances = planner.instances(module, key)
        changes = [planner.change(module, key, at) for at in instances or ()]
        if any(each.action is not Action.NO_OP and not each.uncertain for each in changes):
            return True
        doubtful = doubtful or instances is None or any(each.uncertain for each in changes)
    if _goes(planner, path, key, waiting):
        return True
    return None if doubtful else False


def _named_alike(module: ModuleInstance, waiting: ModuleInstance) -> bool:
    """Another instance of the same module."""
    names = [name for name, _ in module.path]
    return module.path != waiting.path and names == [name for name, _ in waiting.path]


def _first(node: ScopeTraversal) -> str:
    first = node.steps[0] if node.steps else None
    return first.name if isinstance(first, Attr) else ""


def _goes(
    planner: Planner, path: tuple[str, ...], key: tuple[str, str, str], waiting: ModuleInstance
) -> bool:
    """Whether an instance of the block is in the state and no longer wanted."""
    for prior in planner.facts.priors.values():
        resource = prior.address.resource
        names = tuple(name for name, _ in resource.module)
        if (resource.mode, resource.type, resource.name) != key or names != path:
            continue
        same = len(names) != len(waiting.path) or names != tuple(n for n, _ in waiting.path)
        if (same or resource.module == waiting.path) and not _wanted(planner, prior.address):
            return True
    return False


def _wanted(planner: Planner, address: Instance) -> bool:
    resource = address.resource
    key = (resource.mode, resource.type, resource.name)
    return any(
        module.path == resource.module and address.key in (planner.instances(module, key) or ())
        for module in planner.all_modules()
    )


def triggered(
    planner: Planner, module: ModuleInstance, block: ResourceBlock, address: Instance
) -> bool | None:
    """Whether something that `replace_triggered_by` names is updated or replaced; None where that
    is not certain. What names nothing that there is or was is an error."""
    fired = [
        each
        for node in block.lifecycle.triggers
        for each in _trigger_changes(planner, module, node, address)
    ]
    return True if True in fired else None if None in fired else False


def _named(node: Expression) -> ScopeTraversal | None:
    """The reference itself; an index by `each.key` or `count.index` is found around it."""
    while not isinstance(node, ScopeTraversal):
        source = getattr(node, "source", None) or getattr(node, "collection", None)
        if source is None:
            return None
        node = source
    return node


def _trigger_changes(
    planner: Planner, module: ModuleInstance, node: Expression, address: Instance
) -> Iterator[bool | None]:
    named = _named(node)
    key = ("managed", named.root, _first(named)) if named is not None else ("", "", "")
    if named is None or key not in module.module.resources:
        return
    instances = planner.instances(module, key)
    if instances is None:
        yield None
        return
    steps = (*named.steps[1:], *_steps_after(node))
    wanted: list[Key] = list(instances)
    resource = Resource(module.path, *key)
    text = resource.local
    if steps and isinstance(steps[0], KeyStep):
        wanted, steps = [plain_key(steps[0].key)], steps[1:]
        text += key_text(wanted[0])
    elif node is not named:
        wanted = [address.key]
        text += key_text(address.key)
    there = [at for at in wanted if at in instances]
    if not there and not _was_there(planner, resource, wanted):
        holder = module_text(module.path) or "the root module"
        planner.say([error(f"no change found for {text} in {holder}")])
    for at in there:
        yield _fires(planner.change(module, key, at), steps)


def _was_there(planner: Planner, resource: Resource, keys: list[Key]) -> bool:
    """Whether one of the instances, or without keys any, is in the state: it goes then."""
    places = (prior.address for prior in planner.facts.priors.values())
    return any(at.resource == resource and (not keys or at.key in keys) for at in places)


def _steps_after(node: Expression) -> tuple[object, ...]:
    """What follows an index that is no literal: `x[each.key].id` is one."""
    return () if isinstance(node, ScopeTraversal) else tuple(getattr(node, "steps", ()))


def _fires(change: ResourceChange, steps: tuple[object, ...]) -> bool | None:
    if change.action is Action.NO_OP and change.uncertain:
        return None
    if change.action is not Action.UPDATE and not change.action.replaces:
        return False  # what is new triggers nothing
    before, after = change.before or NULL, change.after or NULL
    if not steps:
        return True if not change.uncertain or _in_part(before, after) else None
    for step in steps:
        before, after = _inside(before, step), _inside(after, step)
    different = differs(before, after)
    return None if change.uncertain and not different else different


def _in_part(before: Value, after: Value) -> bool:
    """Whether some attribute surely changes, whatever becomes of the others."""
    old, new = before.raw, after.raw
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    return any(name in old and differs(old[name], each) is True for name, each in new.items())


def _inside(value: Value, step: object) -> Value:
    raw = value.raw
    if isinstance(step, Attr) and isinstance(raw, dict):
        return raw.get(step.name, NULL)
    key = plain_key(step.key) if isinstance(step, KeyStep) else None
    if isinstance(key, str) and isinstance(raw, dict):
        return raw.get(key, NULL)
    if isinstance(key, int) and isinstance(raw, tuple) and key < len(raw):
        return raw[key]
    return value if isinstance(raw, Unknown) else NULL
