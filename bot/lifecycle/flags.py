"""Backfill flags: which files set one, which connection it resets. PURE.

A flag is a top-level `backfill: true` in a JSON file that the module reads. What it does is not
guessed from names: the module is evaluated with the flag and without it, and what differs is what
the flag makes; the connection is the one whose id this resource is given, else refers to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.lifecycle.flag_edit import Flag, Refusal, find_backfill
from bot.plan.files import Files, NotFetched
from bot.plan.prediction import Prediction
from bot.plan.values.value import Value, all_origins
from bot.render.changes import FIRING

_CONNECTION = "airbyte_connection"
_INDEX = re.compile(r"\[[^\[\]]*\]$")


@dataclass(frozen=True, slots=True)
class StreamFlag:
    """A flag that is set, at `line` of `path`; `stream` as the file names it, else the file.

    `quoted`: it is the string "true", which a module may or may not take for true.
    """

    path: str
    stream: str
    line: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class OddFlag:
    """A flag that is neither true nor false, or a stream file that is no JSON.

    `taken`: whether the module takes it for set all the same; None where that is not known.
    """

    path: str
    line: int
    message: str
    taken: bool | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A `Files` with some files' bytes changed: what would be, if."""

    files: Files
    edits: Mapping[str, bytes]

    def paths(self) -> Iterable[str]:
        """As without the edits."""
        return self.files.paths()

    def read(self, path: str) -> bytes | None:
        """The edited bytes, where there are such."""
        edited = self.edits.get(path)
        return self.files.read(path) if edited is None else edited

    def identity(self, path: str) -> str | None:
        """Another one for what was edited."""
        edited = self.edits.get(path)
        return self.files.identity(path) if edited is None else f"edited:{hash(edited)}"

    def links(self) -> Iterable[str]:
        """As without the edits."""
        return self.files.links()

    def link(self, path: str) -> str | None:
        """As without the edits."""
        return self.files.link(path)


def flags_of(
    prediction: Prediction, files: Files
) -> tuple[tuple[StreamFlag, ...], tuple[OddFlag, ...]]:
    """The flags that are set in what the module reads, and those that cannot be read."""
    found, odd = [], []
    for path in sorted({item.path for item in prediction.reads if item.path.endswith(".json")}):
        flag = flag_in(path, _bytes(files, path))
        if isinstance(flag, StreamFlag):
            found.append(flag)
        elif flag is not None:
            odd.append(flag)
    return tuple(found), tuple(odd)


def flag_in(path: str, content: bytes | None) -> StreamFlag | OddFlag | None:
    """The flag that a file sets; None where it sets none."""
    flag = find_backfill(content) if content is not None else None
    if isinstance(flag, Refusal):
        return OddFlag(path, flag.line, flag.message)
    if isinstance(flag, Flag) and flag.value:
        return StreamFlag(path, _stream(path, content), flag.line, flag.quoted)
    return None


def unread_candidates(
    prediction: Prediction, paths: Iterable[str], changed: Iterable[str]
) -> list[str]:
    """Changed JSON files that the module does not read, beside stream files that it does.

    Beside: in the same folder, or in a sibling of such a folder.
    """
    read = {item.path for item in prediction.reads if item.path.endswith(".json")}
    folders = {path.rpartition("/")[0] for path in read}
    above = {folder.rpartition("/")[0] for folder in folders if "/" in folder}
    there = set(paths)
    return sorted(
        path
        for path in changed
        if path.endswith(".json") and path in there and path not in read
        if (folder := path.rpartition("/")[0]) in folders or folder.rpartition("/")[0] in above
    )


def made_by(with_flag: Prediction, without: Prediction) -> tuple[str, ...]:
    """The addresses of what fires in one of the two and not in the other."""
    ours, theirs = _firing(with_flag), _firing(without)
    return tuple(sorted(a for a in ours.keys() | theirs.keys() if ours.get(a) != theirs.get(a)))


def connections_of(addresses: Iterable[str], prediction: Prediction) -> tuple[str, ...]:
    """The connections whose ids these resources are given; else those that they refer to."""
    found: set[str] = set()
    for address in addresses:
        found |= _given(address, prediction) or _referred(address, prediction)
    return tuple(sorted(found))


def _given(address: str, prediction: Prediction) -> set[str]:
    """By value: an id that is known, or where one that is not known will come from."""
    held = [c for c in prediction.changes if c.address == address]
    values = [value for c in held for value in (c.after, c.before) if value is not None]
    origins = {origin.address for value in values for origin in all_origins(value)}
    texts = {text for value in values for text in _texts(value)}
    found = set()
    for change in prediction.changes:
        if change.type == _CONNECTION:
            ids = {text for text in (_id(change.after), _id(change.before)) if text}
            ours = (change.address, f"{change.address}.connection_id")
            if ids & texts or origins.intersection(ours):
                found.add(change.address)
    return found


def _referred(address: str, prediction: Prediction) -> set[str]:
    targets = prediction.references.get(_INDEX.sub("", address), frozenset())
    return {t for t in targets if _INDEX.sub("", t).split(".")[-2:-1] == [_CONNECTION]}


def _id(value: Value | None) -> str:
    member = value.raw.get("connection_id") if value and isinstance(value.raw, dict) else None
    return member.raw if member is not None and isinstance(member.raw, str) else ""


def _texts(value: Value) -> Iterator[str]:
    """Every known string in it."""
    if isinstance(value.raw, str):
        yield value.raw
    elif isinstance(value.raw, dict):
        for item in value.raw.values():
            yield from _texts(item)
    elif isinstance(value.raw, tuple):
        for item in value.raw:
            yield from _texts(item)


def _firing(prediction: Prediction) -> dict[str, str]:
    return {
        change.address: change.action.value
        for change in prediction.changes
        if change.type in FIRING
    }


def _stream(path: str, content: bytes | None) -> str:
    name = path.rpartition("/")[2].removesuffix(".json")
    try:
        found = json.loads(content or b"")
    except ValueError:
        return name
    stream = found.get("stream") if isinstance(found, dict) else None
    return stream if isinstance(stream, str) and stream else name


def _bytes(files: Files, path: str) -> bytes | None:
    try:
        return files.read(path)
    except NotFetched:
        return None
