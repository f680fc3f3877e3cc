"""Where drift is written and how it ends: each way of making a catalog, and what is never touched.

Every edit is held to the proof: with it, a plan of the very same module finds nothing to do.
"""

from __future__ import annotations

import json

import pytest
from truth_platform import Case

from bot.lifecycle.remedy import by_hand, lines, proof, remedy
from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction

FRAME = """
terraform {
  required_providers {
    airbyte = { source = "aballiet/airbyte-oss" }
  }
}

variable "alias" {}

resource "airbyte_connection" "shop" {
  source_id      = "s"
  destination_id = "d"
  status         = "active"
  name           = "shop"
  sync_catalog   = %s
}
"""
SHOP = "airbyte_connection.shop"


def module(catalog: str, more: str = "", **files: str) -> dict[str, bytes]:
    """A module whose connection has this catalog; `files` lie beside it."""
    made = {"m/main.tf": FRAME % catalog + more}
    return {path: text.encode() for path, text in {**made, **_named(files)}.items()}


def _named(files: dict[str, str]) -> dict[str, str]:
    return {f"m/{name}.json": text for name, text in files.items()}


def config(inner: str, schema: str = 'type = "\\"object\\""') -> str:
    """One stream, `orders`, whose configuration has `inner`."""
    stream = f'{{ name = "orders", json_schema = {{ {schema} }} }}'
    modes = 'sync_mode = "full_refresh", destination_sync_mode = "overwrite"'
    return f"{{ streams = [{{ stream = {stream}, config = {{ {modes}, {inner} }} }}] }}"


def as_applied(
    files: dict[str, bytes], folder: str = "m", base: dict[str, bytes] | None = None
) -> Prediction:
    request = Request(
        Snapshot(files), folder, base=Snapshot(base or files), variables={"alias": "x-y"}
    )
    found = predict(request)
    assert found.ok, [item.summary for item in found.diagnostics]
    return found


def updated(prediction: Prediction) -> frozenset[str]:
    return frozenset(c.address for c in prediction.changes if c.action is Action.UPDATE)


def changed_lines(before: bytes, after: bytes) -> list[tuple[str, str]]:
    old, new = before.decode().splitlines(), after.decode().splitlines()
    if len(old) != len(new):
        return [(line.strip(), "") for line in old if line not in new]
    return [(a.strip(), b.strip()) for a, b in zip(old, new, strict=True) if a != b]


LITERALS = {
    "an alias": (
        'alias_name = "my orders"',
        'alias_name = "orders"',
    ),
    "suggested": ("suggested = true", "suggested = false"),
    "an empty list": ("cursor_field = []", "cursor_field = null"),
    "two of them": (
        'cursor_field = [], alias_name = "a-b"',
        'cursor_field = null, alias_name = "orders"',
    ),
}


@pytest.mark.parametrize(("written", "wanted"), LITERALS.values(), ids=LITERALS)
def test_a_literal_is_written_as_it_reads_back(written: str, wanted: str) -> None:
    files = module(config(written))
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    [(_, line)] = changed_lines(files["m/main.tf"], edits["m/main.tf"])
    assert f"sync_catalog   = {config(wanted)}" == line
    assert ended(files, edits)


def ended(files: dict[str, bytes], edits: dict[str, bytes]) -> bool:
    now = as_applied(files)
    shown = proof(now, as_applied({**files, **edits}, base=files), updated(now))
    return shown.ended == updated(now) and not shown.also


WAYS = {
    "in a local": ("local.catalog", "locals {\n  catalog = %s\n}\n"),
    "in a map of locals": ("local.all.shop", "locals {\n  all = { shop = %s }\n}\n"),
    "by an index": ('local.all["shop"]', "locals {\n  all = { shop = %s }\n}\n"),
    "encoded and decoded": ("jsondecode(jsonencode(%s))", ""),
    "merged": ("merge({ streams = [] }, %s)", ""),
    "in parentheses": ("(%s)", ""),
    "after what is tried": ("merge(%s, try({ other = 1 }, {}))", ""),
}


@pytest.mark.parametrize(("catalog", "more"), WAYS.values(), ids=WAYS)
def test_a_literal_is_found_on_its_way(catalog: str, more: str) -> None:
    made = config("suggested = true")
    files = module(
        catalog.replace("%s", made) if "%s" in catalog else catalog, more.replace("%s", made)
    )
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    assert b"suggested = false" in edits["m/main.tf"]
    assert ended(files, edits)


