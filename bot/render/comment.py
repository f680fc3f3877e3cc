"""The comment on a pull request, from what is known to Markdown. PURE.

What it says is decided in `bot.lifecycle`; the order is: what happens, what to attend to, the
changes, what a backfill takes along, what became of it, what it rests on. At GitHub's limit the
long parts shrink, in steps: headline, attention and destroys always survive, and what was cut
says so.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.plan.diagnostics import Diagnostic, Severity
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.render.changes import FIRING, sign, words
from bot.render.markdown import LIMIT, code, fenced, link, plain

_FOLD_ROWS = 12
_ROOM = LIMIT - 8_000  # for the marker and for redactions, which may be longer than what they hide


class Rung(StrEnum):
    """How far a change has come."""

    PREDICTED = "predicted"
    CONFIRMED = "confirmed"
    DISPUTED = "predicted, and planned otherwise"
    APPLIED = "applied"
    NOT_APPLIED = "planned, and not applied"
    ARRIVED = "arrived"
    FAILED = "failed"
    WAITING = "on its way"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file at the head commit."""

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to attend to: a word in bold, then Markdown; `block` is the tool's own words."""

    title: str
    text: str
    place: Place | None = None
    block: str = ""


@dataclass(frozen=True, slots=True)
class Backfill:
    """A flag, the connection that it hits, and everything that the reset takes along.

    `connection` "" where none is hit, with the reason in `note`; `cost` in words, "" unknown.
    `fires` False: it would, but does not come with this apply.
    """

    place: Place
    stream: str
    connection: str
    streams: tuple[str, ...] = ()
    cost: str = ""
    note: str = ""
    fires: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """A moment after the merge. `exact` False: it had happened by then."""

    label: str
    at: datetime | None
    exact: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One Terraform object. `prediction` None: it could not be made, `problem` says why.

    `confirmation`: how the controller's own plan stands to it, as Markdown.
    """

    title: str
    rung: Rung
    prediction: Prediction | None = None
    problem: str = ""
    notices: tuple[Notice, ...] = ()
    backfills: tuple[Backfill, ...] = ()
    steps: tuple[Step, ...] = ()
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """Everything that it says. `files` is the URL that a path is put behind, "" for no links."""

    parts: tuple[Part, ...]
    opening: str = ""
    files: str = ""
    merged_at: datetime | None = None
    closing: str = ""
    footer: tuple[str, ...] = ()


def markdown(comment: Comment) -> str:
    """The comment, always within GitHub's limit."""
    for rows in (400, 100, 30, 8, 0):
        text = _markdown(comment, rows)
        if len(text) <= _ROOM:
            return text
    return _markdown(comment, 0)[: _ROOM - 100] + "\n\n_…cut: longer than GitHub allows._"


def headline(part: Part) -> str:
    """One line: name, counts, rung."""
    return f"### {plain(part.title)} — {_counts(part)}  ·  {part.rung.value}"


def _counts(part: Part) -> str:
    if part.prediction is None:
        return "cannot be predicted"
    if not part.prediction.ok:
        return "the plan would fail"
    counts = part.prediction.counts
    if not (counts.add or counts.change or counts.destroy or counts.forget):
        return "no changes" if not part.prediction.uncertain else "no changes, as far as I can tell"
    return str(counts)


def _markdown(comment: Comment, rows: int) -> str:
    blocks = [comment.opening] if comment.opening else []
    blocks += [headline(part) for part in comment.parts] if len(comment.parts) > 1 else []
    for part in comment.parts:
        blocks += _part(part, comment, rows, alone=len(comment.parts) == 1)
    if comment.closing:
        blocks.append(comment.closing)
    if comment.footer:
        lines = "\n".join(f"- {line}" for line in comment.footer)
        blocks.append(f"<details><summary>What this rests on</summary>\n\n{lines}\n\n</details>")
    return "\n\n".join(blocks)


def _part(part: Part, comment: Comment, rows: int, *, alone: bool) -> list[str]:
    blocks = [headline(part) if alone else f"#### {plain(part.title)}"]
    if part.problem:
        blocks.append(f"**⚠ No prediction.** {plain(part.problem)}")
    if part.confirmation:
        blocks.append(part.confirmation)
    if part.prediction is not None:
        blocks += [_diagnostic(item, comment) for item in _errors(part.prediction)]
    blocks += [_notice(item, comment) for item in part.notices]
    if part.prediction is not None and part.prediction.ok:
        blocks += _table(part.prediction, comment, rows)
    blocks += [_backfill(item, comment) for item in part.backfills]
    if part.steps:
        blocks.append(_timeline(part.steps, comment.merged_at))
    return blocks if alone or len(blocks) > 1 else []


def _errors(prediction: Prediction) -> list[Diagnostic]:
    return [item for item in prediction.diagnostics if item.severity is Severity.ERROR]


