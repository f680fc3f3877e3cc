"""`/lotus keep-state`: a connection that was replaced goes on where the old one stopped.

Airbyte keeps the sync state of a deleted connection readable, so that nothing has to be saved
before the merge; it is given to the new one only while that has none of its own.
"""

from __future__ import annotations

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need, Succession
from bot.lifecycle.operations import GiveSyncState
from bot.lifecycle.sync_state import NOT_SET, fitting, remembered
from bot.model.airbyte import Connection, SyncState
from bot.model.github import Permission
from bot.render.markdown import code, plain


def _answer(call: Call) -> Answer:
    wanted, found = call.one("connection"), call.seen.successions
    if len(found) != 1:
        which = ", ".join(code(item.address) for item in found)
        said = f"can be several: {which}" if found else "is no connection of a state here"
        return refused(f"{code(wanted, 80)} {said}.")
    (item,) = found
    if item.problem or item.connection is None or item.state is None:
        return refused(f"{code(item.address)}: {plain(item.problem or 'not known')}")
    if item.newest is not None and not item.newest.status.terminal:
        return refused(
            f"Job {item.newest.id} of {code(item.address)} runs, and Airbyte takes no state "
            "meanwhile. Cancel it in Airbyte, and ask again."
        )
    return _give(item, item.connection, item.state)


def _give(item: Succession, connection: Connection, state: SyncState) -> Answer:
    if state.kind != NOT_SET:
        return Answer(
            f"{code(item.address)} has a sync state of its own ({_streams(state)}), which stays."
        )
    for old, kept in item.before:
        document = fitting(kept, connection.streams)
        if document is None:
            continue
        lost = [n for n in connection.streams if n not in remembered(kept)]
        told = [
            f"{code(item.address)} goes on where {code(old.id)} stopped: {_streams(kept)}.",
            *(f"- {code(str(name))} begins anew: the old one did not know it" for name in lost),
        ]
        return Answer("\n".join(told), effects=(GiveSyncState(old.id, connection.id),))
    return refused(
        f"There is no state to go on from: no deleted connection with the name or between the "
        f"ends of {code(item.address)} remembers any of its streams. It is deleted by the merge "
        "that replaces it, so ask afterwards."
    )


def _streams(state: SyncState) -> str:
    names = [code(str(name)) for name in remembered(state)]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more if names else "no stream"


KEEP_STATE = Command(
    "keep-state <connection>",
    Permission.WRITE,
    "give a replaced connection the sync state that its predecessor had",
    _answer,
    frozenset({Need.SUCCESSION}),
)