def test_the_argument_of_a_modules_call_is_followed_to_its_caller() -> None:
    inner = (
        FRAME.replace('variable "alias" {}', 'variable "alias" {}\nvariable "catalog" {}')
        % "var.catalog"
    )
    outer = (
        'variable "alias" {}\nmodule "flow" {\n  source = "./flow"\n  for_each = local.flows\n'
        "  alias = var.alias\n  catalog = each.value.catalog\n}\n"
        f"locals {{\n  flows = {{\n    shop = {{ catalog = {config('suggested = true')} }}\n  }}\n}}\n"
    )
    files = {"m/main.tf": outer.encode(), "m/flow/main.tf": inner.encode()}
    address = 'module.flow["shop"].airbyte_connection.shop'
    edits = remedy(as_applied(files), Snapshot(files), [address])
    assert edits.keys() == {"m/main.tf"}
    assert b"suggested = false" in edits["m/main.tf"]
    assert ended(files, edits)


def test_what_airbyte_sets_itself_is_left_out_where_it_is_computed() -> None:
    catalog = config('alias_name = "pre_${var.alias}"')
    files = module(catalog)
    now = as_applied(files)
    edits = remedy(now, Snapshot(files), [SHOP])
    assert b"alias_name" not in edits["m/main.tf"]
    assert ended(files, edits)
    assert list(lines(by_hand(now, Snapshot(files), [SHOP]))) == [
        '`m/main.tf:15` `` alias_name = "pre_${var.alias}" ``: Airbyte sets `alias_name` itself: '
        f"leave it out (`{SHOP}`)".replace("`` ", "`").replace(" ``", "`")
    ]


FIELDS = (
    'field_selection_enabled = true, selected_fields = [{ field_path = ["total"] }, '
    '{ field_path = ["id"] }]'
)


def test_selected_fields_take_each_others_place() -> None:
    schema = r'properties = "{\"id\":{},\"total\":{}}"'
    files = module(config(FIELDS, schema))
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    [(_, line)] = changed_lines(files["m/main.tf"], edits["m/main.tf"])
    assert '[{ field_path = ["id"] }, { field_path = ["total"] }]' in line
    assert ended(files, edits)


def test_unselected_properties_leave_what_is_encoded() -> None:
    schema = (
        'properties = jsonencode({\n    id = { type = "string" }\n'
        '    note = { type = "string" } # nobody reads it\n    total = { type = "number" }\n  })'
    )
    fields = FIELDS.replace(
        '[{ field_path = ["total"] }, { field_path = ["id"] }]',
        '[{ field_path = ["id"] }, { field_path = ["total"] }]',
    )
    files = module(config(fields, schema))
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    assert changed_lines(files["m/main.tf"], edits["m/main.tf"]) == [
        ('note = { type = "string" } # nobody reads it', "")
    ]
    assert ended(files, edits)


def test_a_schema_in_a_string_is_written_as_the_provider_marshals_it() -> None:
    files = module(config("selected = true", r'properties = "{\"id\": {\"type\": \"string\"}}"'))
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    assert rb"{\"id\":{\"type\":\"string\"}}" in edits["m/main.tf"]
    assert ended(files, edits)


