"""Whether all is stable, and what is missing if not. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.lifecycle.platform import Unfollowed
from bot.lifecycle.rollout import standing
from bot.lifecycle.stability.drift import Difference, drift
from bot.lifecycle.stability.inventory import AirbyteObject, Inventory
from bot.lifecycle.stability.orphans import Evidence, Orphans, orphans
from bot.lifecycle.stability.secrets import secret_change
from bot.lifecycle.stability.tip import Tip
from bot.lifecycle.status import ObjectStatus, is_at_rest, loud, rests, suspended
from bot.model.airbyte import Job, JobStatus
from bot.render.markdown import code, plain


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the verdict rests on, for one repository.

    `beside`: what cannot be followed, and is not known to be well. `syncs`: connections by address
    whose newest job brought nothing.
    """

    ladder: tuple[ObjectStatus, ...]
    tips: tuple[Tip, ...]
    orphans: Orphans
    drift: tuple[Difference, ...]
    beside: tuple[Unfollowed, ...] = ()
    syncs: tuple[tuple[str, Job], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one repository, as it was looked at; `at` None: not yet. `missing` is Markdown.

    `problem`: why it could not be looked at since, in words.
    """

    repository: str
    missing: tuple[str, ...] = ()
    at: datetime | None = None
    problem: str = ""

    @property
    def stable(self) -> bool:
        """Whether that is known, and nothing is missing."""
        return self.at is not None and not self.missing and not self.problem


def lacking(
    ladder: tuple[ObjectStatus, ...],
    tips: tuple[Tip, ...],
    pictures: tuple[Inventory, Inventory | None],
    beside: tuple[Unfollowed, ...],
    at: datetime,
) -> tuple[str, ...]:
    """What is missing, from all that was observed; `pictures`: Airbyte now and a look before."""
    now, before = pictures
    open_ = tuple(item for item in beside if not rests(item, at))
    found, differs = orphans(now, before), drift(tips, now)
    return missing(Seen(ladder, tips, found, differs, open_, tuple(_broken_off(tips, now))))


def _broken_off(tips: tuple[Tip, ...], now: Inventory) -> Iterator[tuple[str, Job]]:
    """Connections of these states whose newest job brought nothing: their data has not arrived."""
    ours = {tip.holder for tip in tips}
    for holder in now.holders:
        for resource in holder.resources if holder.name in ours else ():
            found = now.by_id.get(resource.id)
            job = found.last_job if found else None
            if job is not None and job.status in _ENDS:
                yield resource.address, job


def missing(seen: Seen) -> tuple[str, ...]:
    """What is missing to be stable, each in a line of Markdown; () where all is."""
    return tuple(_missing(seen))


def _missing(seen: Seen) -> Iterator[str]:
    for item in seen.ladder:
        yield from _of_object(item)
    for other in seen.beside:
        title = code(other.terraform.name.name)
        yield f"{title} is not well, or not known to be: {plain(other.why)}"
    for tip in seen.tips:
        yield from _of_tip(tip)
    for difference in seen.drift[:10]:
        yield f"{code(difference.address)}: {difference.between} differ"
    for address, job in seen.syncs[:10]:
        yield f"{code(address)}: its newest job ({job.id}) {_ENDS[job.status]}"
    yield from _of_orphans(seen.orphans)


def _of_object(item: ObjectStatus) -> Iterator[str]:
    made = item.rollout.deployment
    title = code(made.title)
    if not is_at_rest(item):
        now = standing(item.rollout)
        yield f"{title}: {now.stand.value if not now.stand.done else _open(item)}"
    if made.terraform.failures:
        yield f"{title}: {made.terraform.failures} failures in a row"
    if heard := loud(item):
        reasons = ", ".join(sorted({code(each.reason) for each in heard}))
        yield f"{title}: Events warn of {reasons} since its last pass that ended well"
    if made.source.ready.status == "False":
        yield f"{title}: GitRepository {code(str(made.source.name))} is not ready"


def _of_tip(tip: Tip) -> Iterator[str]:
    if tip.problem:
        yield f"{code(tip.title)} could not be predicted: {plain(tip.problem)}"
    if tip.perpetual:
        yield f"{code(tip.title)}: every pass updates {_listed(tip.perpetual)}"
    if secret_change(tip) is not None:
        yield f"{code(tip.title)}: a credential changed and has not reached Airbyte"


def _of_orphans(orphans: Orphans) -> Iterator[str]:
    if orphans.found:
        count = len(orphans.found)
        yield f"{count} orphan{'s' if count > 1 else ''} in Airbyte (`/lotus orphans`)"
    if orphans.once:
        yield (
            f"no state knows {_named(orphans.once)}, seen just now: what is seen twice is an "
            "orphan (`/lotus orphans` looks again)"
        )
    if orphans.evidence is Evidence.DOUBTFUL:
        yield from (f"not known: {plain(doubt)}" for doubt in orphans.doubts)


_ENDS = {JobStatus.FAILED: "failed", JobStatus.CANCELLED: "was cancelled"}


def _open(item: ObjectStatus) -> str:
    if suspended(item.rollout):
        return "suspended"
    if item.backfills:
        return f"backfill is set on {_listed(frozenset(b.address for b in item.backfills))}"
    return plain("; ".join(item.problems))


def _named(items: tuple[AirbyteObject, ...]) -> str:
    more = [f"{len(items) - 5} more"] if len(items) > 5 else []
    return ", ".join([f"{item.kind.value} {plain(item.name)}" for item in items[:5]] + more)


def _listed(addresses: frozenset[str]) -> str:
    return ", ".join(code(address) for address in sorted(addresses)[:5])
