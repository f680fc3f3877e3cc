"""A module's catalogs: what is stale, what Airbyte would refuse, what makes the drift end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.lifecycle.catalogs import (
    catalog_paths,
    folders_of,
    inputs_of,
    quiet_edits,
    refusals,
    stale_catalog,
)
from bot.lifecycle.flags import Overlay
from bot.plan.files import Files, Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction

PLANS = Path(__file__).parents[1] / "truth" / "plans"
CATALOG, ORDERS = "streams/shop/_catalog.json", "streams/shop/orders.json"


def sides(name: str) -> tuple[str, dict[str, bytes], dict[str, bytes]]:
    """Module, base and head of a real case."""
    case = json.loads((PLANS / name / "case.json").read_text())
    base, head = (tree(PLANS / name / side) for side in ("base", "head"))
    return case["module"], base, {**base, **head}


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def stale(base: dict[str, bytes], head: dict[str, bytes]) -> Any:
    changed = frozenset(p for p in base.keys() | head.keys() if base.get(p) != head.get(p))
    return stale_catalog(CATALOG, Snapshot(head), Snapshot(base), changed)


MODULE, BASE, NOT_REGENERATED = sides("todo-002-catalog-not-regenerated")


def stream_file(path: str = ORDERS, **changes: Any) -> bytes:
    return json.dumps(json.loads(BASE[path]) | changes, indent=2).encode()


def test_a_changed_stream_without_its_catalog_says_what_the_catalog_would_become() -> None:
    found = stale(BASE, NOT_REGENERATED)
    assert [(c.stream, c.words) for c in found.changes] == [
        ("orders", "+ field `currency` (string)")
    ]
    regenerated = {**NOT_REGENERATED, CATALOG: found.content}
    assert stale(BASE, regenerated) is None
    after = predict(Request(Snapshot(regenerated), MODULE, base=Snapshot(regenerated)))
    assert {change.action for change in after.changes} == {Action.NO_OP}, "and it is quiet"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        pytest.param({ORDERS: stream_file(backfill=True)}, None, id="a flag is no change of it"),
        pytest.param(
            {ORDERS: stream_file(sync_mode="full_refresh")},
            ["sync mode `incremental` → `full_refresh`"],
            id="another sync mode",
        ),
        pytest.param({ORDERS: None}, ["stream removed"], id="its file is removed"),
        pytest.param(
            {"streams/shop/refunds.json": b'{"stream": "refunds", "fields": {"id": {"type": "integer"}}}'},
            ["stream added"],
            id="a file is added",
        ),
        pytest.param({"streams/mail/events.json": b"{}"}, None, id="another source's stream"),
        pytest.param({CATALOG: b'{"streams": []}'}, None, id="the catalog alone was edited"),
    ],
)  # fmt: skip
def test_what_counts_as_stale(head: dict[str, bytes | None], said: list[str] | None) -> None:
    made = {path: content for path, content in {**BASE, **head}.items() if content is not None}
    found = stale(BASE, made)
    assert (None if found is None else [change.words for change in found.changes]) == said


def test_what_was_stale_before_is_not_this_changes_doing() -> None:
    """`orders` lacks a field already; this pull request touches only `customers`."""
    customers = "streams/shop/customers.json"
    head = {**NOT_REGENERATED, customers: stream_file(customers, sync_mode="full_refresh")}
    found = stale(NOT_REGENERATED, head)
    assert {change.stream for change in found.changes} == {"customers"}


def test_a_stream_file_that_cannot_be_read_is_told_with_its_place() -> None:
    found = stale(BASE, {**BASE, ORDERS: b'{"a": 1,\n  oops'})
    assert found.unreadable[0].startswith("streams/shop/orders.json:2: not JSON")


def test_a_catalog_that_is_none_is_the_evaluations_to_tell() -> None:
    for content in (b"{", b"[]", b'{"streams": 7}'):
        assert stale(BASE, {**NOT_REGENERATED, CATALOG: content}) is None


@pytest.mark.parametrize(
    ("catalog", "folders"),
    [
        ("a/streams/shop/_catalog.json", ("a/streams/shop", "a/sources/shop")),
        ("streams/shop/_catalog.json", ("streams/shop", "sources/shop")),
        ("shop/_catalog.json", ("shop", "sources/shop")),
    ],
)
def test_where_a_catalogs_inputs_are(catalog: str, folders: tuple[str, str]) -> None:
    assert folders_of(catalog) == folders
    offered = f"{folders[1]}/orders.json"
    there = [
        catalog,
        offered,
        f"{folders[0]}/orders.json",
        f"{folders[0]}/x/deep.json",
        "other.json",
    ]
    assert inputs_of(catalog, there) == set(there[:3])


def perpetual(module: str, files: Files) -> list[str]:
    again = predict(Request(files, module, base=files))
    return [c.address for c in again.changes if c.action is Action.UPDATE]


@pytest.mark.parametrize(
    "name",
    [
        "alias-with-a-dash-drifts", "canonical-odd-characters", "catalog-escaped-in-capitals",
        "empty-lists-drift", "empty-primary-key", "empty-selected-fields", "flag-with-drift",
        "perpetual-drift", "reset-loop", "selected-fields-order-drifts", "suggested-drifts",
        "unselected-property-drifts",
    ],
)  # fmt: skip
def test_the_quiet_catalogs_end_every_drift(name: str) -> None:
    module, _, head = sides(name)
    files = Snapshot(head)
    drifting = perpetual(module, files)
    assert drifting
    prediction = predict(Request(files, module, base=files))
    edits = quiet_edits(prediction, files, drifting)
    assert edits.keys() <= {item.path for item in prediction.reads}
    assert perpetual(module, Overlay(files, edits)) == []


def test_only_the_named_connections_catalogs_are_touched() -> None:
    module, _, head = sides("reset-loop")
    files = Snapshot(head)
    prediction = predict(Request(files, module, base=files))
    assert quiet_edits(prediction, files, ["airbyte_connection.shop_to_lake"]).keys() == {CATALOG}
    assert quiet_edits(prediction, files, ["airbyte_connection.nowhere"]) == {}


def with_config(**config: Any) -> Prediction:
    catalog = json.loads(BASE[CATALOG])
    catalog["streams"][0]["config"] |= config
    files = Snapshot({**BASE, CATALOG: json.dumps(catalog).encode()})
    return predict(Request(files, MODULE, base=Snapshot(BASE)))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"sync_mode": "incremental", "cursor_field": ["nowhere"]}, "the cursor `nowhere` is not among the selected fields"),
        ({"destination_sync_mode": "append_dedup", "primary_key": [["gone"]]}, "the primary key `gone` is not among the selected fields"),
        ({"selected_fields": []}, "field selection is on, but no field is selected"),
    ],
)  # fmt: skip
def test_what_airbyte_would_refuse_is_told_though_the_plan_is_fine(
    config: dict[str, Any], words: str
) -> None:
    prediction = with_config(**config)
    assert prediction.ok
    [found] = [item for item in refusals(prediction) if item.change.words == words]
    assert (found.connection, found.path) == ("airbyte_connection.shop_to_lake", CATALOG)


def test_what_is_not_applied_is_not_refused() -> None:
    module, _, head = sides("nothing-changed")
    files = Snapshot(head)
    assert refusals(predict(Request(files, module, base=files))) == ()
    assert catalog_paths(predict(Request(files, module, base=files)))
