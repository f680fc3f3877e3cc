"""A local clone, read with the `git` command: what `lotus plan` stands on.

An edge. It only reads: no checkout, no fetch, no index is touched. Both views are
`bot.plan.files.Files`, so the evaluator cannot tell them from GitHub's.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_LINK = "120000"
_SUBMODULE = "160000"
_NEVER_INPUTS = frozenset({".git", ".terraform"})


class GitError(Exception):
    """`git` could not do it; the message is for people and names what to do."""


@dataclass(frozen=True)
class Clone:
    """The repository that holds `folder`; `root` is its top level."""

    root: Path

    @classmethod
    def containing(cls, folder: Path) -> Clone:
        """Find the repository around `folder`; raises `GitError` where there is none."""
        if not folder.is_dir():
            raise GitError(f"{folder}: no such folder; name a local clone with --repo")
        try:
            top = _git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n")
        except GitError as error:
            raise GitError(f"{folder} is not inside a Git repository ({error})") from None
        return cls(Path(top))

    def commit(self, revision: str) -> str:
        """The SHA that `revision` names; raises `GitError` where it names none."""
        try:
            found = _git(
                self.root, "rev-parse", "--verify", "--end-of-options", revision + "^{commit}"
            )
        except GitError:
            raise GitError(f"{revision!r} names no commit in {self.root}") from None
        return found.decode().strip()

    def merge_base(self, one: str, other: str) -> str:
        """Git's best common ancestor; raises `GitError` where there is none."""
        try:
            return _git(self.root, "merge-base", one, other).decode().strip()
        except GitError:
            raise GitError(f"{one} and {other} have no common ancestor") from None

    def tree(self, revision: str) -> CommitFiles:
        """The files of a commit."""
        return CommitFiles(self.root, self.commit(revision))

    def has_commits(self) -> bool:
        """Whether HEAD exists: a repository just made has none."""
        try:
            self.commit("HEAD")
        except GitError:
            return False
        return True

    def working_tree(self) -> WorkingFiles:
        """The files as they lie on the disk, ignored ones too: the tool reads those as well."""
        return WorkingFiles(self.root)


@dataclass(frozen=True)
class CommitFiles:
    """A `Files` over one commit: names by `ls-tree`, bytes by `cat-file`, each read once."""

    root: Path
    sha: str

    @cached_property
    def _entries(self) -> dict[str, tuple[str, str]]:
        listing = _git(self.root, "ls-tree", "-r", "-z", "--full-tree", self.sha)
        entries: dict[str, tuple[str, str]] = {}
        for line in listing.split(b"\0"):
            if line:
                meta, _, path = line.partition(b"\t")
                mode, _kind, blob = meta.decode().split()
                if mode != _SUBMODULE:
                    entries[os.fsdecode(path)] = (mode, blob)
        return entries

    @cached_property
    def _blobs(self) -> _BlobReader:
        return _BlobReader(self.root)

    def paths(self) -> Iterable[str]:
        return (path for path, (mode, _) in self._entries.items() if mode != _LINK)

    def read(self, path: str) -> bytes | None:
        entry = self._entries.get(path)
        if entry is None or entry[0] == _LINK:
            return None
        return self._blobs.read(entry[1])

    def identity(self, path: str) -> str | None:
        entry = self._entries.get(path)
        return entry[1] if entry else None

    def link(self, path: str) -> str | None:
        entry = self._entries.get(path)
        if entry is None or entry[0] != _LINK:
            return None
        return os.fsdecode(self._blobs.read(entry[1]))


class _BlobReader:
    """One `git cat-file --batch` for all blobs of a run: a process a file would cost 3 ms each."""

    def __init__(self, root: Path) -> None:
        self._seen: dict[str, bytes] = {}
        self._process = subprocess.Popen(
            ["git", "-C", str(root), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def read(self, blob: str) -> bytes:
        if blob not in self._seen:
            self._seen[blob] = self._ask(blob)
        return self._seen[blob]

    def _ask(self, blob: str) -> bytes:
        source, sink = self._process.stdout, self._process.stdin
        if source is None or sink is None:
            raise GitError("git cat-file has no pipes")
        sink.write(blob.encode() + b"\n")
        sink.flush()
        header = source.readline().split()
        if len(header) != 3:
            raise GitError(f"blob {blob} is missing: the clone is not complete (see git fsck)")
        size = int(header[2])
        content = source.read(size)
        source.read(1)
        if len(content) != size:
            raise GitError(f"blob {blob} ends early: git cat-file stopped")
        return content

    def __del__(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()


@dataclass(frozen=True)
class WorkingFiles:
    """A `Files` over the disk below `root`, read when asked, each file once."""

    root: Path

    @cached_property
    def _walked(self) -> tuple[frozenset[str], dict[str, str]]:
        files: set[str] = set()
        links: dict[str, str] = {}
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in _NEVER_INPUTS]
            for name in (*names, *folders):
                path = os.path.join(folder, name)
                relative = os.path.relpath(path, self.root).replace(os.sep, "/")
                if os.path.islink(path):
                    links[relative] = os.readlink(path)
                elif name in names:
                    files.add(relative)
        return frozenset(files), links

    @cached_property
    def _contents(self) -> dict[str, bytes]:
        return {}

    def paths(self) -> Iterable[str]:
        return self._walked[0]

    def read(self, path: str) -> bytes | None:
        if path not in self._walked[0]:
            return None
        if path not in self._contents:
            target = self.root / path
            if not target.is_file():  # a socket or a pipe would block
                return None
            try:
                self._contents[path] = target.read_bytes()
            except OSError as error:
                raise GitError(f"{path} cannot be read: {error.strerror}") from None
        return self._contents[path]

    def identity(self, path: str) -> str | None:
        """Git's own blob SHA, so that a cache serves the disk and its commits alike."""
        content = self.read(path)
        if content is None:
            return None
        header = b"blob %d\0" % len(content)
        return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()

    def link(self, path: str) -> str | None:
        return self._walked[1].get(path)


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        raise GitError("the git command is needed to read a local clone") from None
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitError(words[0] if words else f"git {arguments[0]} failed")
    return done.stdout
