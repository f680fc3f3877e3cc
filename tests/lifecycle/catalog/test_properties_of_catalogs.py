"""Catalogs of all sorts: three readers agree on what drifts, and generating again changes nothing.

The evaluator says what a plan would do, the quiet form what has to change, and the simulated Airbyte
with its provider what is read back: each was written on its own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lifecycle.catalog import (
    differences,
    generated,
    is_quiet,
    quieted,
    stream_files,
    written,
)
from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action
from bot.simulators.airbyte.catalog import stored
from bot.simulators.airbyte.provider_values import camel, connection_attributes
from bot.simulators.airbyte.versions import Version

CODE = b"""
terraform {
  required_providers {
    airbyte = { source = "aballiet/airbyte-oss" }
  }
}
resource "airbyte_connection" "shop" {
  source_id      = "s"
  destination_id = "d"
  status         = "active"
  sync_catalog   = jsondecode(file("_catalog.json"))
}
"""
NAMES = st.sampled_from(["id", "b", "aa", "total", "é", "updated_at", "Ünï-code", "日本", "a b"])
NUMBERS = st.one_of(
    st.sampled_from([1e-7, 1e21, -0.0, 1.50, 9007199254740993, 1e-6]),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
PROPERTY = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", ["null", "integer"]])},
    optional={"description": st.sampled_from(["x", "<b>&", "\u2028", "\\"]), "default": NUMBERS},
)
EMPTY = st.sampled_from([None, [], ["id"]])
KEYS = st.sampled_from([None, [], [["id"]]])


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    """As people write them: selected fields that the schema lacks, too."""
    properties = draw(st.dictionaries(NAMES, PROPERTY, min_size=1, max_size=5))
    selection = draw(st.booleans())
    chosen = draw(st.lists(NAMES, max_size=4, unique=True)) if selection else []
    known = [name for name in chosen if name in properties]
    chosen = chosen if known else [min(properties)] if selection else []
    dumps = draw(st.sampled_from([{}, {"separators": (",", ":")}, {"ensure_ascii": False}]))
    return {
        "stream": {
            "name": draw(NAMES),
            "supported_sync_modes": draw(st.sampled_from([None, [], ["full_refresh"]])),
            "json_schema": {"type": '"object"', "properties": json.dumps(properties, **dumps)},
            "default_cursor_field": draw(EMPTY),
            "source_defined_cursor": draw(st.booleans()),
            "source_defined_primary_key": draw(KEYS),
        },
        "config": {
            "sync_mode": "full_refresh",
            "cursor_field": draw(EMPTY),
            "destination_sync_mode": "overwrite",
            "primary_key": draw(KEYS),
            "alias_name": draw(NAMES),
            "selected": draw(st.booleans()),
            "suggested": draw(st.booleans()),
            "field_selection_enabled": selection,
            "selected_fields": [{"field_path": [name]} for name in chosen],
        },
    }


def planned_again(catalog: Any) -> bool:
    """Whether a plan finds something to do when all of it is applied."""
    files = Snapshot({"main.tf": CODE, "_catalog.json": json.dumps(catalog).encode()})
    found = predict(Request(files, "", base=files))
    assert found.ok, found.diagnostics
    return any(change.action is Action.UPDATE for change in found.changes)


def read_back(catalog: Any) -> Any:
    kept = stored(camel(catalog), Version(2, 0))
    return connection_attributes({"syncCatalog": kept})["sync_catalog"]


@pytest.mark.filterwarnings("ignore:The recursion limit:hypothesis.errors.HypothesisWarning")
@settings(max_examples=150, deadline=None)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_a_plan_finds_something_exactly_where_the_quiet_form_is_another(streams):
    catalog = {"streams": streams}
    quiet = quieted(catalog).catalog
    assert planned_again(catalog) is not is_quiet(catalog)
    if quiet["streams"]:
        assert not planned_again(quiet)


def selecting(entry: Any, names: list[str]) -> None:
    fields = [{"field_path": [name]} for name in names]
    entry["config"] |= {"field_selection_enabled": bool(fields), "selected_fields": fields or None}


def one_more_field(entry: Any) -> None:
    """One that the schema lacks, where jsonb would put it."""
    selecting(entry, [*json.loads(entry["stream"]["json_schema"]["properties"]), "z" * 20])


def backwards(entry: Any) -> None:
    names = [each["field_path"][0] for each in entry["config"]["selected_fields"] or ()]
    selecting(entry, names[::-1])


def respelled(entry: Any) -> None:
    schema = entry["stream"]["json_schema"]
    schema["properties"] = json.dumps(json.loads(schema["properties"]), separators=(",", ":"))


STEPS = {
    "nothing": lambda entry: None,
    "a selected field that is not there": one_more_field,
    "another order": backwards,
    "as Python writes it": respelled,
    "an alias": lambda entry: entry["config"].update(alias_name="x-y"),
    "suggested": lambda entry: entry["config"].update(suggested=True),
    "an empty list": lambda entry: entry["config"].update(cursor_field=[]),
}


@pytest.mark.filterwarnings("ignore:The recursion limit:hypothesis.errors.HypothesisWarning")
@settings(max_examples=200, deadline=None)
@given(entries(), st.sampled_from(sorted(STEPS)))
def test_one_step_off_the_quiet_form_both_see_the_same(entry, step):
    """Of a catalog that drifts in ten ways the eleventh would not be seen."""
    [quiet] = quieted(
        {"streams": [{**entry, "config": {**entry["config"], "selected": True}}]}
    ).catalog["streams"]
    STEPS[step](quiet)
    catalog = {"streams": [quiet]}
    assert planned_again(catalog) is not is_quiet(catalog)


@settings(max_examples=150, deadline=None)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_the_simulated_airbyte_reads_back_the_quiet_form(streams):
    catalog = {"streams": streams}
    named = [{**entry, "stream": {"namespace": None, **entry["stream"]}} for entry in streams]
    quiet = quieted({"streams": named}).catalog
    assert read_back(catalog) == quiet
    assert read_back(quiet) == quiet


FIELD = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "object", "array", ["null", "number"]]),
        "description": st.sampled_from(["", "x", "größe"]),
        "format": st.just("date-time"),
        "properties": st.dictionaries(NAMES, st.just({"type": "string"}), max_size=2),
        "items": st.just({"type": "string"}),
    },
)
FIELDS = st.dictionaries(NAMES, FIELD, min_size=1, max_size=4)
STREAM = st.fixed_dictionaries(
    {"fields": FIELDS},
    optional={
        "sync_mode": st.sampled_from(["full_refresh", "incremental"]),
        "destination_sync_mode": st.sampled_from(["overwrite", "append_dedup"]),
        "cursor_field": st.sampled_from([[], ["id"]]),
        "primary_key": st.sampled_from([[], [["id"]]]),
        "selected": st.booleans(),
        "backfill": st.booleans(),
    },
)
OFFERED = st.fixed_dictionaries(
    {"fields": FIELDS},
    optional={
        "options": st.just({"sync_modes": ["full_refresh", "incremental"]}),
        "defaults": st.sampled_from([{}, {"cursor_field": ["id"], "primary_key": [["id"]]}]),
    },
)
FOLDERS = st.dictionaries(
    st.sampled_from(["orders.json", "items.json", "a b.json"]),
    st.tuples(STREAM, st.none() | OFFERED),
    min_size=1,
)


@settings(max_examples=200, deadline=None)
@given(FOLDERS, st.sampled_from([None, 2, 4]))
def test_generating_again_from_the_same_files_changes_nothing(folder, indent):
    streams = {name: json.dumps(one).encode() for name, (one, _) in folder.items()}
    offers = {name: json.dumps(one).encode() for name, (_, one) in folder.items() if one}
    files, wrong = stream_files(streams, offers)
    assert not wrong
    first = generated(files, None).catalog
    again = generated(files, first, files).catalog
    assert is_quiet(first)
    assert differences(first, again) == ()
    assert quieted(again).catalog == again
    like = json.dumps(first, indent=indent).encode()
    bytes_of = written(again, like)
    assert written(generated(files, json.loads(bytes_of), files).catalog, bytes_of) == bytes_of
