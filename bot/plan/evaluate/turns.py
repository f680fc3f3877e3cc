"""A loop over files: what each turn gave is kept by the files that it read.

Above `scope` in `bot.plan.evaluate`. An edit of one stream costs one turn, not a thousand. A turn
is kept only where all that it used is known: the element, what its names stood for, and files by
their identity. Using it again tells of the same reads and takes the same steps, so that a kept turn
and a new one cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from bot.plan.evaluate.scope import Found, Root, Scope
from bot.plan.files import Files, NotFetched
from bot.plan.syntax.nodes import For, ScopeTraversal
from bot.plan.syntax.source import Span
from bot.plan.values import Value
from bot.plan.values.memo import Memo


class Turn(NamedTuple):
    """What one element gives; `key` is None in a tuple, and where there is none that is known."""

    value: Value
    key: str | None = None


class _Read(NamedTuple):
    """A file that a turn read, and the steps that it took up to there."""

    steps: int
    call: Span
    path: str
    identity: str
    size: int


class _Kept(NamedTuple):
    """`turn` is None where the `if` left the element out; `item` is kept for its identity."""

    turn: Turn | None
    reads: tuple[_Read, ...]
    steps: int
    item: Value


class _Loop(Struct):
    """The turns of one `for`, and what its names stood for in them."""

    folder: str
    named: dict[ScopeTraversal, tuple[Value, int]] = field(default_factory=dict)
    turns: dict[object, _Kept] = field(default_factory=dict)

    def holds(self, scope: Scope) -> bool:
        """Whether the names still stand for the same."""
        found: Found = []
        for traversal, (value, taken) in self.named.items():
            now, steps = scope.root.resolve(traversal, found)
            if found or steps != taken or not _same(value, now):
                return False
        return self.folder == scope.functions.module


_LOOPS: Memo[_Loop] = Memo(200)
_MOST = 50_000
"""Turns that are kept of one loop."""


def _same(one: Value, other: Value) -> bool:
    return one is other or (isinstance(one.raw, str) and one == other)


class Turns:
    """The turns of one `for` in one evaluation: those that are kept, and a scope for new ones."""

    def __init__(self, node: For, scope: Scope, loop: _Loop) -> None:
        self._keyed = bool(node.key_name)
        self._given = scope
        self._loop = loop
        self._watch = _Watch(scope)
        self.scope = self._watch.scope()

    def kept(self, key: Value, item: Value) -> _Kept | None:
        """The element's turn as it was, where its files are as they were."""
        kept = self._loop.turns.get(self._name(key, item))
        functions = self._given.functions
        if kept is None or any(
            functions.files.identity(each.path) != each.identity for each in kept.reads
        ):
            return None
        for read in kept.reads:
            functions.work.spend(read.steps)
            functions.on_call(read.call)
            functions.on_read(read.path)
            functions.work.reads(read.path, read.size)
        functions.work.spend(kept.steps)
        return kept

    def begin(self) -> None:
        """A new turn, whose evaluation is watched."""
        self._watch.begin()

    def keep(self, key: Value, item: Value, turn: Turn | None) -> None:
        """Keep the turn that ends, if it read files and nothing is open in it."""
        watch, loop = self._watch, self._loop
        known = turn is None or turn.value.is_wholly_known
        if known and watch.reads and not watch.open and len(loop.turns) < _MOST:
            steps = self._given.functions.work.spent - watch.since
            name = self._name(key, item)
            loop.turns[name] = _Kept(turn, tuple(watch.reads), steps, item)
            loop.named.update(watch.named)

    def _name(self, key: Value, item: Value) -> object:
        """What tells the element from others: a text, or the identity of a value that is kept."""
        element = item.raw if isinstance(item.raw, str) and not item.marks else id(item)
        return (str(key.raw), element) if self._keyed else element


def turns_of(node: For, scope: Scope) -> Turns | None:
    """Where turns are kept: in loops that see no names but the module's, and where no path is a
    symbolic link, which may come to lead elsewhere."""
    if scope.names or any(True for _ in scope.functions.files.links()):
        return None
    loop = _LOOPS.get(node)
    if loop is None or not loop.holds(scope):
        loop = _LOOPS.put(_Loop(scope.functions.module), node)
    return Turns(node, scope, loop)


class _Watch:
    """Stands between a turn and what it uses; `open` where that is more than can be kept."""

    def __init__(self, scope: Scope) -> None:
        self._root: Root = scope.root
        self._functions = scope.functions
        self._call: Span | None = None
        self.size = 0
        self.named: dict[ScopeTraversal, tuple[Value, int]] = {}
        self.begin()

    def begin(self) -> None:
        self.reads: list[_Read] = []
        self.open = False
        self.since = self._functions.work.spent

    def scope(self) -> Scope:
        """The same scope, watched."""
        functions = replace(
            self._functions,
            files=_WatchedFiles(self._functions.files, self),
            on_call=self._calls,
            on_read=self._on_read,
            on_glob=self._on_glob,
            render=self._render if self._functions.render is not None else None,
        )
        return Scope(self, functions)

    def resolve(self, traversal: ScopeTraversal, found: Found) -> tuple[Value, int]:
        """A name, and a note of what it stands for."""
        work = self._functions.work
        before = work.spent
        resolved = self._root.resolve(traversal, found)
        self.since += work.spent - before  # another expression's, which is evaluated once
        self.named[traversal] = resolved
        return resolved

    def _calls(self, call: Span) -> None:
        self._call = call
        self._functions.on_call(call)

    def _on_read(self, path: str) -> None:
        identity, work = self._functions.files.identity(path), self._functions.work
        if identity is None or self._call is None:
            self.open = True
        else:
            steps = work.spent - self.since
            self.reads.append(_Read(steps, self._call, path, identity, self.size))
            self.since = work.spent
        self._functions.on_read(path)

    def _on_glob(self, pattern: str) -> None:
        self.open = True
        self._functions.on_glob(pattern)

    def _render(self, text: str, name: str, variables: Mapping[str, Value]) -> Value:
        self.open = True
        render = self._functions.render
        assert render is not None
        return render(text, name, variables)


class _WatchedFiles(Struct, frozen=True):
    """Another `Files`; what it shows besides a file's content is too much to be kept."""

    files: Files
    watch: _Watch

    def paths(self) -> Iterable[str]:
        self.watch.open = True
        return self.files.paths()

    def read(self, path: str) -> bytes | None:
        try:
            content = self.files.read(path)
        except NotFetched:
            self.watch.open = True
            raise
        self.watch.size = len(content or b"")
        return content

    def identity(self, path: str) -> str | None:
        return self.files.identity(path)

    def links(self) -> Iterable[str]:
        return self.files.links()

    def link(self, path: str) -> str | None:
        return self.files.link(path)
