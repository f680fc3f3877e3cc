"""What hangs on what: pending changes behind a `depends_on`, triggers, what is created first.

Beside `planner` in `bot.plan.engine`; asks it for the changes of others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.plan.address import Instance, Key
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.engine.modules import ModuleInstance, plain_key
from bot.plan.evaluate.references import references, references_in
from bot.plan.prediction import Action, ResourceChange
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import NULL, Value, compare

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner


def pending(planner: Planner, module: ModuleInstance, nodes: tuple[Expression, ...]) -> bool:
    """Whether something that `nodes` name, in the module or its callers, changes in this plan."""
    return any(_changes(planner, module, node) for node in nodes)


def _changes(planner: Planner, module: ModuleInstance, node: Expression) -> bool:
    if not isinstance(node, ScopeTraversal):
        return False
    at: ModuleInstance | None = module
    while at is not None:
        name = _first(node)
        key = ("managed", node.root, name)
        if key in at.module.resources:
            instances = planner.instances(at, key) or {}
            return any(
                planner.change(at, key, k).action is not Action.NO_OP for k in instances
            ) or _goes(planner, at, key, instances)
        if node.root == "module" and name in at.module.calls:
            return _module_changes(planner, at, name)
        at = at.parent
    return False


def _first(node: ScopeTraversal) -> str:
    first = node.steps[0] if node.steps else None
    return first.name if isinstance(first, Attr) else ""


def _goes(
    planner: Planner, module: ModuleInstance, key: tuple[str, str, str], kept: object
) -> bool:
    """Whether an instance of the block is in the state and no longer wanted."""
    for prior in planner.facts.priors.values():
        resource = prior.address.resource
        same = (resource.mode, resource.type, resource.name) == key
        if same and resource.module == module.path and prior.address.key not in kept:  # type: ignore[operator]
            return True
    return False


def _module_changes(planner: Planner, parent: ModuleInstance, name: str) -> bool:
    return any(
        planner.change(inner, key, at).action is not Action.NO_OP
        for called in (planner.module_instances(parent, name) or {}).values()
        for inner in planner.all_modules(called)
        for key in inner.module.resources
        if key[0] == "managed"
        for at in planner.instances(inner, key) or {}
    )


def triggered(
    planner: Planner, module: ModuleInstance, block: ResourceBlock, address: Instance
) -> bool:
    """Whether something that `replace_triggered_by` names is updated or replaced."""
    return any(
        _trigger_changes(planner, module, node, address)
        for node in block.lifecycle.triggers
        if _named(node) is not None
    )


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
) -> bool:
    named = _named(node)
    if named is None:
        return False
    key = ("managed", named.root, _first(named))
    if key not in module.module.resources:
        return False
    instances = planner.instances(module, key) or {}
    steps = (*named.steps[1:], *_steps_after(node))
    wanted: list[Key] = list(instances)
    if steps and isinstance(steps[0], KeyStep):
        wanted, steps = [plain_key(steps[0].key)], steps[1:]
    elif node is not named and address.key in instances:
        wanted = [address.key]
    return any(_fires(planner.change(module, key, at), steps) for at in wanted if at in instances)


def _steps_after(node: Expression) -> tuple[object, ...]:
    """What follows an index that is no literal: `x[each.key].id` is one."""
    return () if isinstance(node, ScopeTraversal) else tuple(getattr(node, "steps", ()))


def _fires(change: ResourceChange, steps: tuple[object, ...]) -> bool:
    if change.action in (Action.NO_OP, Action.READ):
        return False
    if change.action.replaces or not steps:
        return True
    name = steps[0].name if isinstance(steps[0], Attr) else ""
    return _attribute_changes(change, name)


def _attribute_changes(change: ResourceChange, name: str) -> bool:
    before, after = _raw(change.before), _raw(change.after)
    return compare(before.get(name, NULL), after.get(name, NULL)) is not True


def _raw(value: Value | None) -> dict[str, Value]:
    return value.raw if value is not None and isinstance(value.raw, dict) else {}


def created_first(module: Module) -> frozenset[str]:
    """Local names of what must be created before it is destroyed, by its own word or another's."""
    wanted = {
        local(block) for block in module.resources.values() if block.lifecycle.create_before_destroy
    }
    if not wanted:
        return frozenset()
    graph = {local(block): referred(module, block) for block in module.resources.values()}
    todo = list(wanted)
    while todo:
        for name in graph.get(todo.pop(), ()):
            if name not in wanted and name in graph:
                wanted.add(name)
                todo.append(name)
    return frozenset(wanted)


def local(block: ResourceBlock) -> str:
    """A block's address in its own module."""
    return f"{'data.' if block.mode == 'data' else ''}{block.type}.{block.name}"


def referred(module: Module, block: ResourceBlock) -> set[str]:
    """The resources that a block refers to, through locals too."""
    found: set[str] = set()
    seen: set[str] = set()
    nodes = (block.count, block.for_each, *block.depends_on)
    todo = list(references_in(block.body))
    todo += [each for node in nodes if node is not None for each in references(node)]
    while todo:
        node = todo.pop()
        name = _first(node)
        if node.root == "local" and name in module.locals and name not in seen:
            seen.add(name)
            todo.extend(references(module.locals[name].expression))
        elif ("managed", node.root, name) in module.resources:
            found.add(f"{node.root}.{name}")
    return found
