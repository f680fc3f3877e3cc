"""Orphans as a table: what is proven to be nobody's, and what is never called so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from truth_platform import HOLDER, Case

from bot.lifecycle.stability.gone import gone
from bot.lifecycle.stability.inventory import (
    AirbyteObject,
    Declared,
    Holder,
    Inventory,
    Kind,
    declared_names,
    doubts,
    written_names,
)
from bot.lifecycle.stability.orphans import Evidence, orphans
from bot.plan.configuration import Loader
from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict

CASE = Case("nothing-changed")
LOST = AirbyteObject(Kind.CONNECTION, "00000000-0000-4000-8000-00000000aaaa", "shop_to_lake")
LOST_SOURCE = AirbyteObject(Kind.SOURCE, "00000000-0000-4000-8000-00000000bbbb", "Old shop")
LAKE = next(item for item in CASE.objects() if item.kind is Kind.DESTINATION)
CONNECTION = next(item for item in CASE.objects() if item.kind is Kind.CONNECTION)


def ids(now: Inventory, before: Inventory | None) -> list[str]:
    return [orphan.item.id for orphan in orphans(now, before).found]


def test_what_no_state_knows_is_found_with_connections_first() -> None:
    seen = CASE.inventory(LOST_SOURCE, replace(LOST, ends=(LOST_SOURCE.id, LAKE.id)))
    assert ids(seen, seen) == [LOST.id, LOST_SOURCE.id]
    assert orphans(seen, seen).found[1].users[0].id == LOST.id


def test_a_state_without_a_difference_has_none() -> None:
    seen = CASE.inventory()
    assert orphans(seen, None).evidence is Evidence.PROVEN
    assert ids(seen, seen) == []


def test_duplicates_by_name_are_marked() -> None:
    seen = CASE.inventory(replace(LOST, name=CONNECTION.name))
    (found,) = orphans(seen, seen).found
    assert [twin.id for twin in found.twins] == [CONNECTION.id]


@pytest.mark.parametrize(
    ("before", "evidence"),
    [
        pytest.param(None, Evidence.ONCE, id="seen once"),
        pytest.param(
            CASE.inventory(LOST, holders=(CASE.holder(passed="0"),)),
            Evidence.ONCE,
            id="a pass between",
        ),
        pytest.param(
            CASE.inventory(LOST, problems=("connections: no answer",)),
            Evidence.ONCE,
            id="the first list was partial",
        ),
        pytest.param(CASE.inventory(LOST), Evidence.PROVEN, id="twice the same"),
    ],
)
def test_one_observation_proves_nothing(before: Inventory | None, evidence: Evidence) -> None:
    found = orphans(CASE.inventory(LOST), before)
    assert found.evidence is evidence
    assert bool(found.found) == (evidence is Evidence.PROVEN)
    assert bool(found.once) == (evidence is Evidence.ONCE)


@pytest.mark.parametrize(
    ("before", "proven", "once"),
    [
        pytest.param(CASE.inventory(), [], [LOST, LOST_SOURCE], id="all is new"),
        pytest.param(CASE.inventory(LOST), [LOST], [LOST_SOURCE], id="one of them is new"),
    ],
)
def test_what_appeared_between_the_observations_is_seen_once(
    before: Inventory, proven: list[AirbyteObject], once: list[AirbyteObject]
) -> None:
    found = orphans(CASE.inventory(LOST, LOST_SOURCE), before)
    assert found.evidence is Evidence.ONCE
    assert [orphan.item for orphan in found.found] == proven
    assert list(found.once) == once


def test_what_is_withheld_needs_no_second_look() -> None:
    seen = CASE.inventory(LOST, holders=(CASE.holder(), Holder("a/b", well=False)))
    found = orphans(seen, None)
    assert (found.evidence, [item for item, _ in found.withheld]) == (Evidence.PROVEN, [LOST])


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(
            CASE.inventory(LOST, problems=("Airbyte: connections/list: no answer",)),
            "no answer",
            id="a list is missing",
        ),
        pytest.param(
            CASE.inventory(LOST, holders=(CASE.holder(), Holder("a/b", problem="forbidden"))),
            "the state of a/b is not known",
            id="another state cannot be read",
        ),
        pytest.param(
            CASE.inventory(LOST, holders=(CASE.holder(at_work=True),)), "at work", id="a pass runs"
        ),
        pytest.param(
            CASE.inventory(
                objects=tuple(o for o in (*CASE.objects(), LOST) if o.id != CONNECTION.id)
            ),
            "the list may be short",
            id="a connection of the state is not in the list",
        ),
    ],
)
def test_a_doubtful_list_proves_nothing(seen: Inventory, words: str) -> None:
    found = orphans(seen, seen)
    assert found.evidence is Evidence.DOUBTFUL
    assert not found.found
    assert words in " ".join(found.doubts)


def test_a_connection_that_airbyte_says_is_deleted_is_gone_and_no_doubt() -> None:
    without = tuple(o for o in CASE.objects() if o.id != CONNECTION.id)
    seen = CASE.inventory(objects=without, deleted=frozenset({CONNECTION.id}))
    assert not doubts(seen)
    assert [(item.resource.id, item.certain) for item in gone(seen)] == [(CONNECTION.id, True)]


DECLARED = Declared(frozenset({(Kind.CONNECTION, LOST.name)}))
UNNAMED = Declared(unnamed=frozenset({Kind.CONNECTION}))


@pytest.mark.parametrize(
    ("item", "holder", "reason"),
    [
        pytest.param(
            LOST, Holder("a/b", well=False, declared=DECLARED), "declares", id="its code names it"
        ),
        pytest.param(
            LOST, Holder("a/b", well=False, declared=None), "is not known", id="its code is broken"
        ),
        pytest.param(
            LOST,
            Holder("a/b", well=False, broken="Invalid reference (m/main.tf:3)"),
            "Invalid reference (m/main.tf:3)",
            id="its code is broken there",
        ),
        pytest.param(
            LOST,
            Holder("a/b", well=False, declared=UNNAMED),
            "a connection whose name is not known",
            id="its code computes a name",
        ),
        pytest.param(
            replace(LOST, ends=("s", "d")),
            Holder("a/b", well=False, declared=Declared(), ids=frozenset({"s"})),
            "connects",
            id="it connects what that object holds",
        ),
    ],
)
def test_what_may_belong_to_a_suspended_or_failing_object_is_withheld(
    item: AirbyteObject, holder: Holder, reason: str
) -> None:
    seen = CASE.inventory(item, holders=(CASE.holder(), holder))
    found = orphans(seen, seen)
    assert not found.found
    assert [(held.id, reason in why) for held, why in found.withheld] == [(item.id, True)]


def test_a_well_object_withholds_nothing_that_its_state_does_not_know() -> None:
    seen = CASE.inventory(LOST, holders=(CASE.holder(), Holder("a/b", declared=DECLARED)))
    assert ids(seen, seen) == [LOST.id]


def test_code_that_computes_a_connections_name_withholds_no_source() -> None:
    suspended = Holder("a/b", well=False, declared=UNNAMED)
    seen = CASE.inventory(LOST, LOST_SOURCE, holders=(CASE.holder(), suspended))
    assert ids(seen, seen) == [LOST_SOURCE.id]


def test_a_source_of_a_withheld_connection_is_withheld_with_it() -> None:
    suspended = Holder("a/b", well=False, declared=DECLARED)
    lost = replace(LOST, ends=(LOST_SOURCE.id,))
    seen = CASE.inventory(lost, LOST_SOURCE, holders=(CASE.holder(), suspended))
    found = orphans(seen, seen)
    assert not found.found
    assert "may be somebody's, hangs on it" in found.withheld[1][1]


def test_a_source_that_a_managed_connection_uses_is_withheld() -> None:
    objects = tuple(
        replace(o, ends=(LOST_SOURCE.id,)) if o.id == CONNECTION.id else o for o in CASE.objects()
    )
    seen = CASE.inventory(objects=(*objects, LOST_SOURCE))
    found = orphans(seen, seen)
    assert not found.found
    assert "hangs on it" in found.withheld[0][1]


def test_a_modules_names_are_read_from_its_prediction() -> None:
    found = declared_names(CASE.predicted())
    assert found == Declared(frozenset((item.kind, item.name) for item in CASE.objects()))
    assert declared_names(Case("syntax-error").predicted()) is None
    assert CASE.holder().name == HOLDER


def test_a_name_that_only_the_apply_knows_leaves_its_kind_open() -> None:
    code = WRITTEN % "airbyte_source.shop.source_id"
    found = declared_names(predict(Request(Snapshot({"main.tf": code.encode()}), "")))
    assert found == Declared(SHOP, frozenset({Kind.CONNECTION}))


WRITTEN = """
terraform {
  required_providers {
    airbyte = { source = "aballiet/airbyte-oss" }
  }
}
resource "airbyte_source" "shop" {
  name                     = "Shop"
  workspace_id             = "w"
  source_definition_id     = "d"
  connection_configuration = "{}"
}
resource "airbyte_connection" "shop" {
  name           = %s
  source_id      = airbyte_source.shop.source_id
  destination_id = "d"
  status         = "active"
}
"""
SHOP = frozenset({(Kind.SOURCE, "Shop")})
BOTH = SHOP | {(Kind.CONNECTION, "To lake")}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({"": WRITTEN % '"To lake"'}, Declared(BOTH), id="literal"),
        pytest.param(
            {"": WRITTEN % "var.gone"}, Declared(SHOP, frozenset({Kind.CONNECTION})), id="computed"
        ),
        pytest.param({"": WRITTEN % '"To lake'}, None, id="not to be read"),
        pytest.param(
            {"": 'module "m" {\n  source = "./in"\n}\n', "in/": WRITTEN % '"To lake"'},
            Declared(BOTH),
            id="in a module",
        ),
        pytest.param(
            {"": 'module "m" {\n  source = "./in"\n}\n', "in/": "resource {"}, None,
            id="in a module that is not to be read",
        ),
        pytest.param(
            {"": 'module "m" {\n  source = "git::https://x"\n}\n'}, None, id="elsewhere"
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_read_as_it_is_written(
    files: dict[str, str], found: Declared | None
) -> None:
    made = {f"{folder}main.tf": text.encode() for folder, text in files.items()}
    assert written_names(Loader(Snapshot(made), {}).load("")) == found
