"""What `moved` blocks say: where an object goes, and which statement waits for which.

Below `moves` in `bot.plan.engine`
(https://opentofu.org/docs/language/modules/develop/refactoring/). The module that holds the block
may have many instances: the statement holds for each. Every other step of an address is exact, so
that `module.a.x` is never `module.a[0].x`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from msgspec import Struct

from bot.plan.address import Instance, Key, ModulePath, Resource, key_text, module_text
from bot.plan.configuration import Module
from bot.plan.diagnostics import Diagnostic, Range, error
from bot.plan.engine.modules import plain_key
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal, Step
from bot.plan.syntax.nodes import Key as KeyStep


class _Wildcard(Enum):
    ANY = "*"


_ANY = _Wildcard.ANY
_Steps = tuple[tuple[str, Key | _Wildcard], ...]


class Target(Struct, frozen=True):
    """What a `from` or `to` names: a module path, and a resource in it unless it is the module."""

    module: ModulePath
    resource: tuple[str, str, str] | None = None
    key: Key = None
    keyed: bool = False


def target(node: Expression) -> Target | None:
    """An address written as a reference; None where it is none."""
    return named_by(node.root, node.steps) if isinstance(node, ScopeTraversal) else None


def named_by(root: str, steps: Iterable[Step]) -> Target | None:
    """The address that a name and what follows it make; None where they make none."""
    words: list[str | KeyStep] = [root]
    words += [step.name if isinstance(step, Attr) else step for step in steps]
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


class Endpoint(Struct, frozen=True):
    """One end of a statement. `declared` is the module of the block; `module` the way from there,
    of a module endpoint with its own step. `whole`: all instances of the resource or call."""

    declared: tuple[str, ...]
    module: ModulePath
    resource: tuple[str, str, str] | None
    key: Key
    whole: bool

    @property
    def steps(self) -> _Steps:
        """The whole way from the root; a key that does not matter is a wildcard."""
        exact: _Steps = self.module
        if self.resource is None and self.whole:
            exact = (*self.module[:-1], (self.module[-1][0], _ANY))
        return (*((name, _ANY) for name in self.declared), *exact)

    def selects(self, resource: Resource) -> bool:
        """Whether the end is this resource, or an instance of it."""
        named = (resource.mode, resource.type, resource.name)
        fits = len(self.steps) == len(resource.module) and _match(self.steps, resource.module)
        return self.resource == named and fits

    def within(self, module: ModulePath) -> str:
        """The address in one instance of the module that holds the block."""
        path = (*module, *self.module)
        if self.resource is None:
            return module_text((*path[:-1], (path[-1][0], None)) if self.whole else path)
        return f"{Resource(path, *self.resource)}{'' if self.whole else key_text(self.key)}"


class Statement(Struct, frozen=True):
    """One move; `where` is the block, or what made the move without one (`implied`)."""

    source: Endpoint
    to: Endpoint
    where: Range
    implied: bool = False

    def module(self, path: ModulePath) -> ModulePath | None:
        """Where a module instance goes; None where this does not move it."""
        split = len(self.source.declared)
        if self.source.resource is not None or not self._holds(path):
            return None
        old, new, rest = self.source.module, self.to.module, path[split:]
        if len(rest) < len(old):
            return None
        head, last = rest[: len(old)], rest[len(old) - 1]
        if self.source.whole:
            if head[:-1] != old[:-1] or last[0] != old[-1][0]:
                return None
            new = (*new[:-1], (new[-1][0], last[1]))
        elif head != old:
            return None
        return (*path[:split], *new, *rest[len(old) :])

    def resource(self, at: Resource) -> Resource | None:
        """Where all instances of a resource go."""
        return self._resource(at) if self.source.whole else None

    def instance(self, at: Instance) -> Instance | None:
        """Where one instance goes."""
        if self.source.whole or at.key != self.source.key:
            return None
        place = self._resource(at.resource)
        return place.instance(self.to.key) if place is not None else None

    def _resource(self, at: Resource) -> Resource | None:
        split = len(self.source.declared)
        if self.source.resource != (at.mode, at.type, at.name) or self.to.resource is None:
            return None
        if not self._holds(at.module) or at.module[split:] != self.source.module:
            return None
        return Resource((*at.module[:split], *self.to.module), *self.to.resource)

    def _holds(self, path: ModulePath) -> bool:
        declared = self.source.declared
        return tuple(name for name, _ in path[: len(declared)]) == declared

    def waits_for(self, other: Statement) -> bool:
        """Whether the other one has to be carried out before: a chain, or one inside the other."""
        if _chains(self.source, other.to):
            return True
        nested = (
            _nested(self.source, other.to)
            or _nested(self.to, other.to)
            or _nested(other.source, self.source)
            or _nested(other.to, self.source)
        )
        inside = len(self.to.declared) >= len(other.to.declared)
        return nested and (inside or not self._only_reindexes)

    @property
    def _only_reindexes(self) -> bool:
        """Whether a module only gets another key: what is in it then matches both ends."""
        if self.source.resource is not None or self.source.whole:
            return False
        return [name for name, _ in self.source.module] == [name for name, _ in self.to.module]


def _match(short: _Steps, long: _Steps) -> bool:
    return all(
        name == other and (_ANY in (key, at) or key == at)
        for (name, key), (other, at) in zip(short, long, strict=False)
    )


def _chains(source: Endpoint, to: Endpoint) -> bool:
    """Whether what one statement makes may be what the next one takes."""
    if len(source.steps) != len(to.steps) or not _match(to.steps, source.steps):
        return False
    if source.resource is None or to.resource is None:
        return source.resource is to.resource
    return (source.resource, source.whole, source.key) == (to.resource, to.whole, to.key)


def _nested(inner: Endpoint, outer: Endpoint) -> bool:
    mine, others = inner.steps, outer.steps
    if len(others) > len(mine) or not _match(others, mine):
        return False
    if outer.resource is None:
        alike = inner.resource is None and (inner.whole or not outer.whole)
        return not alike or len(mine) > len(others)
    one = outer.whole and not inner.whole and len(mine) == len(others)
    return one and inner.resource == outer.resource


def statements(
    module: Module, found: list[Diagnostic], declared: tuple[str, ...] = ()
) -> Iterator[Statement]:
    """All `moved` blocks of a module and those that it calls."""
    for move in module.moves:
        source, to = target(move.source), target(move.target)
        if source is None or to is None or (source.resource is None) != (to.resource is None):
            detail = "The addresses of a moved block name resources or modules, such as a.b."
            found.append(error("Invalid moved address", detail, move.span.range))
            continue
        whole = not (_is_keyed(source) or _is_keyed(to))
        ends = [
            Endpoint(declared, each.module, each.resource, each.key, whole) for each in (source, to)
        ]
        yield Statement(ends[0], ends[1], move.span.range)
    for name, child in module.children.items():
        yield from statements(child, found, (*declared, name))


def _is_keyed(named: Target) -> bool:
    return named.keyed if named.resource is not None else named.module[-1][1] is not None


def waits(every: list[Statement]) -> list[set[int]]:
    """For each statement the positions of those that it waits for."""
    return [
        {at for at in near if every[at] is not each and each.waits_for(every[at])}
        for each, near in zip(every, _neighbours(every), strict=True)
    ]


def pairs(every: list[Statement]) -> int:
    """How many statements may concern how many others."""
    return sum(map(len, _neighbours(every)))


def _neighbours(every: list[Statement]) -> list[Sequence[int]]:
    """For each statement those of modules, and those that name a resource that it names."""
    named: dict[object, list[int]] = {}
    for at, each in enumerate(every):
        for resource in {each.source.resource, each.to.resource}:
            named.setdefault(resource, []).append(at)
    everyone, modules = range(len(every)), named.get(None, [])
    return [
        everyone
        if None in (each.source.resource, each.to.resource)
        else list(dict.fromkeys((*modules, *named[each.source.resource], *named[each.to.resource])))
        for each in every
    ]
