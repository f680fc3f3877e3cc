"""A local clone, read with the `git` command: what `lotus plan` stands on.

An edge. It only reads: no checkout, no fetch, no index is touched. Both views are
`bot.plan.files.Files`, so the evaluator cannot tell them from GitHub's.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

_LINK = "120000"
_SUBMODULE = "160000"
_NO_BLOB = ""
_TOP = ("rev-parse", "--show-toplevel")


class GitError(Exception):
    """`git` could not do it; the message is for people and names what to do."""


class Clone(Struct, frozen=True, dict=True):
    """A repository; `root` is its top level, or its own folder where it is bare.

    `at` is HEAD's commit where it was told with the root: each `git` more costs 3 ms.
    """

    root: Path
    bare: bool = False
    at: str | None = None

    @classmethod
    def containing(cls, folder: Path) -> Clone:
        """Find the repository around `folder`; raises `GitError` where there is none."""
        if not folder.is_dir():
            raise GitError(f"{folder}: no such folder; name a local clone with --repo")
        try:
            told = _git(folder, *_TOP, "--verify", "--quiet", "HEAD^{commit}")
        except GitError:
            return cls._without_head(folder)
        top, _, sha = told.removesuffix(b"\n").rpartition(b"\n")
        return cls(Path(os.fsdecode(top)), at=sha.decode())

    @classmethod
    def _without_head(cls, folder: Path) -> Clone:
        """A repository without commits, or a bare one; raises `GitError` where there is none."""
        try:
            top = _git(folder, *_TOP)
        except GitError as error:
            bare = _bare(folder)
            if bare is None:
                raise GitError(f"{folder} is not inside a Git repository ({error})") from None
            return cls(bare, bare=True)
        return cls(Path(os.fsdecode(top.removesuffix(b"\n"))))

    def commit(self, revision: str) -> str:
        """The SHA that `revision` names; raises `GitError` where it names none."""
        sha = self._head if revision == "HEAD" else self._found(revision)
        if sha is None:
            message = f"{revision!r} names no commit in {self.root}{self._shallow()}"
            raise GitError(message)
        return sha

    @cached_property
    def _head(self) -> str | None:
        return self.at or self._found("HEAD")

    @cached_property
    def _blobs(self) -> _Blobs:
        return _Blobs(self.root)

    def _found(self, revision: str) -> str | None:
        try:
            found = _git(
                self.root, "rev-parse", "--verify", "--end-of-options", revision + "^{commit}"
            )
        except GitError:
            return None
        return found.decode().strip()

    def merge_base(self, one: str, other: str) -> str:
        """Git's best common ancestor; raises `GitError` where there is none."""
        try:
            return (
                _git(self.root, "merge-base", self.commit(one), self.commit(other)).decode().strip()
            )
        except GitError as error:
            if "names no commit" in str(error):
                raise
            message = f"{one} and {other} have no common ancestor{self._shallow()}"
            raise GitError(message) from None

    def _shallow(self) -> str:
        """A hint where history was cut off: what is missed may only not be here."""
        cut = _git(self.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        return "; the clone is shallow: try git fetch --unshallow" if cut else ""

    def tree(self, revision: str) -> CommitFiles:
        """The files of a commit."""
        return CommitFiles(self.root, self.commit(revision), self._blobs)

    def has_commits(self) -> bool:
        """Whether HEAD exists: a repository just made has none."""
        return self._head is not None

    def working_tree(self) -> WorkingFiles:
        """The files as they lie on the disk, untracked ones too, ignored ones not."""
        if self.bare:
            raise GitError(f"{self.root} is bare and has no working tree; name a range, BASE..HEAD")
        return WorkingFiles(self.root, self._blobs)


class CommitFiles(Struct, frozen=True, dict=True):
    """A `Files` over one commit: names by `ls-tree`, bytes by `cat-file`, each read once."""

    root: Path
    sha: str
    blobs: _Blobs

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
    def _paths(self) -> tuple[str, ...]:
        return tuple(path for path, (mode, _) in self._entries.items() if mode != _LINK)

    def paths(self) -> Iterable[str]:
        return self._paths

    def read(self, path: str) -> bytes | None:
        entry = self._entries.get(path)
        if entry is None or entry[0] == _LINK:
            return None
        return self.blobs.read(entry[1])

    def identity(self, path: str) -> str | None:
        entry = self._entries.get(path)
        return entry[1] if entry else None

    def links(self) -> Iterable[str]:
        return (path for path, (mode, _) in self._entries.items() if mode == _LINK)

    def link(self, path: str) -> str | None:
        entry = self._entries.get(path)
        if entry is None or entry[0] != _LINK:
            return None
        return os.fsdecode(self.blobs.read(entry[1]))


class _Blobs:
    """The blobs that a run has seen, by SHA. What the disk holds as well is not asked for.

    One `git cat-file --batch` for all others: a process a file would cost 3 ms each.
    """

    def __init__(self, root: Path) -> None:
        self._seen: dict[str, bytes] = {}
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, blob: str) -> bytes:
        if blob not in self._seen:
            self._seen[blob] = self._ask(blob)
        return self._seen[blob]

    def add(self, content: bytes) -> str:
        """Keep what was found elsewhere; gives its SHA."""
        header = b"blob %d\0" % len(content)
        blob = hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
        self._seen.setdefault(blob, content)
        return blob

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "-C", str(self._root), "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _ask(self, blob: str) -> bytes:
        process = self._running()
        source, sink = process.stdout, process.stdin
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
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()


