"""Objects that go by another address now: by `moved` blocks, and by moves that need no block.

Beside `prior` in `bot.plan.engine`. Whether the statements are right is seen after the plan (see
`move_rules`), for that hangs on which instances there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from bot.plan.address import Instance, Key, ModulePath, Resource, module_text
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.diagnostics import Diagnostic, error, warning
from bot.plan.engine.move_statements import Endpoint, Statement, pairs, statements, waits
from bot.plan.engine.prior import Prior, moved

_MOST = 200_000
"""Pairs of statements that are held against each other: about a second."""


class Relocation(Struct, frozen=True):
    """All objects under their new addresses, by `statements`; `blocked` are those (actual and
    wanted address) that stayed where they are because something is there."""

    objects: list[Prior]
    statements: list[Statement]
    blocked: dict[str, str]

    def warnings(self) -> list[Diagnostic]:
        """What is to be said of those that stayed."""
        if not self.blocked:
            return []
        return [warning("Unresolved resource instance address changes", _told(self.blocked))]


def relocated(priors: Iterable[Prior], root: Module, found: list[Diagnostic]) -> Relocation:
    """All objects under the addresses that the configuration gives them now."""
    objects = list(priors)
    explicit = list(statements(root, found))
    if pairs(explicit) > _MOST:
        detail = "So many moved blocks that may concern each other are not followed by lotus."
        found.append(error("Too many moved blocks", detail, explicit[0].where))
        explicit = []
    every = [*explicit, *_implied(objects, root, explicit)]
    return Relocation(objects, every, _carried_out(objects, in_order(every)))


def _told(blocked: dict[str, str]) -> str:
    listed = "\n".join(f"  - {source} could not move to {to}" for source, to in blocked.items())
    return (
        "OpenTofu tried to adjust resource instance addresses in the prior state based on change"
        " information recorded in the configuration, but some adjustments did not succeed due to"
        f" existing objects already at the intended addresses:\n{listed}\n\nOpenTofu has planned to"
        " destroy these objects. If OpenTofu's proposed changes aren't appropriate, you must first"
        ' resolve the conflicts using the "tofu state" subcommands and then create a new plan.'
    )


def in_order(every: list[Statement]) -> list[Statement]:
    """Each statement after those that it waits for; nothing where they wait for each other."""
    waiting = waits(every)
    left = {at: len(others) for at, others in enumerate(waiting)}
    followers: dict[int, list[int]] = defaultdict(list)
    for at, others in enumerate(waiting):
        for other in others:
            followers[other].append(at)
    ordered: list[int] = []
    free = [at for at, count in left.items() if not count]
    while free:
        ordered += free
        freed = []
        for follower in (each for at in free for each in followers[at]):
            left[follower] -= 1
            if not left[follower]:
                freed.append(follower)
        free = sorted(freed)
    return [every[at] for at in ordered] if len(ordered) == len(every) else []


def _carried_out(objects: list[Prior], ordered: list[Statement]) -> dict[str, str]:
    """Move the objects, in place; what could not move, with where it should have gone."""
    blocked: dict[str, str] = {}
    for statement in ordered:
        if statement.source.resource is None:
            _move_modules(objects, statement, blocked)
        elif statement.source.whole:
            _move_resources(objects, statement, blocked)
        else:
            _move_instances(objects, statement, blocked)
    return blocked


def _move_modules(objects: list[Prior], statement: Statement, blocked: dict[str, str]) -> None:
    for path in dict.fromkeys(each.address.resource.module for each in objects):
        to = statement.module(path)
        if to is None:
            continue
        if any(each.address.resource.module == to for each in objects):
            blocked[module_text(path)] = module_text(to)
            continue
        for position, each in enumerate(objects):
            if each.address.resource.module == path:
                objects[position] = moved(each, _in_module(each.address, to))


def _in_module(address: Instance, module: ModulePath) -> Instance:
    resource = address.resource
    return Resource(module, resource.mode, resource.type, resource.name).instance(address.key)


def _move_resources(objects: list[Prior], statement: Statement, blocked: dict[str, str]) -> None:
    for resource in dict.fromkeys(each.address.resource for each in objects):
        to = statement.resource(resource)
        if to is None:
            continue
        if any(each.address.resource == to for each in objects):
            blocked[str(resource)] = str(to)
            continue
        for position, each in enumerate(objects):
            if each.address.resource == resource:
                objects[position] = moved(each, to.instance(each.address.key))


def _move_instances(objects: list[Prior], statement: Statement, blocked: dict[str, str]) -> None:
    for address in dict.fromkeys(each.address for each in objects):
        to = statement.instance(address)
        if to is None:
            continue
        if any(each.address == to for each in objects):
            blocked[str(address)] = str(to)
            continue
        for position, each in enumerate(objects):
            if each.address == address:
                objects[position] = moved(each, to)


def _implied(objects: list[Prior], root: Module, explicit: list[Statement]) -> Iterator[Statement]:
    """A lone object that gains a count is index 0, and the other way round, unless a block says
    something of the resource."""
    for address in dict.fromkeys(each.address for each in objects):
        resource = address.resource
        block = _block(root, resource)
        if block is None:
            continue
        to = _other_key(block, address.key)
        if to == address.key or any(
            end.selects(resource) for each in explicit for end in (each.source, each.to)
        ):
            continue
        named = (resource.mode, resource.type, resource.name)
        ends = [Endpoint((), resource.module, named, key, False) for key in (address.key, to)]
        where = block.count.span.range if block.count is not None else block.span.range
        yield Statement(ends[0], ends[1], where, implied=True)


def _other_key(block: ResourceBlock, key: Key) -> Key:
    if block.count is not None:
        return 0 if key is None else key
    lone = block.for_each is None and isinstance(key, int) and key == 0
    return None if lone else key


def _block(root: Module, resource: Resource) -> ResourceBlock | None:
    module: Module | None = root
    for name, _ in resource.module:
        module = module.children.get(name) if module is not None else None
    key = (resource.mode, resource.type, resource.name)
    return module.resources.get(key) if module is not None else None
