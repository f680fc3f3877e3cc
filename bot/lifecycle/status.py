"""The ladder of a Terraform object: Git, fetched, attempted, applied, and what differs. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle.backfill import FlaggedConnection, progress
from bot.lifecycle.next_step import next_step
from bot.lifecycle.platform import Deployment, Unfollowed
from bot.lifecycle.rollout import RolloutObserved, Stand, Standing, standing
from bot.model.cluster import Terraform, Warned
from bot.render.markdown import code, fenced, plain


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """One Terraform object. `state` and `lock` are words; `problems` what could not be observed.

    `warnings` are its Events of that type, as many as the API server still has.
    `secrets` are true values, for redaction only.
    """

    rollout: RolloutObserved
    state: str = ""
    lock: str = ""
    backfills: tuple[FlaggedConnection, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[Warned, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def status_text(objects: tuple[ObjectStatus, ...]) -> str:
    """All objects, in Markdown."""
    return "\n\n".join(_object(item) for item in objects)


def is_at_rest(item: ObjectStatus) -> bool:
    """Whether the tip is applied, no flag is set and nothing could not be looked at."""
    done = standing(item.rollout).stand.done and not suspended(item.rollout)
    return done and not item.backfills and not item.problems


def loud(item: ObjectStatus) -> tuple[Warned, ...]:
    """The warnings since the last pass that ended well."""
    terraform = item.rollout.deployment.terraform
    planned = terraform.last_plan_at if terraform.ready.status == "True" else None
    ends = [at for at in (terraform.last_success_at, planned) if at is not None]
    return tuple(w for w in item.warnings if w.at is None or not ends or w.at > max(ends))


def suspended(seen: RolloutObserved) -> bool:
    """Whether the next commit would not be applied."""
    return seen.deployment.terraform.suspended or seen.deployment.source.suspended


def _object(item: ObjectStatus) -> str:
    now = standing(item.rollout)
    rows = "\n".join(f"| {label} | {text} |" for label, text in _rows(item))
    also = ", suspended" if now.stand.done and suspended(item.rollout) else ""
    blocks = [
        f"### {plain(item.rollout.deployment.title)} — {now.stand.value}{also}",
        f"| | |\n| --- | --- |\n{rows}",
    ]
    if now.stand.needs_person and now.words:
        blocks.append(fenced(now.words, 3000))
    if not now.stand.done and next_step(now):
        blocks.append(next_step(now))
    blocks += [f"- {plain(problem)}" for problem in item.problems]
    return "\n\n".join(blocks)


def unfollowed_text(items: tuple[Unfollowed, ...], now: datetime) -> str:
    """What cannot be followed, in Markdown: why, what the controller says of it, what helps."""
    return "\n\n".join(_unfollowed(item, now) for item in items)


def rests(item: Unfollowed, at: datetime) -> bool:
    """Whether what cannot be followed is well, as far as that is known."""
    now = _stands_at_source(item, at)
    well = now.stand.done if now else item.terraform.ready.status == "True"
    return well and not item.terraform.suspended


def _unfollowed(item: Unfollowed, at: datetime) -> str:
    ready, now = item.terraform.ready, _stands_at_source(item, at)
    stand = now.stand.value if now else "not followed"
    rows = "\n".join(f"| {label} | {text} |" for label, text in _known_rows(item))
    blocks = [
        f"### {plain(item.terraform.name.name)} — {stand}",
        f"{plain(item.why[:1].upper() + item.why[1:], 300)}.",
        f"| | |\n| --- | --- |\n{rows}",
    ]
    said = now.words if now and now.stand.needs_person else ""
    if ready.status == "False" or said:
        blocks.append(fenced(said or ready.message or ready.reason, 3000))
    return "\n\n".join([*blocks, item.mend])


def _stands_at_source(item: Unfollowed, at: datetime) -> Standing | None:
    """Where the commit stands that its source has fetched; None where that is no commit."""
    source = item.source
    if source is None or source.revision is None or not item.repository:
        return None
    made = Deployment(item.terraform, source, item.repository, source.ref)
    return standing(RolloutObserved(made, source.revision, at, 0.0))


def _known_rows(item: Unfollowed) -> Iterator[tuple[str, str]]:
    source, terraform = item.source, item.terraform
    if source is not None:
        yield f"GitRepository, {code(source.ref)}", code((source.revision or "none")[:10])
    else:
        yield plain(terraform.source_kind or "source"), code(str(terraform.source))
    yield "attempted", code(terraform.attempted_revision or "none", 100)
    yield "applied", code(terraform.applied_revision or "none", 100)
    yield from _controller_rows(terraform)


def _controller_rows(terraform: Terraform) -> Iterator[tuple[str, str]]:
    """What the controller says, whatever the source is."""
    ready = terraform.ready
    yield "Ready", plain(f"{ready.status} {ready.reason}".strip() or "not said", 200)
    if terraform.last_plan_at is not None:
        yield "last plan", terraform.last_plan_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    if terraform.failures:
        yield "failures in a row", str(terraform.failures)


def _rows(item: ObjectStatus) -> Iterator[tuple[str, str]]:
    seen = item.rollout
    source, terraform = seen.deployment.source, seen.deployment.terraform
    yield f"Git, {code(seen.deployment.branch)}", code(seen.wanted[:10])
    yield "fetched", _revision(source.revision, seen)
    yield "attempted", _revision(terraform.attempted, seen)
    yield "applied", _revision(terraform.applied, seen)
    yield from _controller_rows(terraform)
    if item.state:
        yield "state", plain(item.state)
    if item.lock:
        yield "lock", plain(item.lock)
    for flagged in item.backfills:
        yield f"backfill of {code(flagged.address)}", progress(flagged).stage.value


def _revision(revision: str | None, seen: RolloutObserved) -> str:
    if revision is None:
        return "none"
    behind = revision != seen.wanted and revision not in seen.reached
    quiet = (
        standing(seen).stand is Stand.UNCHANGED and revision == seen.deployment.terraform.applied
    )
    if behind and quiet:
        return f"{code(revision[:10])}, nothing to apply since"
    return f"{code(revision[:10])}{', behind' if behind else ''}"
