"""`/lotus catalog`: the catalogs as their stream files say, in the quiet form, as one change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.lifecycle.catalog import (
    Change,
    NotACatalogError,
    differences,
    generated,
    refused,
    stream_files,
    written,
)
from bot.lifecycle.catalogs import folders_of
from bot.lifecycle.commands import command
from bot.lifecycle.commands.command import Answer, Call, Command
from bot.lifecycle.commands.parts import Checkout, Need
from bot.lifecycle.commands.streams import as_change, told
from bot.model.github import Permission
from bot.render.markdown import code, plain

_NAME = "/_catalog.json"
_LINES = 30


@dataclass(frozen=True, slots=True)
class _Made:
    """A catalog as it should be; `problems` in Markdown where it cannot be made."""

    path: str
    content: bytes = b""
    changes: tuple[Change, ...] = ()
    refusals: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()


def _answer(call: Call) -> Answer:
    checkouts = call.seen.checkouts
    made = {path: _made(path, each) for each in checkouts for path in _catalogs(each)}
    problems = [text for item in made.values() for text in item.problems]
    if problems:
        lines = "\n".join(f"- {text}" for text in problems)
        return command.refused(f"No catalog was written:\n\n{lines}")
    if not made:
        return command.refused("The modules here read no `_catalog.json`.")
    files = {path: content for each in checkouts for path, content in each.files.items()}
    edits = {p: item.content for p, item in made.items() if item.content != files[p]}
    words = "\n".join(line for item in made.values() for line in _words(item))
    if not edits:
        return Answer(f"Every catalog is as its stream files say.\n\n{words}".rstrip())
    change = as_change(call.seen, checkouts[0], edits, "Regenerate catalogs in the quiet form")
    if isinstance(change, str):
        return command.refused(change)
    listed = ", ".join(code(path) for path in sorted(edits))
    return Answer(f"Regenerated {listed}. {told(change)}\n\n{words}".rstrip(), effects=(change,))


def _catalogs(checkout: Checkout) -> list[str]:
    return sorted(
        path for path in checkout.reads if path.endswith(_NAME) and path in checkout.files
    )


def _made(path: str, checkout: Checkout) -> _Made:
    folder, offered = folders_of(path)
    streams, wrong = stream_files(_in(checkout.files, folder), _in(checkout.files, offered))
    before, _ = stream_files(_in(checkout.before, folder), _in(checkout.before, offered))
    if wrong:
        places = [f"{code(f'{folder}/{w.path}:{w.line}')}: {plain(w.message)}" for w in wrong]
        return _Made(path, problems=tuple(places))
    content = checkout.files[path]
    try:
        standing = json.loads(content)
        catalog = generated(streams, standing, before).catalog
        changes = differences(standing, catalog)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, NotACatalogError) else "it is not JSON"
        return _Made(path, problems=(f"{code(path)}: {plain(reason)}",))
    return _Made(path, written(catalog, content), changes, refused(catalog))


def _in(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """The files of a folder by their own names."""
    found = {}
    for path, content in files.items():
        above, _, name = path.rpartition("/")
        if above == folder:
            found[name] = content
    return found


def _words(item: _Made) -> Iterator[str]:
    """What changes in a catalog's meaning, and what Airbyte would refuse all the same."""
    lines = [f"- {code(change.stream)}: {change.words}" for change in item.changes[:_LINES]]
    if len(item.changes) > _LINES:
        lines.append(f"- … and {len(item.changes) - _LINES} more")
    lines += [f"- **Airbyte refuses {code(c.stream)}**: {c.words}" for c in item.refusals]
    if lines:
        yield f"\n{code(item.path)}:"
        yield from lines


CATALOG = Command(
    "catalog",
    Permission.WRITE,
    "regenerate the catalogs in the quiet form, as a commit on this pull request",
    _answer,
    frozenset({Need.CHECKOUT}),
)
