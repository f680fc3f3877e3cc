"""Plans that OpenTofu 1.10.10 made, one case a file of `recorded/`, in both modes.

A case was found by comparing many random modules with the tool, and made small. `-- base/main.tf --`
begins a file of what was applied, `-- head/main.tf --` one of what is planned, `-- state.json --` the
state between, `-- expected.json --` what the tool planned.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction, ResourceChange
from bot.plan.state import parse_state
from bot.plan.values import Unknown, Value

HERE = Path(__file__).parent / "recorded"
CASES = sorted(path.stem for path in HERE.glob("*.txt"))
QUIET = (Action.NO_OP, Action.DELETE, Action.FORGET)


def parts(name: str) -> dict[str, str]:
    found = re.split(r"^-- (\S+) --\n", (HERE / f"{name}.txt").read_text(), flags=re.M)
    return dict(zip(found[1::2], found[2::2], strict=True))


def side(name: str, of: str) -> Snapshot:
    files = {path: text for path, text in parts(name).items() if path.startswith(f"{of}/")}
    return Snapshot({path.removeprefix(f"{of}/"): text.encode() for path, text in files.items()})


def expected(name: str) -> dict[str, Any]:
    wanted: dict[str, Any] = json.loads(parts(name)["expected.json"])
    return wanted


def address(change: ResourceChange) -> str:
    return f"{change.address} ({change.deposed})" if change.deposed else change.address


def told(prediction: Prediction) -> dict[str, Any]:
    found = sorted(
        [str(d.severity), d.summary, d.subject.file if d.subject else "", _line(d)]
        for d in prediction.diagnostics
    )
    if not prediction.ok:
        return {"ok": False, "diagnostics": found}
    changes = {address(c): c for c in prediction.changes if c.mode == "managed"}
    return {
        "ok": True,
        "diagnostics": found,
        "actions": {at: c.action.value for at, c in changes.items()},
        "reasons": {at: c.reason for at, c in changes.items() if c.reason},
        "moved": {at: c.previous_address for at, c in changes.items() if c.previous_address},
        "imported": sorted(at for at, c in changes.items() if c.importing),
        "replace_paths": {
            at: sorted(map(list, c.replace_paths)) for at, c in changes.items() if c.replace_paths
        },
        "unknown": {at: top_unknown(c.after) for at, c in changes.items() if c.action not in QUIET},
        "outputs": {o.name: o.action.value for o in prediction.outputs},
    }


def _line(found: Any) -> int:
    return found.subject.start.line if found.subject else 0


def top_unknown(value: Value | None) -> list[str]:
    raw = value.raw if value is not None else None
    items = raw.items() if isinstance(raw, dict) else ()
    return sorted(name for name, item in items if isinstance(item.raw, Unknown))


@pytest.mark.parametrize("name", CASES)
def test_what_the_tool_planned_is_predicted(name: str) -> None:
    state = parse_state(parts(name)["state.json"])
    prediction = predict(Request(side(name, "head"), "", state=state, variables={}))
    assert told(prediction) == expected(name)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("state-")])
def test_from_code_alone_the_actions_are_the_same(name: str) -> None:
    prediction = predict(Request(side(name, "head"), "", base=side(name, "base"), variables={}))
    wanted = expected(name)
    assert prediction.ok == wanted["ok"]
    if prediction.ok:
        assert told(prediction)["actions"] == wanted["actions"]