class _OnDisk(NamedTuple):
    """What lies at a path: a symbolic link's target, or a file, or a blob that is not on disk."""

    target: str | None = None
    blob: str = _NO_BLOB


_FILE = _OnDisk()


class WorkingFiles(Struct, frozen=True, dict=True):
    """A `Files` over the disk below `root`: what Git tracks and what it would add, read when asked.

    Ignored files are left out, for the commit that it is compared with has none either. What a
    sparse checkout left out is read from the index. No symbolic link is ever followed.
    """

    root: Path
    blobs: _Blobs

    @cached_property
    def _entries(self) -> dict[str, _OnDisk]:
        listing = _git(
            self.root,
            *("ls-files", "-z", "-t", "--stage"),
            *("--cached", "--others", "--exclude-standard"),
        )
        entries: dict[str, _OnDisk] = {}
        for line in listing.split(b"\0"):
            tag, _, rest = line.partition(b" ")  # "H <mode> <blob> <stage>\t<path>", "? <path>"
            meta, _, name = (b"  ", b"", rest) if tag == b"?" else rest.partition(b"\t")
            mode, blob = meta.decode().split(" ")[:2] if meta else ("", "")
            path = os.fsdecode(name)
            skipped = tag == b"S" and mode != _LINK
            found = self._look(path, blob if skipped else _NO_BLOB)
            if found is not None and mode != _SUBMODULE:
                entries[path] = found
        return entries

    def _look(self, path: str, blob: str) -> _OnDisk | None:
        """None where no file lies: deleted ones, sockets, the empty name at a listing's end."""
        name = f"{self.root}/{path}"
        try:
            mode = os.lstat(name).st_mode if path else 0
        except OSError:
            return _OnDisk(blob=blob) if blob else None
        if stat.S_ISREG(mode):
            return _FILE
        return _OnDisk(target=os.readlink(name)) if stat.S_ISLNK(mode) else None

    @cached_property
    def _contents(self) -> dict[str, bytes]:
        return {}

    @cached_property
    def _identities(self) -> dict[str, str]:
        return {}

    @cached_property
    def _real_root(self) -> str:
        return os.path.realpath(self.root)

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(path for path, entry in self._entries.items() if entry.target is None)

    def paths(self) -> Iterable[str]:
        return self._paths

    def read(self, path: str) -> bytes | None:
        entry = self._entries.get(path)
        if entry is None or entry.target is not None:
            return None
        if path not in self._contents:
            content = self.blobs.read(entry.blob) if entry.blob else self._from_disk(path)
            if content is None:
                return None
            self._contents[path] = content
        return self._contents[path]

    def _from_disk(self, path: str) -> bytes | None:
        """None where a folder on the way is a link by now: it may lead out of the repository."""
        name = os.path.join(self._real_root, path)
        if os.path.realpath(name) != name:
            return None
        try:
            return Path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise GitError(f"{path} cannot be read: {error.strerror}") from None

    def identity(self, path: str) -> str | None:
        """Git's own blob SHA, so that a cache serves the disk and its commits alike."""
        content = self.read(path)
        if content is None:
            return None
        if path not in self._identities:
            self._identities[path] = self.blobs.add(content)
        return self._identities[path]

    def links(self) -> Iterable[str]:
        return (path for path, entry in self._entries.items() if entry.target is not None)

    def link(self, path: str) -> str | None:
        entry = self._entries.get(path)
        return entry.target if entry else None


def _bare(folder: Path) -> Path | None:
    """The repository's own folder, where `folder` is in a bare one."""
    try:
        answer = _git(folder, "rev-parse", "--is-bare-repository", "--absolute-git-dir")
    except GitError:
        return None
    bare, _, path = answer.partition(b"\n")
    return Path(os.fsdecode(path.removesuffix(b"\n"))) if bare == b"true" else None


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
