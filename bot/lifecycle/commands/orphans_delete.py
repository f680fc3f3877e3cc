"""`/lotus orphans delete`: by id, what is an orphan at this moment, after a confirmation.

Connections go before sources before destinations. Everything is observed anew for each step; what
stopped being an orphan stops the whole command.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.lifecycle.commands.command import PREFIX, Answer, Call, Command, refused
from bot.lifecycle.commands.orphans import missed_by, proven
from bot.lifecycle.commands.parts import Need
from bot.lifecycle.effects import Requeue
from bot.lifecycle.operations import DeleteAirbyteObject
from bot.lifecycle.stability.inventory import Inventory, Kind
from bot.lifecycle.stability.orphans import Orphan, Orphans
from bot.model.github import Permission
from bot.render.markdown import code, plain

_SEVERAL = 50


def _answer(call: Call) -> Answer:
    ids = tuple(identity.lower() for identity in call.each("id"))
    if len(ids) > _SEVERAL:
        return refused(f"That is too much at once: {_SEVERAL} ids at most.")
    found = proven(call, ids)
    if isinstance(found, Answer):
        return found
    assert call.seen.platform is not None
    now = call.seen.platform.now
    confirmed = bool(call.confirmation.given)
    problems = _problems(found, ids, now, absent_is_done=confirmed)
    if problems:
        return refused("Nothing was deleted:\n\n" + "\n".join(f"- {text}" for text in problems))
    if not confirmed:
        return _ask(call, found, ids, now)
    if not call.confirmation.holds(ids, now.versions):
        return refused(
            "This confirmation does not hold: it is for something else, somebody else or an "
            "earlier time, or a pass came between. Ask again without it."
        )
    left = [found.by_id[identity] for identity in ids if identity in now.by_id]
    if not left:
        return Answer("Deleted from Airbyte:\n\n" + "\n".join(f"- {code(i)}" for i in ids))
    return Answer(effects=_next(left), again=Requeue(1.0, "deleted step by step"))


def _next(left: Sequence[Orphan]) -> tuple[DeleteAirbyteObject, ...]:
    """All of the kind that has to go first."""
    order = list(Kind)
    first = min((orphan.item.kind for orphan in left), key=order.index)
    return tuple(
        DeleteAirbyteObject(first, orphan.item.id) for orphan in left if orphan.item.kind is first
    )


def _problems(
    found: Orphans, ids: Sequence[str], now: Inventory, *, absent_is_done: bool
) -> list[str]:
    withheld = {item.id: reason for item, reason in found.withheld}
    problems = []
    for identity in ids:
        orphan = found.by_id.get(identity)
        if orphan is not None:
            problems += _hanging(orphan, ids)
        elif identity in withheld:
            problems.append(f"{code(identity)} may belong to somebody: {plain(withheld[identity])}")
        elif identity in now.by_id:
            problems.append(f"{code(identity)} is no orphan: {_owner(identity, now)}")
        elif not absent_is_done:
            problems.append(f"Airbyte has no object {code(identity)}")
    return problems


def _hanging(orphan: Orphan, ids: Sequence[str]) -> list[str]:
    others = [user for user in orphan.users if user.id not in ids]
    if not others:
        return []
    names = ", ".join(f"{plain(user.name)} ({code(user.id)})" for user in others[:5])
    return [f"with {code(orphan.item.id)} would go what hangs on it, so name that as well: {names}"]


def _owner(identity: str, now: Inventory) -> str:
    holder = next(holder.name for holder in now.holders if identity in holder.ids)
    return f"the state of {plain(holder)} has it"


def _ask(call: Call, found: Orphans, ids: Sequence[str], now: Inventory) -> Answer:
    order = list(Kind)
    each = sorted((found.by_id[i] for i in ids), key=lambda one: order.index(one.item.kind))
    lines = [
        f"- {one.item.kind.value} **{plain(one.item.name)}**, {code(one.item.id)}: {missed_by(one)}"
        for one in each
    ]
    phrase = call.confirmation.phrase(ids, now.versions)
    command = f"{PREFIX} orphans delete {' '.join(ids)} confirm {phrase}"
    listed = "\n".join(lines)
    return Answer(
        f"This deletes from Airbyte, in this order and for good:\n\n{listed}\n\n"
        f"To confirm, write within 15 minutes:\n\n```\n{command}\n```"
    )


ORPHANS_DELETE = Command(
    "orphans delete <id>…",
    Permission.ADMIN,
    "delete orphans, after a confirmation that names each",
    _answer,
    frozenset({Need.PLATFORM}),
)
