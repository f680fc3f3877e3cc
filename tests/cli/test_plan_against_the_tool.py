"""`lotus plan --json` is what `tofu show -json` prints for the same module, key by key and value by value."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import clone
import pytest
from click.testing import CliRunner

from bot.cli import main

TOOL = shutil.which("tofu") or shutil.which("terraform") or "tofu"
pytestmark = pytest.mark.tofu

APPLIED = """
variable "secret" {
  sensitive = true
  default   = "hush"
}
resource "terraform_data" "kept" {
  input = { list = [1, 2.5, "é"], nothing = null, nested = { k = "v" } }
}
resource "terraform_data" "changed" {
  input = ["a"]
}
resource "terraform_data" "secret" {
  input = var.secret
}
resource "terraform_data" "secret_gone" {
  input = { s = var.secret }
}
resource "terraform_data" "replaced" {
  input            = 12345678901234567890.5
  triggers_replace = { x = ["t"] }
}
resource "terraform_data" "counted" {
  count = 2
  input = terraform_data.replaced.output
}
resource "terraform_data" "each" {
  for_each = { "k 1" = true, "\\"q\\"" = false }
  input    = each.value
}
resource "terraform_data" "gone" {}
resource "terraform_data" "old_name" {}
output "plain" {
  value = "p"
}
output "dropped" {
  value = 1
}
"""
EDITED = (
    APPLIED.replace('["a"]', '["a", "b"]')
    .replace('["t"]', '["u"]')
    .replace("count = 2", "count = 1")
    .replace('resource "terraform_data" "gone" {}', "")
    .replace('resource "terraform_data" "secret_gone" {\n  input = { s = var.secret }\n}\n', "")
    .replace('"old_name" {}', '"new_name" {}')
    .replace(
        'output "dropped" {\n  value = 1\n}', 'output "added" {\n  value = terraform_data.new.id\n}'
    )
    + "moved {\n  from = terraform_data.old_name\n  to   = terraform_data.new_name\n}\n"
    + 'resource "terraform_data" "new" {\n  input = terraform_data.changed.output\n}\n'
)
BROKEN = 'locals {\n  a = nope.x\n}\n\nresource "terraform_data" "a" {\n  input = [\n    var.gone,\n  ]\n}\n'


def tool(folder: Path, *arguments: str, code: int = 0) -> Any:
    """The tool's standard output, as JSON where it is."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [TOOL, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


def lotus(folder: Path, *arguments: str) -> Any:
    done = CliRunner().invoke(main, ["plan", "--repo", str(folder), "--json", *arguments])
    return json.loads(done.stdout)


def without_sensitive(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """By address; what is sensitive is replaced in ours, and the tool has "{}" for unknown there."""
    return {each["address"]: each | {"change": _kept(each["change"])} for each in changes}


def _kept(change: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in change.items() if not name.endswith("_sensitive")}
    return json.loads(json.dumps(told).replace('"hush"', '"(sensitive value)"'))


def _places(made: Any) -> set[tuple[str, ...]]:
    """Where something is marked sensitive. Ours marks copies of what is sensitive as well."""
    return {
        (each["address"], side, *path)
        for each in made["resource_changes"]
        for side in ("before_sensitive", "after_sensitive")
        for path in _marked(each["change"][side])
    }


def _marked(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if value is True:
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if value else ()
    return [found for key, item in items for found in _marked(item, (*path, str(key)))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = clone.new(
        tmp_path, {"main.tf": APPLIED, ".gitignore": ".terraform*\n*.tfstate*\nplan\n"}
    )
    tool(made, "init", "-input=false")
    tool(made, "apply", "-input=false", "-auto-approve")
    return made


def test_a_plan_is_the_tools_own(folder: Path) -> None:
    clone.write(folder, {"main.tf": EDITED})
    tool(folder, "plan", "-input=false", "-out=plan")
    theirs = tool(folder, "show", "-json", "plan")
    ours = lotus(folder, "--state", str(folder / "terraform.tfstate"))
    assert without_sensitive(ours["resource_changes"]) == without_sensitive(
        theirs["resource_changes"]
    )
    assert "hush" not in json.dumps(ours)
    assert ours["output_changes"] == theirs["output_changes"]
    assert ours["planned_values"]["outputs"] == theirs["planned_values"]["outputs"]
    assert ours["format_version"] == theirs["format_version"]
    assert _places(theirs) <= _places(ours)


def test_no_changes_and_errors_are_the_tools_own(folder: Path) -> None:
    ours = lotus(folder, "--state", str(folder / "terraform.tfstate"))
    assert {tuple(each["change"]["actions"]) for each in ours["resource_changes"]} == {("no-op",)}
    clone.write(folder, {"main.tf": BROKEN})
    theirs = tool(folder, "validate", "-json", code=1)
    ours = lotus(folder)
    order = lambda item: (item["range"]["start"]["line"], item["summary"])  # noqa: E731
    assert sorted(ours["diagnostics"], key=order) == sorted(theirs["diagnostics"], key=order)
