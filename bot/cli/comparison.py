"""Which two trees `lotus plan` holds against each other, from a range as Git's users write it.

Above `bot.clients.git`.
"""

from __future__ import annotations

from msgspec import Struct

from bot.cli import Failure
from bot.clients.git import Clone
from bot.plan.files import Files

_SHORT = 10


class Comparison(Struct, frozen=True):
    """The head, what it is compared with (None: nothing, all is new), and both in words."""

    head: Files
    base: Files | None
    head_words: str
    base_words: str


def comparison(clone: Clone, revisions: str | None) -> Comparison:
    """`A..B`, `A...B` (from their merge base), `A` (to the working tree), nothing (from HEAD).

    As with `git diff`, a side left out is HEAD. Raises `GitError` where a name says nothing.
    """
    if revisions is None or ".." not in revisions:
        return _working(clone, revisions)
    one, dots, other = revisions.partition("..." if "..." in revisions else "..")
    if not clone.has_commits():
        raise Failure(f"{clone.root} has no commits, so the range {revisions} names nothing")
    one, other = one or "HEAD", other or "HEAD"
    base = clone.merge_base(one, other) if dots == "..." else one
    head_tree, base_tree = clone.tree(other), clone.tree(base)
    words = f"{one} ({base_tree.sha[:_SHORT]})"
    if dots == "...":
        words = f"the merge base of {one} and {other} ({base_tree.sha[:_SHORT]})"
    return Comparison(head_tree, base_tree, f"{other} ({head_tree.sha[:_SHORT]})", words)


def _working(clone: Clone, revision: str | None) -> Comparison:
    head = clone.working_tree()
    if revision is None and not clone.has_commits():
        return Comparison(head, None, "the working tree", "nothing: there are no commits yet")
    tree = clone.tree(revision or "HEAD")
    return Comparison(head, tree, "the working tree", f"{revision or 'HEAD'} ({tree.sha[:_SHORT]})")
