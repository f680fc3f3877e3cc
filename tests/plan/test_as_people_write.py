"""What repositories of many kinds were seen to hold, each a case that once came out wrong."""

from __future__ import annotations

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction

CLOUD = 'terraform {\n  required_providers {\n    cloud = { source = "acme/cloud" }\n  }\n}\n'


def planned(before: str, after: str | None = None) -> Prediction:
    """The plan of `after`, or of the same again."""
    head = before if after is None else after
    sides = [Snapshot({"main.tf": (CLOUD + text).encode()}) for text in (before, head)]
    return predict(Request(sides[1], "", base=sides[0]))


def told(prediction: Prediction) -> dict[str, tuple[str, bool]]:
    """What is not unchanged for certain."""
    assert prediction.ok, prediction.diagnostics
    return {
        each.address: (each.action.value, bool(each.uncertain))
        for each in prediction.changes
        if each.action is not Action.NO_OP or each.uncertain
    }


@pytest.mark.parametrize(
    "durations", ['create_duration = "15m"', 'create_duration = "1s"\ndestroy_duration = "2s"']
)
def test_a_sleep_may_have_one_duration_or_both(durations: str) -> None:
    assert told(planned(f'resource "time_sleep" "a" {{\n  {durations}\n}}\n')) == {}


WALLS = """
variable "many" {
  type = set(string)
}
resource "cloud_wall" "a" {
  for_each = %s
  name     = each.key
}
resource "cloud_gate" "a" {
  count = %s
  name  = "gate"
}
"""
OF_ALL = """
resource "terraform_data" "all" {
  input = {
    merged = [for key, wall in merge(cloud_wall.a, {}) : "${key} ${wall.address}"]
    keys   = keys(cloud_wall.a)
    gates  = concat(cloud_gate.a, [])[*].address
  }
}
"""


@pytest.mark.parametrize(("names", "count"), [('toset(["x"])', 2), ("toset([])", 0)])
def test_all_of_a_block_keep_their_kind_when_there_are_none(names: str, count: int) -> None:
    assert told(planned(WALLS % (names, count) + OF_ALL)) == {}


def test_modules_without_an_instance_are_an_object_by_for_each() -> None:
    files = {
        "main.tf": b'module "m" {\n  source = "./m"\n  for_each = {}\n}\n'
        b'output "o" {\n  value = keys(module.m)\n}\n',
        "m/main.tf": b'output "x" {\n  value = 1\n}\n',
    }
    assert predict(Request(Snapshot(files), "")).ok


USES = {
    "an attribute": "cloud_server.a[0].address",
    "an attribute by its name": 'cloud_server.a[0]["address"]',
    "a splat": "cloud_server.a[*].address",
    "the old splat": "cloud_server.a.*.address[0]",
    "a for": "[for each in cloud_server.a : each.address if each.size != null]",
    "one": "one(cloud_server.a).address",
    "a block": "cloud_server.a[0].disk[0].volume_id",
    "a conversion": "merge(cloud_server.a[0], {}).address",
}
SERVER = 'resource "cloud_server" "a" {\n  count = 1\n  size = "%s"\n  disk {\n    gb = 1\n  }\n}\n'


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_objects_without_a_schema_have_more_than_is_configured(use: str) -> None:
    """What the provider adds is there, the same as long as nothing changes."""
    user = f'resource "terraform_data" "b" {{\n  input = {use}\n}}\n'
    assert told(planned(SERVER % "s" + user)) == {}
    changed = told(planned(SERVER % "s" + user, SERVER % "m" + user))
    assert changed == {
        "cloud_server.a[0]": ("update", True),
        "terraform_data.b": ("update", True),
    }
    created = told(planned("", SERVER % "s" + user))
    assert created == {
        "cloud_server.a[0]": ("create", False),
        "terraform_data.b": ("create", False),
    }


