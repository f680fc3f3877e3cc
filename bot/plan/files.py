"""The repository as the evaluator sees it: bytes by path, nothing outside it.

Lowest layer of `bot.plan`. The evaluator never touches a disk: whoever calls it gives a
`Files` (a working tree, a Git tree, blobs fetched from GitHub by their SHA).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

from msgspec import Struct, field

_LINKS = 40
"""Links that lead from one to the next: more are a circle."""


class NotFetched(Exception):
    """The file exists, but its bytes are not here yet: fetch it and evaluate again."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Files(Protocol):
    """A snapshot of one commit or working tree; paths are POSIX, from the repository's root."""

    def paths(self) -> Iterable[str]:
        """Every regular file's path (no directories, no submodules)."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes; None where there is none; `NotFetched` where they are not here."""

    def identity(self, path: str) -> str | None:
        """A name of the content (Git's blob SHA, or any hash): equal names mean equal bytes."""

    def links(self) -> Iterable[str]:
        """Every symbolic link's path."""

    def link(self, path: str) -> str | None:
        """The target of a symbolic link as written, or None where `path` is no link."""


class Snapshot(Struct, frozen=True):
    """A `Files` in memory: what tests, the demo and small callers use."""

    contents: dict[str, bytes]
    targets: dict[str, str] = field(default_factory=dict)

    def paths(self) -> Iterable[str]:
        return self.contents.keys()

    def read(self, path: str) -> bytes | None:
        return self.contents.get(path)

    def identity(self, path: str) -> str | None:
        content = self.contents.get(path)
        return None if content is None else f"{len(content)}:{hash(content)}"

    def links(self) -> Iterable[str]:
        return self.targets.keys()

    def link(self, path: str) -> str | None:
        return self.targets.get(path)


class Noting(Struct, frozen=True):
    """Another `Files`, with a note of each file whose bytes were wanted and are not here."""

    files: Files
    missed: set[str]

    def paths(self) -> Iterable[str]:
        return self.files.paths()

    def read(self, path: str) -> bytes | None:
        try:
            return self.files.read(path)
        except NotFetched as missing:
            self.missed.add(missing.path)
            raise

    def identity(self, path: str) -> str | None:
        return self.files.identity(path)

    def links(self) -> Iterable[str]:
        return self.files.links()

    def link(self, path: str) -> str | None:
        try:
            return self.files.link(path)
        except NotFetched as missing:
            self.missed.add(missing.path)
            raise


class Linked(Struct, frozen=True, dict=True):
    """Another `Files`, in which a symbolic link to a file is that file, as the tool sees it."""

    files: Files

    @cached_property
    def _targets(self) -> Mapping[str, str]:
        links = tuple(self.files.links())
        there = frozenset(self.files.paths()) if links else frozenset()
        found = ((path, self.leads_to(path)) for path in links if path not in there)
        return {path: to for path, to in found if to is not None and to in there}

    def leads_to(self, path: str) -> str | None:
        """As `target`; None while a link on the way is not fetched."""
        try:
            return target(self.files, path)
        except NotFetched:
            return None  # who asked fetches it and asks again

    def paths(self) -> Iterable[str]:
        return (*self.files.paths(), *self._targets) if self._targets else self.files.paths()

    def read(self, path: str) -> bytes | None:
        return self.files.read(self.behind(path))

    def identity(self, path: str) -> str | None:
        return self.files.identity(self.behind(path))

    def links(self) -> Iterable[str]:
        return self.files.links()

    def link(self, path: str) -> str | None:
        return self.files.link(path)

    def behind(self, path: str) -> str:
        """The path of the file itself."""
        return self._targets.get(path, path)


def target(files: Files, path: str) -> str | None:
    """`path` with each part that is a symbolic link replaced by what it points at.

    None where that is outside the repository, or a circle; raises `NotFetched`.
    """
    for _ in range(_LINKS):
        for cut in _prefixes(path):
            points_at = files.link(cut)
            if points_at is not None:
                if points_at.startswith("/"):
                    return None
                moved = posixpath.join(posixpath.dirname(cut), points_at, path[len(cut) + 1 :])
                path = posixpath.normpath(moved)
                if path == ".." or path.startswith("../"):
                    return None
                break
        else:
            return "" if path == "." else path
    return None


def _prefixes(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
