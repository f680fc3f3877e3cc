"""Where artifacts come from: Git by address and reference.

A simulator: imports nothing of the bot. `Folders` is real Git on disk (those of the GitHub
simulator, say), `scripted.ScriptedGit` is none at all.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.simulators.github.git import GitError, GitRepository

_FULL = re.compile(r"[0-9a-f]{40}")


class GitFailed(Exception):
    """The remote did not give what was asked for; the message is go-git's."""


@dataclass(frozen=True, slots=True)
class Ref:
    """`spec.ref`. With nothing set it is the branch `master`, as source-controller has it."""

    branch: str = ""
    tag: str = ""
    semver: str = ""
    name: str = ""
    commit: str = ""

    @classmethod
    def of(cls, spec: Mapping[str, Any] | None) -> Ref:
        """From the object's JSON."""
        known = {name: str((spec or {}).get(name) or "") for name in cls.__slots__}
        return cls(**known) if any(known.values()) else cls(branch="master")


@dataclass(frozen=True, slots=True)
class Found:
    """A commit, and how source-controller writes it as a revision."""

    sha: str
    revision: str


class Git(Protocol):
    """Remotes by address."""

    async def resolve(self, url: str, ref: Ref) -> Found:
        """The commit that a reference names now; raises `GitFailed`."""
        ...

    async def files(self, url: str, sha: str) -> Mapping[str, bytes]:
        """The whole tree of a commit, by path from its root; raises `GitFailed`."""
        ...


class Remote:
    """A Git that fails when told."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._failures: list[str] = []

    def fail(self, text: str = "unable to list remote: connection refused", times: int = 1) -> None:
        """The next look-ups end like this."""
        self._failures += [text] * times

    async def resolve(self, url: str, ref: Ref) -> Found:
        """As the Git underneath, unless it is to fail."""
        if self._failures:
            raise GitFailed(self._failures.pop(0))
        return await self._git.resolve(url, ref)

    async def files(self, url: str, sha: str) -> Mapping[str, bytes]:
        """As the Git underneath."""
        return await self._git.files(url, sha)


class Folders:
    """Bare repositories on disk; `locate` gives the folder of an address, None for none."""

    def __init__(self, locate: Mapping[str, Path] | Callable[[str], Path | None]) -> None:
        self._locate = locate.get if isinstance(locate, Mapping) else locate

    async def resolve(self, url: str, ref: Ref) -> Found:
        """By `name`, `semver`, `tag`, `branch`, in that order; `commit` must be on a branch."""
        return await asyncio.to_thread(self._resolve, url, ref)

    async def files(self, url: str, sha: str) -> Mapping[str, bytes]:
        """Read by Git itself."""
        return await asyncio.to_thread(self._files, url, sha)

    def _repository(self, url: str) -> GitRepository:
        folder = self._locate(url)
        if folder is None or not folder.is_dir():
            raise GitFailed(f"unable to list remote for '{url}': repository not found")
        return GitRepository(folder)

    def _resolve(self, url: str, ref: Ref) -> Found:
        repository = self._repository(url)
        if ref.name:
            sha = _tip(repository, url, ref.name)
            return Found(_on_a_branch(repository, sha, ""), f"{ref.name}@sha1:{sha}")
        if ref.commit:
            sha = _on_a_branch(repository, ref.commit, ref.branch)
            return Found(sha, f"{ref.branch}@sha1:{sha}" if ref.branch else f"sha1:{sha}")
        if ref.semver or ref.tag:
            tag = _newest(repository, ref.semver) if ref.semver else ref.tag
            return Found(sha := _tip(repository, url, f"refs/tags/{tag}"), f"{tag}@sha1:{sha}")
        sha = _tip(repository, url, f"refs/heads/{ref.branch}")
        return Found(sha, f"{ref.branch}@sha1:{sha}")

    def _files(self, url: str, sha: str) -> Mapping[str, bytes]:
        repository = self._repository(url)
        blobs = [item for item in repository.tree(sha, recursive=True) if item.kind == "blob"]
        asked = "".join(f"{item.sha}\n" for item in blobs).encode()
        output = repository.run("cat-file", "--batch", data=asked)
        found, place = {}, 0
        for item in blobs:
            start = output.index(b"\n", place) + 1
            size = item.size or 0
            found[item.path] = output[start : start + size]
            place = start + size + 1
        return {os.fspath(path): content for path, content in found.items()}


def _tip(repository: GitRepository, url: str, name: str) -> str:
    sha = repository.resolve(name)
    if sha is None:
        raise GitFailed(f"unable to clone '{url}': couldn't find remote ref \"{name}\"")
    return sha


def _on_a_branch(repository: GitRepository, sha: str, branch: str) -> str:
    """A clone brings only what branches reach."""
    scope = [f"refs/heads/{branch}"] if branch else ["refs/heads/"]
    try:
        if not _FULL.fullmatch(sha):
            raise GitError
        reached = repository.text("for-each-ref", "--contains", sha, "--count=1", *scope)
    except GitError:
        reached = ""
    if not reached:
        raise GitFailed(f"unable to resolve commit object for '{sha}': object not found")
    return sha


def _newest(repository: GitRepository, wanted: str) -> str:
    """The newest tag within a range of `>=`, `<`, `~`, `^`, `x` or `*`; nothing fancier."""
    tags = repository.text("for-each-ref", "--format=%(refname:strip=2)", "refs/tags/").splitlines()
    fitting = [
        (version, tag) for tag in tags if (version := _version(tag)) and _fits(version, wanted)
    ]
    if not fitting:
        raise GitFailed(f"no match found for semver: {wanted}")
    return max(fitting)[1]


_Version = tuple[int, int, int]


def _version(tag: str) -> _Version | None:
    match = re.fullmatch(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", tag)
    return (int(match[1]), int(match[2] or 0), int(match[3] or 0)) if match else None


def _fits(version: _Version, wanted: str) -> bool:
    return all(_fits_one(version, part) for part in wanted.replace(",", " ").split())


def _fits_one(version: _Version, part: str) -> bool:
    if part in ("*", "x"):
        return True
    match = re.fullmatch(r"(>=|<=|>|<|=|~|\^)?(v?[\d.]+?)(\.[x*])*", part)
    bound = _version(match[2]) if match else None
    if match is None or bound is None:
        raise GitFailed(f"semver parse error: improper constraint: {part}")
    match match[1]:
        case ">=":
            return version >= bound
        case "<=":
            return version <= bound
        case ">":
            return version > bound
        case "<":
            return version < bound
        case "^":
            return version >= bound and version[0] == bound[0]
        case "~":
            return version >= bound and version[:2] == bound[:2]
    given = match[2].removeprefix("v").count(".") + 1
    return version[:given] == bound[:given]
