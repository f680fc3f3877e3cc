"""The quiet form: each cause of drift, what is kept, and the read-back of a simulated Airbyte."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lifecycle.catalog import NotACatalogError, is_quiet, quieted, refused
from bot.lifecycle.catalog.quiet import alias_of
from bot.plan.providers.go_json import NotGoJsonError, rewritten
from bot.simulators.airbyte.catalog import stored
from bot.simulators.airbyte.provider_values import camel, connection_attributes
from bot.simulators.airbyte.versions import Version

QUIET: dict[str, Any] = {
    "streams": [
        {
            "stream": {
                "name": "orders",
                "supported_sync_modes": ["full_refresh", "incremental"],
                "json_schema": {
                    "type": '["null","object"]',
                    "properties": '{"id":{"type":"integer"},"total":{"type":"number"}}',
                    "additionalProperties": "true",
                },
                "default_cursor_field": ["id"],
                "source_defined_cursor": True,
                "source_defined_primary_key": [["id"]],
            },
            "config": {
                "sync_mode": "incremental",
                "cursor_field": ["id"],
                "destination_sync_mode": "append_dedup",
                "primary_key": [["id"]],
                "alias_name": "orders",
                "selected": True,
                "suggested": False,
                "field_selection_enabled": True,
                "selected_fields": [{"field_path": ["id"]}, {"field_path": ["total"]}],
            },
        }
    ]
}


def catalog(stream: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    made = copy.deepcopy(QUIET)
    made["streams"][0]["stream"] |= stream or {}
    made["streams"][0]["config"] |= config
    return made


def schema(**parts: str) -> dict[str, Any]:
    return {"json_schema": {**QUIET["streams"][0]["stream"]["json_schema"], **parts}}


def test_a_quiet_catalog_stays_as_it_is():
    assert quieted(QUIET).catalog == QUIET
    assert quieted(QUIET).changes == ()
    assert is_quiet(QUIET)


DRIFTS = {
    "spaces": (
        catalog(schema(type='["null", "object"]')),
        QUIET,
        "`json_schema.type` is written as the provider reads it back",
    ),
    "keys in another order": (
        catalog(schema(properties='{"total":{"type":"number"},"id":{"type":"integer"}}')),
        QUIET,
        "`json_schema.properties` is written as the provider reads it back",
    ),
    "a property that is not selected": (
        catalog(schema(properties='{"id":{"type":"integer"},"tax":{},"total":{"type":"number"}}')),
        QUIET,
        "properties that are not selected are left out of `json_schema`: `tax`",
    ),
    "fields in another order": (
        catalog(selected_fields=[{"field_path": ["total"]}, {"field_path": ["id"]}]),
        QUIET,
        "`selected_fields` are in the order in which Airbyte lists them",
    ),
    "a field twice": (
        catalog(selected_fields=[{"field_path": [name]} for name in ("id", "id", "total")]),
        QUIET,
        "`selected_fields` are in the order in which Airbyte lists them",
    ),
    "a field that the schema lacks": (
        catalog(selected_fields=[{"field_path": [name]} for name in ("id", "gone", "total")]),
        QUIET,
        "`selected_fields` are in the order in which Airbyte lists them",
    ),
    "fields without field selection": (
        catalog(field_selection_enabled=False),
        catalog(field_selection_enabled=False, selected_fields=None),
        "`selected_fields` is null, for field selection is off",
    ),
    "an alias of its own": (
        catalog({"name": "Ör-ders"}, alias_name="Ör-ders"),
        catalog({"name": "Ör-ders"}, alias_name="Or_ders"),
        "`alias_name` is `Or_ders`, as Airbyte derives it",
    ),
    "suggested": (catalog(suggested=True), QUIET, "`suggested` is false"),
    "an empty list of the stream": (
        catalog({"default_cursor_field": []}),
        catalog({"default_cursor_field": None}),
        "`default_cursor_field` is null instead of an empty list",
    ),
    "an empty list of the config": (
        catalog(cursor_field=[]),
        catalog(cursor_field=None),
        "`cursor_field` is null instead of an empty list",
    ),
    "a stream that is not selected": (
        {"streams": [*QUIET["streams"], *catalog({"name": "b"}, selected=False)["streams"]]},
        QUIET,
        "is not selected, so Airbyte does not store it",
    ),
}


@pytest.mark.parametrize(("drifting", "quiet", "words"), DRIFTS.values(), ids=DRIFTS.keys())
def test_each_cause_of_drift_is_mended_and_told(drifting, quiet, words):
    before = copy.deepcopy(drifting)
    result = quieted(drifting)
    assert result.catalog == quiet
    assert [change.words for change in result.changes] == [words]
    assert drifting == before
    assert is_quiet(result.catalog)
    assert not is_quiet(drifting)


@pytest.mark.parametrize(
    "kept",
    [
        catalog({"supportedSyncModes": ["incremental"]}),
        catalog(schema(properties="not json")),
        catalog(schema(properties='{"n":1e999}')),
        catalog({"json_schema": None}, field_selection_enabled=False, selected_fields=None),
        catalog(alias_name=None),
        {**QUIET, "generated_by": "a script"},
    ],
)
def test_what_is_unknown_or_broken_is_left_alone(kept):
    assert quieted(kept).catalog == kept


def test_the_casing_stays():
    camel_case = catalog(suggested=True)
    config = camel_case["streams"][0]["config"]
    config["aliasName"] = config.pop("alias_name")
    config["aliasName"] = "Other"
    assert quieted(camel_case).catalog["streams"][0]["config"]["aliasName"] == "orders"


@pytest.mark.parametrize(
    "wrong",
    [None, [], {}, {"streams": {}}, {"streams": [1]}, {"streams": [{"stream": {}}]},
     {"streams": [{"stream": {"name": "a"}, "config": []}]}],
)  # fmt: skip
def test_what_is_no_catalog_is_said(wrong):
    with pytest.raises(NotACatalogError):
        quieted(wrong)


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("a-b", "a_b"),
        ("Büro", "Buro"),
        ("a  b\tc", "a_b_c"),
        ("日本", "__"),
        ("ﬁx²", "fix2"),
        ("", ""),
    ],
)
def test_the_alias(name, alias):
    assert alias_of(name) == alias


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (' { "b" : 1 , "a" : [ ] } ', '{"a":[],"b":1}'),
        ('{"a":1,"a":2}', '{"a":2}'),
        ('"\\u00f6\\u003c\\/"', '"ö\\u003c/"'),
        ('"<>&\u2028\u2029\\u2028"', '"\\u003c\\u003e\\u0026\\u2028\\u2029\\u2028"'),
        ('"\\t\\u0001\x7f"', '"\\t\\u0001\x7f"'),
        ("1.0", "1"), ("1E2", "100"), ("-0", "0"), ("-0.0", "0"), ("0.10", "0.1"),
        ("1e20", "100000000000000000000"), ("1e21", "1e+21"),
        ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("1e-10", "1e-10"), ("1e100", "1e+100"),
        ("12345678901234567890", "12345678901234567000"), ("1e-400", "0"),
        ('"\\ud83d\\ude00\\ud800"', '"😀\ufffd"'),
        ('{"é":1,"z":2,"Z":3}', '{"Z":3,"z":2,"é":1}'),
    ],
)  # fmt: skip
def test_json_as_go_writes_it(text, written):
    assert rewritten(text) == written
    assert rewritten(written) == written


@pytest.mark.parametrize("text", ["", "{", "NaN", "1e999", "[1,]", "[" * 100_000])
def test_what_go_cannot_read_is_said(text):
    with pytest.raises(NotGoJsonError):
        rewritten(text)


# Against a simulated Airbyte and provider: quiet means that what is read is what was written.

NAMES = st.sampled_from(["id", "b", "aa", "total", "é", "updated_at", "Ünï-code", "日本"])
TEXTS = st.sampled_from(["x", "<b>&", "größe", "\u2028", "\\", '"'])
PROPERTY = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", ["null", "integer"]])},
    optional={"description": TEXTS, "default": st.floats(allow_nan=False, allow_infinity=False)},
)
LISTS = st.sampled_from([None, [], ["id"]])


@st.composite
def entries(draw):
    properties = draw(st.dictionaries(NAMES, PROPERTY, max_size=5))
    selection = bool(properties) and draw(st.booleans())
    chosen = draw(st.lists(st.sampled_from(sorted(properties)), min_size=1)) if selection else []
    dumps = draw(st.sampled_from([{}, {"separators": (",", ":")}, {"ensure_ascii": False}]))
    return {
        "stream": {
            "name": draw(NAMES),
            "namespace": None,
            "supported_sync_modes": draw(st.sampled_from([None, [], ["full_refresh"]])),
            "json_schema": {"type": '"object"', "properties": json.dumps(properties, **dumps)},
            "default_cursor_field": draw(LISTS),
            "source_defined_cursor": draw(st.booleans()),
            "source_defined_primary_key": draw(st.sampled_from([None, [], [["id"]]])),
        },
        "config": {
            "sync_mode": "full_refresh",
            "cursor_field": draw(LISTS),
            "destination_sync_mode": "overwrite",
            "primary_key": draw(st.sampled_from([None, [], [["id"]]])),
            "alias_name": draw(NAMES),
            "selected": draw(st.booleans()),
            "suggested": draw(st.booleans()),
            "field_selection_enabled": selection,
            "selected_fields": [{"field_path": [name]} for name in chosen],
        },
    }


def read_back(written: dict[str, Any]) -> Any:
    kept = stored(camel(written), Version(2, 0))
    return connection_attributes({"syncCatalog": kept})["sync_catalog"]


@settings(max_examples=200)
@given(st.lists(entries(), max_size=3))
def test_quiet_is_exactly_what_airbyte_and_the_provider_read_back(streams):
    drifting = {"streams": streams}
    result = quieted(drifting)
    assert read_back(result.catalog) == result.catalog
    assert read_back(drifting) == result.catalog
    assert is_quiet(drifting) == (read_back(drifting) == drifting)


REFUSED = {
    "nothing": (QUIET, []),
    "no fields": (catalog(selected_fields=[]), ["field selection is on, but no field is selected"]),
    "null fields": (catalog(selected_fields=None), ["field selection is on, but no field is selected"]),
    "an unselected cursor": (
        catalog(cursor_field=["at"]),
        ["the cursor `at` is not among the selected fields"],
    ),
    "an unselected cursor of a full refresh": (catalog(cursor_field=["at"], sync_mode="full_refresh"), []),
    "an unselected key": (
        catalog(primary_key=[["id"], ["shop"]]),
        ["the primary key `shop` is not among the selected fields"],
    ),
    "an unselected key when appending": (catalog(primary_key=[["x"]], destination_sync_mode="append"), []),
    "without field selection": (catalog(cursor_field=["at"], field_selection_enabled=False), []),
    "not selected at all": (catalog(cursor_field=["at"], selected=False), []),
    "a nested field": (
        catalog(selected_fields=[{"field_path": ["id", "x"]}, {"field_path": ["id"]}]),
        ["a selected field is nested; only whole top-level fields can be selected"],
    ),
    "no properties": (
        catalog({"json_schema": {"type": '"object"'}}),
        ["field selection is on, but `json_schema` has no properties"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_airbyte_would_refuse_is_said_before(given, words):
    assert [change.words for change in refused(given)] == words
    assert [change.stream for change in refused(given)] == ["orders"] * len(words)
