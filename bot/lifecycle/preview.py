"""A pull request: what its comment and its checks say. PURE.

One function of what was observed, before the merge and after it. The comment is found by author
and marker, edited and never multiplied; it is written only where what it says differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.lifecycle import marker
from bot.lifecycle.backfill import job_lines, progress
from bot.lifecycle.checks import checks_of, stands
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
from bot.lifecycle.observed import AfterMerge, ModuleSeen, PullRequestObserved, is_over, rung
from bot.lifecycle.rollout import Stand, Standing
from bot.model.github import Comment as Posted
from bot.model.github import PullRequest, PullRequestState
from bot.plan.prediction import Action, Prediction
from bot.render.changes import FIRING
from bot.render.comment import Backfill, Comment, Notice, Part, Place, Step, markdown
from bot.render.markdown import code, link, plain, redacted

_ALARM = "lotus:alarm:"


def decide_pull_request(seen: PullRequestObserved, signer: Signer) -> Decision:
    """The comment and the checks that are due; nothing where they say it already."""
    if not seen.modules:
        return Decision(requeue=Requeue(None, "no Terraform object applies this repository"))
    checks = tuple(checks_of(seen))
    due = (check for check in checks if not stands(check, seen.checks))
    effects = (*_comment(seen, signer, checks), *_alarms(seen, signer), *due)
    return Decision(effects, _requeue(seen))


def marker_name(pull_request: PullRequest) -> str:
    """What finds its comment again."""
    return f"lotus:preview:{pull_request.number}"


def alarm_names(bodies: Iterable[str], signer: Signer) -> frozenset[str]:
    """The alarms that these comments of ours are."""
    found = (marker.read(signer, body) for body in bodies)
    return frozenset(item.name for item in found if item and item.name.startswith(_ALARM))


def with_times(seen: PullRequestObserved, signer: Signer) -> PullRequestObserved:
    """Moments that the comment has already stay as they are: the status forgets them."""
    found = marker.read(signer, seen.ours[0].body) if seen.ours else None
    times = found.data.get("times") if found else None
    if not isinstance(times, dict):
        return seen
    modules = tuple(_remembered(module, times.get(module.title)) for module in seen.modules)
    return replace(seen, modules=modules)


def is_finished(posted: Posted, signer: Signer) -> bool:
    """Whether this comment of ours says that nothing more will become of the merge."""
    found = marker.read(signer, posted.body)
    return found is not None and found.data.get("over") is True


# The comment


def _comment(
    seen: PullRequestObserved, signer: Signer, checks: tuple[PutCheck, ...]
) -> Iterator[Effect]:
    name = marker_name(seen.pull_request)
    seen = with_times(seen, signer)
    content = _content(seen)
    text = redacted(markdown(content), seen.secrets)
    bare = Comment(content.parts, content.opening, "", content.merged_at)
    outcome = marker.fingerprint(redacted(markdown(bare), seen.secrets))
    data = {
        "outcome": outcome,
        "text": marker.fingerprint(text),
        "times": _times(seen),
        "over": seen.pull_request.state is PullRequestState.MERGED and is_over(seen),
    }
    body = f"{marker.line(signer, name, data)}\n{text}"
    yield from (DeleteComment(_repository(seen), extra.id) for extra in seen.ours[1:])
    if seen.ours:
        if not _says(seen.ours[0], signer, outcome):
            yield UpdateComment(_repository(seen), seen.ours[0].id, body)
    elif seen.news or not _told(seen, checks):
        number = seen.pull_request.number
        yield CreateComment(_repository(seen), number, marker.start(name), body)


def _alarms(seen: PullRequestObserved, signer: Signer) -> Iterator[Effect]:
    """A failure after the merge is a new comment, once: only that notifies."""
    for module in seen.modules:
        after = module.after
        if after is None or not after.standing.stand.needs_person:
            continue
        sha = (seen.pull_request.merge_commit or "")[:10]
        stand = after.standing.stand.value.replace(" ", "-")
        name = f"{_ALARM}{sha}:{marker.fingerprint(module.title)}:{stand}"
        if name not in seen.said:
            notice = _failure(after.standing)
            text = f"**⚠ {plain(module.title)}: {notice.title}.** The comment above has the rest."
            number = seen.pull_request.number
            body = f"{marker.line(signer, name, {})}\n{text}"
            yield CreateComment(_repository(seen), number, marker.start(name), body)


def _times(seen: PullRequestObserved) -> dict[str, list[str | None]]:
    return {
        module.title: [
            time.isoformat() if time else None
            for time in (module.after.fetched_at, module.after.applied_at)
        ]
        for module in seen.modules
        if module.after is not None
    }


def _remembered(module: ModuleSeen, times: object) -> ModuleSeen:
    if module.after is None or not isinstance(times, list) or len(times) != 2:
        return module
    fetched, applied = (datetime.fromisoformat(t) if isinstance(t, str) else None for t in times)
    after = replace(
        module.after,
        fetched_at=fetched or module.after.fetched_at,
        applied_at=applied or module.after.applied_at,
    )
    return replace(module, after=after)


def _says(posted: Posted, signer: Signer, outcome: str) -> bool:
    """Whether it stands as we wrote it, and says this."""
    found = marker.read(signer, posted.body)
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
        *(f"{plain(module.title)}: {line}" for module in seen.modules for line in module.basis),
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
            return "`/lotus status` · `/lotus reconcile` · `/lotus help`"
        case PullRequestState.CLOSED:
            return "Closed without a merge: nothing was applied."


def _part(module: ModuleSeen, seen: PullRequestObserved) -> Part:
    return Part(
        title=module.title,
        rung=rung(module),
        prediction=module.prediction,
        problem=module.problem,
        notices=tuple(_notices(module, seen)),
        backfills=tuple(_backfills(module)),
        steps=tuple(_steps(module.after)) if module.after else (),
    )


def _notices(module: ModuleSeen, seen: PullRequestObserved) -> Iterator[Notice]:
    """Worst first."""
    if module.after is not None and module.after.standing.stand.needs_person:
        yield _failure(module.after.standing)
    if seen.conflict:
        yield Notice("Conflict", "It cannot be merged as it is; this is the head alone.")
    for path in seen.committed_state:
        text = "State must never be committed: it makes a second truth. Remove it."
        yield Notice("State file", text, Place(path))
    prediction = module.prediction
    if prediction is None or not prediction.ok:
        return
    yield from _losses(prediction)
    yield from _loops(module)
    for odd in module.odd_flags:
        yield Notice("Unreadable flag", plain(odd.message), Place(odd.path, odd.line))
    quiet = module.perpetual - {name for flag in module.flags for name in flag.connections}
    if quiet:
        names = ", ".join(code(name) for name in sorted(quiet)[:5])
        yield Notice("Perpetual update", f"{names}: every pass updates it, for ever.")
    for reason in prediction.uncertain[:5]:
        yield Notice("Uncertain", plain(reason))


def _failure(now: Standing) -> Notice:
    titles = {
        Stand.FAILED: "The apply failed",
        Stand.SOURCE_FAILED: "Flux cannot fetch the commit",
        Stand.APPROVAL: "Waiting for approval",
        Stand.SUSPENDED: "Suspended",
        Stand.BLOCKED: "Blocked",
        Stand.STALLED: "Stalled",
        Stand.IGNORED: "The controller does not take the commit up",
    }
    return Notice(titles.get(now.stand, "It needs a person"), _ADVICE[now.stand], block=now.words)


_ADVICE = {
    Stand.FAILED: "A fix that is pushed is taken up at once. The controller says:",
    Stand.SOURCE_FAILED: "The GitRepository says:",
    Stand.APPROVAL: "The plan is made; somebody has to approve it:",
    Stand.SUSPENDED: "Nothing is applied until it is resumed.",
    Stand.BLOCKED: "It goes on when what blocks it is gone:",
    Stand.STALLED: "It does not go on by itself:",
    Stand.IGNORED: "It was asked several times. The object says:",
}


def _losses(prediction: Prediction) -> Iterator[Notice]:
    gone = [c for c in prediction.changes if c.action is Action.DELETE and c.type not in FIRING]
    if gone:
        names = ", ".join(code(change.address) for change in gone[:10])
        more = f" and {len(gone) - 10} more" if len(gone) > 10 else ""
        yield Notice("Destroyed", f"{names}{more}.")
    replaced = [
        c for c in prediction.changes if c.action.replaces and c.type == "airbyte_connection"
    ]
    for change in replaced[:5]:
        text = "is replaced and loses its sync state: the next sync reads everything again."
        yield Notice("Sync state lost", f"{code(change.address)} {text}")


def _loops(module: ModuleSeen) -> Iterator[Notice]:
    for flag in module.flags:
        for name in sorted(module.perpetual & set(flag.connections)):
            yield Notice(
                "Reset loop",
                f"{code(name)} is updated by every pass of the controller, and with "
                f"{code(flag.flag.stream)} flagged each of those passes resets it again, "
                "cancelling the sync that runs.",
                Place(flag.flag.path, flag.flag.line),
            )


def _backfills(module: ModuleSeen) -> Iterator[Backfill]:
    for seen in module.flags:
        place = Place(seen.flag.path, seen.flag.line)
        if not seen.connections:
            note = "nothing in the module fires by it: no reset will come of it."
            yield Backfill(place, seen.flag.stream, "", note=note)
        note = "" if seen.is_new else "The flag is set on the base already."
        for name in seen.connections:
            yield Backfill(place, seen.flag.stream, name, seen.streams, seen.cost, note)


def _steps(after: AfterMerge) -> Iterator[Step]:
    now = after.standing
    if after.fetched_at is not None:
        yield Step("Fetched", after.fetched_at)
    if now.stand.done:
        yield Step(now.stand.value.capitalize(), after.applied_at)
    elif not now.stand.needs_person:
        yield Step(now.stand.value.capitalize(), None)
    for flagged in after.backfills if now.stand.done else ():
        stage = progress(flagged)
        for line in job_lines(flagged, stage):
            yield Step(f"{code(flagged.address)}: {line}", None)
        for pull_request in flagged.follow_ups:
            yield Step(_follow_up(pull_request), None)


def _follow_up(pull_request: PullRequest) -> str:
    name = link(f"#{pull_request.number}", pull_request.url)
    match pull_request.state:
        case PullRequestState.OPEN:
            return f"{name} sets the flag back: merge it"
        case PullRequestState.MERGED:
            return f"{name} has set the flag back"
        case PullRequestState.CLOSED:
            return f"{name} would set the flag back; it was closed, and is not opened again"


# When to look again


def _requeue(seen: PullRequestObserved) -> Requeue:
    if seen.pull_request.state is PullRequestState.MERGED and not is_over(seen):
        return Requeue(seen.poll, "followed after its merge")
    return Requeue(None, seen.pull_request.state.value)


def _repository(seen: PullRequestObserved) -> str:
    return seen.pull_request.repository
