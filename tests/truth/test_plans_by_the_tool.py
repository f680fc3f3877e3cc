"""Plans over the built-in `terraform_data` come out as the tool on this machine makes them.

A case is a file of `by_the_tool/`: `-- base/main.tf --` begins a file of what was applied,
`-- head/main.tf --` one of what is planned. The tool's own words differ between OpenTofu and
Terraform, so that a diagnostic is compared by its severity, file and line.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction
from bot.plan.state import parse_state
from bot.plan.values import Unknown, Value

HERE = Path(__file__).parent / "by_the_tool"
CASES = sorted(path.stem for path in HERE.glob("*.txt"))
TOOL = shutil.which("tofu") or shutil.which("terraform") or ""

ONLY_OPENTOFU = {
    "import-without-a-resource": "Terraform 1.11.4 points at `to`, OpenTofu at the block"
}

pytestmark = pytest.mark.tofu


def sides(name: str) -> tuple[dict[str, str], dict[str, str]]:
    base: dict[str, str] = {}
    head: dict[str, str] = {}
    parts = re.split(r"^-- (base|head)/(\S+) --\n", (HERE / f"{name}.txt").read_text(), flags=re.M)
    for side, path, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        (base if side == "base" else head)[path] = text
    return base, head


def lay(folder: Path, files: dict[str, str]) -> None:
    for path in folder.rglob("*.tf*"):
        if path.is_file() and ".terraform" not in path.parts and path.suffix != ".tfstate":
            path.unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOOL, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def by_the_tool(folder: Path, base: dict[str, str], head: dict[str, str]) -> dict[str, Any]:
    """What the tool plans: `ok`, `actions`, … or `diagnostics`."""
    lay(folder, base)
    run(folder, "init", "-no-color")
    applied = run(folder, "apply", "-auto-approve", "-no-color")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    for path in set(base) - set(head):
        (folder / path).unlink()
    lay(folder, head)
    started = run(folder, "init", "-no-color")
    planned = run(folder, "plan", "-json", "-out=plan.bin")
    found = diagnostics(planned.stdout)
    if started.returncode and not found:
        found = diagnostics(run(folder, "validate", "-json").stdout)
    if planned.returncode:
        return {"ok": False, "diagnostics": found}
    shown = json.loads(run(folder, "show", "-json", "plan.bin").stdout)
    return {"ok": True, "diagnostics": found, **told_by(shown)}


def diagnostics(output: str) -> set[tuple[str, str, int | None]]:
    found = set()
    for line in output.splitlines():
        if not line.startswith("{"):
            continue
        message = json.loads(line) if '"diagnostic' in line else {}
        for each in [message["diagnostic"]] if "diagnostic" in message else []:
            at = each.get("range") or {}
            place = (at.get("filename", ""), at.get("start", {}).get("line"))
            found.add((each["severity"], *place))
    return found


def told_by(shown: dict[str, Any]) -> dict[str, Any]:
    changes = [c for c in shown.get("resource_changes", []) if c["mode"] == "managed"]
    actions = {c["address"]: "/".join(c["change"]["actions"]) for c in changes}
    return {
        "actions": actions,
        "reasons": {c["address"]: c["action_reason"] for c in changes if c.get("action_reason")},
        "moved": {c["address"]: c["previous_address"] for c in changes if "previous_address" in c},
        "imported": sorted(c["address"] for c in changes if "importing" in c["change"]),
        "replace_paths": {
            c["address"]: c["change"]["replace_paths"]
            for c in changes
            if c["change"].get("replace_paths")
        },
        "unknown": {
            c["address"]: sorted(k for k, v in c["change"]["after_unknown"].items() if v is True)
            for c in changes
            if actions[c["address"]] not in ("no-op", "delete", "forget")
        },
        "outputs": {
            name: "/".join(change["actions"])
            for name, change in shown.get("output_changes", {}).items()
        },
    }


def by_lotus(folder: Path, head: dict[str, str]) -> Prediction:
    state = parse_state((folder / "terraform.tfstate").read_bytes())
    return predict(
        Request(Snapshot({k: v.encode() for k, v in head.items()}), "", state=state, variables={})
    )


def told(prediction: Prediction) -> dict[str, Any]:
    found = {
        (
            str(each.severity),
            each.subject.file if each.subject else "",
            each.subject.start.line if each.subject else None,
        )
        for each in prediction.diagnostics
    }
    if not prediction.ok:
        return {"ok": False, "diagnostics": found}
    changes = [c for c in prediction.changes if c.mode == "managed"]
    quiet = (Action.NO_OP, Action.DELETE, Action.FORGET)
    return {
        "ok": True,
        "diagnostics": found,
        "actions": {c.address: c.action.value for c in changes},
        "reasons": {c.address: c.reason for c in changes if c.reason},
        "moved": {c.address: c.previous_address for c in changes if c.previous_address},
        "imported": sorted(c.address for c in changes if c.importing),
        "replace_paths": {
            c.address: list(map(list, c.replace_paths)) for c in changes if c.replace_paths
        },
        "unknown": {c.address: top_unknown(c.after) for c in changes if c.action not in quiet},
        "outputs": {o.name: o.action.value for o in prediction.outputs},
    }


def top_unknown(value: Value | None) -> list[str]:
    raw = value.raw if value is not None else None
    items = raw.items() if isinstance(raw, dict) else ()
    return sorted(name for name, item in items if isinstance(item.raw, Unknown))


@pytest.mark.skipif(not TOOL, reason="neither tofu nor terraform is on PATH")
@pytest.mark.parametrize("name", CASES)
def test_the_tool_plans_the_same(name: str, tmp_path: Path) -> None:
    if name in ONLY_OPENTOFU and Path(TOOL).name != "tofu":
        pytest.skip(ONLY_OPENTOFU[name])
    base, head = sides(name)
    wanted = by_the_tool(tmp_path, base, head)
    assert told(by_lotus(tmp_path, head)) == wanted
