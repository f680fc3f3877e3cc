"""`/lotus keep-state`: the predecessor's state for a connection that has none of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from command_world import NOW, Said, observed, said

from bot.lifecycle.commands.parts import Succession
from bot.lifecycle.operations import CancelJob, GiveSyncState
from bot.lifecycle.saved_states import SavedState, SavedStates
from bot.lifecycle.sync_state import fitting, remembered
from bot.model.airbyte import Connection, Job, JobKind, JobStatus, StreamName, SyncState

ORDERS, PEOPLE, NEW = StreamName("orders"), StreamName("people", "crm"), StreamName("new")
ADDRESS = "airbyte_connection.shop_to_lake"
CONNECTION = Connection("new-id", "Shop to lake", "s", "d", "active", streams=(ORDERS, NEW))
OLD = Connection("old-id", "Shop to lake", "s", "d", "deprecated")


def entry(name: StreamName) -> dict[str, Any]:
    descriptor = {"name": name.name} | ({"namespace": name.namespace} if name.namespace else {})
    return {"streamDescriptor": descriptor, "streamState": {"cursor": 7}}


def stream_state(*names: StreamName) -> SyncState:
    document = {"stateType": "stream", "streamState": [entry(name) for name in names]}
    return SyncState("old-id", "stream", document)


NONE = SyncState("new-id", "not_set", {"stateType": "not_set"})
KEPT = stream_state(ORDERS, PEOPLE)
REPLACED = Succession(ADDRESS, CONNECTION, NONE, before=((OLD, KEPT),))
RUNNING = Job(9, "new-id", JobKind.SYNC, JobStatus.RUNNING, NOW, NOW)


SAVED = SavedStates(
    "flux-system",
    "lotus-sync-state-lake",
    "7",
    {"old-id": SavedState("o/r", (3,), ADDRESS, NOW, KEPT)},
)
GIVEN = GiveSyncState("old-id", "new-id", ("flux-system", "lotus-sync-state-lake"))


def asked(*found: Succession, words: str = "keep-state") -> Said:
    return said(observed(f"/lotus {words} shop_to_lake", successions=found))


def test_the_new_connection_goes_on_where_the_old_one_stopped() -> None:
    found = asked(REPLACED)
    assert found.effects == (GiveSyncState("old-id", "new-id"),)
    assert found.reaction == "rocket"
    assert "goes on where `old-id` stopped, as Airbyte still has it: `orders`." in found.text
    assert "`new` begins anew" in found.text
    assert "`crm.people` is left out" in found.text


def test_what_was_saved_is_better_than_what_the_deleted_one_has() -> None:
    found = asked(replace(REPLACED, states=SAVED))
    assert found.effects == (GIVEN,)
    assert f"as it was saved before the merge ({NOW:%Y-%m-%d %H:%M} UTC)" in found.text
    assert "cursor" not in found.text


@pytest.mark.parametrize(
    ("address", "key"),
    [
        pytest.param("airbyte_connection.other", "old-id", id="of another address"),
        pytest.param(ADDRESS, "new-id", id="of this very connection"),
    ],
)
def test_what_is_saved_of_something_else_is_not_given(address: str, key: str) -> None:
    states = replace(SAVED, saved={key: replace(SAVED.saved["old-id"], address=address)})
    assert asked(replace(REPLACED, states=states)).effects == (GiveSyncState("old-id", "new-id"),)


@pytest.mark.parametrize(("destination", "warned"), [("d", False), ("another", True)])
def test_another_destination_is_said_for_the_rows_may_not_be_there(
    destination: str, warned: bool
) -> None:
    old = replace(OLD, destination_id=destination)
    found = asked(replace(REPLACED, before=((old, KEPT),), states=SAVED))
    assert found.effects == (GIVEN,)
    assert ("destination was made anew as well" in found.text) is warned


def test_a_sync_that_was_broken_off_leaves_nothing_worth_keeping() -> None:
    begun = replace(REPLACED, state=stream_state(ORDERS), states=SAVED)
    assert asked(begun).effects == (GIVEN,)


@pytest.mark.parametrize(
    ("found", "effects", "words"),
    [
        pytest.param(
            replace(REPLACED, newest=RUNNING, states=SAVED),
            (CancelJob("new-id", 9), GIVEN),
            "Cancelled job 9",
            id="a sync",
        ),
        pytest.param(replace(REPLACED, states=SAVED), (GIVEN,), "goes on where", id="nothing runs"),
        pytest.param(
            replace(REPLACED, newest=replace(RUNNING, kind=JobKind.RESET), states=SAVED),
            (),
            "It is no sync",
            id="a reset is not cancelled",
        ),
        pytest.param(
            replace(REPLACED, newest=RUNNING, before=()),
            (),
            "no state to go on from",
            id="without a state nothing is cancelled",
        ),
    ],
)
def test_a_sync_in_the_way_is_cancelled_where_a_person_says_so(
    found: Succession, effects: tuple[object, ...], words: str
) -> None:
    answer = asked(found, words="keep-state cancel")
    assert answer.effects == effects
    assert words in answer.text


@pytest.mark.parametrize(
    ("found", "words", "reaction"),
    [
        pytest.param(
            (replace(REPLACED, state=stream_state(ORDERS), synced=True),),
            "of its own",
            "rocket",
            id="has synced",
        ),
        pytest.param(
            (replace(REPLACED, newest=RUNNING),),
            "`/lotus keep-state cancel shop_to_lake` cancels that sync",
            "confused",
            id="a sync runs: what to do",
        ),
        pytest.param(
            (replace(REPLACED, newest=replace(RUNNING, kind=JobKind.RESET)),),
            "It is no sync: ask again when it is over",
            "confused",
            id="a reset runs",
        ),
        pytest.param(
            (replace(REPLACED, before=(), states=replace(SAVED, saved={}, problem="no *way*")),),
            r"is saved (no \*way\*)",
            "confused",
            id="the Secret may not be read",
        ),
        pytest.param((replace(REPLACED, newest=RUNNING),), "Job 9", "confused", id="a job runs"),
        pytest.param((replace(REPLACED, before=()),), "no state to go on", "confused", id="none"),
        pytest.param(
            (replace(REPLACED, before=((OLD, stream_state(PEOPLE)),)),),
            "no state to go on",
            "confused",
            id="other streams",
        ),
        pytest.param((), "is no connection of a state here", "confused", id="unknown"),
        pytest.param((REPLACED, REPLACED), "can be several", "confused", id="several"),
        pytest.param(
            (Succession(ADDRESS, problem="no *answer*"),), r"no \*answer\*", "confused", id="away"
        ),
    ],
)
def test_any_other_is_left_as_it_is(
    found: tuple[Succession, ...], words: str, reaction: str
) -> None:
    answer = asked(*found)
    assert (answer.effects, answer.reaction) == ((), reaction)
    assert words in answer.text


def whole(*names: StreamName) -> SyncState:
    inner = {"sharedState": {"lsn": 3}, "streamStates": [entry(name) for name in names]}
    return SyncState("old-id", "global", {"stateType": "global", "globalState": inner})


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (KEPT, {"stateType": "stream", "streamState": [entry(ORDERS)]}),
        (
            whole(ORDERS, PEOPLE),
            {
                "stateType": "global",
                "globalState": {"sharedState": {"lsn": 3}, "streamStates": [entry(ORDERS)]},
            },
        ),
        (whole(PEOPLE), None),
        (NONE, None),
        (SyncState("x", "legacy", {"stateType": "legacy", "state": {"a": 1}}), None),
        (SyncState("x", "global", {"globalState": 5}), None),
        (SyncState("x", "stream", {"streamState": [5, {}]}), None),
    ],
)
def test_the_part_that_fits(state: SyncState, expected: dict[str, Any] | None) -> None:
    assert fitting(state, CONNECTION.streams) == expected


def test_what_is_remembered() -> None:
    assert remembered(KEPT) == (ORDERS, PEOPLE)
    assert remembered(whole(PEOPLE)) == (PEOPLE,)
    assert remembered(NONE) == ()
