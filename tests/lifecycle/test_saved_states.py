"""What is saved before a merge replaces a connection: when, how much of it, and for how long."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.lifecycle.operations import SaveSyncStates
from bot.lifecycle.saved_states import (
    MOST_BYTES,
    MOST_TOGETHER,
    Kept,
    Replaced,
    SavedState,
    SavedStates,
    SavingObserved,
    after_merge,
    argument,
    pack,
    replaced_connections,
    same,
    saving,
    sweeping,
    unpack,
    unsaved,
)
from bot.model.airbyte import SyncState
from bot.model.github import PullRequest, PullRequestState
from bot.plan.prediction import Action, Prediction, ResourceChange

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
REPOSITORY, ADDRESS = "octo/lake", "airbyte_connection.shop"
EMPTY = SavedStates("flux-system", "lotus-sync-state-lake")


def stream(name: str, cursor: object) -> dict[str, Any]:
    return {"streamDescriptor": {"name": name}, "streamState": {"cursor": cursor}}


def state(*entries: dict[str, Any], of: str = "id-1") -> SyncState:
    document = {"stateType": "stream", "connectionId": of, "streamState": list(entries)}
    return SyncState(of, "stream", document)


ORDERS, ITEMS = stream("orders", 7), stream("items", "2026-01-01")
HELD = state(ORDERS, ITEMS)
SAVED = SavedState(REPOSITORY, (3,), ADDRESS, NOW - timedelta(hours=1), HELD)
STANDS = replace(EMPTY, version="9", saved={"id-1": SAVED}, sizes={"id-1": len(pack(SAVED))})
REPLACED = Replaced(ADDRESS, "id-1", HELD)
SAID_SAVED = (Kept(ADDRESS, saved=True),)


def decided(
    states: SavedStates, *replaced: Replaced, number: int = 3
) -> tuple[SaveSyncStates | None, tuple[Kept, ...]]:
    return saving(SavingObserved(states, replaced), REPOSITORY, number, NOW)


def written(effect: SaveSyncStates | None) -> Mapping[str, SavedState | None]:
    assert effect is not None
    return {
        key: unpack(key, value) if value is not None else None
        for key, value in effect.entries.items()
    }


def test_what_is_replaced_is_saved_with_whom_it_is_for() -> None:
    effect, kept = decided(EMPTY, REPLACED)
    assert effect is not None
    assert (effect.namespace, effect.name, effect.seen) == (EMPTY.namespace, EMPTY.name, "")
    assert written(effect) == {"id-1": SavedState(REPOSITORY, (3,), ADDRESS, NOW, HELD)}
    assert kept == SAID_SAVED


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(HELD, id="the same"),
        pytest.param(state(ITEMS, ORDERS), id="in another order"),
    ],
)
def test_what_is_saved_already_is_not_written_again(now: SyncState) -> None:
    assert decided(STANDS, replace(REPLACED, state=now)) == (None, SAID_SAVED)


def test_a_sync_that_ended_since_is_written_where_nobody_wrote_meanwhile() -> None:
    later = state(stream("orders", 8), ITEMS)
    effect, kept = decided(STANDS, replace(REPLACED, state=later))
    assert effect is not None
    assert effect.seen == "9"
    assert written(effect) == {"id-1": replace(SAVED, saved_at=NOW, state=later)}
    assert kept == SAID_SAVED


def test_a_second_pull_request_that_replaces_it_is_written_down_and_the_time_stays() -> None:
    effect, _ = decided(STANDS, REPLACED, number=5)
    assert written(effect) == {"id-1": replace(SAVED, pull_requests=(3, 5))}


def noise(count: int) -> str:
    return random.Random(1).randbytes(count).hex()


@pytest.mark.parametrize(
    ("states", "replaced", "expected"),
    [
        pytest.param(
            EMPTY,
            replace(REPLACED, state=SyncState("id-1", "not_set", {"stateType": "not_set"})),
            Kept(ADDRESS, nothing=True),
            id="it remembers nothing",
        ),
        pytest.param(
            EMPTY,
            Replaced(ADDRESS, "id-1", problem="Airbyte: no answer in time"),
            Kept(ADDRESS, problem="Airbyte: no answer in time"),
            id="Airbyte is away",
        ),
        pytest.param(
            replace(EMPTY, problem="Kubernetes: forbidden"),
            REPLACED,
            Kept(ADDRESS, problem="Kubernetes: forbidden"),
            id="the Secret may not be read",
        ),
        pytest.param(
            EMPTY,
            replace(REPLACED, connection_id="../x"),
            Kept(ADDRESS, problem="its id cannot be the key of a Secret"),
            id="no key",
        ),
        pytest.param(
            replace(EMPTY, version="9", sizes={"other": MOST_TOGETHER}),
            REPLACED,
            Kept(ADDRESS, problem="Secret flux-system/lotus-sync-state-lake has no room for it"),
            id="the Secret is full",
        ),
    ],
)
def test_what_cannot_be_saved_is_said(
    states: SavedStates, replaced: Replaced, expected: Kept
) -> None:
    effect, (kept,) = decided(states, replaced)
    assert effect is None
    assert kept == expected


def test_what_is_too_large_is_said_with_its_size() -> None:
    large = replace(REPLACED, state=state(stream("orders", noise(MOST_BYTES))))
    effect, (kept,) = decided(EMPTY, large)
    assert effect is None
    assert not kept.saved
    assert re.fullmatch(r"it is too large \(\d{3} KiB packed, 256 at most\)", kept.problem)


def test_what_could_not_be_written_is_not_called_saved() -> None:
    kept = (Kept("a", saved=True), Kept("b", nothing=True), Kept("c", problem="too large"))
    assert unsaved(kept, "forbidden") == (Kept("a", problem="forbidden"), *kept[1:])


def squeezed(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def without_a_time() -> bytes:
    document = json.loads(gzip.decompress(pack(SAVED)))
    return squeezed(json.dumps({**document, "savedAt": "x"}).encode())


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"text", id="no gzip"),
        pytest.param(squeezed(b"[]"), id="a list"),
        pytest.param(squeezed(b'{"state": 5}'), id="no state"),
        pytest.param(squeezed(b"\xff"), id="no text"),
        pytest.param(squeezed(b"[" * 100_000), id="too deep"),
        pytest.param(without_a_time(), id="no time"),
        pytest.param(pack(replace(SAVED, saved_at=datetime(2026, 1, 1))), id="no time zone"),
        pytest.param(pack(SAVED)[:-20], id="cut off"),
    ],
)
def test_what_is_none_of_ours_is_left_alone(packed: bytes) -> None:
    assert unpack("id-1", packed) is None


def test_what_is_packed_comes_back_and_shows_nothing() -> None:
    assert unpack("id-1", pack(SAVED)) == SAVED
    assert pack(SAVED) == pack(SAVED)
    effect, _ = decided(EMPTY, REPLACED)
    for item in (SAVED, STANDS, REPLACED, SavingObserved(STANDS, (REPLACED,)), effect):
        assert "2026-01-01'" not in repr(item)
        assert "cursor" not in repr(item)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (state(ITEMS, ORDERS, of="id-2"), True),
        (state(ORDERS), False),
        (state(stream("orders", 8), ITEMS), False),
        (SyncState("id-1", "stream", {"stateType": "stream", "streamState": 5}), False),
    ],
)
def test_two_are_the_same_by_what_they_say(other: SyncState, expected: bool) -> None:
    assert same(HELD, other) is expected


def whole(*entries: dict[str, Any]) -> SyncState:
    inner = {"shared_state": {"lsn": 3}, "streamStates": list(entries)}
    return SyncState("id-1", "global", {"stateType": "global", "globalState": inner})


def test_a_shared_state_has_no_order_of_its_streams_either() -> None:
    assert same(whole(ORDERS, ITEMS), whole(ITEMS, ORDERS))
    assert not same(whole(ORDERS), whole(ITEMS))


@pytest.mark.parametrize(
    ("address", "repository", "number", "saved"),
    [
        pytest.param(ADDRESS, REPOSITORY, 3, True, id="for it"),
        pytest.param(ADDRESS, REPOSITORY, 4, False, id="for another pull request"),
        pytest.param(ADDRESS, "octo/other", 3, False, id="of another repository"),
        pytest.param("airbyte_connection.other", REPOSITORY, 3, False, id="of another address"),
    ],
)
def test_after_the_merge_it_is_known_what_can_be_given_back(
    address: str, repository: str, number: int, saved: bool
) -> None:
    found = after_merge(STANDS, (address,), repository, number)
    assert found == (Kept(address, saved=saved),)


def test_what_an_earlier_look_saved_is_saved_while_airbyte_is_away() -> None:
    away = Replaced(ADDRESS, "id-1", problem="Airbyte: no answer in time")
    assert decided(STANDS, away) == (None, SAID_SAVED)


def test_the_newest_of_an_address_is_given_back() -> None:
    newer = replace(SAVED, saved_at=NOW)
    both = replace(STANDS, saved={"id-0": newer, "id-1": SAVED})
    assert both.before(ADDRESS, "id-2") is newer
    assert both.before(ADDRESS, "id-0") is SAVED


def test_one_that_was_given_back_is_known_to_be_and_not_given_again() -> None:
    spent = SAVED.spent()
    assert unpack("id-1", pack(spent)) == spent
    assert "cursor" not in gzip.decompress(pack(spent)).decode()
    given = replace(STANDS, saved={"id-1": spent})
    assert given.before(ADDRESS, "id-2") is None
    assert after_merge(given, (ADDRESS,), REPOSITORY, 3) == (Kept(ADDRESS, given=True),)
    newer = replace(STANDS, saved={"id-1": spent, "id-2": SAVED})
    assert after_merge(newer, (ADDRESS,), REPOSITORY, 3) == (Kept(ADDRESS, saved=True),)
    away = Replaced(ADDRESS, "id-1", problem="Airbyte: no answer in time")
    assert not decided(given, away)[1][0].saved


def pull_request(stands: PullRequestState, days: float = 0) -> PullRequest:
    found = PullRequest(
        REPOSITORY, 3, stands, "t", "anna", "main", "0" * 40, "work", "a" * 40, REPOSITORY, "url"
    )
    merged = stands is PullRequestState.MERGED
    return replace(found, merged_at=NOW - timedelta(days=days)) if merged else found


OPEN, CLOSED = pull_request(PullRequestState.OPEN), pull_request(PullRequestState.CLOSED)
FRESH, OLD = (pull_request(PullRequestState.MERGED, days) for days in (13, 15))


@pytest.mark.parametrize(
    ("found", "age", "removed"),
    [
        pytest.param((OPEN,), 99, False, id="open for long"),
        pytest.param((CLOSED,), 0, True, id="closed without a merge"),
        pytest.param((FRESH,), 99, False, id="merged lately"),
        pytest.param((OLD,), 99, True, id="merged long ago"),
        pytest.param((CLOSED, OPEN), 0, False, id="another still wants it"),
        pytest.param((CLOSED, OLD), 20, True, id="nobody wants it any more"),
        pytest.param((None,), 13, False, id="gone, and young"),
        pytest.param((None,), 15, True, id="gone, and old"),
    ],
)
def test_what_nobody_will_ask_for_is_removed(
    found: tuple[PullRequest | None, ...], age: float, removed: bool
) -> None:
    numbers = tuple(range(3, 3 + len(found)))
    item = replace(SAVED, pull_requests=numbers, saved_at=NOW - timedelta(days=age))
    states = replace(STANDS, saved={"id-1": item})
    asked = {(REPOSITORY, n): one for n, one in zip(numbers, found, strict=True)}
    expected = SaveSyncStates(STANDS.namespace, STANDS.name, "9", {"id-1": None})
    assert sweeping(states, asked, NOW) == (expected if removed else None)


def change(address: str, action: Action, kind: str = "airbyte_connection") -> ResourceChange:
    return ResourceChange(address, "managed", kind, "x", "provider", action)


def test_only_connections_that_are_made_anew_lose_something() -> None:
    changes = (
        change("airbyte_connection.a", Action.DELETE_CREATE),
        change("airbyte_connection.b", Action.CREATE_DELETE),
        change("airbyte_connection.c", Action.UPDATE),
        change("airbyte_connection.d", Action.DELETE),
        change("airbyte_source.e", Action.DELETE_CREATE, "airbyte_source"),
    )
    found = replaced_connections(Prediction("m", changes))
    assert found == ("airbyte_connection.a", "airbyte_connection.b")
    assert replaced_connections(None) == ()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (ADDRESS, "shop"),
        ("module.lake.airbyte_connection.shop", "shop"),
        ('airbyte_connection.shop["eu.1"]', 'airbyte_connection.shop["eu.1"]'),
    ],
)
def test_a_person_calls_it_by_its_name(address: str, expected: str) -> None:
    assert argument(address) == expected
