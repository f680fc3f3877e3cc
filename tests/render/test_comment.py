"""The comment as golden Markdown, and what must hold whatever is in it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.plan.diagnostics import Position, Range, error
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.plan.values.value import (
    SENSITIVE,
    Value,
    boolean,
    null,
    object_of,
    string,
    tuple_of,
    unknown,
)
from bot.render.changes import words
from bot.render.comment import (
    Backfill,
    Comment,
    Notice,
    Part,
    Place,
    Rung,
    Step,
    count,
    duration,
    markdown,
)
from bot.render.markdown import LIMIT, code, fenced, plain, redacted

GOLDEN = Path(__file__).parent / "golden"
FILES = "https://github.com/octo/lake/blob/" + "a" * 40


def at(line: int, file: str = "airbyte/terraform/connections.tf") -> Range:
    return Range(file, Position(line, 1, 0), Position(line, 2, 1))


def stream(name: str, fields: Sequence[str], **config: Value) -> Value:
    properties = {field: {"type": ["null", "string"]} for field in fields}
    chosen = tuple_of(object_of({"field_path": tuple_of([string(f)])}) for f in fields)
    return object_of(
        {
            "stream": object_of(
                {
                    "name": string(name),
                    "json_schema": object_of({"properties": string(json.dumps(properties))}),
                }
            ),
            "config": object_of(
                {"sync_mode": string("full_refresh"), "selected_fields": chosen} | config
            ),
        }
    )


def connection(*streams: Value, **more: Value) -> Value:
    catalog = object_of({"streams": tuple_of(streams)})
    return object_of({"name": string("shop to lake"), "sync_catalog": catalog} | more)


def change(address: str, action: Action, **more: object) -> ResourceChange:
    kind, name = address.split(".")
    fields = {"declared": at(7)} | more
    return ResourceChange(address, "managed", kind, name, "provider", action, **fields)  # type: ignore[arg-type]


MANY_KINDS = Prediction(
    "airbyte/terraform",
    changes=(
        change(
            "airbyte_connection.shop_to_lake",
            Action.UPDATE,
            before=connection(
                stream("orders", ["id"]),
                stream("gone", ["id"]),
                status=string("active"),
                schedule=object_of({"type": string("basic"), "units": string("1")}),
                connection_id=string("c-1"),
            ),
            after=connection(
                stream("orders", ["id", "currency"], sync_mode=string("incremental")),
                stream("new", ["id"]),
                status=string("inactive"),
                schedule=object_of({"type": string("basic"), "units": string("6")}),
                connection_id=unknown(),
            ),
        ),
        change(
            "airbyte_source.shop",
            Action.UPDATE,
            before=object_of({"connection_configuration": string('{"password":"old","host":"a"}')}),
            after=object_of(
                {"connection_configuration": string('{"password":"new","host":"a","port":1}')}
            ),
        ),
        change(
            "airbyte_connection.other",
            Action.DELETE_CREATE,
            before=connection(),
            after=connection(),
            replace_paths=(("source_id",),),
        ),
        change("null_resource.reset", Action.CREATE, before=null(), after=object_of({})),
        change("airbyte_source.renamed", Action.NO_OP, previous_address="airbyte_source.old"),
        change("airbyte_destination.quiet", Action.NO_OP),
    ),
)

FAILING = Prediction(
    "airbyte/terraform",
    diagnostics=(
        error(
            "Reference to undeclared resource",
            'A managed resource "airbyte_source" "typo" has not been declared in the root module.',
            at(21),
        ),
    ),
)

CASES = {
    "many-kinds-of-change": Comment(
        (Part("lake-airbyte", Rung.PREDICTED, MANY_KINDS),), files=FILES
    ),
    "nothing-changes": Comment((Part("lake-airbyte", Rung.PREDICTED, Prediction("m")),)),
    "nothing-that-can-be-seen": Comment(
        (Part("lake-airbyte", Rung.PREDICTED, Prediction("m", uncertain=("a remote module",))),)
    ),
    "would-fail": Comment((Part("lake-airbyte", Rung.PREDICTED, FAILING),), files=FILES),
    "two-objects": Comment(
        (
            Part("lake-airbyte", Rung.PREDICTED, MANY_KINDS),
            Part("other", Rung.PREDICTED, Prediction("m")),
            Part("third", Rung.PREDICTED, None, "GitRepository x is not there"),
        )
    ),
    "backfill-followed-to-the-end": Comment(
        (
            Part(
                "lake-airbyte",
                Rung.ARRIVED,
                Prediction("m", changes=(change("null_resource.reset", Action.CREATE),)),
                notices=(
                    Notice("Reset loop", "It resets again and again.", Place("a/orders.json", 5)),
                ),
                backfills=(
                    Backfill(
                        Place("a/orders.json", 5),
                        "orders",
                        "airbyte_connection.shop_to_lake",
                        ("orders", "customers", "refunds"),
                        "Its last full sync took 42 min and read 1.3 M rows.",
                    ),
                    Backfill(Place("b/x.json", 2), "x", "", note="no resource depends on it."),
                ),
                steps=(
                    Step("Fetched", datetime(2026, 1, 1, 12, 0, 2, tzinfo=UTC)),
                    Step("Applied", datetime(2026, 1, 1, 12, 3, 5, tzinfo=UTC), exact=False),
                    Step("Sync job 7", None, note="12.3 k rows so far"),
                ),
            ),
        ),
        files=FILES,
        merged_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        closing="`/lotus help`",
        footer=("head `aaa`, base `bbb`",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    """To accept a new wording: UPDATE_GOLDEN=1, and read the difference."""
    golden = GOLDEN / f"{name}.md"
    text = markdown(CASES[name]) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


def test_at_the_limit_destroys_survive_and_what_was_cut_is_said() -> None:
    changes = [change(f"airbyte_source.s{i}", Action.CREATE) for i in range(5000)]
    changes += [change(f"airbyte_source.lost{i}", Action.DELETE) for i in range(20)]
    text = markdown(Comment((Part("x", Rung.PREDICTED, Prediction("m", tuple(changes))),)))
    assert len(text) < LIMIT
    assert "5000 to add, 0 to change, 20 to destroy" in text
    assert all(f"airbyte_source.lost{i}`" in text for i in range(20))
    assert "left out here" in text


def test_even_destroys_beyond_all_measure_fit() -> None:
    changes = tuple(change(f"airbyte_source.{'x' * 90}{i}", Action.DELETE) for i in range(5000))
    text = markdown(Comment((Part("x", Rung.PREDICTED, Prediction("m", changes)),)))
    assert len(text) < LIMIT
    assert "cut" in text


def test_no_setting_is_shown_by_its_value() -> None:
    text = markdown(CASES["many-kinds-of-change"])
    assert "password" in text
    assert '"new"' not in text
    assert '"old"' not in text


def test_what_is_imported_unread_is_not_compared_with_nothing() -> None:
    why = "whether it then changes hangs on what the object is"
    imported = change(
        "airbyte_source.shop",
        Action.UPDATE,
        after=object_of({"name": string("shop")}),
        importing="0b1c",
        uncertain=why,
    )
    assert words(imported) == f"imported, id `0b1c` · uncertain: `{why}`"


def test_sensitive_and_unknown_values_are_not_shown_even_where_others_are() -> None:
    secret = string("hush-hush").with_marks(SENSITIVE)
    changed = change(
        "airbyte_connection.a",
        Action.UPDATE,
        before=object_of({"name": string("plain")}),
        after=object_of({"name": secret, "enabled": boolean(True)}),
    )
    text = markdown(Comment((Part("x", Rung.PREDICTED, Prediction("m", (changed,))),)))
    assert "hush" not in text
    assert "`name` changes" in text


@pytest.mark.parametrize(
    "hostile",
    [
        "@everyone",
        "<img src=x onerror=alert(1)>",
        "| cell | cell |",
        "`code` ```",
        "[x](http://evil)",
        "http://evil.example",
        "</details>",
        "line\nline",
        "\u202egpj.exe",
        "#1",
        "<!-- lotus:preview -->",
    ],
)
def test_nothing_from_outside_is_markdown(hostile: str) -> None:
    for text in (plain(hostile), code(hostile)):
        assert "\n" not in text
        assert "\u202e" not in text
    assert "<" not in plain(hostile).replace("\\<", "")
    inside = code(hostile)
    assert inside.startswith("`") or "<" not in inside[6:-7]
    assert not (inside.startswith("`") and ("`" in inside[1:-1] or "|" in inside))


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    text = fenced("````\nevil\n````")
    assert text.startswith("`````text\n")
    assert text.endswith("\n`````")


def test_secrets_go_by_value_longest_first() -> None:
    assert redacted("key=abcdef, part=abcd, it=it", {"abcd", "abcdef", "it", ""}) == (
        "key=(sensitive value), part=(sensitive value), it=it"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (185, "3 min 5 s"), (120, "2 min"), (7440, "2 h 4 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (9999, "9999"), (12_345, "12.3 k"), (1_300_000, "1.3 M")]
)
def test_counts(number: int, text: str) -> None:
    assert count(number) == text
