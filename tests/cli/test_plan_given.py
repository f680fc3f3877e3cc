"""What `lotus plan` is given: states, variables, Airbyte's objects, schemas; and what nobody may see."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import clone
import pytest
from plan_command import ONE, STATE, actions, document, plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return clone.new(tmp_path / "r", {"main.tf": ONE})


@pytest.mark.parametrize("content", [STATE, gzip.compress(STATE)], ids=["plain", "gzip"])
def test_a_state_stands_in_for_the_base(folder: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s").write_bytes(content)
    expected = {"terraform_data.a": "create", "terraform_data.old": "delete"}
    assert actions(document("--repo", folder, "--state", tmp_path / "s")) == expected
    piped = plan("--repo", folder, "--state", "-", stdin=content)
    assert "against the state, serial 9" in piped.stdout


VARIABLES = 'variable "name" {}\nvariable "list" {\n  type = list(string)\n}\n' + ONE.replace(
    '"x"', '"${var.name}:${join(",", var.list)}"'
)


def test_variables_come_from_files_and_arguments_as_the_tool_takes_them(tmp_path: Path) -> None:
    folder = clone.new(tmp_path / "r")
    clone.write(folder, {"main.tf": VARIABLES})
    one, other = tmp_path / "one.tfvars", tmp_path / "two.tfvars.json"
    one.write_text('name = "one"\nlist = ["a"]\n')
    other.write_text('{"list": ["b", "c"]}')
    arguments = ("--repo", folder, "--var-file", one, "--var-file", other)
    after = document(*arguments)["resource_changes"][0]["change"]["after"]
    assert after["input"] == "one:b,c"
    after = document(*arguments, "--var", "name=n=1")["resource_changes"][0]["change"]["after"]
    assert after["input"] == "n=1:b,c"


def test_a_variable_without_a_value_equals_itself(tmp_path: Path) -> None:
    folder = clone.new(tmp_path, {"main.tf": VARIABLES})
    assert plan("--repo", folder).exit_code == 0


def test_given_some_variables_all_are_needed_as_with_the_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'variable "a" {}\nvariable "b" {}\noutput "o" {\n  value = "${var.a}${var.b}"\n}\n'
    folder = clone.new(tmp_path / "r", {"main.tf": text})
    done = plan("--repo", folder, "--var", "a=1")
    assert (done.exit_code, "No value for required variable" in done.output) == (1, True)
    assert plan("--repo", folder, "--var", "a=1", "--var", "b=2").exit_code == 0
    monkeypatch.setenv("TF_VAR_b", "2")
    assert plan("--repo", folder, "--var", "a=1").exit_code == 0


def test_what_was_changed_in_airbyte_is_seen_where_its_objects_are_given(tmp_path: Path) -> None:
    case = Path(__file__).parents[1] / "truth" / "plans" / "nimbus-ui-paused"
    settings = json.loads((case / "case.json").read_text())
    made = clone.new(tmp_path / "r", dict(_files(case / "base")))
    given = [f"{name}={_text(value)}" for name, value in settings["head_variables"].items()]
    given.append("airbyte_server_url=http://localhost:8000/api/")
    arguments = [part for each in given for part in ("--var", each)]
    state, live = ("--state", case / "state.json"), ("--airbyte", case / "airbyte.json")
    there = ("--repo", made, "--module", settings["module"])
    seen = document(*there, *state, *live, *arguments)
    assert actions(seen) == settings["expected"]["actions"]
    assert plan(*there, *state, *arguments).exit_code == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [("{", "not JSON"), ("[]", "expected an object"), ('{"sources": 7}', "expected an object")],
)
def test_airbytes_objects_that_cannot_be_read_are_said(
    folder: Path, tmp_path: Path, content: str, says: str
) -> None:
    live = tmp_path / "live.json"
    live.write_text(content)
    done = plan("--repo", folder, "--airbyte", live)
    assert (done.exit_code, says in done.output) == (1, True)


def test_schemas_of_further_providers_make_their_mistakes_known(tmp_path: Path) -> None:
    text = (
        'terraform {\n  required_providers {\n    acme = { source = "acme/acme" }\n  }\n}\n'
        'resource "acme_thing" "a" {\n  nme = "x"\n}\n'
    )
    folder = clone.new(tmp_path / "r", {"main.tf": text})
    attributes = {"name": {"type": "string", "required": True}}
    thing = {"version": 0, "block": {"attributes": attributes}}
    schema = {
        "provider_schemas": {
            "registry.opentofu.org/acme/acme": {"resource_schemas": {"acme_thing": thing}}
        }
    }
    file = tmp_path / "schemas.json"
    file.write_text(json.dumps(schema))
    assert plan("--repo", folder).exit_code == 0
    done = plan("--repo", folder, "--schemas", file)
    assert (done.exit_code, "Unsupported argument" in done.output) == (1, True)
    file.write_text("{}")
    done = plan("--repo", folder, "--schemas", file)
    assert (done.exit_code, "providers schema -json" in done.output) == (1, True)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# What nobody may see


def test_values_that_are_given_are_never_printed(tmp_path: Path) -> None:
    folder = clone.new(
        tmp_path / "r", {"main.tf": VARIABLES + 'output "o" {\n  value = var.name\n}\n'}
    )
    secrets = tmp_path / "s.tfvars"
    secrets.write_text(
        'list = ["topsecret1"]\nnobody = "topsecret2"\nlist = "twice" "topsecret4"\n'
    )
    (folder / "terraform.tfvars").write_text('list = ["topsecret5"]\nwrong = "topsecret6"\n')
    for extra in ((), ("--json",), ("--why", "terraform_data.a")):
        done = plan("--repo", folder, "--var", "name=topsecret3", "--var-file", secrets, *extra)
        assert "topsecret" not in done.output, extra
        assert done.exit_code in (1, 2)


def test_json_marks_what_it_replaces(tmp_path: Path) -> None:
    text = 'variable "p" {\n  sensitive = true\n  default   = "hushhush"\n}\n'
    text += ONE.replace('"x"', "[var.p, 1]")
    text += 'resource "airbyte_source" "s" {\n  name = "s"\n  source_definition_id = "d"\n'
    text += '  workspace_id = "w"\n  connection_configuration = jsonencode({ password = "hunter22" })\n}\n'
    folder = clone.new(tmp_path)
    clone.write(folder, {"main.tf": text})
    done = plan("--repo", folder, "--json")
    changes = {
        each["address"]: each["change"] for each in json.loads(done.stdout)["resource_changes"]
    }
    data = changes["terraform_data.a"]
    assert data["after"]["input"] == ["(sensitive value)", 1]
    assert data["after_sensitive"]["input"] == [True, False]
    source = changes["airbyte_source.s"]
    assert source["after"]["connection_configuration"] == "(sensitive value)"
    assert source["after_sensitive"]["connection_configuration"] is True
    assert "hush" not in done.output
    assert "hunter22" not in done.output


def test_what_was_edited_is_told_without_its_secrets(tmp_path: Path) -> None:
    text = 'variable "p" {\n  sensitive = true\n  default   = "topsecret1"\n}\n'
    text += ONE.replace('"x"', "[var.p, 1]")
    text += 'resource "airbyte_source" "s" {\n  name = "s"\n  source_definition_id = "d"\n'
    text += (
        '  workspace_id = "w"\n  connection_configuration = jsonencode({ key = "topsecret2" })\n}\n'
    )
    folder = clone.new(tmp_path, {"main.tf": text})
    clone.write(folder, {"main.tf": text.replace("topsecret", "topsecret9")})
    for extra in ((), ("--json",), ("--why", "terraform_data.a"), ("--why", "airbyte_source.s")):
        done = plan("--repo", folder, *extra)
        assert done.exit_code == 2
        assert "topsecret" not in done.output, extra
