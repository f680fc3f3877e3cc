"""`/lotus why`: from the edited line to the change, in the words of the evaluation."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.observed import ModuleSeen
from bot.model.github import Permission
from bot.plan.diagnostics import Range
from bot.plan.prediction import Action, ResourceChange
from bot.render.changes import FIRING, sign, words
from bot.render.markdown import code, link, plain
from bot.render.streams import streams

_INDEX = re.compile(r"\[[^\[\]]*\]$")
_SEVERAL = 8


def _answer(call: Call) -> Answer:
    seen = call.seen.pull_request
    if seen is None or not seen.modules:
        return refused("This pull request changes nothing that a Terraform object applies.")
    subject = call.one("address or stream")
    blocks = []
    for module in seen.modules:
        found = _subjects(module, subject)
        blocks += [_chain(change, seen.files_url) for change in found[:_SEVERAL]]
        if len(found) > _SEVERAL:
            blocks.append(f"… and {len(found) - _SEVERAL} more of {plain(module.title)}.")
    if not blocks:
        return refused(_nothing(seen.modules, subject))
    return Answer("\n\n".join(blocks))


def _subjects(module: ModuleSeen, subject: str) -> list[ResourceChange]:
    """The changes that are meant: by address, by name, else by a stream's name."""
    changes = [c for c in _changes(module) if c.action is not Action.NO_OP]
    for fits in (_is_address, _is_name):
        found = [change for change in changes if fits(change, subject)]
        if found:
            return found
    stream = subject.rpartition("/")[2].removesuffix(".json")
    flagged = {
        address
        for flag in module.flags
        if flag.flag.stream == stream or flag.flag.path.endswith(f"/{subject}.json")
        for address in flag.connections
    }
    return [c for c in changes if _is_of_stream(module, c, stream, flagged)]


def _is_address(change: ResourceChange, subject: str) -> bool:
    return subject in (change.address, _INDEX.sub("", change.address))


def _is_name(change: ResourceChange, subject: str) -> bool:
    return subject == change.name


def _is_of_stream(
    module: ModuleSeen, change: ResourceChange, stream: str, flagged: set[str]
) -> bool:
    if change.type in FIRING:
        assert module.prediction is not None
        targets = module.prediction.references.get(_INDEX.sub("", change.address), frozenset())
        return bool(flagged & targets)
    if change.address in flagged:
        return True
    before, after = _catalog(change, "before"), _catalog(change, "after")
    return (stream in before or stream in after) and before.get(stream) != after.get(stream)


def _catalog(change: ResourceChange, side: str) -> dict[str, object]:
    value = change.before if side == "before" else change.after
    raw = value.raw if value is not None and isinstance(value.raw, dict) else {}
    return dict(streams(raw.get("sync_catalog")) or {})


def _chain(change: ResourceChange, files_url: str) -> str:
    """The change, and its causes from the edit on."""
    head = f"`{sign(change)}` {code(change.address)}: {words(change) or change.action.value}"
    lines = [f"{n}. {text}" for n, text in enumerate(_causes(change, files_url), 1)]
    if not lines:
        lines = ["I cannot tell what causes it."]
    return "\n".join((head, "", *lines))


def _causes(change: ResourceChange, files_url: str) -> Iterator[str]:
    for cause in change.causes:
        yield f"{plain(cause.text, 300)}{_place(cause.range, files_url)}"
    if change.reason:
        yield f"so it is replaced: {plain(change.reason.replace('_', ' '))}"
    if change.declared is not None and not change.causes:
        yield f"it is declared{_place(change.declared, files_url)}"


def _place(found: Range | None, files_url: str) -> str:
    if found is None:
        return ""
    label = code(f"{found.file}:{found.start.line}")
    return f" ({link(label, f'{files_url}/{urllib.parse.quote(found.file)}#L{found.start.line}')})"


def _nothing(modules: tuple[ModuleSeen, ...], subject: str) -> str:
    changed = [
        change.address
        for module in modules
        for change in _changes(module)
        if change.action is not Action.NO_OP
    ]
    said = f"Nothing that changes here is called {code(subject, 80)}."
    if not changed:
        return f"{said} Nothing changes at all."
    listed = ", ".join(code(address) for address in changed[:_SEVERAL])
    return f"{said} What changes: {listed}."


def _changes(module: ModuleSeen) -> tuple[ResourceChange, ...]:
    return module.prediction.changes if module.prediction is not None else ()


WHY = Command(
    "why <address or stream>",
    Permission.NONE,
    "the chain of causes: this line, this value, this change",
    _answer,
    frozenset({Need.PULL_REQUEST}),
    only_on_pull_request="It tells why that changes something. What the branch itself would change "
    "is told by `/lotus drift`, and where it stands by `/lotus status`.",
)
