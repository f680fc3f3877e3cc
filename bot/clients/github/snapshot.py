"""Repositories as `bot.plan.files.Files`: trees and blobs by SHA, so nothing here goes stale.

An edge. The first look at a repository reads one tarball; later looks fetch only the blobs that
were never seen. What is remembered is bounded in bytes; what is forgotten is fetched again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import tarfile
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cachetools import LRUCache

from bot.clients.errors import ClientError, TooMuch, Unintelligible
from bot.clients.github.transport import Transport, part
from bot.clients.github.tree import LINK, Entry, Tree, blob_sha
from bot.plan.files import NotFetched

_SYSTEM = "GitHub"
# A fork may be made of anything: what it costs to read one is bounded, in memory and in requests.
_TREE_ENTRIES = 400_000  # of all trees that are remembered; some 300 bytes each
_LARGEST_TREE = 100_000  # entries; GitHub's own limit for one answer
_FOLDERS = 200  # of a tree that is read folder by folder
_REFUSED = 1024  # trees that are too large, remembered so that they are not read again
_MANY = 100  # files that are missing: another tarball is cheaper
_BLOBS = 1000  # requests for one look
_LOOK_BYTES = 64 * 2**20  # of the files of one look that no tarball had
_BLOB_BYTES = 128 * 2**20
_TARBALL_BYTES = 64 * 2**20  # compressed; a larger repository is read blob by blob
_FILE_BYTES = 8 * 2**20  # a larger file is not taken from a tarball
_UNPACKED_BYTES = 512 * 2**20
_MEMBERS = 200_000


class Blobs:
    """Content by Git's name for it, the least used forgotten first. Threads may share it:
    predictions run in one, fetches in another.
    """

    def __init__(self, limit: int = _BLOB_BYTES) -> None:
        self._limit = limit
        self._held: LRUCache[str, bytes] = LRUCache(limit, getsizeof=lambda x: len(x) + 100)
        self._lock = threading.Lock()

    def get(self, sha: str) -> bytes | None:
        """The content, None where it is not (or no longer) held."""
        with self._lock:
            return self._held.get(sha)

    def put(self, sha: str, content: bytes) -> None:
        """Hold it, unless it alone would push out most of the rest."""
        if len(content) < self._limit // 4:
            with self._lock:
                self._held[sha] = content

    def unpack(self, packed: bytes, wanted: Set[str]) -> None:
        """Hold those files of a tarball whose SHA is wanted: `export-subst` and the like make
        other content. What it costs is bounded; a broken tarball serves as far as it goes.
        """
        for content in _contents(packed):
            sha = blob_sha(content)
            if sha in wanted:
                self.put(sha, content)


@dataclass(frozen=True, slots=True)
class TreeFiles:
    """A `Files` over a tree; `read` raises `NotFetched` where the blob is not at hand."""

    tree: Tree
    blobs: Blobs

    def paths(self) -> Iterable[str]:
        """Regular files, in the tree's order."""
        return (path for path, entry in self.tree.items() if entry.mode != LINK)

    def read(self, path: str) -> bytes | None:
        """The file's bytes, None where there is no such file."""
        entry = self.tree.get(path)
        if entry is None or entry.mode == LINK:
            return None
        return self._bytes(path, entry)

    def identity(self, path: str) -> str | None:
        """The blob's SHA."""
        entry = self.tree.get(path)
        return entry.sha if entry else None

    def links(self) -> Iterable[str]:
        """Symbolic links, in the tree's order."""
        return (path for path, entry in self.tree.items() if entry.mode == LINK)

    def link(self, path: str) -> str | None:
        """The target of a symbolic link as written."""
        entry = self.tree.get(path)
        if entry is None or entry.mode != LINK:
            return None
        return self._bytes(path, entry).decode(errors="surrogateescape")

    def _bytes(self, path: str, entry: Entry) -> bytes:
        content = self.blobs.get(entry.sha)
        if content is None:
            raise NotFetched(path)
        return content


