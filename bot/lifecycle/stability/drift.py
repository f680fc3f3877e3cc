"""Git, state and Airbyte against each other, object by object. PURE.

Git against the state is the prediction of the tip. Airbyte against the state is what reading
Airbyte's objects changes in it: a source's settings are never read by the provider, so a credential
that was changed in Airbyte itself cannot be seen, and that is said nowhere as "the same".
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from bot.lifecycle.stability.gone import gone
from bot.lifecycle.stability.inventory import Inventory, doubts, kind_of
from bot.lifecycle.stability.orphans import same_name
from bot.lifecycle.stability.tip import Tip, changes
from bot.model.airbyte import JobStatus
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.render.changes import words
from bot.render.markdown import code, plain

_MISSING_SECRET = re.compile(r"secret\b.*\bnot\b.*\bfound|no such secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Difference:
    """One object: what differs between which two, in Markdown. `id` is Airbyte's, "" if none."""

    holder: str
    address: str
    between: str
    words: str
    id: str = ""


def drift(tips: tuple[Tip, ...], seen: Inventory) -> tuple[Difference, ...]:
    """Everything that differs: Git first, then Airbyte, then what the syncs complain of."""
    found: list[Difference] = []
    for tip in tips:
        found += _git(tip)
        found += _airbyte(tip, seen)
    return tuple(
        item if item.id else dataclasses.replace(item, id=_id(item, seen))
        for item in (*found, *_missing(seen), *_doubled(seen), *_complaints(seen))
    )


def extra(seen: Inventory) -> tuple[Difference, ...]:
    """What Airbyte has and no state knows, whoever may have made it; () on a doubtful list."""
    if doubts(seen):
        return ()
    known = seen.known_ids
    return tuple(
        Difference("", f"{item.kind.value} {item.name}", "state and Airbyte", _EXTRA, item.id)
        for item in seen.objects
        if item.id not in known
    )


_EXTRA = "no state has it (`/lotus orphans`)"


def _id(item: Difference, seen: Inventory) -> str:
    for holder in seen.holders if item.holder else ():
        for resource in holder.resources:
            if (holder.name, resource.address) == (item.holder, item.address):
                return resource.id
    return ""


def _git(tip: Tip) -> Iterator[Difference]:
    for change in changes(tip.stored):
        said = words(change) or change.action.value
        if change.address in tip.perpetual:
            said += " (every pass updates it again)"
        yield Difference(tip.holder, change.address, "Git and state", said)


def _airbyte(tip: Tip, seen: Inventory) -> Iterator[Difference]:
    """What reading Airbyte's objects changes in the state."""
    live = _by_address(tip.live)
    missing = {(item.holder, item.resource.address) for item in gone(seen)}
    for address, stored in _by_address(tip.stored).items():
        read = live.get(address)
        same = read is None or read.before == stored.before
        if read is None or same or kind_of(stored.type) is None:
            continue
        if (tip.holder, address) in missing:
            continue
        changed = replace(stored, action=Action.UPDATE, after=read.before, previous_address=None)
        yield Difference(tip.holder, address, "state and Airbyte", words(changed))


def _missing(seen: Inventory) -> Iterator[Difference]:
    for item in gone(seen):
        said = "Airbyte does not have it" if item.certain else "Airbyte's list lacks it"
        resource = item.resource
        yield Difference(item.holder, resource.address, "state and Airbyte", said, resource.id)


def _doubled(seen: Inventory) -> Iterator[Difference]:
    """Two objects of one name, of which a state knows one."""
    for holder in seen.holders:
        for resource in holder.resources:
            item = seen.by_id.get(resource.id)
            twins = same_name(seen, item) if item else ()
            if twins:
                others = ", ".join(code(twin.id) for twin in twins[:5])
                said = f"Airbyte has others of its name: {others}"
                yield Difference(
                    holder.name, resource.address, "state and Airbyte", said, resource.id
                )


def _complaints(seen: Inventory) -> Iterator[Difference]:
    """Syncs that fail because Airbyte has lost a secret: the ids have drifted apart."""
    for holder in seen.holders:
        for resource in holder.resources:
            item = seen.by_id.get(resource.id)
            job = item.last_job if item else None
            failure = job.failure if job and job.status is JobStatus.FAILED else None
            if failure and _MISSING_SECRET.search(failure.message):
                said = f"its syncs fail: {plain(failure.message, 200)}"
                yield Difference(holder.name, resource.address, "Airbyte", said, resource.id)


def _by_address(prediction: Prediction | None) -> dict[str, ResourceChange]:
    found = prediction.changes if prediction is not None and prediction.ok else ()
    return {change.address: change for change in found if change.before is not None}
