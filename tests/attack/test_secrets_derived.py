"""What is made of a Secret's value, in whatever way, is in nothing that a prediction comes to.

A module's author may make a key, a path, a number or a mistake of it. Whether something changes,
and whether a condition holds, may be seen: that is what a plan is. What it is made of may not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from bot.lifecycle.catalogs import refusals
from bot.lifecycle.checks import Planned, plan_check
from bot.lifecycle.observed import ModuleSeen
from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction
from bot.plan.state import parse_state
from bot.render.changes import words
from bot.render.comment import Comment, Part, Rung, markdown

SECRET = "s3cr3t-p4ssw0rd-0f-sh0p"
DERIVED = base64.b64encode(SECRET.encode()).decode()
MADE = "base64encode(var.x)"
FORMS = (SECRET, DERIVED, DERIVED[:12], SECRET[::-1], SECRET.upper(), SECRET.encode().hex())
PROVIDER = 'terraform {\n  required_providers {\n    airbyte = { source = "aballiet/airbyte-oss" }\n  }\n}\n'
SETTINGS = {"host": "h", "old": 1}


def instance(**attributes: object) -> dict[str, object]:
    return {"attributes": attributes}


def stored(
    type_: str, name: str, *instances: object, source: str = "aballiet/airbyte-oss"
) -> object:
    provider = f'provider["registry.opentofu.org/{source}"]'
    return {"mode": "managed", "type": type_, "name": name, "provider": provider,
            "instances": list(instances)}  # fmt: skip


STATE = {
    "version": 4,
    "serial": 1,
    "lineage": "l",
    "outputs": {},
    "resources": [
        stored(
            "airbyte_connection",
            "a",
            instance(
                source_id="s", destination_id="d", status="active", name="n", connection_id="c"
            ),
        ),
        stored(
            "airbyte_source",
            "b",
            instance(
                name="b",
                source_id="b1",
                workspace_id="w",
                source_definition_id="x",
                connection_configuration=json.dumps(SETTINGS),
            ),
        ),
        stored(
            "null_resource", "k", instance(id="1", triggers={"a": "1"}), source="hashicorp/null"
        ),
    ],
}
CONNECTION = 'resource "airbyte_connection" "a" {\n  source_id = "s"\n  destination_id = "d"\n  status = "active"\n  %s\n}\n'
SOURCE = 'resource "airbyte_source" "b" {\n  name = "b"\n  workspace_id = "w"\n  source_definition_id = "x"\n  connection_configuration = %s\n}\n'
BLOCK = 'resource "terraform_data" "t" {\n  %s\n}\n'
STREAM = (
    'sync_catalog = { streams = [{ stream = { name = %s, json_schema = { properties = "{}" } },'
    ' config = { sync_mode = "incremental", destination_sync_mode = "append_dedup",'
    " cursor_field = [%s], primary_key = [[%s]], selected = true } }] }"
)

ATTACKS = {
    "keys": BLOCK % f"for_each = toset([{MADE}])",
    "keys of a map": BLOCK % f"for_each = {{ ({MADE}) = 1 }}",
    "keys of a for": BLOCK % f'for_each = {{ for c in ["a"] : "${{c}}${{{MADE}}}" => c }}',
    "keys by pieces": BLOCK % 'for_each = toset([for c in chunklist(split("", base64encode(var.x)), 12) : join("", c)])',
    "keys reversed": BLOCK % "for_each = toset([strrev(var.x)])",
    "keys by nonsensitive": BLOCK % f"for_each = toset([nonsensitive(sensitive({MADE}))])",
    "keys that failed": BLOCK % f'for_each = toset([try(regex("^no", var.x), {MADE})])',
    "keys of a module": f'module "m" {{\n  source = "./m"\n  for_each = toset([{MADE}])\n}}\n',
    "each.key of a set": f'resource "terraform_data" "t" {{\n  for_each = toset([{MADE}])\n  input = each.key\n}}\noutput "o" {{\n  value = keys(terraform_data.t)\n}}\n'
    + CONNECTION % 'name = join("", keys(terraform_data.t))',
    "a key that is not there": f'locals {{\n  m = {{ a = 1 }}\n}}\noutput "o" {{\n  value = local.m[{MADE}]\n}}\n',
    "twice the same key": f'output "o" {{\n  value = {{ for c in ["a", "b"] : {MADE} => c }}\n}}\n',
    "no number": f'output "o" {{\n  value = tonumber({MADE})\n}}\n',
    "no such file": f'output "o" {{\n  value = file({MADE})\n}}\n',
    "no such pattern": f'output "o" {{\n  value = regex("[${{{MADE}}}", "a")\n}}\n',
    "no arm of the same type": f'output "o" {{\n  value = true ? {{ ({MADE}) = 1 }} : {{ a = [] }}\n}}\n',
    "no try": f'output "o" {{\n  value = try(tonumber({MADE}), file({MADE}))\n}}\n',
    "no template": f'output "o" {{\n  value = templatestring("$${{a[b]}}", {{ a = {{}}, b = {MADE} }})\n}}\n',
    "no such value": CONNECTION % f'name = "n"\n  non_breaking_changes_preference = {MADE}',
    "no such type": CONNECTION % f'name = "n"\n  sync_catalog = {{ ({MADE}) = 1, streams = {{ ({MADE}) = 1 }} }}',
    "a precondition": BLOCK % f'lifecycle {{\n    precondition {{\n      condition = var.x == ""\n      error_message = "it is ${{{MADE}}}"\n    }}\n  }}',
    "a precondition that fails": BLOCK % f'lifecycle {{\n    precondition {{\n      condition = tonumber({MADE}) > 1\n      error_message = "no"\n    }}\n  }}',
    "a check": f'check "c" {{\n  assert {{\n    condition = tobool({MADE})\n    error_message = "it is ${{{MADE}}}"\n  }}\n}}\n',
    "a name by can": CONNECTION % 'name = can(regex("^s3", var.x)) ? "s3cr3t-p4ssw0rd-0f-sh0p" : "no"',
    "a name by try": CONNECTION % 'name = try(regex("^no", var.x), "s3cr3t-p4ssw0rd-0f-sh0p")',
    "settings by name": SOURCE % f"jsonencode({{ host = \"h\", old = 1, ({MADE}) = 1 }})",
    "settings by a text": SOURCE % f'"{{\\"host\\": \\"h\\", \\"${{{MADE}}}\\": 1}}"',
    "settings by a replaced text": SOURCE % 'replace(jsonencode({ host = "h", a = base64encode(var.x) }), "/\\"a\\":(\\"[^\\"]*\\")/", "$1:1")',
    "a stream": CONNECTION % ('name = "n"\n  ' + STREAM % (MADE, '"c"', MADE)),
    "a trigger": f'resource "null_resource" "k" {{\n  triggers = {{ ({MADE}) = "1" }}\n}}\n',
    "an import": f'import {{\n  to = airbyte_connection.new\n  id = {MADE}\n}}\nresource "airbyte_connection" "new" {{\n  source_id = "s"\n  destination_id = "d"\n  status = "active"\n  name = "x"\n}}\n',
    "an import by key": f'import {{\n  for_each = toset([{MADE}])\n  to = terraform_data.t[each.key]\n  id = each.key\n}}\n' + BLOCK % "for_each = { a = 1 }",
    "a folder that is listed": f'output "o" {{\n  value = fileset(".", "{{*.txt,${{{MADE}}}}}")\n}}\n',
    "a module's argument": f'module "m" {{\n  source = "./m"\n  n = {{ ({MADE}) = "a" }}\n}}\n',
    "a dynamic block": f'resource "terraform_data" "t" {{\n  dynamic "provisioner" {{\n    for_each = toset([{MADE}])\n    content {{}}\n  }}\n}}\n',
    "the number itself": BLOCK % 'count = parseint(sha1(var.x), 16)',
    "a data source": f'data "external" "d" {{\n  program = [{MADE}]\n}}\noutput "o" {{\n  value = data.external.d.result\n}}\n',
    "another provider": f'resource "other_thing" "t" {{\n  name = {MADE}\n  tags = {{ ({MADE}) = 1 }}\n}}\n',
}  # fmt: skip
MODULE = (
    'variable "n" {\n  default = {}\n  type = map(number)\n}\nresource "terraform_data" "in" {}\n'
)


def planned(text: str, *, plain: bool = False) -> Prediction:
    files = {
        "main.tf": f'{PROVIDER}variable "x" {{}}\n{text}'.encode(),
        "m/main.tf": MODULE.encode(),
        "a.txt": b"new",
    }
    base = {"main.tf": f'{PROVIDER}variable "x" {{}}\n'.encode(), "m/main.tf": MODULE.encode()}
    return predict(
        Request(
            Snapshot(files),
            "",
            state=parse_state(json.dumps(STATE)),
            base=Snapshot(base),
            variables={"x": SECRET},
            confidential=True,
            plain=frozenset({"x"} if plain else ()),
        )
    )


def said(prediction: Prediction) -> Iterator[str]:
    """All that may be said of it anywhere."""
    yield markdown(Comment((Part("lake", Rung.PREDICTED, prediction),), files="http://files"))
    seen = ModuleSeen("lake", prediction, refused=refusals(prediction))
    yield str(plan_check(Planned("o/r", "f" * 40, (seen,))))
    yield str(seen.refused)
    for change in prediction.changes:
        yield f"{change.address} {change.previous_address} {change.index} {change.module_address}"
        yield f"{change.uncertain} {change.replace_paths} {change.importing} {words(change)}"
        yield from (cause.text for cause in change.causes)
    yield str(prediction.diagnostics)
    yield f"{prediction.uncertain} {prediction.assumptions} {prediction.references}"
    yield f"{prediction.reads} {prediction.globs}"


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_way_of_saying_it_says_it(attack: str) -> None:
    text = "\n".join(said(planned(ATTACKS[attack])))
    code = [form for form in FORMS if form in ATTACKS[attack]]
    assert [form for form in FORMS if form in text and form not in code] == []
    if code:
        assert "name" not in text or "→" not in text


def test_how_many_are_made_of_it_is_not_said() -> None:
    prediction = planned(BLOCK % "count = length(var.x)")
    text = "\n".join(said(prediction))
    assert str(len(SECRET)) not in text
    assert any("terraform_data.t" in line for line in prediction.uncertain)


def test_nor_where_the_number_of_others_is_the_same() -> None:
    text = (BLOCK % "count = var.x == 1 ? 0 : 1") + (
        'resource "terraform_data" "u" {\n  count = length(terraform_data.t) * length(var.x)\n}\n'
        'resource "terraform_data" "v" {\n  count = length(terraform_data.u)\n}\n'
    )
    prediction = planned(text)
    assert [c.address for c in prediction.changes if c.type == "terraform_data"] == [
        "terraform_data.t[0]"
    ]
    assert prediction.withheld == {"terraform_data.u", "terraform_data.v"}


def test_whether_there_is_one_is_said() -> None:
    prediction = planned(BLOCK % 'count = var.x != "" ? 1 : 0')
    assert [c.address for c in prediction.changes if c.type == "terraform_data"] == [
        "terraform_data.t[0]"
    ]
    assert not prediction.uncertain


@pytest.mark.parametrize("attack", ["keys", "keys of a module", "each.key of a set"])
def test_what_is_no_secret_is_planned_as_it_is(attack: str) -> None:
    prediction = planned(ATTACKS[attack], plain=True)
    made = [c for c in prediction.changes if c.action is Action.CREATE]
    assert any(DERIVED in change.address for change in made)


def test_the_settings_of_which_one_is_a_secret_have_names() -> None:
    text = SOURCE % 'jsonencode({ host = "h", old = 1, password = var.x })'
    assert any("+ setting `password`" in line for line in said(planned(text)))


def test_a_mistake_that_has_nothing_to_do_with_it_is_said_in_full() -> None:
    (found,) = planned('output "o" {\n  value = tonumber("many")\n}\n').diagnostics
    assert '"many"' in found.detail
