"""What the tool would say about a mistake: a diagnostic has words and a place.

Lowest layer of `bot.plan`; formats nothing for people (that is `bot.render` and the CLI).
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """OpenTofu's two severities."""

    ERROR = "error"
    WARNING = "warning"


class Position(Struct, frozen=True, order=True):
    """A place in a file: line and column from 1 (in characters as HCL counts), byte from 0."""

    line: int
    column: int
    byte: int


class Range(Struct, frozen=True, order=True):
    """A stretch of one file, end exclusive; `file` is relative to the repository's root."""

    file: str
    start: Position
    end: Position


class Diagnostic(Struct, frozen=True):
    """One finding, in the tool's own summary (a fact that is held to `tests/truth`).

    `subject` is the exact place, `context` the wider one that a snippet shows, `address`
    the resource that it is about, if any.
    """

    severity: Severity
    summary: str
    detail: str = ""
    subject: Range | None = None
    context: Range | None = None
    address: str | None = None


Diagnostics = tuple[Diagnostic, ...]


def error(summary: str, detail: str = "", subject: Range | None = None) -> Diagnostic:
    """An error without an address; the caller that knows the address adds it."""
    return Diagnostic(Severity.ERROR, summary, detail, subject)


def warning(summary: str, detail: str = "", subject: Range | None = None) -> Diagnostic:
    """A warning without an address."""
    return Diagnostic(Severity.WARNING, summary, detail, subject)


def failed(diagnostics: Diagnostics | list[Diagnostic]) -> bool:
    """Whether at least one of them is an error: the plan would not go on."""
    return any(item.severity is Severity.ERROR for item in diagnostics)
