"""What functions may use besides their arguments: the repository's files and the module's folder.

Lowest layer of `bot.plan.functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.plan.files import Files, Snapshot
from bot.plan.syntax.source import Span
from bot.plan.values import Value

Render = Callable[[str, str, Mapping[str, Value]], Value]
"""Source text, its name and the variables of a template to its value."""


def _nothing(_: object) -> None:
    """Nobody wants to know."""


class TooMuchWork(Exception):
    """The expression asks for more than anybody means; its evaluation stops."""


@dataclass(slots=True)
class Work:
    """What evaluation may still cost, in steps: a few a node, and more for what is large.

    `left` is the current expression's, `total` that of all expressions of one module.
    """

    left: int = 2_000_000
    total: int = 40_000_000

    def spend(self, steps: int) -> None:
        """Raises `TooMuchWork` where nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork

    def begin(self) -> int:
        """A new expression; gives what was left of the one that it interrupts."""
        before, self.left = self.left, min(Work.ONE, self.total)
        return before

    def end(self, before: int) -> None:
        self.total -= min(Work.ONE, self.total) - max(self.left, 0)
        self.left = before

    ONE: ClassVar[int] = 2_000_000


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """`module` is the folder that relative paths start from (`path.cwd`), from the root.

    `on_read` hears each file that is read, `on_glob` each pattern of a `fileset`, both from the
    repository's root; `on_call` hears the place of each call before it is made.
    `providers` are the local names of those that the module requires: their functions exist.
    `work` is what all that is left to do may cost.
    """

    files: Files = field(default_factory=lambda: Snapshot({}))
    module: str = ""
    on_read: Callable[[str], None] = _nothing
    on_glob: Callable[[str], None] = _nothing
    render: Render | None = None
    on_call: Callable[[Span], None] = _nothing
    providers: frozenset[str] = frozenset()
    work: Work = field(default_factory=Work)
