"""`lotus plan` on real clones: which trees, which modules, which exit code, and clear words for mistakes."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import clone
import pytest
from plan_command import ONE, STATE, TWO, actions, document, plan

BROKEN = ONE.replace('"x"', "foo.bar")
REMOTE = 'module "m" {\n  source = "git::https://example.org/m.git"\n}\n'


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


def test_a_variable_of_one_module_is_no_mistake_in_another(several: Path) -> None:
    clone.commit(several, {"solo/v.tf": 'variable "v" {}\n'})
    assert plan("--repo", several, "--var", "v=1").exit_code == 0


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
