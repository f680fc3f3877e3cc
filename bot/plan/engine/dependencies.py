"""What hangs on what: pending changes behind a `depends_on`, triggers, what is created first.

Beside `planner` in `bot.plan.engine`; asks it for the changes of others.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from bot.plan.address import Instance, Key
from bot.plan.configuration import ResourceBlock
from bot.plan.engine.modules import ModuleInstance, plain_key
from bot.plan.prediction import Action, ResourceChange
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import NULL, Unknown, Value, compare

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
    planner: Planner, module: ModuleInstance, key: tuple[str, str, str], kept: Container[Key]
) -> bool:
    """Whether an instance of the block is in the state and no longer wanted."""
    for prior in planner.facts.priors.values():
        resource = prior.address.resource
        same = (resource.mode, resource.type, resource.name) == key
        if same and resource.module == module.path and prior.address.key not in kept:
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
    if change.action is not Action.UPDATE and not change.action.replaces:
        return False  # what is new triggers nothing
    before, after = change.before or NULL, change.after or NULL
    for step in steps:
        before, after = _inside(before, step), _inside(after, step)
    return not steps or compare(before, after) is not True


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
