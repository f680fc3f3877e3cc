"""The catalogs that a module reads: which are stale, refused, or drift for ever. PURE.

Which files are catalogs follows from what the module reads, and the stream files are those beside
them. What the source offers is looked for in `sources/<source>/` beside `streams/<source>/`
(`facts/lotus-lake.md`), whatever the folder above the two is called.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.lifecycle.catalog import (
    Change,
    NotACatalogError,
    StreamFile,
    differences,
    generated,
    is_quiet,
    quieted,
    refused,
    stream_files,
    written,
)
from bot.plan.files import Files, NotFetched
from bot.plan.prediction import Action, Prediction
from bot.plan.values.value import Unknown, Value, is_secret
from bot.render.streams import streams

CATALOG = "_catalog.json"
_CONNECTION = "airbyte_connection"
_OFFERED = "sources"


@dataclass(frozen=True, slots=True)
class StaleCatalog:
    """A catalog that its stream files have left behind: what it would become, in words and bytes.

    `unreadable`: stream files that cannot be read, as `path:line: why`; then nothing is generated.
    """

    path: str
    changes: tuple[Change, ...] = ()
    content: bytes = field(default=b"", repr=False)
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """What Airbyte would refuse at the apply, though the plan is fine. `path` "" if not known."""

    connection: str
    change: Change
    path: str = ""


def catalog_paths(prediction: Prediction) -> tuple[str, ...]:
    """The catalogs among the files that the module reads."""
    return tuple(sorted({item.path for item in prediction.reads if _is_catalog(item.path)}))


def inputs_of(catalog: str, paths: Iterable[str]) -> frozenset[str]:
    """Everything that a catalog is generated from: itself, its stream files, what is offered."""
    folder, offered = folders_of(catalog)
    return frozenset(
        path
        for path in paths
        if path.endswith(".json") and path.rpartition("/")[0] in (folder, offered)
    )


def folders_of(catalog: str) -> tuple[str, str]:
    """The folder of the stream files, and the one that says what the source offers."""
    folder = catalog.rpartition("/")[0]
    above, _, source = folder.rpartition("/")
    root = above.rpartition("/")[0]
    return folder, f"{root}/{_OFFERED}/{source}" if root else f"{_OFFERED}/{source}"


def stale_catalog(
    catalog: str, head: Files, base: Files, changed: frozenset[str]
) -> StaleCatalog | None:
    """Whether the streams that changed are in the catalog as they are in their files now.

    Only streams whose own files changed count: what was stale before is nobody's news here.
    """
    touched = set(changed & inputs_of(catalog, (*head.paths(), *base.paths())))
    if not touched - {catalog}:
        return None
    files, wrong = _stream_files(catalog, head)
    if wrong:
        return StaleCatalog(catalog, unreadable=tuple(wrong))
    before, _ = _stream_files(catalog, base)
    content = _read(head, catalog)
    try:
        standing = json.loads(content) if content is not None else None
        if standing is not None:
            quieted(standing)  # A catalog it has to be.
        made = generated(files, standing, before).catalog
        told = differences(standing or {"streams": []}, made)
    except (ValueError, NotACatalogError, RecursionError):
        return None  # The evaluation says what is wrong with it.
    names = _named(touched, (*files, *before))
    changes = tuple(change for change in told if change.stream in names)
    return StaleCatalog(catalog, changes, written(made, content)) if changes else None


def refusals(prediction: Prediction) -> tuple[Refused, ...]:
    """What Airbyte refuses of the catalogs that this plan applies."""
    return tuple(
        Refused(change.address, reason, _path_of(change.address, prediction))
        for change in prediction.changes
        if change.type == _CONNECTION
        and (change.action in (Action.CREATE, Action.UPDATE) or change.action.replaces)
        for reason in _refused(change.after)
    )


def quiet_edits(prediction: Prediction, files: Files, addresses: Iterable[str]) -> dict[str, bytes]:
    """These connections' catalog files in the form in which they plan nothing."""
    edits = {}
    for path in sorted({path for address in addresses for path in _of(address, prediction, files)}):
        content = _read(files, path)
        edited = _quiet(content) if content is not None else None
        if edited is not None and edited != content:
            edits[path] = edited
    return edits


def _is_catalog(path: str) -> bool:
    return path.rpartition("/")[2] == CATALOG


def _stream_files(catalog: str, files: Files) -> tuple[tuple[StreamFile, ...], list[str]]:
    folder, offered = folders_of(catalog)
    there = set(files.paths())
    found, wrong = stream_files(_in(folder, there, files), _in(offered, there, files))
    said = [f"{folder}/{item.path}:{item.line}: {item.message}" for item in wrong]
    return found, said


def _in(folder: str, paths: Iterable[str], files: Files) -> dict[str, bytes]:
    found = {}
    for path in paths:
        if path.rpartition("/")[0] == folder and path.endswith(".json"):
            content = _read(files, path)
            if content is not None:
                found[path.rpartition("/")[2]] = content
    return found


def _named(paths: set[str], files: Iterable[StreamFile]) -> set[str]:
    touched = {path.rpartition("/")[2] for path in paths}
    return {file.name for file in files if file.file_name in touched}


def _refused(after: Value | None) -> tuple[Change, ...]:
    raw = after.raw if after is not None else None
    catalog = raw.get("sync_catalog") if isinstance(raw, dict) else None
    if catalog is not None and is_secret(catalog):
        return ()  # what is refused would be told by its name
    try:
        return refused(_document(catalog)) if catalog is not None else ()
    except (NotACatalogError, ValueError, TypeError, AttributeError):
        return ()


def _document(value: Value) -> Any:
    """As a file would have it: what is null, or not known before the apply, is left out."""
    if isinstance(value.raw, Unknown):
        return None
    if isinstance(value.raw, dict):
        found = {key: _document(item) for key, item in value.raw.items()}
        return {key: item for key, item in found.items() if item is not None}
    if isinstance(value.raw, tuple):
        return [_document(item) for item in value.raw]
    return value.raw


def _path_of(address: str, prediction: Prediction) -> str:
    found = {item.path for item in prediction.reads if item.by == address}
    catalogs = sorted(path for path in found if _is_catalog(path))
    return catalogs[0] if len(catalogs) == 1 else ""


def _of(address: str, prediction: Prediction, files: Files) -> Iterator[str]:
    """The catalogs of a connection: those it reads itself, else those with its very streams."""
    own = {i.path for i in prediction.reads if i.by == address and i.path.endswith(".json")}
    if own:
        yield from own
        return
    wanted = _planned(address, prediction)
    for path in catalog_paths(prediction):
        if wanted and _named_in(_read(files, path)) == wanted:
            yield path


def _planned(address: str, prediction: Prediction) -> set[str]:
    for change in prediction.changes:
        raw = change.after.raw if change.address == address and change.after else None
        if isinstance(raw, dict):
            return set(streams(raw.get("sync_catalog")) or ())
    return set()


def _named_in(content: bytes | None) -> set[str]:
    try:
        entries = json.loads(content or b"{}")["streams"]
        return {str(entry["stream"]["name"]) for entry in entries}
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()


def _quiet(content: bytes) -> bytes | None:
    try:
        catalog = json.loads(content)
        return None if is_quiet(catalog) else written(quieted(catalog).catalog, content)
    except (ValueError, NotACatalogError, RecursionError):
        return None


def _read(files: Files, path: str) -> bytes | None:
    try:
        return files.read(path)
    except NotFetched:
        return None
