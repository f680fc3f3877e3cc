"""`moved` blocks, and the moves that need no block: objects that go by another address now.

Beside `prior` in `bot.plan.engine`
(https://opentofu.org/docs/language/modules/develop/refactoring/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.plan.address import Instance, Key, ModulePath, Resource
from bot.plan.configuration import Module
from bot.plan.diagnostics import Diagnostic, Range, error
from bot.plan.engine.modules import plain_key
from bot.plan.engine.prior import Prior, moved
from bot.plan.places import relative_file
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep

_LONGEST_CHAIN = 50


@dataclass(frozen=True, slots=True)
class Target:
    """What a `from` or `to` names: a module path, and a resource in it unless it is the module."""

    module: ModulePath
    resource: tuple[str, str, str] | None = None
    key: Key = None
    keyed: bool = False


def target(node: Expression) -> Target | None:
    """An address written as a reference; None where it is none."""
    if not isinstance(node, ScopeTraversal):
        return None
    words: list[str | KeyStep] = [node.root]
    words += [step.name if isinstance(step, Attr) else step for step in node.steps]
    module: list[tuple[str, Key]] = []
    while len(words) > 1 and words[0] == "module" and isinstance(words[1], str):
        name = words[1]
        words = words[2:]
        key: Key = None
        if words and isinstance(words[0], KeyStep):
            key = plain_key(words[0].key)
            words = words[1:]
        module.append((name, key))
    if not words:
        return Target(tuple(module))
    mode = "managed"
    if words[0] == "data":
        mode, words = "data", words[1:]
    if len(words) < 2 or not isinstance(words[0], str) or not isinstance(words[1], str):
        return None
    keyed = len(words) > 2 and isinstance(words[2], KeyStep)
    at = words[2] if keyed else None
    found_key = plain_key(at.key) if isinstance(at, KeyStep) else None
    return Target(tuple(module), (mode, words[0], words[1]), found_key, keyed)


def relocated(priors: Iterable[Prior], root: Module, found: list[Diagnostic]) -> list[Prior]:
    """All objects under the addresses that the configuration gives them now."""
    statements = list(_statements(root, (), found))
    objects = [_explicit(each, statements) for each in priors]
    return list(_implicit(objects, root))


def _statements(
    module: Module, path: ModulePath, found: list[Diagnostic]
) -> Iterator[tuple[Target, Target]]:
    for move in module.moves:
        source, to = target(move.source), target(move.target)
        if source is None or to is None:
            detail = "The addresses of a moved block name resources or modules, such as a.b."
            found.append(error("Invalid moved address", detail, move.span.range))
            continue
        _still_declared(module, move.source, (source, to), move.span.range, found)
        yield (
            Target((*path, *source.module), source.resource, source.key, source.keyed),
            Target((*path, *to.module), to.resource, to.key, to.keyed),
        )
    for name, child in module.children.items():
        yield from _statements(child, (*path, (name, None)), found)


def _still_declared(
    module: Module,
    node: Expression,
    statement: tuple[Target, Target],
    where: Range,
    found: list[Diagnostic],
) -> None:
    source, to = statement
    if source.module or source.resource is None or source.keyed or source.resource == to.resource:
        return
    block = module.resources.get(source.resource)
    if block is None:
        return
    at = block.span.range
    name = node.span.text
    still = f"{relative_file(at.file, module.root)}:{at.start.line},{at.start.column}"
    detail = (
        f"This statement declares a move from {name}, but that resource is still declared at"
        f" {still}.\n\nChange your configuration so that this"
        f" resource will be declared as {to.resource[1]}.{to.resource[2]} instead."
        if to.resource
        else f"This statement declares a move from {name}, which is still declared."
    )
    found.append(error("Moved object still exists", detail, where))


def _explicit(prior: Prior, statements: list[tuple[Target, Target]]) -> Prior:
    for _ in range(_LONGEST_CHAIN):
        for source, to in statements:
            place = _moved(prior.address, source, to)
            if place is not None and place != prior.address:
                prior = moved(prior, place)
                break
        else:
            return prior
    return prior


def _moved(address: Instance, source: Target, to: Target) -> Instance | None:
    resource = address.resource
    if source.resource is None:
        path = _moved_module(resource.module, source, to)
        if path is None:
            return None
        return Resource(path, resource.mode, resource.type, resource.name).instance(address.key)
    if not _same_module(resource.module, source.module):
        return None
    if (resource.mode, resource.type, resource.name) != source.resource or to.resource is None:
        return None
    if source.keyed and address.key != source.key:
        return None
    key = to.key if source.keyed or to.keyed else address.key
    module = _with_keys(resource.module, to.module)
    return Resource(module, *to.resource).instance(key)


def _same_module(have: ModulePath, wanted: ModulePath) -> bool:
    """Whether a path is meant: a statement's step without a key means every instance."""
    return len(have) == len(wanted) and all(
        name == want and (key is None or key == at)
        for (name, at), (want, key) in zip(have, wanted, strict=True)
    )


def _with_keys(have: ModulePath, wanted: ModulePath) -> ModulePath:
    kept = dict(enumerate(have))
    return tuple(
        (name, kept[i][1] if key is None and i in kept and kept[i][0] == name else key)
        for i, (name, key) in enumerate(wanted)
    )


def _moved_module(have: ModulePath, source: Target, to: Target) -> ModulePath | None:
    length = len(source.module)
    if len(have) < length or not _same_module(have[:length], source.module):
        return None
    head = list(to.module)
    if head and source.module[-1][1] is None and head[-1][1] is None:
        head[-1] = (head[-1][0], have[length - 1][1])
    return (*head, *have[length:])


def _implicit(priors: list[Prior], root: Module) -> Iterator[Prior]:
    """A lone object that gains a count is index 0, and the other way round."""
    taken = {str(each.address) for each in priors}
    for prior in priors:
        address = prior.address
        block = _block(root, address.resource)
        if block is not None and not prior.deposed:
            to: Key | bool = False
            if address.key is None and block.count is not None:
                to = 0
            elif address.key == 0 and isinstance(address.key, int):
                to = None if block.count is None and block.for_each is None else False
            if to is not False:
                place = address.resource.instance(to)
                if str(place) not in taken:
                    yield moved(prior, place)
                    continue
        yield prior


def _block(root: Module, resource: Resource):  # type: ignore[no-untyped-def]
    module: Module | None = root
    for name, _ in resource.module:
        module = module.children.get(name) if module is not None else None
    key = (resource.mode, resource.type, resource.name)
    return module.resources.get(key) if module is not None else None
