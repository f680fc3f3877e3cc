"""`/lotus drift`: one table, what could not be compared, and a changed secret with its cost."""

from __future__ import annotations

from typing import Any

from command_world import observed, said
from truth_platform import Case

from bot.lifecycle.commands.parts import PlatformSeen
from bot.lifecycle.stability.inventory import AirbyteObject, Kind
from bot.lifecycle.stability.tip import Tip


def answer(name: str, tip: Tip | None = None, **inventory: Any) -> str:
    case = Case(name)
    seen = PlatformSeen(case.inventory(**inventory), tips=(tip or case.tip(),))
    found = said(observed("/lotus drift", platform=seen))
    assert found.reaction == "rocket"
    return found.text


def test_agreement_is_one_line() -> None:
    assert answer("nothing-changed") == "Git, the states and Airbyte agree."


def test_what_differs_is_a_row_by_name_and_by_id() -> None:
    rows = answer("renamed-in-the-ui").splitlines()
    assert rows[0] == "| resource | id | between | what |"
    assert rows[2].startswith("| `airbyte_source.mail` | `")
    assert "` | state and Airbyte | name `Mail` → " in rows[2]


LOST = AirbyteObject(Kind.SOURCE, "00000000-0000-4000-8000-00000000bbbb", "Old | shop")


def test_what_only_airbyte_has_is_a_row() -> None:
    case = Case("nothing-changed")
    rows = answer("nothing-changed", objects=(*case.objects(), LOST)).splitlines()
    [row] = [row for row in rows if LOST.id in row]
    assert row.endswith(f"| `{LOST.id}` | state and Airbyte | no state has it (`/lotus orphans`) |")
    assert row.startswith("| <code>source Old &#124; shop</code> | "), (
        "a name cannot break the table"
    )
    short = (*(item for item in case.objects() if item.kind is not Kind.CONNECTION), LOST)
    assert LOST.id not in answer("nothing-changed", objects=short), "a short list is no evidence"


def test_what_could_not_be_compared_is_said_and_is_no_agreement() -> None:
    text = answer("nothing-changed", problems=("Airbyte: sources/list: no answer",))
    assert "agree" not in text
    assert "sources" in text
    broken = Tip("lake/lake-airbyte", "lake-airbyte", problem="the branch is gone")
    assert "the branch is gone" in answer("nothing-changed", broken)


def test_a_changed_secret_is_told_with_what_it_costs_and_not_by_value() -> None:
    text = answer("ticket-004-credential")
    assert "`airbyte_source.mail` lacks it" in text
    assert "replaces `airbyte_connection.mail_to_lake`" in text
    values = Case("ticket-004-credential").case["head_variables"].values()
    assert not [value for value in values if str(value) in text]
