"""`/lotus keep-state`: a connection that was replaced goes on where the old one stopped.

With the state that was saved before the merge, else with that of the deleted connection, which
Airbyte keeps readable. The new one keeps its own as soon as a sync of it succeeded.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.lifecycle.commands.command import Answer, Call, Command, refused
from bot.lifecycle.commands.parts import Need, Succession
from bot.lifecycle.operations import CancelJob, GiveSyncState
from bot.lifecycle.saved_states import argument
from bot.lifecycle.sync_state import NOT_SET, fitting, remembered
from bot.model.airbyte import Connection, Job, JobKind, StreamName, SyncState
from bot.model.github import Permission
from bot.render.markdown import code, plain

_SYNCS = (JobKind.SYNC, JobKind.REFRESH)
_MOST = 20  # streams that are named


def _keep(call: Call) -> Answer:
    item = _one(call)
    if isinstance(item, Answer):
        return item
    job = _running(item)
    return _give(item) if job is None else refused(_meanwhile(item, job))


def _cancel(call: Call) -> Answer:
    """Only a sync: after a reset nothing of what was given would be left."""
    item = _one(call)
    if isinstance(item, Answer):
        return item
    answer, job = _give(item), _running(item)
    if job is None or not answer.effects:
        return answer
    if job.kind not in _SYNCS:
        return refused(_meanwhile(item, job))
    text = f"Cancelled job {job.id} of {code(item.address)}.\n\n{answer.text}"
    return Answer(text, effects=(CancelJob(job.connection_id, job.id), *answer.effects))


def _one(call: Call) -> Succession | Answer:
    """The connection that is named, or why it is not known which."""
    wanted, found = call.one("connection"), call.seen.successions
    if len(found) != 1:
        which = ", ".join(code(item.address) for item in found)
        said = f"can be several: {which}" if found else "is no connection of a state here"
        return refused(f"{code(wanted, 80)} {said}.")
    (item,) = found
    if item.problem or item.connection is None or item.state is None:
        return refused(f"{code(item.address)}: {plain(item.problem or 'not known')}")
    return item


def _running(item: Succession) -> Job | None:
    return item.newest if item.newest is not None and not item.newest.status.terminal else None


def _meanwhile(item: Succession, job: Job) -> str:
    told = f"Job {job.id} of {code(item.address)} runs, and Airbyte takes no state meanwhile. "
    if job.kind not in _SYNCS:
        return told + "It is no sync: ask again when it is over."
    ask = code(f"/lotus keep-state cancel {argument(item.address)}")
    return told + f"A new connection syncs at once: {ask} cancels that sync, and gives the state."


def _give(item: Succession) -> Answer:
    connection, state = item.connection, item.state
    if connection is None or state is None:
        return refused(f"{code(item.address)}: not known")
    if state.kind != NOT_SET and item.synced:
        return Answer(
            f"{code(item.address)} has synced and has a sync state of its own "
            f"({_streams(remembered(state))}), which stays."
        )
    for kept, give, whence in _candidates(item, connection):
        if fitting(kept, connection.streams) is not None:
            return Answer(_told(item, connection, kept, whence), effects=(give,))
    return refused(
        f"There is no state to go on from: none of {code(item.address)} is saved{_why(item)}, and "
        "no deleted connection with its name or between its ends remembers any of its streams. "
        "It is deleted by the merge that replaces it, so ask afterwards."
    )


def _candidates(
    item: Succession, connection: Connection
) -> Iterator[tuple[SyncState, GiveSyncState, str]]:
    """States to go on from, the best first, each with how it is given and where it is from."""
    states = item.states
    saved = states.before(item.address, connection.id) if states is not None else None
    if states is not None and saved is not None:
        place = (states.namespace, states.name)
        give = GiveSyncState(saved.state.connection_id, connection.id, place)
        when = f"{saved.saved_at:%Y-%m-%d %H:%M} UTC"
        yield saved.state, give, f"as it was saved before the merge ({when})"
    for before, kept in item.before:
        yield kept, GiveSyncState(before.id, connection.id), "as Airbyte still has it"


def _told(item: Succession, connection: Connection, kept: SyncState, whence: str) -> str:
    """Which streams go on, which begin anew, and which there are not any more."""
    known, wanted = remembered(kept), connection.streams
    both = tuple(name for name in known if name in wanted)
    old, new = code(kept.connection_id), code(item.address)
    lines = [
        f"{new} goes on where {old} stopped, {whence}: {_streams(both)}.",
        *_listed([n for n in wanted if n not in known], "begins anew: the old one did not know it"),
        *_listed([n for n in known if n not in wanted], "is left out: the new one has not got it"),
    ]
    if _elsewhere(item, connection, kept):
        lines.append(
            "\nIts destination was made anew as well: rows of before are there only if both write "
            "to the same place. If not, `/lotus backfill` reads them again."
        )
    return "\n".join(lines)


def _elsewhere(item: Succession, connection: Connection, kept: SyncState) -> bool:
    """Whether the old one had another destination."""
    ends = {old.id: old.destination_id for old, _ in item.before}
    return ends.get(kept.connection_id, connection.destination_id) != connection.destination_id


def _listed(names: list[StreamName], words: str) -> Iterator[str]:
    yield from (f"- {code(str(name))} {words}" for name in names[:_MOST])
    if len(names) > _MOST:
        yield f"- and {len(names) - _MOST} more"


def _why(item: Succession) -> str:
    problem = item.states.problem if item.states is not None else ""
    return f" ({plain(problem)})" if problem else ""


def _streams(known: tuple[StreamName, ...]) -> str:
    names = [code(str(name)) for name in known]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more if names else "no stream"


KEEP_STATE = Command(
    "keep-state <connection>",
    Permission.WRITE,
    "give a replaced connection the sync state that its predecessor had",
    _keep,
    frozenset({Need.SUCCESSION}),
)

KEEP_STATE_CANCEL = Command(
    "keep-state cancel <connection>",
    Permission.WRITE,
    "the same, and cancel the sync that runs and is in its way",
    _cancel,
    frozenset({Need.SUCCESSION}),
)