class Snapshots:
    """All repositories of one service; safe to share between workers of one event loop."""

    def __init__(self) -> None:
        self._trees: LRUCache[tuple[str, str], Tree] = LRUCache(_TREE_ENTRIES, getsizeof=len)
        self._refused: LRUCache[tuple[str, str], TooMuch] = LRUCache(_REFUSED)
        self._tarballs: LRUCache[tuple[str, str], bool] = LRUCache(_REFUSED)
        self._blobs = Blobs()
        self._seen: set[str] = set()

    async def tree(self, github: Transport, repository: str, sha: str) -> Tree:
        """The files of a commit (or tree) by its full SHA; remembered, for a SHA never changes.

        Raises `TooMuch`.
        """
        key = (repository, sha)
        if key in self._refused:
            raise self._refused[key]
        tree = self._trees.get(key)
        if tree is None:
            try:
                tree = await _read_tree(github, repository, sha)
            except TooMuch as error:
                self._refused[key] = error
                raise
            self._trees[key] = tree
        return tree

    def files(self, tree: Tree) -> TreeFiles:
        """The evaluator's view of a tree."""
        return TreeFiles(tree, self._blobs)

    async def fetch(
        self, github: Transport, repository: str, tree: Tree, paths: Iterable[str], commit: str
    ) -> None:
        """Bring these files' bytes here; `commit` is one that holds most of the tree.

        Raises `TooMuch`.
        """
        wanted = [tree[path] for path in paths if path in tree]
        several = len(self._missing(wanted)) > _MANY
        if repository not in self._seen or (several and (repository, commit) not in self._tarballs):
            self._seen.add(repository)
            self._tarballs[repository, commit] = True
            await self._unpack(github, repository, tree, commit)
        sizes = self._missing(wanted)
        _check(repository, sizes)
        missing = sorted(sizes)
        contents = await asyncio.gather(*(_blob(github, repository, sha) for sha in missing))
        for sha, content in zip(missing, contents, strict=True):
            self._blobs.put(sha, content)

    def _missing(self, wanted: Iterable[Entry]) -> dict[str, int]:
        """The sizes of the blobs that are not at hand, by SHA."""
        return {entry.sha: entry.size for entry in wanted if self._blobs.get(entry.sha) is None}

    async def _unpack(self, github: Transport, repository: str, tree: Tree, commit: str) -> None:
        """One tarball instead of many blobs; where it cannot be had, the blobs serve."""
        path = f"/repos/{part(repository)}/tarball/{part(commit)}"
        try:
            packed = await github.download(path, _TARBALL_BYTES)
        except ClientError:
            return
        wanted = {entry.sha for entry in tree.values()}
        await asyncio.to_thread(self._blobs.unpack, packed, wanted)


def _check(repository: str, sizes: Mapping[str, int]) -> None:
    total = sum(sizes.values())
    if len(sizes) > _BLOBS or total > _LOOK_BYTES:
        message = f"{repository}: the module reads {len(sizes)} more files, {total} bytes"
        raise TooMuch(_SYSTEM, f"{message}; {_BLOBS} files and {_LOOK_BYTES} bytes at most")


def _contents(packed: bytes) -> Iterator[bytes]:
    """The content of a tarball's files and links, one after the other, as far as it can be read."""
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r|*") as archive:
            for member in islice(archive, _MEMBERS):
                archive.members = []  # type: ignore[attr-defined] # else it keeps each of them
                total += member.size
                if total > _UNPACKED_BYTES:
                    break
                if member.issym():
                    yield member.linkname.encode(errors="surrogateescape")
                elif member.isreg() and member.size <= _FILE_BYTES:
                    stream = archive.extractfile(member)
                    yield stream.read() if stream else b""
    except (tarfile.TarError, EOFError, OSError, zlib.error):
        return


async def _read_tree(github: Transport, repository: str, sha: str) -> Tree:
    answer = await github.get(_tree_path(repository, sha), {"recursive": 1})
    if not answer["truncated"]:
        return dict(_entries(answer["tree"], ""))
    return await _walk(github, repository, sha)


async def _walk(github: Transport, repository: str, sha: str) -> Tree:
    """A tree too large for one answer, folder by folder."""
    found: dict[str, Entry] = {}
    waiting, read = [("", sha)], 0
    while waiting:
        prefix, folder = waiting.pop()
        read += 1
        answer = await github.get(_tree_path(repository, folder))
        if answer["truncated"] or read > _FOLDERS or len(found) > _LARGEST_TREE:
            raise TooMuch(_SYSTEM, f"{repository}: too many files at {sha[:10]}")
        found.update(_entries(answer["tree"], prefix))
        waiting += [
            (f"{prefix}{item['path']}/", item["sha"])
            for item in answer["tree"]
            if item["type"] == "tree"
        ]
    return dict(sorted(found.items()))


def _tree_path(repository: str, sha: str) -> str:
    return f"/repos/{part(repository)}/git/trees/{part(sha)}"


def _entries(items: list[dict[str, Any]], prefix: str) -> Iterable[tuple[str, Entry]]:
    for item in items:
        if item["type"] == "blob":
            yield prefix + item["path"], Entry(item["mode"], item["sha"], item.get("size", 0))


async def _blob(github: Transport, repository: str, sha: str) -> bytes:
    path = f"/repos/{part(repository)}/git/blobs/{sha}"
    answer = await github.get(path)
    try:
        if answer["encoding"] != "base64":
            raise Unintelligible(_SYSTEM, f"{path}: encoding {answer['encoding']!r}")
        return base64.b64decode(answer["content"])
    except (KeyError, TypeError, binascii.Error):
        raise Unintelligible(_SYSTEM, f"{path}: no content") from None
