"""The generator: an unchanged input keeps its catalog, an edit shows up as the edit that it is."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from bot.lifecycle.catalog import (
    Unreadable,
    differences,
    generated,
    is_quiet,
    quieted,
    stream_files,
    written,
)

ORDERS = {
    "stream": "orders",
    "sync_mode": "incremental",
    "destination_sync_mode": "append_dedup",
    "backfill": False,
    "primary_key": [["id"]],
    "cursor_field": ["updated_at"],
    "fields": {
        "updated_at": {"type": "string", "format": "date-time"},
        "id": {"type": "integer"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
}  # fmt: skip
OFFERED = {
    "fields": {**ORDERS["fields"], "note": {"type": "string", "description": "free text"}},
    "options": {"sync_modes": ["full_refresh", "incremental"]},
    "defaults": {"cursor_field": ["updated_at"], "primary_key": [["id"]]},
}
CUSTOMERS = {"fields": {"id": {"type": "integer"}, "email": {}}}


def own_generator(
    files: dict[str, Any], offered: dict[str, Any], modes: str = "supportedSyncModes"
) -> dict[str, Any]:
    """The repository's own script, by its description: spaces, file order, all properties."""

    def prop(spec: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {"type": ["null", spec.get("type") or "string"]}
        made |= {key: spec[key] for key in ("description", "format") if key in spec}
        if "properties" in spec:
            made["properties"] = {name: prop(one) for name, one in spec["properties"].items()}
        if "items" in spec:
            made["items"] = prop(spec["items"])
        return made

    streams = []
    for file_name in sorted(files):
        settings, offer = files[file_name], offered.get(file_name, {})
        fields = offer.get("fields") or settings["fields"]
        defaults = offer.get("defaults", {})
        name = settings.get("stream", file_name.removesuffix(".json"))
        streams.append({
            "stream": {
                "name": name,
                modes: offer.get("options", {}).get("sync_modes", ["full_refresh"]),
                "json_schema": {
                    "type": json.dumps(["null", "object"]),
                    "properties": json.dumps({n: prop(s) for n, s in fields.items()}),
                    "additionalProperties": "true",
                },
                "default_cursor_field": defaults.get("cursor_field", []),
                "source_defined_cursor": bool(defaults.get("cursor_field")),
                "source_defined_primary_key": defaults.get("primary_key", []),
            },
            "config": {
                "sync_mode": settings.get("sync_mode", "full_refresh"),
                "cursor_field": settings.get("cursor_field", []),
                "destination_sync_mode": settings.get("destination_sync_mode", "overwrite"),
                "primary_key": settings.get("primary_key", []),
                "alias_name": name,
                "selected": settings.get("selected", True),
                "suggested": False,
                "field_selection_enabled": True,
                "selected_fields": [{"field_path": [n]} for n in settings["fields"]],
            },
        })  # fmt: skip
    return {"streams": streams}


def made(
    files: dict[str, Any], offered: dict[str, Any], standing: Any, before: Any = None
) -> dict[str, Any]:
    def encoded(documents: dict[str, Any]) -> dict[str, bytes]:
        return {name: json.dumps(document).encode() for name, document in documents.items()}

    found, wrong = stream_files(encoded(files), encoded(offered))
    assert wrong == ()
    earlier, _ = stream_files(encoded(before or {}), {})
    return generated(found, standing, earlier).catalog


INPUTS = {
    "with what the source offers": ({"orders.json": ORDERS}, {"orders.json": OFFERED}),
    "without": ({"orders.json": ORDERS}, {}),
    "two streams, one offered": (
        {"orders.json": ORDERS, "customers.json": CUSTOMERS},
        {"orders.json": OFFERED},
    ),
}


@pytest.mark.parametrize("modes", ["supportedSyncModes", "supported_sync_modes"])
@pytest.mark.parametrize(("files", "offered"), INPUTS.values(), ids=INPUTS.keys())
def test_an_unchanged_input_keeps_the_catalog_that_stands_in_its_quiet_form(files, offered, modes):
    standing = own_generator(files, offered, modes)
    assert made(files, offered, standing) == quieted(standing).catalog
    assert is_quiet(made(files, offered, standing))
    assert differences(standing, made(files, offered, standing)) == ()


@pytest.mark.parametrize(("files", "offered"), INPUTS.values(), ids=INPUTS.keys())
def test_without_a_catalog_the_rules_alone_give_what_the_script_gives(files, offered):
    script = quieted(own_generator(files, offered, "supported_sync_modes")).catalog
    assert differences(script, made(files, offered, None)) == ()
    assert is_quiet(made(files, offered, None))


def edited(**changes: Any) -> dict[str, Any]:
    return {"orders.json": {**ORDERS, **changes}}


FIELDS = ORDERS["fields"]
EDITS = {
    "a field more": (
        edited(fields={**FIELDS, "note": {"type": "string"}}),
        ["+ field `note` (string)"],
    ),
    "a field less": (
        edited(fields={name: FIELDS[name] for name in ("updated_at", "id")}),
        ["- field `lines`"],
    ),
    "a cursor": (edited(cursor_field=["id"]), ["cursor `updated_at` → `id`"]),
    "a key": (
        edited(primary_key=[["id"], ["updated_at"]]),
        ["primary key `id` → `id`, `updated_at`"],
    ),
    "a mode": (
        edited(sync_mode="full_refresh", destination_sync_mode="overwrite"),
        [
            "sync mode `incremental` → `full_refresh`",
            "destination sync mode `append_dedup` → `overwrite`",
        ],
    ),
    "the flag alone": (edited(backfill=True), []),
    "fields in another order": (edited(fields=dict(reversed(FIELDS.items()))), []),
    "deselected": (edited(selected=False), ["stream removed"]),
    "a stream more": (
        {"orders.json": ORDERS, "refunds.json": {"fields": {"id": {"type": "integer"}}}},
        ["stream added"],
    ),
    "none": ({}, ["stream removed"]),
}


@pytest.mark.parametrize(("files", "words"), EDITS.values(), ids=EDITS.keys())
@pytest.mark.parametrize("with_source", [True, False])
def test_an_edit_is_told_as_streams_and_fields(files, words, with_source):
    offered = {"orders.json": OFFERED} if with_source else {}
    standing = own_generator({"orders.json": ORDERS}, offered)
    wanted = made(files, offered, standing, before={"orders.json": ORDERS})
    assert [change.words for change in differences(standing, wanted)] == words
    assert is_quiet(wanted)


def test_a_stream_that_never_had_a_file_stays():
    standing = own_generator({"orders.json": ORDERS, "views.json": CUSTOMERS}, {})
    wanted = made({"orders.json": ORDERS}, {}, standing, before={"orders.json": ORDERS})
    assert wanted == quieted(standing).catalog


def test_a_type_that_changed_is_a_type_that_changed():
    standing = own_generator({"orders.json": ORDERS}, {})
    wanted = made(edited(fields={**FIELDS, "id": {"type": "string"}}), {}, standing)
    assert [c.words for c in differences(standing, wanted)] == ["field `id`: integer → string"]


def test_the_source_says_the_type_where_it_is_known():
    standing = own_generator({"orders.json": ORDERS}, {"orders.json": OFFERED})
    fields = {**FIELDS, "id": {"type": "string"}}
    assert (
        differences(standing, made(edited(fields=fields), {"orders.json": OFFERED}, standing)) == ()
    )


def test_what_the_files_do_not_say_stays_as_it_stands():
    standing = quieted(own_generator({"orders.json": ORDERS}, {"orders.json": OFFERED})).catalog
    entry = standing["streams"][0]
    entry["stream"]["namespace"] = "shop"
    entry["stream"]["isResumable"] = True
    entry["config"]["note"] = "by hand"
    entry["stream"]["json_schema"]["properties"] = json.dumps(
        {"id": {"airbyte_type": "integer", "type": ["null", "integer"]},
         "updated_at": {"format": "date-time", "type": ["null", "string"]},
         "lines": json.loads(entry["stream"]["json_schema"]["properties"])["lines"]},
        separators=(",", ":"), sort_keys=True,
    )  # fmt: skip
    assert made({"orders.json": ORDERS}, {}, standing) == standing


def test_a_catalog_whose_types_are_not_nullable_goes_on_so():
    standing = own_generator({"orders.json": ORDERS}, {})
    plain = {name: {"type": FIELDS[name]["type"]} for name in ("updated_at", "id")}
    standing["streams"][0]["stream"]["json_schema"]["properties"] = json.dumps(plain)
    wanted = made(edited(fields={**FIELDS, "total": {"type": "number"}}), {}, standing)
    properties = json.loads(wanted["streams"][0]["stream"]["json_schema"]["properties"])
    assert properties["total"] == {"type": "number"}


def test_the_standing_order_stays_and_a_new_stream_goes_to_its_place_or_to_the_end():
    files = {name: {"fields": {"id": {}}} for name in ("a.json", "b.json", "c.json")}
    two = {name: files[name] for name in ("a.json", "c.json")}
    standing = own_generator(two, {})

    def names(catalog: dict[str, Any]) -> list[str]:
        return [entry["stream"]["name"] for entry in made(files, {}, catalog)["streams"]]

    assert names(standing) == ["a", "b", "c"]
    assert names({"streams": standing["streams"][::-1]}) == ["c", "a", "b"]


def test_a_new_stream_has_its_neighbours_keys():
    standing = own_generator({"orders.json": ORDERS}, {})
    del standing["streams"][0]["config"]["suggested"]
    files = {"orders.json": ORDERS, "refunds.json": CUSTOMERS}
    orders, refunds = made(files, {}, standing)["streams"]
    assert list(refunds["config"]) == list(orders["config"])
    assert set(refunds["stream"]) == set(orders["stream"])


def test_files_that_begin_with_an_underscore_are_no_streams_and_broken_ones_are_said():
    files = {
        "_catalog.json": b"{}",
        "b.json": b'{\n"fields": {},\n}',
        "a.json": b"[]",
        "c.json": "{'ü'}".encode("latin-1"),
        "README.md": b"x",
    }
    found, wrong = stream_files(files, {})
    assert found == ()
    assert wrong == (
        Unreadable("a.json", "not a JSON object"),
        Unreadable("b.json", wrong[1].message, 3),
        Unreadable("c.json", "not UTF-8"),
    )


def test_the_arguments_stay_as_they_are():
    standing = own_generator({"orders.json": ORDERS}, {})
    before = copy.deepcopy(standing)
    made(edited(cursor_field=["id"]), {}, standing)
    assert standing == before


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        (None, b'{\n  "streams": []\n}\n'),
        (b'{\n  "streams": []\n}', b'{\n  "streams": []\n}'),
        (b'{\r\n\t"streams": []\r\n}\r\n', b'{\r\n\t"streams": []\r\n}\r\n'),
        (b'{\n    "streams": []\n}\n', b'{\n    "streams": []\n}\n'),
        (b'{"streams": [1]}\n', b'{"streams": []}\n'),
    ],
)
def test_the_files_own_form_is_kept(like, expected):
    assert written({"streams": []}, like) == expected
