"""`lotus plan` on real clones: which trees, which modules, which exit code, and clear words for mistakes."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import clone
import pytest
from click.testing import CliRunner, Result

from bot.cli import main

ONE = 'resource "terraform_data" "a" {\n  input = "x"\n}\n'
TWO = ONE + 'resource "terraform_data" "b" {}\n'
BROKEN = ONE.replace('"x"', "foo.bar")
REMOTE = 'module "m" {\n  source = "git::https://example.org/m.git"\n}\n'
STATE = json.dumps(
    {
        "version": 4,
        "serial": 9,
        "lineage": "l",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "terraform_data",
                "name": "old",
                "provider": 'provider["terraform.io/builtin/terraform"]',
                "instances": [
                    {
                        "attributes": {
                            "id": "1",
                            "input": None,
                            "output": None,
                            "triggers_replace": None,
                        }
                    }
                ],
            }
        ],
    }
).encode()


def plan(*arguments: str | Path, columns: int = 100, stdin: bytes | None = None) -> Result:
    environment = {"COLUMNS": str(columns), "NO_COLOR": None, "FORCE_COLOR": None}
    return CliRunner().invoke(
        main, ["plan", *map(str, arguments)], env=environment, input=stdin, prog_name="lotus"
    )


def document(*arguments: str | Path) -> Any:
    done = plan(*arguments, "--json")
    return json.loads(done.stdout)


def actions(document: Any) -> dict[str, str]:
    return {
        change["address"]: "/".join(change["change"]["actions"])
        for change in document["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return clone.new(tmp_path / "r", {"main.tf": ONE})


# What the exit code says


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (ONE, 0, "No changes. Your infrastructure matches the configuration."),
        (ONE + "# only a comment\n", 0, "No changes."),
        (TWO, 2, "Plan: 1 to add, 0 to change, 0 to destroy."),
        (ONE + 'output "o" {\n  value = 1\n}\n', 2, "+ output.o"),
        (
            ONE.replace('" "a', '" "z')
            + "moved {\n  from = terraform_data.a\n  to = terraform_data.z\n}\n",
            2,
            "moved from terraform_data.a",
        ),
        (ONE + REMOTE, 2, "Uncertain: module.m comes from git::https://example.org/m.git"),
        (BROKEN, 1, "The plan would fail: 1 error."),
        ("resource {", 1, "The plan would fail"),
    ],
)
def test_exit_codes_are_those_of_detailed_exitcode_and_uncertain_is_never_no_changes(
    folder: Path, text: str, code: int, words: str
) -> None:
    clone.write(folder, {"main.tf": text})
    done = plan("--repo", folder)
    assert (done.exit_code, done.stderr) == (code, "")
    assert words in done.stdout


def test_a_mistake_shows_its_line_with_a_caret(folder: Path) -> None:
    clone.write(folder, {"main.tf": BROKEN})
    assert plan("--repo", folder).stdout.splitlines()[2:] == [
        "Error: Reference to undeclared resource",
        '  main.tf:2, in resource "terraform_data" "a"',
        "     2 |   input = foo.bar",
        "       |           ^^^^^^^",
        '  A managed resource "foo" "bar" has not been declared in the root module.',
        "",
        "The plan would fail: 1 error.",
    ]


# Which trees


def test_untracked_files_count_ignored_ones_do_not_and_deleted_ones_are_gone(folder: Path) -> None:
    clone.write(folder, {"b.tf": 'resource "terraform_data" "b" {}\n'})
    assert actions(document("--repo", folder)) == {"terraform_data.b": "create"}
    clone.write(folder, {".gitignore": "b.tf\n"})
    assert actions(document("--repo", folder)) == {}
    clone.write(folder, {"main.tf": "# nothing\n"})
    assert actions(document("--repo", folder)) == {"terraform_data.a": "delete"}


def test_ranges_are_as_git_diff_has_them(folder: Path) -> None:
    clone.git(folder, "switch", "-qc", "fix")
    clone.commit(folder, {"fix.tf": 'resource "terraform_data" "fix" {}\n'})
    clone.git(folder, "switch", "-q", "main")
    clone.commit(folder, {"main.tf": TWO})
    clone.write(folder, {"disk.tf": 'resource "terraform_data" "disk" {}\n'})
    fix, b, disk = "terraform_data.fix", "terraform_data.b", "terraform_data.disk"
    for revisions, expected in {
        "main..fix": {fix: "create", b: "delete"},
        "main...fix": {fix: "create"},
        "..fix": {fix: "create", b: "delete"},
        "fix..": {fix: "delete", b: "create"},
        "fix": {fix: "delete", b: "create", disk: "create"},
        "HEAD~1": {b: "create", disk: "create"},
        "HEAD": {disk: "create"},
    }.items():
        assert actions(document("--repo", folder, revisions)) == expected, revisions


def test_a_repository_without_commits_is_all_new(tmp_path: Path) -> None:
    folder = clone.new(tmp_path)
    clone.write(folder, {"main.tf": ONE})
    done = plan("--repo", folder)
    assert done.exit_code == 2
    assert "against nothing: there are no commits yet" in done.stdout
    for revisions in ("A..B", "main", "main...x"):
        refused = plan("--repo", folder, revisions)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "no commit" in refused.stderr


def test_a_bare_repository_needs_a_range(folder: Path, tmp_path: Path) -> None:
    clone.commit(folder, {"main.tf": TWO})
    clone.git(folder, "clone", "-q", "--bare", str(folder), str(tmp_path / "b.git"))
    assert plan("--repo", tmp_path / "b.git", "HEAD~1..HEAD").exit_code == 2
    done = plan("--repo", tmp_path / "b.git")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "name a range" in done.stderr


def test_a_link_out_of_the_repository_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("hush")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    clone.write(folder, {"main.tf": ONE.replace('"x"', 'file("link.txt")')})
    done = plan("--repo", folder, "--json")
    assert "hush" not in done.stdout
    assert done.exit_code != 0


# Which modules

MODULES = {
    "infra/main.tf": 'module "part" {\n  source = "../part"\n}\n' + ONE,
    "part/main.tf": ONE,
    "solo/main.tf.json": '{"resource": {"terraform_data": {"s": {}}}}',
    "docs/readme.md": "",
}


@pytest.fixture
def several(tmp_path: Path) -> Path:
    return clone.new(tmp_path / "r", MODULES)


def test_root_modules_are_those_that_nobody_calls(several: Path) -> None:
    assert [each["lotus"]["module"] for each in document("--repo", several)] == ["infra", "solo"]


def test_modules_that_only_call_each_other_are_still_looked_at(tmp_path: Path) -> None:
    text = 'module "m" {{\n  source = "../{}"\n}}\n'
    folder = clone.new(tmp_path, {"a/a.tf": text.format("b"), "b/b.tf": text.format("a")})
    assert document("--repo", folder)["lotus"]["module"] == "a"


def test_of_several_modules_the_worst_wins(several: Path) -> None:
    assert plan("--repo", several).exit_code == 0
    clone.write(several, {"solo/more.tf": TWO})
    assert plan("--repo", several).exit_code == 2
    clone.write(several, {"infra/more.tf": BROKEN.replace('"a"', '"c"')})
    done = plan("--repo", several)
    assert done.exit_code == 1
    assert "Plan: 2 to add" in done.stdout
    assert "The plan would fail" in done.stdout
    assert plan("--repo", several, "--module", "solo").exit_code == 2


@pytest.mark.parametrize(
    ("here", "named", "module"),
    [
        (".", "solo", "solo"),
        ("solo", ".", "solo"),
        ("docs", "../infra", "infra"),
        ("docs", "part/", "part"),
        (".", "./infra", "infra"),
    ],
)
def test_a_module_is_named_from_here_or_from_the_root(
    several: Path, here: str, named: str, module: str
) -> None:
    made = document("--repo", several / here, "--module", named)
    assert made["lotus"]["module"] == module


def test_from_a_subfolder_the_whole_repository_is_looked_at(
    several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(several / "docs")
    assert len(document()) == 2


def test_a_module_that_is_gone_is_no_quiet_success(several: Path) -> None:
    clone.write(several, {"solo/main.tf.json": None})
    done = plan("--repo", several)
    assert done.exit_code == 2
    assert "module solo is gone: what it made stays" in done.stdout
    as_json = plan("--repo", several, "--json")
    assert json.loads(as_json.stdout)["lotus"]["module"] == "infra"
    assert "module solo is gone" in as_json.stderr


# What is given


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


def test_a_variable_of_one_module_is_no_mistake_in_another(several: Path) -> None:
    clone.commit(several, {"solo/v.tf": 'variable "v" {}\n'})
    assert plan("--repo", several, "--var", "v=1").exit_code == 0


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


# Why


def test_why_names_every_instance_and_near_matches_for_none(folder: Path) -> None:
    clone.write(folder, {"b.tf": 'resource "terraform_data" "many" {\n  count = 2\n}\n'})
    done = plan("--repo", folder, "--why", "terraform_data.many")
    assert done.exit_code == 2
    assert "terraform_data.many[0] will be created" in done.stdout
    assert "terraform_data.many[1] will be created" in done.stdout
    one = plan("--repo", folder, "--why", "terraform_data.many[1]")
    assert "many[0]" not in one.stdout
    none = plan("--repo", folder, "--why", "terraform_data.mani")
    assert (none.exit_code, none.stdout) == (1, "")
    near = none.stderr.partition("near: ")[2]
    assert {"terraform_data.many[0]", "terraform_data.many[1]"} <= set(near.strip().split(", "))


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "'nowhere' names no commit"),
        (["main..nowhere"], "'nowhere' names no commit"),
        (["main...nowhere"], "'nowhere' names no commit"),
        (["--module", "nowhere"], "--module nowhere: no folder with .tf files"),
        (["--module", "../.."], "--module ../..: no folder with .tf files"),
        (["--state", "nowhere"], "--state nowhere: No such file or directory"),
        (["--state", "."], "--state .: Is a directory"),
        (["--var-file", "nowhere"], "--var-file nowhere: No such file or directory"),
        (["--var", "nane=1"], "--var nane: no root module here declares"),
        (["--var", "novalue"], "--var needs NAME=VALUE"),
        (["--var", "=secret"], "--var needs NAME=VALUE"),
        (["--repo", "/nowhere"], "/nowhere: no such folder"),
        (["--no-such-option"], "No such option"),
        (["main", "more"], "unexpected extra argument"),
    ],
)
def test_a_mistake_is_one_clear_message_and_exit_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(folder)
    done = plan(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_an_unknown_variable_gets_the_near_one(folder: Path) -> None:
    clone.write(folder, {"v.tf": 'variable "name" {}\n'})
    assert "nane: no root module here declares a variable of that name; name?" in (
        plan("--repo", folder, "--var", "nane=1").stderr
    )


def test_a_folder_without_a_repository_or_a_module_is_said(tmp_path: Path) -> None:
    done = plan("--repo", tmp_path)
    assert (done.exit_code, "is not inside a Git repository" in done.stderr) == (1, True)
    done = plan("--repo", clone.new(tmp_path, {"readme.md": ""}))
    assert (done.exit_code, "no module" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "the state is not JSON"),
        (b'{"version": 3}', "lotus reads version 4"),
        (gzip.compress(STATE)[:-9], "gzipped, and cut off"),
        (b"\x1f\x8bnonsense", "gzipped, and damaged"),
        (b"\xff\xfe", "the state is not JSON"),
    ],
)
def test_a_state_that_cannot_be_read_is_said(
    folder: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "s").write_bytes(content)
    done = plan("--repo", folder, "--state", tmp_path / "s")
    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr


def test_a_state_belongs_to_one_module(several: Path, tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(STATE)
    done = plan("--repo", several, "--state", tmp_path / "s")
    assert (done.exit_code, "name it with --module: infra, solo" in done.stderr) == (1, True)


def test_names_that_are_no_text_neither_break_nor_steer_the_terminal(folder: Path) -> None:
    odd = os.fsdecode(b"x/\xff\x1b[31m.tf")
    clone.write(folder, {odd: BROKEN})
    done = plan("--repo", folder)
    assert done.exit_code == 1
    assert "x/\ufffd\ufffd[31m.tf:2" in done.stdout
    assert json.loads(plan("--repo", folder, "--json").stdout_bytes)[1]["errored"] is True


def test_help_documents_ranges_and_exit_codes() -> None:
    text = plan("--help").stdout
    for word in ("main...fix", "Exit codes", "Untracked files count", "tofu show -json"):
        assert word in text
