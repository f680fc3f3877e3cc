"""Which commands a comment holds. PURE.

A command stands at the start of a line, outside quotes and code. `confirm <phrase>` may follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.lifecycle.commands.command import Command

_LINE = re.compile(r"^/lotus(?:[ \t]+(.*?))?[ \t]*$", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CONFIRM = re.compile(r"^(.*) confirm (\S+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line asks for: a command of the table, or words that are none."""

    command: Command | None
    words: str
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    phrase: str = ""


def asked_of(table: Iterable[Command], body: str) -> tuple[Asked, ...]:
    """The commands of a comment, in order; () where there are none."""
    rows = tuple(table)
    return tuple(_meant(rows, text) for text in _lines(body))


def _lines(body: str) -> Iterator[str]:
    """What follows the prefix, line by line, outside quotes and code."""
    fence = ""
    for line in body.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence:
            closing = mark and mark.group(1).startswith(fence)
            if closing and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark.group(1)
        elif found := _LINE.match(line):
            yield found.group(1) or ""


def _meant(rows: tuple[Command, ...], text: str) -> Asked:
    words = " ".join(text.split())
    confirmed = _CONFIRM.match(words)
    bare, phrase = confirmed.groups() if confirmed else (words, "")
    for row in rows:
        arguments = row.arguments(bare)
        if arguments is not None:
            return Asked(row, bare, arguments, phrase)
    return Asked(None, words)
