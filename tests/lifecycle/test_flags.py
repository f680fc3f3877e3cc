"""Flags: found in what the module reads, and tied to a connection by what they make."""

from __future__ import annotations

from bot.lifecycle.flags import Overlay, StreamFlag, connections_of, flags_of, made_by
from bot.plan.files import Snapshot
from bot.plan.prediction import Action, Prediction, Read, ResourceChange

FILES = Snapshot(
    {
        "s/orders.json": b'{\n  "stream": "Orders",\n  "backfill": true\n}',
        "s/items.json": b'{"backfill": false}',
        "s/odd.json": b'{"backfill": "maybe"}',
        "s/broken.json": b'{"backfill"',
        "s/unread.json": b'{"backfill": true}',
        "s/unnamed.json": b'{"backfill": "true"}',
        "s/notes.txt": b'{"backfill": true}',
    }
)
READ = Prediction(
    "m", reads=tuple(Read(path, "local.flags") for path in FILES.paths() if "unread" not in path)
)


def test_flags_are_found_where_the_module_reads_them() -> None:
    found, odd = flags_of(READ, FILES)
    assert found == (
        StreamFlag("s/orders.json", "Orders", 3),
        StreamFlag("s/unnamed.json", "unnamed", 1, quoted=True),
    )
    assert [item.path for item in odd] == ["s/broken.json", "s/odd.json"]


def resource(address: str, action: Action) -> ResourceChange:
    kind, _, name = address.partition(".")
    return ResourceChange(address, "managed", kind, name, "p", action)


def test_what_differs_with_the_flag_is_what_it_makes() -> None:
    kept = resource("null_resource.other[0]", Action.NO_OP)
    with_flag = Prediction("m", (kept, resource("null_resource.shop[0]", Action.CREATE)))
    assert made_by(with_flag, Prediction("m", (kept,))) == ("null_resource.shop[0]",)
    assert made_by(with_flag, with_flag) == ()


def test_the_connection_is_the_one_that_it_refers_to() -> None:
    references = {
        "null_resource.shop": frozenset({"airbyte_connection.shop", "local.on", "var.url"}),
        "null_resource.other": frozenset({"airbyte_connection.other"}),
    }
    prediction = Prediction("m", references=references)
    assert connections_of(["null_resource.shop[0]"], prediction) == ("airbyte_connection.shop",)
    assert connections_of(["null_resource.unknown"], prediction) == ()


def test_an_overlay_changes_just_its_files() -> None:
    overlay = Overlay(FILES, {"s/items.json": b"{}"})
    assert overlay.read("s/items.json") == b"{}"
    assert overlay.read("s/odd.json") == FILES.read("s/odd.json")
    assert overlay.identity("s/items.json") != FILES.identity("s/items.json")
    assert overlay.identity("s/odd.json") == FILES.identity("s/odd.json")
    assert set(overlay.paths()) == set(FILES.paths())
