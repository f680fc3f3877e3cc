"""Git, state and Airbyte against each other, on platforms that real tools left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from truth_platform import Case

from bot.lifecycle.stability.drift import drift
from bot.lifecycle.stability.inventory import AirbyteObject, Kind
from bot.lifecycle.stability.secrets import secret_change
from bot.model.airbyte import Attempt, Failure, Job, JobKind, JobStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rows(name: str) -> dict[str, str]:
    case = Case(name)
    found = drift((case.tip(),), case.inventory())
    return {item.address: f"{item.between}: {item.words}" for item in found}


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("renamed-in-the-ui", "airbyte_source.mail", "state and Airbyte: name `Mail` → "),
        ("deleted-in-the-ui", "airbyte_connection.mail_to_lake", "state and Airbyte: Airbyte"),
        ("nimbus-ui-paused", "airbyte_connection.crm_warehouse", "state and Airbyte: "),
        ("schedule-change", "airbyte_connection.shop_to_lake", "Git and state: "),
    ],
)
def test_what_differs_between_which(name: str, address: str, expected: str) -> None:
    found = rows(name)
    assert list(found) == [address]
    assert found[address].startswith(expected)


def test_nothing_differs_where_nothing_was_changed() -> None:
    assert rows("nothing-changed") == {}


def test_a_perpetual_update_is_said_to_be_one() -> None:
    case = Case("perpetual-drift")
    address = next(c.address for c in case.predicted().changes if c.action.value == "update")
    found = drift((case.tip(perpetual=frozenset({address})),), case.inventory())
    assert any("every pass updates it" in item.words for item in found if item.address == address)


def test_two_objects_of_one_name_and_a_lost_secret() -> None:
    case = Case("nothing-changed")
    objects = case.objects()
    connection = next(item for item in objects if item.kind is Kind.CONNECTION)
    attempt = Attempt(0, "failed", NOW, failures=(Failure("Secret workspace_x was not found"),))
    job = Job(7, connection.id, JobKind.SYNC, JobStatus.FAILED, NOW, NOW, attempts=(attempt,))
    failing = tuple(
        replace(item, last_job=job) if item.id == connection.id else item for item in objects
    )
    twin = AirbyteObject(Kind.CONNECTION, "00000000-0000-4000-8000-00000000aaaa", connection.name)
    found = drift((case.tip(),), case.inventory(twin, objects=(*failing, twin)))
    assert [item.between for item in found] == ["state and Airbyte", "Airbyte"]
    assert twin.id.split("-")[-1] in found[0].words
    assert "was not found" in found[1].words


def test_a_changed_secret_is_noticed_with_the_connections_that_it_costs() -> None:
    found = secret_change(Case("ticket-004-credential").tip())
    assert found is not None
    assert [change.address for change in found.reached] == ["airbyte_source.mail"]
    assert [change.address for change in found.replaced] == ["airbyte_connection.mail_to_lake"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("nothing-changed", {}, id="nothing differs"),
        pytest.param("ticket-004-credential", {"applied": False}, id="Git is not applied yet"),
        pytest.param("schedule-change", {}, id="no credential"),
        pytest.param(
            "ticket-004-credential",
            {"perpetual": frozenset({"airbyte_source.mail", "airbyte_connection.mail_to_lake"})},
            id="every pass does it",
        ),
    ],
)
def test_no_secret_is_suspected_without_cause(name: str, changes: dict[str, object]) -> None:
    assert secret_change(Case(name).tip(**changes)) is None
