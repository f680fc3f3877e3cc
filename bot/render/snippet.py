"""The source line that a diagnostic is about, with a caret under the place. PURE.

Above `bot.render.plain_text`. Lines are cut around the place, so that a file of one line (JSON as
machines write it) shows the part that matters.
"""

from __future__ import annotations

from bot.plan.diagnostics import Range
from bot.render.cells import cell_len, chop_cells
from bot.render.plain_text import printable

_BOM = b"\xef\xbb\xbf"
_BEFORE = 3  # a third of the room is for what stands before the place, where the line is longer


def snippet(subject: Range, content: bytes, width: int, *, ascii_only: bool = False) -> list[str]:
    """` 12 | x = foo.bar` and a line with the caret, each of at most `width` cells.

    A subject of several lines is marked to the end of its first; one beyond the end gives nothing.
    """
    lines = content.removeprefix(_BOM).decode(errors="replace").split("\n")
    number = subject.start.line
    if not 1 <= number <= len(lines):
        return []
    line = lines[number - 1].rstrip("\r")
    start = _offset(line, subject.start.column)
    last = _offset(line, subject.end.column) if subject.end.line == number else len(line)
    gutter = f"{number:>4} | "
    room = max(8, width - len(gutter))
    shown, start, end = _window(printable(line), start, max(start + 1, last), room)
    parts = (shown[:start], shown[start:end], shown[end:])
    before, marked, after = (printable(part, ascii_only=ascii_only) for part in parts)
    carets = " " * cell_len(before) + "^" * max(1, cell_len(marked))
    code = (gutter + before + marked + after).rstrip()
    return [_cut(code, width), _cut(" " * (len(gutter) - 2) + "| " + carets, width)]


def _offset(line: str, column: int) -> int:
    """The character that a column stands for: columns count what people see as one character."""
    if line.isascii():
        return min(column - 1, len(line))
    import regex  # only where a line is not ASCII: its import costs 20 ms

    return len("".join(regex.findall(r"\X", line)[: column - 1]))


def _window(line: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """The stretch of `line` that fits into `room` cells and begins before the place."""
    if cell_len(line[:end]) <= room or cell_len(line[:start]) <= room // 2:
        return line, start, end
    first = start
    left = room // _BEFORE
    while first > 0 and cell_len(line[first - 1 : start]) <= left:
        first -= 1
    if first == 0:
        return line, start, end
    return "…" + line[first:], start - first + 1, end - first + 1


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else chop_cells(text, width)[0]
