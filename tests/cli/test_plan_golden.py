"""What `lotus plan` prints for plans of the truth, word by word. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import clone
import pytest
from click.testing import CliRunner

from bot.cli import main

PLANS = Path(__file__).parents[1] / "truth" / "plans"
GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "flag-in-a-draft": 80,
    "flag-and-schedule-change": 80,
    "catalog-field-added": 100,
    "todo-002-schema-change": 40,
    "todo-003-remove-source": 40,
    "create-before-destroy": 80,
    "removed-block-keeps-it": 80,
    "resource-renamed-with-moved": 80,
    "nimbus-from-scratch": 80,
    "nimbus-file-deleted": 80,
    "tfvars-expression": 80,
    "syntax-error": 60,
    "nothing-changed": 80,
    "output-changes-only": 80,
}
"""Cases, and the width at which they are told."""


def repository(case: str, folder: Path) -> tuple[Path, str]:
    """The base is committed, the head lies in the working tree; and the module's folder."""
    described = json.loads((PLANS / case / "case.json").read_text())
    if (PLANS / case / "base").exists():
        shutil.copytree(PLANS / case / "base", folder)
    clone.new(folder, {} if folder.exists() else None)  # without a base there are no commits
    if (PLANS / case / "head").exists():
        shutil.copytree(PLANS / case / "head", folder, dirs_exist_ok=True)
    clone.write(folder, dict.fromkeys(described["deleted_in_head"]))
    return folder, described["module"]


@pytest.mark.parametrize(("case", "columns"), CASES.items())
def test_a_plan_is_told_like_this(case: str, columns: int, tmp_path: Path) -> None:
    folder, module = repository(case, tmp_path / "r")
    arguments = ["plan", "--repo", str(folder), "--module", module or "."]
    done = CliRunner().invoke(
        main, arguments, env={"COLUMNS": str(columns)}, catch_exceptions=False
    )
    golden = GOLDEN / f"{case}.{columns}.txt"
    told = f"{done.stdout}exit code {done.exit_code}\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(told)
    assert told == golden.read_text()


def test_every_golden_text_belongs_to_a_case() -> None:
    names = {f"{case}.{columns}.txt" for case, columns in CASES.items()}
    assert {path.name for path in GOLDEN.iterdir()} == names
