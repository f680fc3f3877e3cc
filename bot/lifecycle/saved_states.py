"""Sync states saved before a merge: what stands in the Secret, and what is to be written. PURE.

A key is the id of a connection that an open pull request would replace; its value holds the state
as Airbyte told it, and which pull requests it is kept for. It may hold values of cursors, which
may be anything: it goes into the Secret and into Airbyte, and into no text.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.lifecycle.operations import SaveSyncStates
from bot.lifecycle.sync_state import NOT_SET
from bot.model.airbyte import SyncState
from bot.model.github import PullRequest, PullRequestState
from bot.plan.prediction import Prediction

CONNECTION = "airbyte_connection"
KEPT_AFTER_MERGE = timedelta(days=14)
MOST_BYTES = 256 * 2**10  # of one state, packed
MOST_TOGETHER = 900 * 2**10  # the API server takes 1 MiB, with all that is around it
_UNPACKED = 32 * 2**20  # a "gzip bomb" ends here
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")  # what a Secret takes for a key


@dataclass(frozen=True, slots=True)
class SavedState:
    """What a connection, that stood at `address`, remembered at `saved_at`.

    `pull_requests` of `repository` would replace it, or have.
    """

    repository: str
    pull_requests: tuple[int, ...]
    address: str
    saved_at: datetime
    state: SyncState = field(repr=False)

    @property
    def given(self) -> bool:
        """Whether it was given back: what is left is only that it was."""
        return self.state.kind == NOT_SET

    def spent(self) -> SavedState:
        """The same, once it was given back: so the comment can tell that, and not offer it."""
        left = SyncState(self.state.connection_id, NOT_SET, {"stateType": NOT_SET})
        return replace(self, state=left)


@dataclass(frozen=True, slots=True)
class SavedStates:
    """The Secret `name` at `version` ("": it is not there), by key. `problem`: why not known.

    `sizes`: the bytes of each key, of those too whose value is none of ours.
    """

    namespace: str
    name: str
    version: str = ""
    saved: Mapping[str, SavedState] = field(default_factory=dict, repr=False)
    sizes: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""

    def before(self, address: str, connection_id: str) -> SavedState | None:
        """The newest of those that stood at this address before this connection and are left."""
        found = [
            item
            for key, item in self.saved.items()
            if item.address == address and key != connection_id and not item.given
        ]
        return max(found, key=lambda item: item.saved_at, default=None)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A connection that stands and would be replaced; `problem`: why its state is not known."""

    address: str
    connection_id: str
    state: SyncState | None = field(default=None, repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SavingObserved:
    """`replaced` as Airbyte has them now, with what is saved already."""

    states: SavedStates
    replaced: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the state of the connection at `address`.

    `saved`: it can be given back; `given`: it was. `nothing`: it remembers nothing. `problem`: why
    it is not saved.
    """

    address: str
    saved: bool = False
    given: bool = False
    nothing: bool = False
    problem: str = ""


def replaced_connections(prediction: Prediction | None) -> tuple[str, ...]:
    """The addresses of the connections that are destroyed and made anew."""
    changes = prediction.changes if prediction is not None and prediction.ok else ()
    return tuple(c.address for c in changes if c.action.replaces and c.type == CONNECTION)


def argument(address: str) -> str:
    """What a person calls it in a command: its name, where that is one word."""
    return address if "[" in address else address.rpartition(".")[2]


def pack(saved: SavedState) -> bytes:
    """The same bytes for the same thing."""
    document = {
        "repository": saved.repository,
        "pullRequests": list(saved.pull_requests),
        "address": saved.address,
        "savedAt": saved.saved_at.isoformat(),
        "state": saved.state.document,
    }
    return gzip.compress(json.dumps(document, sort_keys=True).encode(), mtime=0)


def unpack(connection_id: str, packed: bytes) -> SavedState | None:
    """None for what is none of ours."""
    try:
        text = zlib.decompressobj(31).decompress(packed, _UNPACKED)
        read = json.loads(text)
        document = read["state"]
        saved_at = datetime.fromisoformat(read["savedAt"])
        state = SyncState(connection_id, str(document["stateType"]), document)
        numbers = tuple(int(number) for number in read["pullRequests"])
        found = SavedState(str(read["repository"]), numbers, str(read["address"]), saved_at, state)
    except (zlib.error, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if saved_at.tzinfo is not None else None


def saving(
    seen: SavingObserved, repository: str, number: int, now: datetime
) -> tuple[SaveSyncStates | None, tuple[Kept, ...]]:
    """What is to be written, None where it stands; and what is then to be told."""
    entries: dict[str, bytes] = {}
    kept = []
    room = MOST_TOGETHER - sum(seen.states.sizes.values())
    for item in seen.replaced:
        told = _told(item, seen.states)
        if told is None and item.state is not None:
            wanted = _wanted(item, item.state, seen.states, (repository, number), now)
            told, packed = _packed(item, wanted, seen.states, room)
            if packed:
                entries[item.connection_id] = packed
                room -= len(packed) - seen.states.sizes.get(item.connection_id, 0)
        kept.append(told or Kept(item.address))
    if not entries:
        return None, tuple(kept)
    states = seen.states
    return SaveSyncStates(states.namespace, states.name, states.version, entries), tuple(kept)


def unsaved(kept: tuple[Kept, ...], problem: str) -> tuple[Kept, ...]:
    """The same, after writing failed."""
    return tuple(replace(i, saved=False, problem=problem) if i.saved else i for i in kept)


def after_merge(
    states: SavedStates, addresses: Iterable[str], repository: str, number: int
) -> tuple[Kept, ...]:
    """What was saved for this pull request, and what of it was given back since, by address."""
    ours = [
        item
        for item in states.saved.values()
        if item.repository == repository and number in item.pull_requests
    ]
    left = {item.address for item in ours if not item.given}
    given = {item.address for item in ours if item.given}
    return tuple(Kept(a, saved=a in left, given=a in given - left) for a in addresses)


def sweeping(
    states: SavedStates, pull_requests: Mapping[tuple[str, int], PullRequest | None], now: datetime
) -> SaveSyncStates | None:
    """Remove what nobody will ask for; `pull_requests` None: it is not there any more."""
    old = {
        key: None
        for key, item in states.saved.items()
        if all(
            _is_past(item, pull_requests.get((item.repository, n)), now) for n in item.pull_requests
        )
    }
    if not old:
        return None
    return SaveSyncStates(states.namespace, states.name, states.version, old)


def _is_past(item: SavedState, found: PullRequest | None, now: datetime) -> bool:
    """Whether this pull request has no need of it any more."""
    if found is None:
        return now - item.saved_at > KEPT_AFTER_MERGE
    match found.state:
        case PullRequestState.OPEN:
            return False
        case PullRequestState.CLOSED:
            return True
        case PullRequestState.MERGED:
            return now - (found.merged_at or item.saved_at) > KEPT_AFTER_MERGE


def _told(item: Replaced, states: SavedStates) -> Kept | None:
    """What there is to say without saving anything; None where it is to be saved."""
    stands = states.saved.get(item.connection_id)
    saved = stands is not None and stands.address == item.address and not stands.given
    if item.problem and saved:
        return Kept(item.address, saved=True)  # by an earlier look
    problem = item.problem or states.problem
    if problem or item.state is None:
        return Kept(item.address, problem=problem or "its state is not known")
    if item.state.kind == NOT_SET:
        return Kept(item.address, nothing=True)
    if not _KEY.fullmatch(item.connection_id):
        return Kept(item.address, problem="its id cannot be the key of a Secret")
    return None


def _wanted(
    item: Replaced, state: SyncState, states: SavedStates, asks: tuple[str, int], now: datetime
) -> SavedState:
    """What stands, where it says the same; else anew, for those who had asked as well."""
    repository, number = asks
    stands = states.saved.get(item.connection_id)
    if stands is None or stands.repository != repository:
        return SavedState(repository, (number,), item.address, now, state)
    numbers = tuple(sorted({*stands.pull_requests, number}))
    if stands.address == item.address and same(stands.state, state):
        return replace(stands, pull_requests=numbers)
    return SavedState(repository, numbers, item.address, now, state)


def _packed(
    item: Replaced, wanted: SavedState, states: SavedStates, room: int
) -> tuple[Kept, bytes]:
    """With the bytes to be written: none where they stand, or where they are too many."""
    if states.saved.get(item.connection_id) == wanted:
        return Kept(item.address, saved=True), b""
    packed = pack(wanted)
    if len(packed) > MOST_BYTES:
        words = f"it is too large ({len(packed) // 1024} KiB packed, {MOST_BYTES // 1024} at most)"
        return Kept(item.address, problem=words), b""
    if len(packed) - states.sizes.get(item.connection_id, 0) > room:
        words = f"Secret {states.namespace}/{states.name} has no room for it"
        return Kept(item.address, problem=words), b""
    return Kept(item.address, saved=True), packed


def same(one: SyncState, other: SyncState) -> bool:
    """Whether both remember the same: Airbyte gives the streams in no order."""
    return bool(_ordered(one.document) == _ordered(other.document))


def _ordered(value: Any) -> Any:
    """The lists of streams as sets, the rest as it is; whose connection it is aside."""
    if not isinstance(value, Mapping):
        return value
    lists = ("streamState", "streamStates")
    return {
        key: sorted(_text(entry) for entry in held)
        if key in lists and isinstance(held, list)
        else _ordered(held)
        for key, held in value.items()
        if key != "connectionId"
    }


def _text(entry: Any) -> str:
    return json.dumps(entry, sort_keys=True)
