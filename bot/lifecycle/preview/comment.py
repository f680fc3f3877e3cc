"""The comment's life: written once, edited where it says something else, never multiplied. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.lifecycle import marker
from bot.lifecycle.backfill import FlaggedConnection, Stage, progress
from bot.lifecycle.checks import checks_of, stands
from bot.lifecycle.confirm.remembered import FIELD
from bot.lifecycle.confirm.words import told
from bot.lifecycle.effects import (
    CreateComment,
    Decision,
    DeleteComment,
    Effect,
    PutCheck,
    Requeue,
    UpdateComment,
)
from bot.lifecycle.marker import Signer
from bot.lifecycle.observed import ModuleSeen, PullRequestObserved, is_told, offered, rung
from bot.lifecycle.preview.alarms import alarms
from bot.lifecycle.preview.confirming import Confirmed, confirmed
from bot.lifecycle.preview.notices import backfills, notices
from bot.lifecycle.preview.timeline import steps
from bot.lifecycle.saved_states import argument
from bot.model.github import Comment as Posted
from bot.model.github import PullRequest, PullRequestState
from bot.render.comment import Comment, Part, markdown
from bot.render.markdown import code, plain, redacted

_IDLE = 10.0  # where only a schedule is waited for, it is looked at so many times less often


def decide_pull_request(seen: PullRequestObserved, signer: Signer) -> Decision:
    """The comment and the checks that are due; nothing where they say it already."""
    if not seen.modules:
        return Decision(requeue=Requeue(None, "no Terraform object applies this repository"))
    step = confirmed(with_times(seen, signer), marker_name(seen.pull_request), signer)
    seen = step.seen
    checks = tuple(checks_of(seen))
    due = [check for check in checks if not stands(check, seen.checks)]
    comment = [*_comment(step, signer, checks)]
    # A comment that says "over" is not looked at again: it is written last. One that is missing
    # where its check stands was deleted by somebody: it is made first.
    rest = (*due, *alarms(seen, signer))
    said = (*rest, *comment) if seen.ours else (*comment, *rest)
    return Decision((*said, *step.effects), _requeue(step))


def marker_name(pull_request: PullRequest) -> str:
    """What finds its comment again."""
    return f"lotus:preview:{pull_request.number}"


def with_times(seen: PullRequestObserved, signer: Signer) -> PullRequestObserved:
    """Moments that the comment has already stay as they are: the status forgets them.

    So do the counts: the next pass stores its plan in place of the one that was applied.
    """
    name = marker_name(seen.pull_request)
    found = marker.read(signer, seen.ours[0].body, name) if seen.ours else None
    times = found.data.get("times") if found else None
    if found is None or not isinstance(times, dict):
        return seen
    counts = found.data.get("counts")
    modules = tuple(
        _counted(_remembered(module, times.get(module.title)), counts) for module in seen.modules
    )
    return replace(seen, modules=modules)


def is_finished(posted: Posted, signer: Signer, name: str) -> bool:
    """Whether this comment of ours, so named, says that nothing more will become of the merge."""
    found = marker.read(signer, posted.body, name)
    return found is not None and found.data.get("over") is True


# The comment


def _comment(step: Confirmed, signer: Signer, checks: tuple[PutCheck, ...]) -> Iterator[Effect]:
    seen = step.seen
    name = marker_name(seen.pull_request)
    content = _content(seen)
    text = redacted(markdown(content), seen.secrets)
    said = redacted(markdown(_bare(content)), seen.secrets)
    outcome = marker.fingerprint(said + "".join(step.records.values()))
    counts = _counts(seen)
    data = {
        **({FIELD: step.records} if step.records else {}),
        "outcome": outcome,
        "text": marker.fingerprint(text),
        "times": _times(seen),
        **({"counts": counts} if counts else {}),
        "over": seen.pull_request.state is PullRequestState.MERGED and is_told(seen),
    }
    body = f"{marker.line(signer, name, data)}\n{text}"
    yield from (DeleteComment(_repository(seen), extra.id) for extra in seen.ours[1:])
    if seen.ours:
        if not _says(seen.ours[0], signer, name, outcome):
            yield UpdateComment(_repository(seen), seen.ours[0].id, body)
    elif seen.news or not _told(seen, checks):
        number = seen.pull_request.number
        yield CreateComment(_repository(seen), number, marker.start(name), body)


def _bare(content: Comment) -> Comment:
    """Without what changes by itself: a full sync's cost is another one after each full sync."""
    parts = tuple(
        replace(part, backfills=tuple(replace(item, cost="") for item in part.backfills))
        for part in content.parts
    )
    return Comment(parts, content.opening, "", content.merged_at)


