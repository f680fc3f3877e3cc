"""Providers whose facts nobody kept: certain where it can be, else said to be uncertain."""

from __future__ import annotations

import json

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Prediction, ResourceChange
from bot.plan.providers.loading import SchemaError, providers_of
from bot.plan.state import State, parse_state
from bot.plan.values import Unknown

HEAD = """
terraform {
  required_providers {
    cloud   = { source = "acme/cloud" }
    airbyte = { source = "airbytehq/airbyte" }
  }
}
"""


def state(*resources: dict[str, object]) -> State:
    return parse_state(json.dumps({"version": 4, "resources": list(resources)}))


def stored(type_: str, label: str, source: str, /, **attributes: object) -> dict[str, object]:
    return {
        "mode": "managed",
        "type": type_,
        "name": label,
        "provider": f'provider["registry.opentofu.org/{source}"]',
        "instances": [{"attributes": attributes}],
    }


def planned(text: str, there: State | None = None, **rest: object) -> Prediction:
    files = Snapshot({"main.tf": (HEAD + text).encode()})
    return predict(Request(files, "", there, variables={}, **rest))  # type: ignore[arg-type]


def change(prediction: Prediction, address: str) -> ResourceChange:
    assert prediction.ok, prediction.diagnostics
    return next(each for each in prediction.changes if each.address == address)


def plain(made: ResourceChange) -> tuple[str, bool]:
    return made.action.value, bool(made.uncertain)


SERVER = 'resource "cloud_server" "a" {\n  size = "%s"\n}\n'
BEHIND = 'resource "terraform_data" "b" {\n  input = cloud_server.a.ip\n}\n'
THERE = stored("cloud_server", "a", "acme/cloud", size="s", id="1", ip="10.0.0.1")
USER = {
    **stored("terraform_data", "b", "x/y", id="2", input={"value": "10.0.0.1", "type": "string"}),
    "provider": 'provider["terraform.io/builtin/terraform"]',
}
USER["instances"][0]["attributes"]["output"] = USER["instances"][0]["attributes"]["input"]  # type: ignore[index]


def test_a_new_object_is_certain_and_what_it_will_tell_is_known_after_apply() -> None:
    prediction = planned(SERVER % "s" + BEHIND)
    assert plain(change(prediction, "cloud_server.a")) == ("create", False)
    after = change(prediction, "terraform_data.b").after
    assert after is not None
    assert isinstance(after.raw, dict)
    assert isinstance(after.raw["input"].raw, Unknown)


def test_the_same_is_unchanged() -> None:
    prediction = planned(SERVER % "s" + BEHIND, state(THERE, USER))
    assert plain(change(prediction, "cloud_server.a")) == ("no-op", False)
    assert plain(change(prediction, "terraform_data.b")) == ("no-op", False)


def test_a_changed_attribute_is_update_or_replacement_and_so_is_what_hangs_on_it() -> None:
    prediction = planned(SERVER % "m" + BEHIND, state(THERE, USER))
    made = change(prediction, "cloud_server.a")
    assert plain(made) == ("update", True)
    assert made.uncertain.startswith("update, or replacement (size): the rules of acme/cloud")
    assert plain(change(prediction, "terraform_data.b")) == ("update", True)


SCHEMA = {
    "provider_schemas": {
        "registry.opentofu.org/acme/cloud": {
            "resource_schemas": {
                "cloud_server": {
                    "block": {
                        "attributes": {
                            "id": {"type": "string", "computed": True},
                            "ip": {"type": "string", "computed": True},
                            "size": {"type": "string", "required": True},
                            "tags": {"type": ["map", "string"], "optional": True},
                        }
                    }
                }
            }
        }
    }
}


def test_what_is_imported_is_not_created_and_nobody_knows_more() -> None:
    made = change(
        planned(SERVER % "s" + 'import {\n  to = cloud_server.a\n  id = "1"\n}\n'), "cloud_server.a"
    )
    assert (*plain(made), made.importing) == ("update", True, "1")


TRIGGERED = """
resource "terraform_data" "b" {
  input = "10.0.0.1"
  lifecycle {
    replace_triggered_by = [%s]
  }
}
"""


