"""Git data, kept by Git itself: a bare repository, and the few commands that REST stands on.

A simulator: imports nothing of the bot. Objects, merges, diffs and histories are Git's own.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}


class GitError(Exception):
    """Git refused; what it said."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a commit, and when."""

    name: str
    email: str
    at: datetime

    def line(self) -> str:
        """As Git's objects have it."""
        return f"{self.name} <{self.email}> {int(self.at.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class CommitObject:
    """A commit as it is stored."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: tuple[str, str, int]
    message: str


@dataclass(frozen=True, slots=True)
class TreeItem:
    """A line of `ls-tree`."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True)
class GitRepository:
    """A bare repository at `path`."""

    path: Path

    @classmethod
    def create(cls, path: Path, branch: str = "main") -> GitRepository:
        """A new, empty one."""
        path.mkdir(parents=True)
        repository = cls(path)
        repository.run("init", "--quiet", "--bare", f"--initial-branch={branch}", ".")
        repository.run("config", "gc.auto", "0")
        return repository

    def run(
        self, *arguments: str, data: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> bytes:
        """A Git command; raises `GitError` where it fails."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=data,
            capture_output=True,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.path)}
            | _QUIET
            | dict(environment or {}),
        )
        if done.returncode:
            raise GitError(done.stderr.decode(errors="replace") or done.stdout.decode())
        return done.stdout

    def text(self, *arguments: str) -> str:
        """A command's output, without the newline at its end."""
        return self.run(*arguments).decode().strip()

    def resolve(self, revision: str) -> str | None:
        """The commit that a ref or SHA names."""
        try:
            return self.text("rev-parse", "--verify", "--quiet", revision + "^{commit}")
        except GitError:
            return None

    def branches(self, prefix: str = "") -> dict[str, str]:
        """Branch names with their tips."""
        lines = self.text("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/")
        pairs = [line.split(" ") for line in lines.splitlines()]
        found = {name.removeprefix("refs/heads/"): sha for name, sha in pairs}
        return {name: sha for name, sha in found.items() if name.startswith(prefix)}

    def set_ref(self, ref: str, sha: str, expected: str | None = None) -> None:
        """Point a ref at a commit; `expected` is what it must point at now ("" : not exist)."""
        if expected is None:
            self.run("update-ref", ref, sha)
        else:
            self.run("update-ref", ref, sha, expected or "0" * 40)

    def delete_ref(self, ref: str) -> None:
        """Remove a ref."""
        self.run("update-ref", "-d", ref)

    def commit_files(
        self, branch: str, files: Mapping[str, bytes | None], message: str, by: Signature
    ) -> str:
        """A commit on a branch (made if need be) that sets and deletes (None) files."""
        parent = self.resolve(f"refs/heads/{branch}")
        text = message.encode()
        stream = [
            f"commit refs/heads/{branch}\ncommitter {by.line()}\ndata {len(text)}\n".encode(),
            text,
            b"\n",
            f"from {parent}\n".encode() if parent else b"",
        ]
        for path, content in files.items():
            if content is None:
                stream.append(f"D {_quoted(path)}\n".encode())
            else:
                stream.append(f"M 100644 inline {_quoted(path)}\ndata {len(content)}\n".encode())
                stream += [content, b"\n"]
        self.run("fast-import", "--quiet", "--force", data=b"".join(stream))
        return self.text("rev-parse", f"refs/heads/{branch}")

    def commit_object(self, sha: str) -> CommitObject:
        """A commit by its SHA."""
        raw = self.run("cat-file", "commit", sha).decode()
        head, _, message = raw.partition("\n\n")
        fields = [line.split(" ", 1) for line in head.splitlines()]
        author = next(value for name, value in fields if name == "author")
        person, _, rest = author.rpartition("> ")
        name, _, email = person.partition(" <")
        return CommitObject(
            sha=sha,
            tree=next(value for key, value in fields if key == "tree"),
            parents=tuple(value for key, value in fields if key == "parent"),
            author=(name, email, int(rest.split()[0])),
            message=message.rstrip("\n"),
        )

    def tree(self, sha: str, *, recursive: bool) -> list[TreeItem]:
        """The items of a tree."""
        flags = ["-r", "-t"] if recursive else []
        items = []
        for line in self.run("ls-tree", "-z", "-l", *flags, sha).split(b"\0"):
            if line:
                meta, _, path = line.partition(b"\t")
                mode, kind, item, size = meta.decode().split()
                items.append(
                    TreeItem(
                        mode, kind, item, int(size) if size != "-" else None, os.fsdecode(path)
                    )
                )
        return items

    def write_blob(self, content: bytes) -> str:
        """Store content; its SHA."""
        return self.run("hash-object", "-w", "--stdin", data=content).decode().strip()

    def write_tree(self, base: str | None, entries: list[tuple[str, str, str | None]]) -> str:
        """A tree like `base` with entries (mode, path, SHA; None deletes) set; its SHA."""
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.run("read-tree", base, environment=index)
            lines = [
                f"{mode} {sha}\t{path}\0" if sha else f"0 {'0' * 40}\t{path}\0"
                for mode, path, sha in entries
            ]
            self.run(
                "update-index",
                "-z",
                "--index-info",
                data="".join(lines).encode(),
                environment=index,
            )
            return self.run("write-tree", environment=index).decode().strip()

    def write_commit(self, tree: str, parents: list[str], message: str, by: Signature) -> str:
        """A commit that no ref has yet."""
        flags = [flag for parent in parents for flag in ("-p", parent)]
        when = f"{int(by.at.timestamp())} +0000"
        environment = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", by.name), ("EMAIL", by.email), ("DATE", when))
        }
        return (
            self.run("commit-tree", tree, *flags, data=message.encode(), environment=environment)
            .decode()
            .strip()
        )

    def merge_tree(self, base: str, head: str) -> str | None:
        """The tree that a merge makes, None where it conflicts."""
        try:
            return self.text("merge-tree", "--write-tree", base, head).splitlines()[0]
        except GitError:
            return None

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor."""
        try:
            return self.text("merge-base", one, other)
        except GitError:
            return None

    def log(self, revision: str, path: str | None = None) -> list[str]:
        """The commits that `revision` (or a range) reaches, newest first."""
        tail = ["--", path] if path else []
        return self.text("rev-list", "--topo-order", revision, *tail).splitlines()

    def changed(self, base: str, head: str) -> list[tuple[str, str]]:
        """(letter, path) of the files that differ."""
        lines = self.run("diff", "--name-status", "--no-renames", "-z", base, head).split(b"\0")
        return [(lines[i].decode(), os.fsdecode(lines[i + 1])) for i in range(0, len(lines) - 1, 2)]

    def fetch_from(self, other: GitRepository, refspec: str) -> None:
        """Bring another repository's objects and refs here."""
        self.run("fetch", "--quiet", "--no-tags", str(other.path), refspec)


def _quoted(path: str) -> str:
    """As `fast-import` reads a path of any characters."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