def _times(seen: PullRequestObserved) -> dict[str, list[str | None]]:
    return {
        module.title: [
            time.isoformat() if time else None
            for time in (module.after.fetched_at, module.after.applied_at, module.after.landed_by)
        ]
        for module in seen.modules
        if module.after is not None
    }


def _counts(seen: PullRequestObserved) -> dict[str, str]:
    found = ((module.title, module.after) for module in seen.modules)
    return {title: after.counted for title, after in found if after and after.counted}


def _counted(module: ModuleSeen, counts: object) -> ModuleSeen:
    told = counts.get(module.title) if isinstance(counts, dict) else None
    if module.after is None or not isinstance(told, str):
        return module
    return replace(module, after=replace(module.after, counted=told, uncounted=""))


def _remembered(module: ModuleSeen, times: object) -> ModuleSeen:
    if module.after is None or not isinstance(times, list) or len(times) != 3:
        return module
    known = [datetime.fromisoformat(t) if isinstance(t, str) else None for t in times]
    fetched, applied, landed = known
    after = replace(
        module.after,
        fetched_at=fetched or module.after.fetched_at,
        applied_at=applied or module.after.applied_at,
        landed_by=landed or module.after.landed_by,
    )
    since = after.landed_by
    after = replace(after, changed=tuple(replace(item, since=since) for item in after.changed))
    return replace(module, after=after)


def _says(posted: Posted, signer: Signer, name: str, outcome: str) -> bool:
    """Whether it stands as we wrote it, and says this."""
    found = marker.read(signer, posted.body, name)
    if found is None or found.data.get("outcome") != outcome:
        return False
    text = posted.body.replace("\r\n", "\n").partition("\n")[2].rstrip()
    return marker.fingerprint(text) == found.data.get("text")


def _told(seen: PullRequestObserved, checks: tuple[PutCheck, ...]) -> bool:
    """Whether this was said before and somebody deleted it: then it comes with the next news."""
    return all(stands(check, seen.checks) for check in checks)


def _content(seen: PullRequestObserved) -> Comment:
    parts = tuple(_part(module, seen) for module in seen.modules)
    pull_request = seen.pull_request
    footer = (
        f"head {code(pull_request.head_sha[:10])}",
        f"base {code(pull_request.base_branch)} at {code(seen.base_tip[:10])}",
        *(plain(f"{module.title}: {line}") for module in seen.modules for line in module.basis),
    )
    return Comment(
        parts=parts,
        opening=seen.undoes,
        files=seen.files_url,
        merged_at=pull_request.merged_at,
        closing=_closing(seen),
        footer=footer,
    )


def _closing(seen: PullRequestObserved) -> str:
    match seen.pull_request.state:
        case PullRequestState.OPEN:
            return "`/lotus plan` · `/lotus status` · `/lotus help`"
        case PullRequestState.MERGED:
            saved = [address for module in seen.modules for address in offered(module)]
            first = f"{code(f'/lotus keep-state {argument(saved[0])}')} · " if saved else ""
            return f"{first}`/lotus status` · `/lotus reconcile` · `/lotus help`"
        case PullRequestState.CLOSED:
            return "Closed without a merge: nothing was applied."


def _part(module: ModuleSeen, seen: PullRequestObserved) -> Part:
    return Part(
        title=module.title,
        rung=rung(module),
        prediction=module.prediction,
        problem=module.problem,
        notices=tuple(notices(module, seen)),
        backfills=tuple(backfills(module)),
        steps=tuple(steps(module.after)) if module.after else (),
        confirmation=told(module.confirmation, module.prediction) if module.confirmation else "",
    )


# When to look again


def _requeue(step: Confirmed) -> Requeue:
    seen = step.seen
    if step.after is not None:
        return Requeue(step.after, "being confirmed")
    if seen.pull_request.state is PullRequestState.MERGED and not is_told(seen):
        slow = _IDLE if _idles(seen) else 1.0
        return Requeue(seen.poll * slow, "followed after its merge")
    return Requeue(None, seen.pull_request.state.value)


def _idles(seen: PullRequestObserved) -> bool:
    """Whether only schedules, or a person, are waited for."""
    for module in seen.modules:
        after = module.after
        if after is None or not after.standing.stand.done:
            return False
        if not all(_is_told(item) for item in after.backfills):
            return False
    return True


def _is_told(flagged: FlaggedConnection) -> bool:
    stage = progress(flagged).stage
    return stage is Stage.NEVER_BY_ITSELF or (stage is Stage.DONE and bool(flagged.follow_ups))


def _repository(seen: PullRequestObserved) -> str:
    return seen.pull_request.repository
