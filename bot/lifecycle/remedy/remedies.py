"""A prediction of what is as if applied, and its files, to the edits that end its drift. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.lifecycle.remedy import documents
from bot.lifecycle.remedy.expressions import Edit, applied, edits_of
from bot.lifecycle.remedy.follow import Place, place_of
from bot.lifecycle.remedy.parts import Part, drifting
from bot.plan.configuration import Loader, Module
from bot.plan.diagnostics import Range
from bot.plan.files import Files, NotFetched
from bot.plan.prediction import Prediction, ResourceChange
from bot.plan.syntax.nodes import Expression, FunctionCall, Literal, Template
from bot.plan.syntax.source import Span
from bot.render.streams import streams


@dataclass(frozen=True, slots=True)
class ByHand:
    """A part that cannot be edited for certain. `written`: the expression, at `at`.

    `path`: the file whose content that is, "" where the expression itself gives the part.
    """

    address: str
    part: Part
    at: Range | None = None
    written: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A drifting part of an address, and where it is written. `streams`: what it syncs."""

    address: str
    part: Part
    place: Place | None
    streams: frozenset[str]


def remedy(prediction: Prediction, files: Files, addresses: Iterable[str]) -> dict[str, bytes]:
    """The files that have to be other ones, for these connections of a prediction of what is as if
    applied: what is updated there drifts.
    """
    found = _found(prediction, files, addresses)
    in_files, rest = _in_files(found, prediction, files)
    return {**_in_code(rest, files), **in_files}


def by_hand(prediction: Prediction, files: Files, addresses: Iterable[str]) -> tuple[ByHand, ...]:
    """Everything of these that drifts, and where it is written."""
    found = _found(prediction, files, addresses)
    return tuple(_by_hand(each, prediction, files) for each in found)


def _found(prediction: Prediction, files: Files, addresses: Iterable[str]) -> list[_Found]:
    wanted = frozenset(addresses)
    changes = [change for change in prediction.changes if change.address in wanted]
    root = Loader(files, {}).load(prediction.module) if changes else Module("")
    return [each for change in changes for each in _places(root, change)]


def _places(root: Module, change: ResourceChange) -> Iterator[_Found]:
    raw = change.after.raw if change.after is not None else None
    names = frozenset(streams(raw.get("sync_catalog")) or () if isinstance(raw, dict) else ())
    for part in drifting(change):
        yield _Found(change.address, part, place_of(root, change, part.path), names)


def _by_hand(found: _Found, prediction: Prediction, files: Files) -> ByHand:
    if found.place is None:
        return ByHand(found.address, found.part)
    paths = _read_by(found, prediction, files)
    path = paths[0] if len(paths) == 1 else ""
    span = found.place.span
    return ByHand(found.address, found.part, span.range, span.text, path)


# --- files that the code reads --------------------------------------------------------------------


def _in_files(
    found: list[_Found], prediction: Prediction, files: Files
) -> tuple[dict[str, bytes], list[_Found]]:
    """Edits of JSON files, and what is in none that is read."""
    parts: dict[str, list[Part]] = {}
    left: list[_Found] = []
    for each in found:
        paths = _read_by(each, prediction, files)
        for path in paths:
            within = replace(each.part, path=each.place.rest if each.place else ())
            parts.setdefault(path, []).append(within)
        left += [] if paths else [each]
    edits = {path: _edited(_read(files, path), these) for path, these in parts.items()}
    return {path: content for path, content in edits.items() if content is not None}, left


def _edited(content: bytes, parts: list[Part]) -> bytes | None:
    return documents.quiet(content) or documents.with_parts(content, parts)


def _read_by(found: _Found, prediction: Prediction, files: Files) -> list[str]:
    """The file whose decoded content this part is of; of several that could be it, none."""
    call = _file_call(found.place.node) if found.place is not None else None
    if call is None or found.place is None:
        return []
    within, at = replace(found.part, path=found.place.rest), call.span.range
    paths = {read.path for read in prediction.reads if read.range == at}
    held = sorted(path for path in paths if documents.holds(_read(files, path), within))
    if len(held) > 1:
        held = [path for path in held if documents.names(_read(files, path)) == found.streams]
    return held if len(held) == 1 else []


def _file_call(node: Expression) -> FunctionCall | None:
    """The `file(…)` of `jsondecode(file(…))`."""
    if not isinstance(node, FunctionCall) or node.name != "jsondecode" or not node.arguments:
        return None
    inner = node.arguments[0]
    return inner if isinstance(inner, FunctionCall) and inner.name == "file" else None


def _read(files: Files, path: str) -> bytes:
    try:
        return files.read(path) or b""
    except NotFetched:
        return b""


# --- the code itself ------------------------------------------------------------------------------


def _in_code(found: list[_Found], files: Files) -> dict[str, bytes]:
    """Edits of configuration files; two that want one place otherwise are none."""
    made = {(_key(edit), edit.text): edit for each in found for edit in _edits(each)}
    wanted = [key for key, _ in made]
    chosen = [edit for (key, _), edit in made.items() if wanted.count(key) == 1]
    by_file: dict[str, list[Edit]] = {}
    for edit in _apart(chosen):
        by_file.setdefault(edit.span.source.file, []).append(edit)
    return {path: _rewritten(path, edits, files) for path, edits in by_file.items()}


def _edits(found: _Found) -> list[Edit]:
    place = found.place
    if place is None or place.span.source.bad_offset is not None:
        return []
    if not place.span.source.file.endswith((".tf", ".tofu")):
        return []
    return _embedded(place) or edits_of(found.part, place)


def _embedded(place: Place) -> list[Edit]:
    """A catalog as JSON in a heredoc: `jsondecode(<<EOT … EOT)`."""
    node = place.node
    if not isinstance(node, FunctionCall) or node.name != "jsondecode" or not place.rest:
        return []
    inner = node.arguments[0] if node.arguments else None
    literal = _literal(inner) if isinstance(inner, Template) else None
    if inner is None or literal is None:
        return []
    text = inner.span.text
    if not text.startswith("<<") or "${" in text or "%{" in text:
        return []
    edited = documents.quiet(literal.encode())
    if edited is None:
        return []
    first, last = text.splitlines(keepends=True)[0], text.splitlines()[-1]
    body = edited.decode().rstrip("\n").replace("${", "$${").replace("%{", "%%{")
    return [Edit(inner.span, f"{first}{body}\n{last}")]


def _literal(template: Template) -> str | None:
    """A heredoc's text, which has a piece for each line."""
    pieces = [each.value.raw for each in template.parts if isinstance(each, Literal)]
    texts = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(texts) if len(texts) == len(template.parts) else None


def _key(edit: Edit) -> tuple[str, int, int]:
    return edit.span.source.file, edit.span.start, edit.span.end


def _apart(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Without those inside of another one that takes all away."""
    spans = list(edits)
    for edit in spans:
        if not any(other is not edit and _covers(other.span, edit.span) for other in spans):
            yield edit


def _covers(outer: Span, inner: Span) -> bool:
    same = outer.source.file == inner.source.file
    return same and outer.start <= inner.start and inner.end <= outer.end


def _rewritten(path: str, edits: list[Edit], files: Files) -> bytes:
    source: Any = edits[0].span.source
    mark = _read(files, path)[: source.shift]
    return mark + applied(source.text, edits).encode()