def test_what_is_configured_is_known_of_such_an_object() -> None:
    user = 'resource "terraform_data" "b" {\n  input = one(cloud_server.a[*].size)\n}\n'
    renamed = told(planned(SERVER % "s" + user, SERVER % "m" + user))
    assert renamed["terraform_data.b"] == ("update", False)


def test_its_own_postcondition_sees_more_than_is_configured() -> None:
    text = (SERVER % "s").removesuffix("}\n") + (
        "  lifecycle {\n    postcondition {\n"
        '      condition     = self.address != "" && self.size == "s"\n'
        '      error_message = "no"\n    }\n  }\n}\n'
    )
    assert told(planned(text)) == {}


def test_a_function_of_a_required_provider_is_there() -> None:
    user = 'resource "terraform_data" "b" {\n  input = provider::cloud::newest("1.2")\n}\n'
    assert told(planned(user)) == {}
    (uncertain,) = told(planned(user, user.replace("1.2", "1.3"))).values()
    assert uncertain == ("update", True)
    assert not planned(user.replace("cloud", "other")).ok


def test_two_outputs_of_a_module_from_elsewhere_are_not_the_same_value() -> None:
    text = 'module "far" {\n  source = "acme/far/cloud"\n}\n'
    user = 'resource "terraform_data" "b" {\n  count = module.far.x == module.far.y ? 1 : 0\n}\n'
    prediction = planned(text + user)
    assert prediction.uncertain
    assert not [each for each in prediction.changes if each.address == "terraform_data.b[0]"]


def test_where_the_tool_runs_is_a_constant_that_is_not_known() -> None:
    prediction = planned('resource "local_file" "a" {\n  filename = "${path.cwd}/a"\n}\n')
    assert told(prediction) == {}
    assert "path.cwd is what it was" in prediction.assumptions


@pytest.mark.parametrize("left_out", ["version = null", "dynamic disk {\n  for_each = []\n}"])
def test_what_a_block_leaves_out_the_provider_may_tell(left_out: str) -> None:
    text = f'resource "cloud_server" "a" {{\n  {left_out}\n}}\n'
    user = (
        'output "o" {\n  value = [coalesce(cloud_server.a.version, "no"),'
        " cloud_server.a.disk[0].id]\n}\n"
    )
    prediction = planned(text + user)
    assert told(prediction) == {}
    assert [each.action for each in prediction.outputs] == [Action.NO_OP]


def test_a_line_that_is_left_out_changes_something_or_nothing() -> None:
    """Optional, it is removed; computed as well, it stays: nobody told which."""
    whole = (SERVER % "s").replace("  disk {", '  zone = "b"\n  disk {')
    without = SERVER % "s"
    assert told(planned(whole, without)) == {"cloud_server.a[0]": ("update", True)}
    assert told(planned(whole, whole)) == {}
    ignored = "  lifecycle {\n    ignore_changes = [zone]\n  }\n}\n"
    kept = [text.removesuffix("}\n") + ignored for text in (whole, without)]
    assert told(planned(*kept)) == {}


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ('module "../m" {\n  source = "./m"\n}\n', "Invalid module instance name"),
        ('module "" {\n  source = "./m"\n}\n', "Invalid module instance name"),
        ('variable "a.b" {}\n', "Invalid variable name"),
        ('output "1" {\n  value = 1\n}\n', "Invalid output name"),
        ('resource "terraform_data" "a.b" {}\n', "Invalid resource name"),
        ('resource "terraform data" "a" {}\n', "Invalid resource type name"),
        ('data "cloud_zone" "a b" {}\n', "Invalid data resource name"),
    ],
)
def test_a_name_that_nobody_can_refer_to_is_wrong(text: str, summary: str) -> None:
    assert [each.summary for each in planned("", text).diagnostics] == [summary]


def test_the_keys_of_what_is_not_known_at_all_are_not_known() -> None:
    text = 'variable "any" {}\noutput "o" {\n  value = keys(var.any)\n}\n'
    assert [each.action for each in planned(text).outputs] == [Action.NO_OP]
