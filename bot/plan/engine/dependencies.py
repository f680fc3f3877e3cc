"""What hangs on what: pending changes behind a `depends_on`, triggers, what is created first.

Beside `planner` in `bot.plan.engine`; asks it for the changes of others.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from bot.plan.address import Instance, Key, Resource, key_text, module_text
from bot.plan.configuration import ResourceBlock
from bot.plan.diagnostics import error
from bot.plan.engine.modules import ModuleInstance, plain_key
from bot.plan.framework import differs
from bot.plan.prediction import Action, ResourceChange
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import NULL, Unknown, Value

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
