"""`moved` blocks, and the moves that need no block: objects that go by another address now.

Beside `prior` in `bot.plan.engine`
(https://opentofu.org/docs/language/modules/develop/refactoring/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from bot.plan.address import Instance, Key, ModulePath, Resource
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import Move
from bot.plan.diagnostics import Diagnostic, Range, error, failed, warning
from bot.plan.engine.modules import plain_key
from bot.plan.engine.prior import Prior, moved
from bot.plan.places import relative_file
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep


class Target(Struct, frozen=True):
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


Statement = tuple[Target, Target]


def relocated(priors: Iterable[Prior], root: Module, found: list[Diagnostic]) -> list[Prior]:
    """All objects under the addresses that the configuration gives them now."""
    statements = list(_statements(root, (), found))
    if failed(found):
        return list(priors)
    objects, blocked = _explicit(list(priors), _in_order(statements))
    if blocked:
        found.append(warning("Unresolved resource instance address changes", _told(blocked)))
    return list(_implicit(objects, root))


def _told(blocked: list[tuple[Instance, Instance]]) -> str:
    listed = "\n".join(f"  - {source} could not move to {to}" for source, to in blocked)
    return (
        "OpenTofu tried to adjust resource instance addresses in the prior state based on change"
        " information recorded in the configuration, but some adjustments did not succeed due to"
        f" existing objects already at the intended addresses:\n{listed}\n\nOpenTofu has planned to"
        " destroy these objects. If OpenTofu's proposed changes aren't appropriate, you must first"
        ' resolve the conflicts using the "tofu state" subcommands and then create a new plan.'
    )


def _statements(module: Module, path: ModulePath, found: list[Diagnostic]) -> Iterator[Statement]:
    seen: list[tuple[Move, Target, Target]] = []
    for move in module.moves:
        source, to = target(move.source), target(move.target)
        if source is None or to is None:
            detail = "The addresses of a moved block name resources or modules, such as a.b."
            found.append(error("Invalid moved address", detail, move.span.range))
            continue
        _still_declared(module, move.source, (source, to), move.span.range, found)
        _ambiguous(module, move, (source, to), seen, found)
        seen.append((move, source, to))
        yield (
            Target((*path, *source.module), source.resource, source.key, source.keyed),
            Target((*path, *to.module), to.resource, to.key, to.keyed),
        )
    for name, child in module.children.items():
        yield from _statements(child, (*path, (name, None)), found)


def _ambiguous(
    module: Module,
    move: Move,
    statement: Statement,
    seen: list[tuple[Move, Target, Target]],
    found: list[Diagnostic],
) -> None:
    """One origin with two destinations, or two origins with one."""
    source, to = statement
    noun = "module" if source.resource is None else "resource"
    if noun == "resource" and (source.keyed or to.keyed):
        noun = "resource instance"
    here, there = move.source.span.text, move.target.span.text
    for other, from_, into in seen:
        at = other.span.range
        begin = f"{relative_file(at.file, module.root)}:{at.start.line},{at.start.column}"
        first = f"A statement at {begin} declared that {other.source.span.text} moved to"
        if from_ == source and into != to:
            detail = (
                f"{first} {other.target.span.text}, but this statement instead declares that it"
                f" moved to {there}.\n\nEach {noun} can move to only one destination {noun}."
            )
        elif into == to and from_ != source:
            detail = (
                f"{first} {there}, but this statement instead declares that {here} moved there.\n\n"
                f"Each {noun} can have moved from only one source {noun}."
            )
        else:
            continue
        found.append(error("Ambiguous move statements", detail, move.span.range))


def _in_order(statements: list[Statement]) -> list[Statement]:
    """Moves into an address before moves from it, so that a chain leads to its end."""
    left, ordered = list(statements), list[Statement]()
    while left:
        free = next((s for s in left if not any(_feeds(o, s) for o in left if o is not s)), left[0])
        left.remove(free)
        ordered.append(free)
    return ordered


def _feeds(first: Statement, second: Statement) -> bool:
    to, source = first[1], second[0]
    if source.resource is not None and to.resource is not None:
        names = [name for name, _ in to.module] == [name for name, _ in source.module]
        return names and to.resource == source.resource and to.key == source.key
    outer, inner = sorted((to, source), key=lambda each: len(each.module))
    head = [name for name, _ in inner.module][: len(outer.module)]
    return outer.resource is None and head == [name for name, _ in outer.module]


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


def _explicit(
    objects: list[Prior], statements: list[Statement]
) -> tuple[list[Prior], list[tuple[Instance, Instance]]]:
    """The objects after all statements, and what could not move because something is there."""
    blocked: list[tuple[Instance, Instance]] = []
    for source, to in statements:
        taken = {str(each.address) for each in objects if not each.deposed}
        for position, prior in enumerate(objects):
            place = _moved(prior.address, source, to)
            if place is None or place == prior.address:
                continue
            if not prior.deposed and str(place) in taken:
                blocked.append((prior.address, place))
                continue
            objects[position] = moved(prior, place)
            taken = (taken - {str(prior.address)}) | {str(place)}
    return objects, blocked


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


def _block(root: Module, resource: Resource) -> ResourceBlock | None:
    module: Module | None = root
    for name, _ in resource.module:
        module = module.children.get(name) if module is not None else None
    key = (resource.mode, resource.type, resource.name)
    return module.resources.get(key) if module is not None else None
