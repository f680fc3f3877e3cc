"""Backfill flags: which files set one, which connection it resets. PURE.

A flag is a top-level `backfill: true` in a JSON file that the module reads. What it does is not
guessed from names: the module is evaluated with the flag and without it, and what differs is what
the flag makes; the connection is the one that this resource refers to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.lifecycle.flag_edit import Flag, Refusal, find_backfill
from bot.plan.files import Files, NotFetched
from bot.plan.prediction import Prediction
from bot.render.changes import FIRING

_CONNECTION = "airbyte_connection"
_INDEX = re.compile(r"\[[^\[\]]*\]$")


@dataclass(frozen=True, slots=True)
class StreamFlag:
    """A flag that is set, at `line` of `path`; `stream` as the file names it, else the file."""

    path: str
    stream: str
    line: int


@dataclass(frozen=True, slots=True)
class OddFlag:
    """A flag that is neither true nor false, or a stream file that is no JSON."""

    path: str
    line: int
    message: str


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

    def link(self, path: str) -> str | None:
        """As without the edits."""
        return self.files.link(path)


def flags_of(
    prediction: Prediction, files: Files
) -> tuple[tuple[StreamFlag, ...], tuple[OddFlag, ...]]:
    """The flags that are set in what the module reads, and those that cannot be read."""
    found, odd = [], []
    for path in sorted({item.path for item in prediction.reads if item.path.endswith(".json")}):
        content = _bytes(files, path)
        flag = find_backfill(content) if content is not None else None
        if isinstance(flag, Refusal):
            odd.append(OddFlag(path, flag.line, flag.message))
        elif isinstance(flag, Flag) and flag.value:
            found.append(StreamFlag(path, _stream(path, content), flag.line))
    return tuple(found), tuple(odd)


def made_by(with_flag: Prediction, without: Prediction) -> tuple[str, ...]:
    """The addresses of what fires in one of the two and not in the other."""
    ours, theirs = _firing(with_flag), _firing(without)
    return tuple(sorted(a for a in ours.keys() | theirs.keys() if ours.get(a) != theirs.get(a)))


def connections_of(addresses: Iterable[str], prediction: Prediction) -> tuple[str, ...]:
    """The connections that these resources refer to, directly."""
    found = set()
    for address in addresses:
        for target in prediction.references.get(_INDEX.sub("", address), frozenset()):
            if _INDEX.sub("", target).split(".")[-2:-1] == [_CONNECTION]:
                found.add(target)
    return tuple(sorted(found))


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
