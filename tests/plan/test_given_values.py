"""What is made of a true value from outside is shown nowhere, whatever the module does to it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction
from bot.plan.state import parse_state
from bot.render.changes import words
from bot.render.comment import Comment, Part, Rung, markdown

SECRET = "s3cr3t-p4ssw0rd"
DERIVED = base64.b64encode(SECRET.encode()).decode()
PROVIDER = 'terraform {\n  required_providers {\n    airbyte = { source = "aballiet/airbyte-oss" }\n  }\n}\n'
VARIABLE = 'variable "x" {}\n'
ATTRIBUTE = """
resource "airbyte_connection" "a" {
  source_id      = "s"
  destination_id = "d"
  status         = "active"
  name           = %s
}
"""
STATE = {
    "version": 4,
    "serial": 1,
    "lineage": "l",
    "outputs": {},
    "resources": [
        {
            "mode": "managed",
            "type": "airbyte_connection",
            "name": "a",
            "provider": 'provider["registry.opentofu.org/aballiet/airbyte-oss"]',
            "instances": [
                {
                    "attributes": {
                        "source_id": "s",
                        "destination_id": "d",
                        "status": "active",
                        "name": "before",
                        "connection_id": "c",
                    }
                }
            ],
        }
    ],
}
TRICKS = [
    "var.x",
    "base64encode(var.x)",
    "nonsensitive(base64encode(var.x))",
    "nonsensitive(sensitive(upper(base64encode(var.x))))",
    'join("", reverse(split("", base64encode(var.x))))',
    "substr(base64encode(var.x), 0, 12)",
    "jsondecode(jsonencode([base64encode(var.x)]))[0]",
    "[for c in [base64encode(var.x)] : c][0]",
    'try(base64encode(var.x), "no")',
    'templatestring("$${y}", { y = base64encode(var.x) })',
]


def planned(text: str, *, confidential: bool = True, plain: bool = False) -> Prediction:
    return predict(
        Request(
            Snapshot({"main.tf": (PROVIDER + VARIABLE + text).encode()}),
            "",
            state=parse_state(json.dumps(STATE)),
            variables={"x": SECRET},
            confidential=confidential,
            plain=frozenset({"x"} if plain else ()),
        )
    )


@pytest.mark.parametrize("trick", TRICKS)
def test_no_function_brings_it_into_a_comment(trick: str) -> None:
    prediction = planned(ATTRIBUTE % trick)
    (change,) = prediction.changes
    assert change.action is Action.UPDATE
    assert words(change) == "`name` changes"


def test_a_plain_value_of_the_code_is_shown_by_value() -> None:
    (change,) = planned(ATTRIBUTE % '"after"').changes
    assert words(change) == "name `before` → `after`"


def test_an_error_message_of_the_module_does_not_tell_it() -> None:
    check = (
        'check "c" {\n  assert {\n    condition     = length(var.x) > 99\n'
        '    error_message = "it is ${base64encode(var.x)}"\n  }\n}\n'
    )
    prediction = planned(ATTRIBUTE % '"after"' + check)
    assert prediction.ok
    said = markdown(Comment((Part("lake", Rung.PREDICTED, prediction),)))
    assert DERIVED not in said + str(prediction.diagnostics)


def test_nothing_else_of_the_plan_is_another_than_without_the_mark() -> None:
    text = (
        ATTRIBUTE % "var.x"
        + 'output "o" {\n  value = var.x\n}\n'
        + 'resource "terraform_data" "b" {\n  for_each = toset([var.x])\n}\n'
        + 'resource "terraform_data" "c" {\n  count = length(var.x)\n}\n'
    )
    with_mark, without = planned(text, plain=True), planned(text, confidential=False)
    assert [(c.address, c.action) for c in with_mark.changes] == [
        (c.address, c.action) for c in without.changes
    ]
    assert with_mark.diagnostics == without.diagnostics
    assert [(o.name, o.action) for o in with_mark.outputs] == [
        (o.name, o.action) for o in without.outputs
    ]


CASES = Path(__file__).parents[1] / "truth" / "plans"


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_every_real_plan_is_the_same_with_the_mark(name: str) -> None:
    folder = CASES / name
    case = json.loads((folder / "case.json").read_text())
    files = {}
    for side in ("base", "head"):
        for path in (folder / side).rglob("*"):
            if path.is_file():
                files[path.relative_to(folder / side).as_posix()] = path.read_bytes()
    for gone in case["deleted_in_head"]:
        files.pop(gone, None)
    state = folder / "state.json"

    def asked(*, confidential: bool) -> Prediction:
        variables = {"airbyte_server_url": "http://a/api/", **case["head_variables"]}
        request = Request(
            Snapshot(files),
            case["module"],
            state=parse_state(state.read_bytes()) if state.exists() else None,
            variables=variables,
            confidential=confidential,
            plain=frozenset(n for n, value in variables.items() if not isinstance(value, str)),
        )
        return predict(request)

    with_mark, without = asked(confidential=True), asked(confidential=False)
    assert [(c.address, c.action, c.reason) for c in with_mark.changes] == [
        (c.address, c.action, c.reason) for c in without.changes
    ]
    assert [(d.severity, d.summary, d.subject) for d in with_mark.diagnostics] == [
        (d.severity, d.summary, d.subject) for d in without.diagnostics
    ]
