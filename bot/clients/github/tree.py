"""A commit's files by name and blob SHA, and the merge of two such trees. No I/O.

Git's own names for content make it simple: equal SHAs are equal bytes, so a three-way merge
of whole files needs no bytes at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

LINK = "120000"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a tree: Git's mode ("100644", "100755", "120000"), its blob's SHA, its size."""

    mode: str
    sha: str
    size: int


Tree = Mapping[str, Entry]
"""Path (POSIX, from the repository's root) to entry; folders and submodules are left out."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The merge's outcome: what can be said by whole files, and the paths that both changed."""

    tree: Tree
    conflicts: frozenset[str]


def merge(ancestor: Tree, base: Tree, head: Tree) -> Merged:
    """`head`'s changes since `ancestor` on top of `base`; what both changed stays base's."""
    merged = dict(base)
    conflicts = set()
    for path in ancestor.keys() | head.keys():
        before, theirs, ours = ancestor.get(path), head.get(path), base.get(path)
        if _same(before, theirs) or _same(ours, theirs):
            continue
        if not _same(before, ours):
            conflicts.add(path)
        elif theirs is None:
            merged.pop(path, None)
        else:
            merged[path] = theirs
    return Merged(merged, frozenset(conflicts))


def blob_sha(content: bytes) -> str:
    """The name that Git gives to this content."""
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def _same(one: Entry | None, other: Entry | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.sha, one.mode) == (other.sha, other.mode)
