"""What is in the state and no longer in the configuration: deleted or forgotten, and why.

Beside `planner` in `bot.plan.engine`. Dependents come before what they depend on.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.address import Instance, Key, ModulePath, Resource, module_text
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import Removal
from bot.plan.diagnostics import Diagnostic, Severity, error
from bot.plan.engine.changes import change_of, prevented
from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.move_statements import target
from bot.plan.engine.planner import Planner
from bot.plan.engine.prior import Prior
from bot.plan.prediction import Action, ResourceChange

_FORGET = "Resource going to be removed from the state"


def deletions(planner: Planner, objects: list[Prior]) -> list[ResourceChange]:
    """The objects that the plan removes, in the order in which it would."""
    removed = []
    for prior in objects:
        if prior.address.resource.mode != "managed":
            continue
        if prior.deposed:
            removed.append((prior, _deposed(planner, prior)))
        elif str(prior.address) not in planner.changes:
            change = _removed(planner, prior)
            if change is not None:
                removed.append((prior, change))
    _still_declared(planner)
    return _ordered(removed)


def _deposed(planner: Planner, prior: Prior) -> ResourceChange:
    return change_of(
        prior.address,
        prior.provider,
        _forgotten(planner, prior),
        before=prior.value,
        deposed=prior.deposed,
        previous_address=prior.previous or None,
    )


def _removed(planner: Planner, prior: Prior) -> ResourceChange | None:
    address = prior.address
    module = module_at(planner, address.resource.module)
    if module == "remote":
        return None
    reason, block = _without_module(planner, prior), None
    if isinstance(module, ModuleInstance):
        reason, block = _reason(planner, module, address)
        if not reason:
            return None
    if reason == _NO_BLOCK and prior.previous:
        reason = "delete_because_no_move_target"
    action = _forgotten(planner, prior)
    if action is Action.DELETE and block is not None and block.lifecycle.prevent_destroy:
        planner.say([prevented(str(address), block)])
    return change_of(
        address,
        prior.provider,
        action,
        before=prior.value,
        reason=reason,
        previous_address=prior.previous or None,
    )


_NO_BLOCK = "delete_because_no_resource_config"


def _without_module(planner: Planner, prior: Prior) -> str:
    """The module instance is gone: the call with its blocks, or only this instance of it."""
    at: Module | None = planner.root.module
    for name, _ in prior.address.resource.module:
        at = at.children.get(name) if at is not None else None
    resource = prior.address.resource
    there = at is not None and (resource.mode, resource.type, resource.name) in at.resources
    return "delete_because_no_module" if there else _NO_BLOCK


def module_at(planner: Planner, path: ModulePath) -> ModuleInstance | str | None:
    """The instance that a path names; "remote" where it cannot be read, None where it is gone."""
    at = planner.root
    for name, key in path:
        if name not in at.module.calls:
            return None
        instances = planner.module_instances(at, name)
        if instances is None:
            return "remote"
        if key not in instances:
            return None
        at = instances[key]
    return at


def _reason(
    planner: Planner, module: ModuleInstance, address: Instance
) -> tuple[str, ResourceBlock | None]:
    resource = address.resource
    key = (resource.mode, resource.type, resource.name)
    block = module.module.resources.get(key)
    if block is None:
        return _NO_BLOCK, None
    instances = planner.instances(module, key)
    if instances is None:
        return "", block
    return _repetition(block, address.key), block


def _repetition(block: ResourceBlock, key: Key) -> str:
    if block.count is not None:
        return "delete_because_count_index" if isinstance(key, int) else _WRONG
    if block.for_each is not None:
        return "delete_because_each_key" if isinstance(key, str) else _WRONG
    return _WRONG


_WRONG = "delete_because_wrong_repetition"


def _forgotten(planner: Planner, prior: Prior) -> Action:
    """The last `removed` block that names the object, or a module around it, decides."""
    resource, destroy = prior.address.resource, True
    path = tuple(name for name, _ in resource.module)
    for holder, removal in _removals(planner.root.module):
        named = target(removal.source)
        if named is None:
            continue
        wanted = (*holder, *(name for name, _ in named.module))
        same = named.resource == (resource.mode, resource.type, resource.name)
        inside = named.resource is None and path[: len(wanted)] == wanted
        if (same and path == wanted) or inside:
            destroy = bool(removal.destroy)
    if not destroy:
        planner.say([_warning(str(prior.address))])
    return Action.DELETE if destroy else Action.FORGET


def _warning(address: str) -> Diagnostic:
    detail = (
        f"After this plan gets applied, the resource {address} will not be managed anymore by"
        " OpenTofu.\n\nIn case you want to manage the resource again, you will have to import it."
    )
    return Diagnostic(Severity.WARNING, _FORGET, detail)


def _removals(
    module: Module, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Removal]]:
    """All `removed` blocks, each with the module that holds it."""
    for removal in module.removals:
        yield path, removal
    for name, child in module.children.items():
        yield from _removals(child, (*path, name))


def _still_declared(planner: Planner) -> None:
    for holder, removal in _removals(planner.root.module):
        named = target(removal.source)
        if named is None:
            continue
        path = (*holder, *(name for name, _ in named.module))
        module = _declared_module(planner.root.module, path)
        if module is None or (named.resource and named.resource not in module.resources):
            continue
        noun = "resource" if named.resource else "module"
        name = module_text(tuple((step, None) for step in path))
        if named.resource:
            name = str(Resource(tuple((step, None) for step in path), *named.resource))
        detail = (
            f"This statement declares a removal of the {noun} {name}, but this {noun} block still"
            f" exists in the configuration. Please remove the {noun} block."
        )
        planner.say([error(f"Removed {noun} block still exists", detail, removal.span.range)])


def _declared_module(root: Module, path: tuple[str, ...]) -> Module | None:
    module: Module | None = root
    for name in path:
        module = module.children.get(name) if module is not None else None
    return module


def _ordered(removed: list[tuple[Prior, ResourceChange]]) -> list[ResourceChange]:
    """Dependents first: what nothing left depends on goes next."""
    left = list(removed)
    ordered: list[ResourceChange] = []
    while left:
        needed = {name for prior, _ in left for name in prior.dependencies}
        free = [pair for pair in left if str(pair[0].address.resource) not in needed] or left[:1]
        ordered += [change for _, change in free]
        left = [pair for pair in left if pair not in free]
    return ordered
