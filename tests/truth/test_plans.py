"""Every plan comes out as OpenTofu 1.10.10 with the real providers had it, in both modes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction
from bot.plan.state import parse_state
from bot.plan.values import Unknown

HERE = Path(__file__).parent / "plans"
CASES = sorted(path.name for path in HERE.iterdir() if (path / "case.json").exists())


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def sides(name: str) -> tuple[dict[str, Any], Snapshot, Snapshot | None]:
    folder = HERE / name
    case = json.loads((folder / "case.json").read_text())
    base = tree(folder / "base") if (folder / "base").exists() else {}
    head = {**base, **(tree(folder / "head") if (folder / "head").exists() else {})}
    for gone in case["deleted_in_head"]:
        head.pop(gone, None)
    return case, Snapshot(head), Snapshot(base) if (folder / "base").exists() else None


def with_state(name: str) -> tuple[dict[str, Any], Prediction]:
    case, head, _ = sides(name)
    state, live = HERE / name / "state.json", HERE / name / "airbyte.json"
    request = Request(
        head,
        case["module"],
        state=parse_state(state.read_bytes()) if state.exists() else None,
        # The stand-in's own address, as the cases' README says.
        variables={"airbyte_server_url": "http://localhost:8000/api/", **case["head_variables"]},
        live=json.loads(live.read_text()) if live.exists() else None,
    )
    return case["expected"], predict(request)


def code_only(name: str) -> tuple[dict[str, Any], Prediction]:
    case, head, base = sides(name)
    return case["expected"], predict(Request(head, case["module"], base=base, variables=None))


def actions(prediction: Prediction) -> dict[str, str]:
    return {
        change.address: change.action.value
        for change in prediction.changes
        if change.action is not Action.NO_OP
    }


def top_unknown(value: Any) -> list[str]:
    raw = value.raw if value is not None else None
    if not isinstance(raw, dict):
        return []
    return sorted(name for name, item in raw.items() if isinstance(item.raw, Unknown))


def findings(prediction: Prediction, module: str) -> set[tuple[str, str, int | None]]:
    found = set()
    for item in prediction.diagnostics:
        if item.subject is None:
            found.add((item.summary, "", None))
        else:
            name = item.subject.file.removeprefix(f"{module}/" if module else "")
            found.add((item.summary, name.rpartition("/")[2], item.subject.start.line))
    return found


def wanted_findings(expected: dict[str, Any]) -> set[tuple[str, str, int | None]]:
    return {
        (each["summary"], (each.get("file") or "").rpartition("/")[2], each.get("line"))
        for each in expected["diagnostics"]
    }


@pytest.mark.parametrize("name", CASES)
def test_with_state_and_values(name: str) -> None:
    expected, prediction = with_state(name)
    module = json.loads((HERE / name / "case.json").read_text())["module"]
    assert prediction.ok == expected["ok"], prediction.diagnostics
    assert findings(prediction, module) == wanted_findings(expected)
    if not expected["ok"]:
        return
    assert actions(prediction) == expected["actions"]
    assert not [change for change in prediction.changes if change.uncertain]
    counts = prediction.counts
    assert {"add": counts.add, "change": counts.change, "destroy": counts.destroy} == expected["counts"]
    unchanged = [c.address for c in prediction.changes if c.action is Action.NO_OP]
    assert sorted(unchanged) == sorted(expected["unchanged"])
    moved = {c.address: c.previous_address for c in prediction.changes if c.previous_address}
    assert moved == expected["moved"]
    because = {
        c.address: [".".join(map(str, path)) for path in c.replace_paths]
        for c in prediction.changes
        if c.replace_paths
    }
    assert because == expected["replace_because"]
    reasons = {c.address: c.reason for c in prediction.changes if c.reason}
    assert reasons == expected["reason"]
    unknown = {
        c.address: top_unknown(c.after)
        for c in prediction.changes
        if c.action is not Action.NO_OP
    }
    assert unknown == {a: sorted(names) for a, names in expected["unknown_after"].items()}
    outputs = {o.name: o.action.value for o in prediction.outputs if o.action is not Action.NO_OP}
    assert outputs == expected["outputs"]
