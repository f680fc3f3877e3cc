"""New, short comments: a failure after the merge, and what needs a person. PURE.

Each once: its name is in its marker. Success is an edit and makes no noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.lifecycle import marker
from bot.lifecycle.arrival import object_line
from bot.lifecycle.backfill import Stage, job_lines, progress
from bot.lifecycle.effects import CreateComment, Effect
from bot.lifecycle.marker import Signer
from bot.lifecycle.observed import AfterMerge, ModuleSeen, PullRequestObserved
from bot.lifecycle.preview.notices import failure
from bot.render.markdown import code, plain

_PREFIX = "lotus:alarm:"


def alarm_names(bodies: Iterable[str], signer: Signer) -> frozenset[str]:
    """The alarms that these comments of ours are."""
    found = (marker.read(signer, body) for body in bodies)
    return frozenset(item.name for item in found if item and item.name.startswith(_PREFIX))


def alarms(seen: PullRequestObserved, signer: Signer) -> Iterator[Effect]:
    """Those that were not told yet."""
    number = seen.pull_request.number
    for module in seen.modules:
        for kind, text in _due(module):
            name = _name(seen, module, kind)
            if name not in seen.said:
                body = f"{marker.line(signer, name, {})}\n{text} The comment above has the rest."
                repository = seen.pull_request.repository
                yield CreateComment(repository, number, marker.start(name), body)


def _name(seen: PullRequestObserved, module: ModuleSeen, kind: str) -> str:
    sha = (seen.pull_request.merge_commit or "")[:10]
    return f"{_PREFIX}{sha}:{marker.fingerprint(module.title)}:{kind}"


def _due(module: ModuleSeen) -> Iterator[tuple[str, str]]:
    """What is to be told, and the kind that tells it apart from others."""
    after = module.after
    if after is None:
        return
    title = plain(module.title)
    if after.standing.stand.needs_person:
        notice = failure(after.standing)
        yield after.standing.stand.value.replace(" ", "-"), f"**⚠ {title}: {notice.title}.**"
    elif after.standing.stand.done:
        yield from _of_backfills(after, title)
        yield from _of_objects(after, title)


def _of_backfills(after: AfterMerge, title: str) -> Iterator[tuple[str, str]]:
    for flagged in after.backfills:
        now = progress(flagged)
        if now.stage.needs_person and now.stage is not Stage.NEVER_FIRES:
            kind = f"{now.stage.name.lower()}:{marker.fingerprint(flagged.address)}"
            said = job_lines(flagged, now)[-1]
            yield kind, f"**⚠ {title}: backfill of {code(flagged.address)}:** {said}."


def _of_objects(after: AfterMerge, title: str) -> Iterator[tuple[str, str]]:
    for item in after.objects:
        if not item.well:
            kind = f"object:{marker.fingerprint(item.address)}"
            yield kind, f"**⚠ {title}:** {object_line(item)}."
