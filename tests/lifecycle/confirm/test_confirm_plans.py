"""A stored plan as it is read: addresses, actions, counts, and nothing else of it."""

from __future__ import annotations

import json

import pytest

from bot.lifecycle.confirm.plan import NoPlan, Row, counted, planned
from bot.plan.prediction import Action, Counts


def change(address: str, *actions: str, mode: str = "managed") -> dict[str, object]:
    secret = {"configuration": "hush-hush"}
    return {
        "address": address,
        "mode": mode,
        "change": {"actions": list(actions), "before": secret, "after": secret},
    }


def test_addresses_and_actions_and_nothing_else() -> None:
    changes = [
        change("b.x", "delete", "create"),
        change("a.x", "update"),
        change("a.y", "no-op"),
        change("data.a.z", "read", mode="data"),
    ]
    found = planned(json.dumps({"resource_changes": changes}).encode())
    assert found.rows == (
        Row("a.x", Action.UPDATE),
        Row("b.x", Action.DELETE_CREATE),
        Row("data.a.z", Action.READ),
    )
    assert found.counts == Counts(add=1, change=1, destroy=1)
    assert "hush-hush" not in repr(found)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"resource_changes": [{"address": "hush"}]}', b"\xff", b"[" * 9999]
)
def test_what_is_no_plan_says_so_and_tells_nothing_of_it(text: bytes) -> None:
    with pytest.raises(NoPlan) as caught:
        planned(text)
    assert str(caught.value) == "it is no plan in JSON"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("\nPlan: 2 to add, 1 to change, 0 to destroy.\n", Counts(2, 1, 0)),
        ("Plan: 1 to import, 2 to add, 3 to change, 4 to destroy.", Counts(2, 3, 4, 1)),
        ("Plan: 0 to add, 0 to change, 0 to destroy, 2 to forget.", Counts(forget=2)),
        ("\x1b[1mPlan:\x1b[0m 1 to add, 0 to change, 0 to destroy.\x1b[0m", Counts(add=1)),
        ("\x1b[0m\x1b[1mPlan: \x1b[0m1 to add, 0 to change, 0 to destroy.", Counts(add=1)),
        ("No changes. Your infrastructure matches the configuration.", Counts()),
        ('  + note = "Plan: 9 to add, 9 to change, 9 to destroy."', None),
        ("", None),
    ],
)
def test_the_counts_of_the_plan_that_people_read(text: str, counts: Counts | None) -> None:
    assert counted(text) == counts
