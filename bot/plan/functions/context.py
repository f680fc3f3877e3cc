"""What functions may use besides their arguments: the repository's files and the module's folder.

Lowest layer of `bot.plan.functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from bot.plan.files import Files, Snapshot
from bot.plan.syntax.source import Span
from bot.plan.values import Value

Render = Callable[[str, str, Mapping[str, Value]], Value]
"""Source text, its name and the variables of a template to its value."""


def _nothing(_: object) -> None:
    """Nobody wants to know."""


class TooMuchWork(Exception):
    """The expression asks for more than anybody means; its evaluation stops."""


_ONE = 1_500_000
"""Steps of one expression: about a second."""
_ALL = 3_000_000
"""Steps of all expressions of one module."""
_A_FILE = 500
_BYTES = 16
"""What a file allows for: so many steps, and one more for each so many bytes."""
_MOST = 40_000_000


class Work(Struct):
    """What evaluation may still cost, in steps: a few a node, and more for what is large.

    Steps are counted, never timed: a slow machine comes to the same plan. `left` is the current
    expression's, `total` that of all expressions of one module. Files that are read allow for more,
    once each, so that what is large because the repository is stays within it, and what a few lines
    blow up does not.
    """

    left: int = _ONE
    total: int = _ALL
    _earned: int = 0
    _files: set[str] = field(default_factory=set)

    def spend(self, steps: int) -> None:
        """Raises `TooMuchWork` where nothing is left."""
        self.left -= steps
        self.total -= steps
        if self.left < 0:
            raise TooMuchWork

    @property
    def spent(self) -> int:
        """Steps that were taken so far."""
        return _ALL + self._earned - self.total

    def begin(self) -> int:
        """A new expression; gives what was left of the one that it interrupts."""
        before, self.left = self.left, max(min(_ONE + self._earned, self.total), 0)
        return before

    def end(self, before: int) -> None:
        """The interrupted expression goes on with what it had left."""
        self.left = before

    def reads(self, path: str, size: int) -> None:
        """A file of so many bytes is read: what it takes to go through it is granted."""
        if path not in self._files and self._earned < _MOST:
            self._files.add(path)
            steps = _A_FILE + size // _BYTES
            self._earned += steps
            self.left += steps
            self.total += steps


class FunctionContext(Struct, frozen=True):
    """`module` is the folder that relative paths start from (`path.cwd`), from the root.

    `on_read` hears each file that is read, `on_glob` each pattern of a `fileset`, both from the
    repository's root; `on_call` hears the place of each call before it is made.
    `providers` are the local names of those that the module requires: their functions exist.
    `work` is what all that is left to do may cost. `callable`: whether functions may be called.
    `confidential`: some values are nobody's to see.
    """

    files: Files = field(default_factory=lambda: Snapshot({}))
    module: str = ""
    on_read: Callable[[str], None] = _nothing
    on_glob: Callable[[str], None] = _nothing
    render: Render | None = None
    on_call: Callable[[Span], None] = _nothing
    providers: frozenset[str] = frozenset()
    work: Work = field(default_factory=Work)
    callable: bool = True
    confidential: bool = False

    def unheard(self) -> FunctionContext:
        """The same, and nobody hears which files are read."""
        return replace(self, on_read=_nothing, on_glob=_nothing)