@pytest.mark.parametrize(
    ("trigger", "wanted"),
    [
        ("cloud_server.a", ("delete/create", False)),
        ("cloud_server.a.size", ("delete/create", False)),
        ("cloud_server.a.ip", ("no-op", True)),
    ],
)
def test_a_trigger_is_certain_where_what_it_names_surely_changes(
    trigger: str, wanted: tuple[str, bool]
) -> None:
    prediction = planned(SERVER % "l" + TRIGGERED % trigger, state(THERE, USER))
    assert plain(change(prediction, "terraform_data.b")) == wanted


def test_what_became_sensitive_is_an_update_unless_it_always_was() -> None:
    prediction = planned(SERVER.replace('"%s"', 'sensitive("s")'), state(THERE))
    assert plain(change(prediction, "cloud_server.a")) == ("no-op", True)


def test_a_schema_tells_what_is_missing_and_what_is_not_expected() -> None:
    schemas = providers_of(json.dumps(SCHEMA))
    prediction = planned('resource "cloud_server" "a" {\n  sise = 1\n}\n', schemas=schemas)
    assert [each.summary for each in prediction.diagnostics] == [
        "Missing required argument",
        "Unsupported argument",
    ]


@pytest.mark.parametrize(
    ("size", "wanted"), [("s", ("no-op", False)), ("m", ("update", True))], ids=["same", "changed"]
)
def test_a_schema_does_not_tell_what_forces_replacement(size: str, wanted: object) -> None:
    schemas = providers_of(json.dumps(SCHEMA))
    prediction = planned(SERVER % size + BEHIND, state(THERE, USER), schemas=schemas)
    assert plain(change(prediction, "cloud_server.a")) == wanted
    assert plain(change(prediction, "terraform_data.b")) == wanted


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"provider_schemas": {"a": 1}}'])
def test_what_is_no_schema_is_said(text: str) -> None:
    with pytest.raises(SchemaError, match="providers schema -json"):
        providers_of(text)


AIRBYTE = """
resource "airbyte_source_faker" "s" {
  name          = "%s"
  workspace_id  = "%s"
  configuration = "%s"
}
resource "airbyte_connection" "c" {
  source_id      = airbyte_source_faker.s.source_id
  destination_id = "d"
}
"""
ACTOR = stored(
    "airbyte_source_faker",
    "s",
    "airbytehq/airbyte",
    name="n",
    workspace_id="w",
    configuration='{"a":1}',
    source_id="s1",
    created_at=5,
)
LINK = stored(
    "airbyte_connection",
    "c",
    "airbytehq/airbyte",
    connection_id="c1",
    source_id="s1",
    destination_id="d",
)


@pytest.mark.parametrize(
    ("values", "source", "connection"),
    [
        (("n", "w", '{ \\"a\\": 1 }'), "no-op", "no-op"),
        (("other", "w", '{\\"a\\":1}'), "update", "no-op"),
        (("n", "w2", '{\\"a\\":1}'), "delete/create", "delete/create"),
        (("n", "w", '{\\"a\\":2}'), "update", "no-op"),
    ],
    ids=["same JSON otherwise spelled", "renamed: the id stays", "workspace", "configuration"],
)
def test_airbytehqs_types_by_their_suffix(
    values: tuple[str, str, str], source: str, connection: str
) -> None:
    prediction = planned(AIRBYTE % values, state(ACTOR, LINK))
    assert plain(change(prediction, "airbyte_source_faker.s")) == (source, False)
    assert plain(change(prediction, "airbyte_connection.c")) == (connection, False)


def test_a_remote_module_is_said_and_what_hangs_on_it_is_uncertain() -> None:
    text = """
module "far" {
  source = "git::https://example.org/x.git"
}
resource "terraform_data" "b" {
  input = module.far.ip
}
"""
    prediction = planned(text, state(USER))
    assert prediction.uncertain
    assert "git::https://example.org/x.git" in prediction.uncertain[0]
    assert plain(change(prediction, "terraform_data.b")) == ("update", True)


def test_without_a_state_the_base_and_the_head_agree_on_what_nobody_knows() -> None:
    files = Snapshot({"main.tf": (HEAD + SERVER % "s" + BEHIND).encode()})
    prediction = predict(Request(files, "", base=files))
    assert {each.action.value for each in prediction.changes} == {"no-op"}
