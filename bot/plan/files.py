"""The repository as the evaluator sees it: bytes by path, nothing outside it.

Lowest layer of `bot.plan`. The evaluator never touches a disk: whoever calls it gives a
`Files` (a working tree, a Git tree, blobs fetched from GitHub by their SHA).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


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

    def link(self, path: str) -> str | None:
        """The target of a symbolic link as written, or None where `path` is no link."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A `Files` in memory: what tests, the demo and small callers use."""

    contents: dict[str, bytes]
    links: dict[str, str] = field(default_factory=dict)

    def paths(self) -> Iterable[str]:
        return self.contents.keys()

    def read(self, path: str) -> bytes | None:
        return self.contents.get(path)

    def identity(self, path: str) -> str | None:
        content = self.contents.get(path)
        return None if content is None else f"{len(content)}:{hash(content)}"

    def link(self, path: str) -> str | None:
        return self.links.get(path)


@dataclass(frozen=True, slots=True)
class Noting:
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

    def link(self, path: str) -> str | None:
        try:
            return self.files.link(path)
        except NotFetched as missing:
            self.missed.add(missing.path)
            raise