CATALOG = json.dumps(
    {
        "streams": [
            {
                "stream": {"name": "orders", "json_schema": {"type": '["null", "object"]'}},
                "config": {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"},
            }
        ]
    },
    indent=2,
)
READS = {
    "read by a local": ("local.shop", 'locals {\n  shop = jsondecode(file("${path.module}/shop.json"))\n}\n'),
    "one of several that a loop reads": (
        'local.all["shop"]',
        'locals {\n  all = { for n in ["shop", "mail"] : n => jsondecode(file("${path.module}/${n}.json")) }\n}\n',
    ),
    "read in a part": (
        "{ streams = [for s in jsondecode(file(\"${path.module}/shop.json\")).streams : s] }", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("catalog", "more"), READS.values(), ids=READS)
def test_the_file_is_found_that_the_catalog_is_read_from(catalog: str, more: str) -> None:
    other = CATALOG.replace("orders", "mails")
    files = module(catalog, more, shop=CATALOG, mail=other)
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    assert edits == {"m/shop.json": CATALOG.replace(", ", ",").encode()}
    assert ended(files, edits)


def test_of_another_document_just_the_part_is_written() -> None:
    """The catalog is made of it by a loop: the document itself is none."""
    document = json.dumps({"tables": [{"name": "orders", "empty": []}]}, indent=2)
    catalog = (
        '{ streams = [for t in jsondecode(file("${path.module}/shop.json")).tables : '
        "{ stream = { name = t.name, json_schema = {} }, config = { cursor_field = t.empty, "
        'sync_mode = "full_refresh", destination_sync_mode = "overwrite" } }] }'
    )
    files = module(catalog, shop=document)
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    assert edits == {"m/shop.json": document.replace("[]", "null").encode()}
    assert ended(files, edits)
    spaced = {**files, "m/shop.json": document.replace('"empty": []', '"empty" : []').encode()}
    assert remedy(as_applied(spaced), Snapshot(spaced), [SHOP]) == {}, "its text would be another"


def test_a_catalog_in_a_heredoc_keeps_its_frame() -> None:
    files = module(f"jsondecode(<<EOT\n{CATALOG}\nEOT\n  )")
    edits = remedy(as_applied(files), Snapshot(files), [SHOP])
    expected = files["m/main.tf"].replace(b'\\"null\\", ', b'\\"null\\",')
    assert edits == {"m/main.tf": expected}
    assert ended(files, edits)


COMPUTED = {
    "a condition": 'cursor_field = var.alias == "" ? ["id"] : []',
    "a function": "cursor_field = concat([], [])",
    "a loop": (
        "field_selection_enabled = true, "
        'selected_fields = [for f in ["total", "id"] : { field_path = [f] }]'
    ),
}


@pytest.mark.parametrize("written", COMPUTED.values(), ids=COMPUTED)
def test_what_is_computed_is_never_guessed_and_told_with_its_place(written: str) -> None:
    schema = r'properties = "{\"id\":{},\"total\":{}}"'
    files = module(config(written, schema))
    now = as_applied(files)
    assert remedy(now, Snapshot(files), [SHOP]) == {}
    [line] = lines(by_hand(now, Snapshot(files), [SHOP]))
    assert line.startswith("`m/main.tf:15`")
    assert written.rpartition(" = ")[0].split(", ")[-1].partition(" = ")[0] in line


def test_one_place_that_two_connections_need_otherwise_is_not_touched() -> None:
    """A loop's body gives one alias to two streams, and each reads back as its own name."""
    catalog = (
        '{ streams = [for n in ["orders", "mails"] : { stream = { name = n, json_schema = {} }, '
        'config = { alias_name = "x", sync_mode = "full_refresh", destination_sync_mode = '
        '"overwrite" } }] }'
    )
    files = module(catalog)
    assert remedy(as_applied(files), Snapshot(files), [SHOP]) == {}


def test_an_edit_that_would_change_something_else_is_no_proof() -> None:
    more = (
        'resource "null_resource" "fires" {\n'
        '  triggers = { catalog = filesha256("${path.module}/shop.json") }\n}\n'
    )
    files = module('jsondecode(file("${path.module}/shop.json"))', more, shop=CATALOG)
    now = as_applied(files)
    edits = remedy(now, Snapshot(files), [SHOP])
    shown = proof(now, as_applied({**files, **edits}, base=files), updated(now))
    assert shown.also == ("null_resource.fires",)


def test_an_edit_that_breaks_the_plan_is_no_proof() -> None:
    files = module(config("suggested = true"))
    now = as_applied(files)
    broken = predict(Request(Snapshot({"m/main.tf": b"x ="}), "m", base=Snapshot(files)))
    assert proof(now, broken, updated(now)).ended == frozenset()
    assert proof(now, broken, updated(now)).also


def test_a_value_from_outside_is_not_shown() -> None:
    files = module(config("cursor_field = [var.alias]"))
    request = Request(
        Snapshot(files),
        "m",
        base=Snapshot(files),
        variables={"alias": ["s3cret"]},
        confidential=True,
    )
    assert "s3cret" not in repr(by_hand(predict(request), Snapshot(files), [SHOP]))
    catalog = module(config("alias_name = var.alias"))
    request = Request(
        Snapshot(catalog),
        "m",
        base=Snapshot(catalog),
        variables={"alias": "s3cret"},
        confidential=True,
    )
    found = by_hand(predict(request), Snapshot(catalog), [SHOP])
    assert found
    assert "s3cret" not in " ".join(lines(found))


PERPETUAL = [
    "alias-with-a-dash-drifts", "canonical-odd-characters", "catalog-escaped-in-capitals",
    "catalog-numbers-kept", "empty-lists-drift", "flag-with-drift", "orchard-disabled",
    "nimbus-connections-over-files", "orchard-source-added", "perpetual-drift", "reset-loop",
    "selected-fields-order-drifts", "suggested-drifts", "unselected-property-drifts",
]  # fmt: skip


@pytest.mark.parametrize("name", PERPETUAL)
def test_every_real_drift_of_ours_ends_with_its_edits(name: str) -> None:
    case = Case(name)
    variables = {"airbyte_server_url": "http://x/api/", **case.case["head_variables"]}
    folder = case.case["module"]

    def predicted(files: Snapshot) -> Prediction:
        return predict(Request(files, folder, base=case.files, variables=variables))

    now = predicted(case.files)
    assert updated(now)
    edits = remedy(now, case.files, updated(now))
    then = predicted(Snapshot({**case.files.contents, **edits}))
    shown = proof(now, then, updated(now))
    assert (shown.ended, shown.also) == (updated(now), ())
