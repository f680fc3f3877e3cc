"""Modules that are wrong in every way get every diagnostic of the tool, in its words, at its lines.

`wrong_modules.jsonl` has a module a line with what was found in it: severity, summary, file, line,
detail. Each was held against a real tool, which on this machine may be Terraform: its name in the
words differs then, and so does what it suggests where several names are as near. A tool begins a
cycle at any of its members, another one in the next run.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tool

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "wrong_modules.jsonl").read_text().splitlines()
]


def found(case: dict[str, Any]) -> list[list[object]]:
    files = Snapshot({path: text.encode() for path, text in case["files"].items()})
    diagnostics = predict(Request(files, "", variables={})).diagnostics
    said: list[list[object]] = []
    for each in diagnostics:
        at = each.subject
        place = [at.file, at.start.line] if at is not None else ["", None]
        said.append([str(each.severity), each.summary, *place, each.detail])
    return sorted(said, key=str)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_all_that_is_wrong_is_said(case: dict[str, Any]) -> None:
    assert found(case) == case["diagnostics"]


@pytest.mark.tofu
@pytest.mark.skipif(tool.NAME is None, reason="neither tofu nor terraform is on PATH")
def test_the_tool_says_the_same(tmp_path: Path) -> None:
    different = {}
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        for path, text in case["files"].items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        theirs = said_by_the_tool(folder)
        ours = {(sort, in_order(summary), *at) for sort, summary, *at, _ in case["diagnostics"]}
        if theirs != ours:
            different[case["name"]] = (theirs - ours, ours - theirs)
    assert different == {}


def said_by_the_tool(folder: Path) -> set[tuple[object, ...]]:
    """Severity, summary, file and line of what it finds, while validating or else while planning."""
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}

    def run(*words: str) -> str:
        return subprocess.run(
            [str(tool.NAME), *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    if any(path.is_dir() for path in folder.iterdir()):
        run("init", "-backend=false")
    diagnostics = json.loads(run("validate", "-json"))["diagnostics"]
    if not any(each["severity"] == "error" for each in diagnostics):
        lines = map(json.loads, run("plan", "-json", "-input=false").splitlines())
        diagnostics = [line["diagnostic"] for line in lines if "diagnostic" in line]
    said = set()
    for each in diagnostics:
        at = each.get("range") or {}
        summary = in_order(each["summary"].replace("Terraform", "OpenTofu"))
        line = at["start"]["line"] if at else None
        said.add((each["severity"], summary, at.get("filename", ""), line))
    return said


def in_order(summary: str) -> str:
    """The summary with a cycle's members by name."""
    word, colon, members = summary.partition("Cycle: ")
    return word + colon + ", ".join(sorted(members.split(", ")))
