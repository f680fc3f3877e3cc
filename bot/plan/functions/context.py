"""What functions may use besides their arguments: the repository's files and the module's folder.

Lowest layer of `bot.plan.functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.plan.files import Files, Snapshot
from bot.plan.syntax.source import Span
from bot.plan.values import Value

Render = Callable[[str, str, Mapping[str, Value]], Value]
"""Source text, its name and the variables of a template to its value."""


def _nothing(_: object) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """`module` is the folder that relative paths start from (`path.cwd`), from the root.

    `on_read` hears each file that is read, `on_glob` each pattern of a `fileset`, both from the
    repository's root; `on_call` hears the place of each call before it is made.
    `providers` are the local names of those that the module requires: their functions exist.
    """

    files: Files = field(default_factory=lambda: Snapshot({}))
    module: str = ""
    on_read: Callable[[str], None] = _nothing
    on_glob: Callable[[str], None] = _nothing
    render: Render | None = None
    on_call: Callable[[Span], None] = _nothing
    providers: frozenset[str] = frozenset()