def _diagnostic(item: Diagnostic, comment: Comment) -> str:
    """The tool's own words, and where."""
    where = ""
    if item.subject is not None:
        where = f" {_place(Place(item.subject.file, item.subject.start.line), comment)}"
    detail = f"\n\n{fenced(item.detail, 2000)}" if item.detail else ""
    return f"**⚠ {plain(item.summary)}.**{where}{detail}"


def _notice(item: Notice, comment: Comment) -> str:
    where = f" {_place(item.place, comment)}" if item.place else ""
    block = f"\n\n{fenced(item.block)}" if item.block else ""
    return f"**⚠ {item.title}.** {item.text}{where}{block}"


def _table(prediction: Prediction, comment: Comment, rows: int) -> list[str]:
    changed = [item for item in prediction.changes if _is_told(item)]
    if not changed:
        return []
    lost = [item for item in changed if _is_lost(item)]
    others = [item for item in changed if not _is_lost(item)]
    shown = [*lost, *others[: max(0, rows - len(lost))]]
    head = "| | resource | what changes |\n| --- | --- | --- |\n"
    body = "\n".join(_row(item, comment) for item in shown)
    blocks = [head + body]
    if len(changed) > _FOLD_ROWS:
        summary = f"<summary>{len(changed)} changes</summary>"
        folded = f"<details>{summary}\n\n{head}{body}\n\n</details>"
        destroys = head + "\n".join(_row(item, comment) for item in lost)
        blocks = [destroys, folded] if lost else [folded]
    if len(shown) < len(changed):
        blocks.append(
            f"_{len(changed) - len(shown)} more are left out here: too long for a comment._"
        )
    return blocks


def _is_lost(change: ResourceChange) -> bool:
    """Whether data goes with it; what merely fires holds none."""
    return change.action.destroys and change.type not in FIRING


def _is_told(change: ResourceChange) -> bool:
    return change.action not in (Action.NO_OP, Action.READ) or bool(change.previous_address)


def _row(change: ResourceChange, comment: Comment) -> str:
    name = code(change.address)
    if change.declared is not None and comment.files:
        name = link(name, _url(Place(change.declared.file, change.declared.start.line), comment))
    return f"| {sign(change)} | {name} | {words(change)} |"


def _backfill(item: Backfill, comment: Comment) -> str:
    flag = _place(item.place, comment)
    if not item.connection:
        return f"**Backfill.** {flag} flags {code(item.stream)}: {item.note}"
    others = [name for name in item.streams if name != item.stream]
    verb = "resets" if item.fires else "would reset"
    reach = f"{verb} {code(item.connection)}"
    if others:
        reach = (
            f"{verb} all {len(item.streams)} streams of {code(item.connection)}, "
            f"not only {code(item.stream)}: " + ", ".join(code(name) for name in others[:20])
        )
    said = [f"**Backfill.** {flag} {reach}.", item.cost, item.note]
    return " ".join(text for text in said if text)


def _timeline(steps: Sequence[Step], merged_at: datetime | None) -> str:
    lines = [f"- {_step(step, merged_at)}" for step in steps]
    return "**After the merge**\n\n" + "\n".join(lines)


def _step(step: Step, merged_at: datetime | None) -> str:
    note = f" · {step.note}" if step.note else ""
    if step.at is None:
        return f"{step.label}{note}"
    clock = step.at.strftime("%H:%M:%S")
    if merged_at is None:
        return f"{step.label} at {clock}{note}" if step.exact else f"{step.label} by {clock}{note}"
    after = duration(max(0.0, (step.at - merged_at).total_seconds()))
    return f"{step.label} {'after' if step.exact else 'within'} {after} ({clock} UTC){note}"


def duration(seconds: float) -> str:
    """`42 s`, `3 min 5 s`, `2 h 4 min`."""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s" if total % 60 else f"{total // 60} min"
    return f"{total // 3600} h {total % 3600 // 60} min"


def count(number: int) -> str:
    """`950`, `12.3 k`, `1.3 M`: how people say how many rows."""
    if number < 10_000:
        return str(number)
    if number < 1_000_000:
        return f"{number / 1000:.1f} k"
    return f"{number / 1_000_000:.1f} M"


def data_size(number: int) -> str:
    """`950 B`, `12.3 kB`, `1.3 GB`: powers of 1000, as Airbyte shows them."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _place(place: Place, comment: Comment) -> str:
    text = f"{place.path}:{place.line}" if place.line else place.path
    return link(code(text), _url(place, comment) if comment.files else "")


def _url(place: Place, comment: Comment) -> str:
    anchor = f"#L{place.line}" if place.line else ""
    return f"{comment.files}/{urllib.parse.quote(place.path)}{anchor}"
