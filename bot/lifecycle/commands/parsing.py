"""Which commands a comment holds. PURE.

A command stands at the start of a line, outside quotes, code and what GitHub does not show.
`confirm <phrase>` may follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from bot.lifecycle.commands.code_spans import inside_code
from bot.lifecycle.commands.command import Command

_LINE = re.compile(r"/lotus(?:[ \t]+(.*))?", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(`{3,}(?=[^`]*$)|~{3,})")
# HTML blocks whose lines are no text: https://spec.github.com/gfm/#html-blocks, kinds 1 and 2.
_BLOCKS = (
    (re.compile(r"^ {0,3}<!--|<!--(?!.*-->)"), re.compile("-->")),
    (re.compile(r"^ {0,3}<(?:pre|script|style|textarea)(?=[\s>]|$)", re.IGNORECASE),
     re.compile("</(?:pre|script|style|textarea)>", re.IGNORECASE)),
)  # fmt: skip
# A quote's paragraph goes on without its sign, up to an empty line; what is no paragraph does not:
# https://spec.github.com/gfm/#block-quotes (laziness).
_QUOTE = re.compile(r" {0,3}>[ >]*(?! {0,3}(?:#{1,6}(?:\s|$)|`{3}|~{3}|[-*_]{3,}\s*$))\S")
_BEGINS = re.compile(r" {0,3}(?:>|#{1,6}(?:\s|$)|[-+*]\s|1[.)]\s|[-*_]{3,}\s*$)")
_MOST = 20  # only the first is run; whoever writes more waits for nothing
_CONFIRM = re.compile(r"^(.*) confirm (\S+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line asks for: a command of the table, or words that are none."""

    command: Command | None
    words: str
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    phrase: str = ""


def asked_of(table: Iterable[Command], body: str) -> tuple[Asked, ...]:
    """The commands of a comment, in order, up to a few; () where there are none."""
    rows = tuple(table)
    return tuple(_meant(rows, text) for text in islice(_lines(body), _MOST))


def _lines(body: str) -> Iterator[str]:
    """What follows the prefix, line by line, where the line is text of its author."""
    fence, end, quoted = "", None, False
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    in_code = inside_code(lines)
    for number, line in enumerate(lines):
        if fence:
            fence = "" if _closes(fence, line) else fence
        elif end is not None:
            end = None if end.search(line) else end
        elif mark := _FENCE.match(line):
            fence = mark.group(1)
        elif opened := next((over for begin, over in _BLOCKS if begin.search(line)), None):
            end = None if opened.search(line) else opened
        elif (
            not quoted and number not in in_code and (found := _LINE.fullmatch(line.rstrip(" \t")))
        ):
            yield found.group(1) or ""
        quoted = bool(_QUOTE.match(line)) or (quoted and _goes_on(line) and not fence)


def _goes_on(line: str) -> bool:
    """Whether a quote's paragraph takes this line in, which has no sign of a quote."""
    return bool(line.strip()) and not _BEGINS.match(line)


def _closes(fence: str, line: str) -> bool:
    mark = _FENCE.match(line)
    return bool(mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]))


def _meant(rows: tuple[Command, ...], text: str) -> Asked:
    words = " ".join(text.split())
    confirmed = _CONFIRM.match(words)
    bare, phrase = confirmed.groups() if confirmed else (words, "")
    for row in rows:
        arguments = row.arguments(bare)
        if arguments is not None:
            return Asked(row, bare, arguments, phrase)
    return Asked(None, words)
