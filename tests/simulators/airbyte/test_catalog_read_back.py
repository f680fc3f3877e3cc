"""What Airbyte makes of a catalog, held against what it answered in the recorded truth's terms."""

from __future__ import annotations

import pytest
from airbyte_world import stream

from bot.simulators.airbyte.catalog import alias, jsonb, stored
from bot.simulators.airbyte.refusals import Refusal
from bot.simulators.airbyte.versions import Version

V2, V16 = Version(2, 0), Version(1, 6)


def one(entry, version=V2):
    (kept,) = stored({"streams": [entry]}, version)["streams"]
    return kept


def test_a_stream_that_is_not_selected_is_not_stored():
    kept = stored({"streams": [stream("a"), stream("b", selected=False), stream("c")]}, V2)
    assert [entry["stream"]["name"] for entry in kept["streams"]] == ["a", "c"]


def test_field_selection_prunes_properties_and_orders_both_as_jsonb_does():
    selected = [{"fieldPath": [name]} for name in ("updated_at", "id", "b", "not_there")]
    kept = one(stream("a", fieldSelectionEnabled=True, selectedFields=selected[:2] + selected[3:]))
    assert list(kept["stream"]["jsonSchema"]["properties"]) == ["id", "updated_at"]
    assert kept["config"]["selectedFields"] == [
        {"fieldPath": ["id"]},
        {"fieldPath": ["updated_at"]},
    ]


def test_without_field_selection_all_properties_stay_and_no_field_is_named():
    kept = one(stream("a", selectedFields=[{"fieldPath": ["id"]}]))
    assert list(kept["stream"]["jsonSchema"]["properties"]) == ["b", "id", "updated_at"]
    assert kept["config"]["selectedFields"] == []


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ({"suggested": True}, {"suggested": False}),
        ({"aliasName": "whatever"}, {"aliasName": "a_b"}),
        ({"cursorField": None, "syncMode": "full_refresh"}, {"cursorField": []}),
        ({"destinationObjectName": "o"}, {"destinationObjectName": "o"}),
    ],
)
def test_what_is_recomputed(sent, answered):
    kept = one(stream("a-b", **sent))["config"]
    assert {name: kept[name] for name in answered} == answered


def test_files_came_with_1_8():
    assert "includeFiles" not in one(stream("a"), V16)["config"]
    assert one(stream("a"), V2)["config"]["includeFiles"] is False


@pytest.mark.parametrize(
    ("config", "status", "word"),
    [
        ({"selectedFields": []}, 422, "no fields"),
        ({"selectedFields": None}, 422, "no fields"),
        ({"selectedFields": [{"fieldPath": []}]}, 422, "empty path"),
        ({"selectedFields": [{"fieldPath": ["id", "x"]}]}, 500, "Nested"),
        ({"selectedFields": [{"fieldPath": ["id"]}]}, 422, "cursor updated_at"),
        ({"selectedFields": [{"fieldPath": ["updated_at"]}]}, 422, "primary key id"),
    ],
)
def test_what_is_refused(config, status, word):
    with pytest.raises(Refusal, match=word) as refused:
        one(stream("a", fieldSelectionEnabled=True, **config))
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("a-b", "a_b"),
        ("Büro", "Buro"),
        ("a  b", "a_b"),
        ("a.b/c", "a_b_c"),
        ("日", "_"),
        ("ﬁx", "fix"),
    ],
)
def test_an_alias_is_letters_digits_and_underscores(name, table):
    assert alias(name) == table


def test_jsonb_orders_keys_by_length_and_then_by_bytes():
    assert list(jsonb({"bb": 1, "a": {"zz": 1, "y": 2}, "ab": 2})) == ["a", "ab", "bb"]
    assert list(jsonb({"é": 1, "aa": 2, "Z": 3})) == ["Z", "aa", "é"]
