"""JSON that is read by the code, written as Airbyte reads it back. PURE.

A catalog goes into the quiet form as a whole; of any other document just the parts are set, and
only where writing it again changes nothing else of its text.
"""

from __future__ import annotations

import json
from typing import Any

from bot.lifecycle.catalog import NotACatalogError, is_quiet, quieted, written
from bot.lifecycle.remedy.parts import Part


def quiet(content: bytes) -> bytes | None:
    """A catalog in the quiet form; None for what is quiet already, or no catalog."""
    try:
        catalog = json.loads(content)
        return None if is_quiet(catalog) else written(quieted(catalog).catalog, content)
    except (ValueError, NotACatalogError, RecursionError):
        return None


def holds(content: bytes, part: Part) -> bool:
    """Whether the document gives this part at its path."""
    try:
        return bool(_at(json.loads(content), part) == part.gives)
    except (ValueError, RecursionError, LookupError, TypeError):
        return False


def names(content: bytes) -> frozenset[str]:
    """The names of a catalog's streams; none for what is no catalog."""
    try:
        entries = json.loads(content)["streams"]
        return frozenset(str(entry["stream"]["name"]) for entry in entries)
    except (ValueError, RecursionError, LookupError, TypeError):
        return frozenset()


def with_parts(content: bytes, parts: list[Part]) -> bytes | None:
    """With these parts as they are read; None where more than they would change."""
    try:
        document = json.loads(content)
        if not parts or written(document, content) != content:
            return None
        for part in parts:
            _set(document, part)
        return written(document, content)
    except (ValueError, RecursionError, LookupError, TypeError):
        return None


def _at(document: Any, part: Part) -> Any:
    for step in part.path:
        document = document[step]
    return document


def _set(document: Any, part: Part) -> None:
    for step in part.path[:-1]:
        document = document[step]
    document[part.path[-1]] = part.read
