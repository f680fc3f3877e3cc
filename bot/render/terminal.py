"""A prediction as lines for a terminal: what happens, in a table that fits, and why. PURE.

Above `bot.render.changes` and `bot.render.snippet`. Makes texts and prints nothing; the screen that
it is given says how wide a line may be and whether it can hold more than ASCII.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from bot.plan.diagnostics import Diagnostic, Range, Severity
from bot.plan.files import Files
from bot.plan.prediction import Action, Cause, OutputChange, Prediction, ResourceChange
from bot.render.cells import cell_len
from bot.render.changes import sign, words
from bot.render.document import enclosing_block
from bot.render.outcome import is_told, summary
from bot.render.plain_text import printable, spoken, without
from bot.render.snippet import snippet
from bot.render.styled import Styled

_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.DELETE: "red",
    Action.DELETE_CREATE: "bold red",
    Action.CREATE_DELETE: "bold red",
    Action.READ: "cyan",
}
_SENTENCES = {
    Action.NO_OP: "stays as it is",
    Action.READ: "is read during the apply",
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated in place",
    Action.DELETE: "will be destroyed",
    Action.DELETE_CREATE: "will be destroyed, then created anew",
    Action.CREATE_DELETE: "will be created anew, then the old one destroyed",
    Action.FORGET: "will be left alone from now on, not destroyed",
}
_OBVIOUS = frozenset({Action.CREATE, Action.DELETE, Action.FORGET})  # by a block's coming or going
_NARROWEST = 8
_NARROW = 72  # below it a table of two columns has no room for both
_REASONS, _ASSUMPTIONS = 8, 2


class Screen(NamedTuple):
    """What the lines are made for; `width` in cells."""

    width: int
    ascii_only: bool = False


class FlagShown(Struct, frozen=True):
    """A backfill flag that is set, and its connections: `fires` where this plan resets them."""

    path: str
    line: int
    stream: str
    connections: tuple[str, ...] = ()
    is_new: bool = True
    fires: bool = True


class Report(Struct, frozen=True):
    """One module's prediction; `against` says what it was compared with.

    `files` give the source lines; `hidden` are values that are shown nowhere.
    """

    prediction: Prediction
    files: Files
    against: str
    flags: tuple[FlagShown, ...] = ()
    odd_flags: tuple[tuple[str, int, str], ...] = ()
    hidden: frozenset[str] = frozenset()

    __repr__ = object.__repr__  # values are shown nowhere, not even in a traceback


def report_lines(report: Report, screen: Screen) -> list[Styled]:
    """Everything about one module."""
    page = _Page(screen, report.hidden)
    page.headline(report)
    for item in report.prediction.diagnostics:
        page.diagnostic(item, report.files)
    page.table([change for change in report.prediction.changes if is_told(change)])
    page.outputs(report.prediction.outputs)
    page.gap()
    page.say(Styled(summary(report.prediction), "bold"))
    page.flags(report)
    for reason in _some(report.prediction.uncertain, _REASONS):
        page.say(Styled(page.clean(f"Uncertain: {reason}"), "yellow"), 2)
    for assumption in _some(report.prediction.assumptions, _ASSUMPTIONS):
        page.say(Styled(page.clean(f"Rests on: {assumption}"), "dim"), 2)
    return page.lines


def why_lines(report: Report, change: ResourceChange, screen: Screen) -> list[Styled]:
    """The chain of causes of one change, from the edit on, each with its source line."""
    page = _Page(screen, report.hidden)
    title = Styled(page.clean(change.address), "bold")
    page.say(title.append(f" {_SENTENCES[change.action]}"))
    if is_told(change):
        page.indented(page.spoken(words(change)), 2)
    for number, cause in enumerate(change.causes, 1):
        page.cause(number, cause, report.files)
    if not change.causes and change.action is not Action.NO_OP:
        page.indented(Styled("What it follows from is not known."), 2)
    if change.declared is not None:
        place = f"{change.declared.file}:{change.declared.start.line}"
        page.indented(Styled(page.clean(f"declared at {place}"), "dim"), 2)
    return page.lines


def _reach(flag: FlagShown) -> str:
    if not flag.connections:
        return "no connection that I can see"
    named = ", ".join(flag.connections)
    return f"resets {named}" if flag.fires else f"for {named}, but nothing fires in this plan"


def _inside(subject: Range, files: Files) -> str:
    """`, in resource "x" "y"`, as the tool says where something is."""
    content = files.read(subject.file) or b""
    block = enclosing_block(content.decode(errors="replace").split("\n"), subject.start.line)
    return f", in {block}" if block else ""


def _some(reasons: Sequence[str], most: int) -> list[str]:
    """Each once, and how many more there are; what is about one change stands beside it."""
    told = list(dict.fromkeys(reasons))
    more = len(told) - most
    return told if more <= 0 else [*told[:most], f"{more} more, which --json lists"]


def _because(cause: Cause) -> str:
    """A cause with its place: behind it, or where it names the file already."""
    if cause.range is None:
        return cause.text
    place = f"{cause.range.file}:{cause.range.start.line}"
    if cause.range.file in cause.text:
        return cause.text.replace(cause.range.file, place, 1)
    return f"{cause.text} ({place})"


class _Page:
    """Lines as they come; every text from outside goes through `clean`."""

    def __init__(self, screen: Screen, hidden: Iterable[str]) -> None:
        self.lines: list[Styled] = []
        self._width = screen.width
        self._ascii = screen.ascii_only
        self._hidden = frozenset(hidden)

    def clean(self, text: str) -> str:
        return printable(text, ascii_only=self._ascii)

    def spoken(self, markdown: str) -> Styled:
        """Words of a change; what is code stands out, values that nobody may see do not show."""
        text = Styled()
        for piece, is_code in spoken(markdown):
            text.append(self.clean(without(piece, self._hidden)), "bold" if is_code else "")
        return text

    def gap(self) -> None:
        if self.lines:
            self.lines.append(Styled())

    def say(self, text: Styled, hanging: int = 0) -> None:
        """A paragraph; its further lines are indented by `hanging`."""
        for position, line in enumerate(self._wrapped(text, self._width - hanging)):
            self.lines.append(Styled(" " * (hanging if position else 0)).extend(line))

    def headline(self, report: Report) -> None:
        name = self.clean(report.prediction.module or "the repository's root")
        self.say(Styled(name, "bold").append(self.clean(f"  {report.against}"), "dim"), 2)

    def diagnostic(self, item: Diagnostic, files: Files) -> None:
        """`Error: …`, the place, the source line with a caret, the detail."""
        self.gap()
        style = "bold red" if item.severity is Severity.ERROR else "bold yellow"
        title = f"{item.severity.value.capitalize()}: {item.summary}"
        self.say(Styled(self.clean(title), style), 2)
        if item.subject is not None:
            place = f"{item.subject.file}:{item.subject.start.line}{_inside(item.subject, files)}"
            self.indented(Styled(self.clean(place), "dim"), 2)
            self._source(item.subject, files, 2)
        for paragraph in item.detail.splitlines():
            self.indented(Styled(self.clean(without(paragraph, self._hidden))), 2)

    def table(self, changes: Sequence[ResourceChange]) -> None:
        """Sign, address, what changes; below each other where there is no room beside."""
        if not changes:
            return
        self.gap()
        margin = max(cell_len(self.clean(sign(change))) for change in changes) + 1
        widest = max(cell_len(self.clean(change.address)) for change in changes)
        room = self._width - margin
        beside = self._width >= _NARROW
        column = min(widest, room // 2) if beside else 0
        for change in changes:
            style = _STYLES.get(change.action, "")
            mark = Styled(self.clean(sign(change)).ljust(margin), style)
            address = Styled(self.clean(change.address), style)
            if beside:
                self._beside(mark, address, self._said(change), column)
            else:
                self._below(mark, address, self._said(change))

    def outputs(self, outputs: Iterable[OutputChange]) -> None:
        changed = [output for output in outputs if output.action is not Action.NO_OP]
        if not changed:
            return
        self.gap()
        for output in changed:
            style = _STYLES.get(output.action, "")
            mark = {Action.CREATE: "+", Action.DELETE: "-"}.get(output.action, "~")
            self.say(Styled(f"{mark} output.{self.clean(output.name)}", style), 4)

    def flags(self, report: Report) -> None:
        for flag in report.flags:
            place = f"{flag.path}:{flag.line}"
            old = "" if flag.is_new else " (set in the base already)"
            text = f"Backfill: {place} flags {flag.stream}{old}: {_reach(flag)}"
            self.say(Styled(self.clean(text), "magenta"), 2)
        for path, line, message in report.odd_flags:
            text = self.clean(f"Flag: {path}:{line}: {message}")
            self.say(Styled(text, "yellow"), 2)

    def cause(self, number: int, cause: Cause, files: Files) -> None:
        said = self.clean(without(_because(cause), self._hidden))
        self.indented(Styled(f"{number}. {said}"), 2, 5)
        if cause.range is not None:
            self._source(cause.range, files, 5)

    def _said(self, change: ResourceChange) -> list[Styled]:
        """What changes, and below it the edit that it comes from."""
        told = words(change) or _SENTENCES[change.action]
        said = [self.spoken(told)]
        obvious = change.action in _OBVIOUS and len(change.causes) == 1
        if change.causes and not obvious:
            first = change.causes[0]
            short = replace(first, text=first.text.partition(": ")[0])
            text = without(f"because {_because(short)}", self._hidden)
            said.append(Styled(self.clean(text), "dim"))
        return said

    def _beside(self, mark: Styled, address: Styled, said: list[Styled], column: int) -> None:
        left = self._wrapped(address, column)
        margin = len(mark.plain)
        room = self._width - margin - column - 2
        right = [line for text in said for line in self._wrapped(text, room)]
        for position, (one, other) in enumerate(zip_longest(left, right)):
            line = Styled().extend(mark if position == 0 else Styled(" " * margin))
            line.extend(one or Styled())
            if other is not None:
                used = cell_len(one.plain) if one else 0
                line.append(" " * (column - used + 2)).extend(other)
            self.lines.append(line)

    def _below(self, mark: Styled, address: Styled, said: list[Styled]) -> None:
        margin = len(mark.plain)
        self.say(Styled().extend(mark).extend(address), margin)
        for text in said:
            self.indented(text, margin + 2)

    def indented(self, text: Styled, indent: int, hanging: int | None = None) -> None:
        """A paragraph that begins at `indent`; its further lines, too, or at `hanging`."""
        further = indent if hanging is None else hanging
        for position, line in enumerate(self._wrapped(text, self._width - further)):
            before = " " * (further if position else indent) if line.pieces else ""
            self.lines.append(Styled(before).extend(line))

    def _source(self, subject: Range, files: Files, indent: int) -> None:
        content = files.read(subject.file)
        if content is None:
            return
        width = self._width - indent
        shown = snippet(subject, content, width, ascii_only=self._ascii)
        for line, style in zip(shown, ("", "red"), strict=False):
            made = Styled(" " * indent).append(without(line, self._hidden), style)
            self.lines.append(made.cropped(self._width))

    def _wrapped(self, text: Styled, width: int) -> list[Styled]:
        return text.wrapped(max(_NARROWEST, width))
