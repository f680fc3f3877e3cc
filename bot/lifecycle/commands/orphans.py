"""`/lotus orphans`: what Airbyte has and no state knows, with what it would cost to lose it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need, PlatformSeen
from bot.lifecycle.effects import Requeue
from bot.lifecycle.stability.inventory import AirbyteObject, Kind
from bot.lifecycle.stability.orphans import Evidence, Orphan, Orphans, orphans
from bot.model.github import Permission
from bot.render.comment import duration
from bot.render.markdown import code, plain

_ROWS = 100


def proven(call: Call, ids: Collection[str] = ()) -> Orphans | Answer:
    """The orphans on proof; else the answer that there is none to be had, or not yet.

    What was seen once is looked at again first: all of it, or where `ids` are asked for, these.
    """
    platform = call.seen.platform
    if platform is None:
        return refused("Airbyte was not looked at.")
    found = orphans(platform.now, platform.before)
    once = {item.id for item in found.once}
    if once.intersection(ids) if ids else once:
        return Answer(again=Requeue(call.seen.escalate, "a second observation is due"))
    if found.evidence is Evidence.DOUBTFUL:
        lines = "\n".join(f"- {plain(doubt)}" for doubt in found.doubts)
        return refused(f"I cannot say what is an orphan:\n\n{lines}")
    return found


def _answer(call: Call) -> Answer:
    found = proven(call)
    if isinstance(found, Answer):
        return found
    assert call.seen.platform is not None
    said = [*_table(found, call.seen.now), *_withheld(found), *_scope(call.seen.platform)]
    if not found.found:
        said.insert(0, "Every object in Airbyte belongs to a state.")
        if found.withheld:
            said[0] = "Nothing in Airbyte is certain to be nobody's."
    return Answer("\n\n".join(said))


def _table(found: Orphans, now: datetime) -> Iterator[str]:
    if not found.found:
        return
    rows = ["| | id | name | age | last sync | who would miss it |", "| --- " * 6 + "|"]
    rows += [_row(orphan, now) for orphan in found.found[:_ROWS]]
    yield "\n".join(rows)
    if len(found.found) > _ROWS:
        yield f"… and {len(found.found) - _ROWS} more."
    first = found.found[0].item.id
    deletes = f"`/lotus orphans delete {first}` deletes it, after a confirmation"
    adopts = f"; `/lotus orphans adopt {first}` makes code of it"
    connection = found.found[0].item.kind is Kind.CONNECTION
    yield f"{deletes}{adopts if connection else ''}."


def _row(orphan: Orphan, now: datetime) -> str:
    item = orphan.item
    cells = (
        item.kind.value,
        code(item.id),
        plain(item.name) + _duplicate(orphan),
        duration((now - item.created).total_seconds()) if item.created else "not known",
        _last_sync(item, now),
        missed_by(orphan),
    )
    return f"| {' | '.join(cells)} |"


def _last_sync(item: AirbyteObject, now: datetime) -> str:
    if item.kind is not Kind.CONNECTION:
        return ""
    job = item.last_job
    if job is None:
        return "none"
    return f"{job.status.value} {duration((now - job.updated).total_seconds())} ago"


def _duplicate(orphan: Orphan) -> str:
    return f" (a duplicate by name of {code(orphan.twins[0].id)})" if orphan.twins else ""


def missed_by(orphan: Orphan) -> str:
    """What would be lost with it."""
    item = orphan.item
    if item.kind is Kind.CONNECTION:
        said = f"{item.streams} stream{'s' if item.streams != 1 else ''}"
        return f"{said}, and it runs by itself" if item.runs_by_itself else said
    if not orphan.users:
        return "nothing hangs on it"
    return ", ".join(plain(user.name) for user in orphan.users[:5])


def _withheld(found: Orphans) -> Iterator[str]:
    """By what holds them back: that is what a person has to mend."""
    reasons: dict[str, list[AirbyteObject]] = {}
    for item, reason in found.withheld:
        reasons.setdefault(reason, []).append(item)
    if reasons:
        yield "In no state, but not called orphans:"
    for reason, items in reasons.items():
        named = [f"{each.kind.value} {plain(each.name)} ({code(each.id)})" for each in items[:20]]
        more = [f"… and {len(items) - 20} more"] if len(items) > 20 else []
        yield "\n".join((f"{plain(reason)}:", *(f"- {line}" for line in (*named, *more))))


def _scope(platform: PlatformSeen) -> Iterator[str]:
    if platform.now.elsewhere:
        yield f"Not looked at: {plain(platform.now.elsewhere)}"


ORPHANS = Command(
    "orphans",
    Permission.READ,
    "what Airbyte has and no state knows",
    _answer,
    frozenset({Need.PLATFORM}),
)
