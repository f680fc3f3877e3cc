"""`/lotus orphans adopt`: code whose plan is an import and nothing else."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from command_world import TIP, lake, observed, said
from truth_platform import HOLDER, Case

from bot.lifecycle.commands.parts import Checkout, PlatformSeen
from bot.lifecycle.effects import OpenPullRequest
from bot.lifecycle.platform import Deployment
from bot.lifecycle.stability.inventory import AirbyteObject, Kind
from bot.plan.files import Snapshot
from bot.plan.prediction import Action

CASE = Case("renamed-in-the-ui")
ID = "00000000-0000-4000-8000-00000000aaaa"


def document(**changes: Any) -> dict[str, Any]:
    """The shop's connection once more, under another id."""
    live = CASE.live
    assert live is not None
    found = next(item for item in live["connections"] if item["name"] == "Shop to lake")
    return {**copy.deepcopy(found), "connectionId": ID, **changes}


def module() -> Deployment:
    made = lake()
    return replace(made, terraform=replace(made.terraform, path=CASE.case["module"]))


def lost(found: dict[str, Any]) -> AirbyteObject:
    ends = (found["sourceId"], found["destinationId"])
    return AirbyteObject(Kind.CONNECTION, ID, found["name"], ends=ends, document=found)


def adopt(found: dict[str, Any], item: AirbyteObject | None = None) -> Any:
    seen = CASE.inventory(item or lost(found))
    paths = frozenset(CASE.files.contents)
    checkout = Checkout(module(), "octo/lake", "main", TIP, paths=paths)
    platform = PlatformSeen(seen, seen)
    return said(observed(f"/lotus orphans adopt {ID}", platform=platform, checkouts=(checkout,)))


def test_the_code_of_the_case_has_a_holder() -> None:
    assert CASE.holder().name == HOLDER == str(module().terraform.name)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as it is"),
        pytest.param({"name": 'Old "shop" ${x} %{if}'}, id="a name that is no name in code"),
        pytest.param(
            {
                "scheduleType": "cron",
                "scheduleData": {
                    "cron": {"cronExpression": "0 0 1 * * ?", "cronTimeZone": "Europe/Paris"}
                },
            },
            id="cron",
        ),
        pytest.param({"scheduleType": "manual", "scheduleData": None}, id="manual"),
        pytest.param({"sourceId": "00000000-0000-4000-8000-00000000cccc"}, id="a foreign source"),
        pytest.param({"status": "inactive", "prefix": "x_"}, id="inactive"),
    ],
)
def test_its_plan_imports_and_changes_nothing(changes: dict[str, Any]) -> None:
    found = document(**changes)
    answer = adopt(found)
    (opened,) = answer.effects
    assert isinstance(opened, OpenPullRequest)
    assert answer.reaction == "rocket"
    case = Case("renamed-in-the-ui")
    case.files = Snapshot({**CASE.files.contents, **opened.edits})
    assert case.live is not None
    live = {**case.live, "connections": [*case.live["connections"], found]}
    before = {c.address: c.action for c in CASE.predicted(live).changes}
    plan = case.predicted(live)
    assert plan.ok, plan.diagnostics
    (new,) = [change for change in plan.changes if change.address not in before]
    assert (new.importing, new.action) == (ID, Action.NO_OP)
    assert f"`{new.address}`" in answer.text


def test_what_the_module_has_is_referred_to_and_nothing_is_overwritten() -> None:
    (opened,) = adopt(document()).effects
    assert sorted(opened.edits) == [
        "airbyte/terraform/shop_to_lake_2.tf",
        "airbyte/terraform/shop_to_lake_2_catalog.json",
    ]
    code = opened.edits["airbyte/terraform/shop_to_lake_2.tf"].decode()
    assert "source_id = airbyte_source.shop.source_id" in code
    assert "destination_id = airbyte_destination.lake.destination_id" in code


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (AirbyteObject(Kind.SOURCE, ID, "Old *shop*"), "can import connections only"),
        (AirbyteObject(Kind.CONNECTION, "another", "x"), "is no orphan"),
        (AirbyteObject(Kind.CONNECTION, ID, "x"), "cannot be written as code"),
    ],
)
def test_what_cannot_be_adopted_is_said(item: AirbyteObject, words: str) -> None:
    answer = adopt({}, item)
    assert (answer.effects, answer.reaction) == ((), "confused")
    assert words in answer.text
