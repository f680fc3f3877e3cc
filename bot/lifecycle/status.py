"""The ladder of a Terraform object: Git, fetched, attempted, applied, and what differs. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.lifecycle.backfill import FlaggedConnection, progress
from bot.lifecycle.next_step import next_step
from bot.lifecycle.rollout import RolloutObserved, Stand, standing
from bot.render.markdown import code, fenced, plain


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """One Terraform object. `state` and `lock` are words; `problems` what could not be observed.

    `secrets` are true values, for redaction only.
    """

    rollout: RolloutObserved
    state: str = ""
    lock: str = ""
    backfills: tuple[FlaggedConnection, ...] = ()
    problems: tuple[str, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def status_text(objects: tuple[ObjectStatus, ...]) -> str:
    """All objects, in Markdown."""
    return "\n\n".join(_object(item) for item in objects)


def is_at_rest(item: ObjectStatus) -> bool:
    """Whether the tip is applied, no flag is set and nothing could not be looked at."""
    done = standing(item.rollout).stand.done and not suspended(item.rollout)
    return done and not item.backfills and not item.problems


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


def _rows(item: ObjectStatus) -> Iterator[tuple[str, str]]:
    seen = item.rollout
    source, terraform = seen.deployment.source, seen.deployment.terraform
    yield f"Git, {code(seen.deployment.branch)}", code(seen.wanted[:10])
    yield "fetched", _revision(source.revision, seen)
    yield "attempted", _revision(terraform.attempted, seen)
    yield "applied", _revision(terraform.applied, seen)
    ready = terraform.ready
    yield "Ready", plain(f"{ready.status} {ready.reason}".strip() or "not said", 200)
    if item.state:
        yield "state", plain(item.state)
    if item.lock:
        yield "lock", plain(item.lock)
    if terraform.last_plan_at is not None:
        yield "last plan", terraform.last_plan_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    if terraform.failures:
        yield "failures in a row", str(terraform.failures)
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
