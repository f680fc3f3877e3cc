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
    return sorted(
        name for name, item in raw.items() if isinstance(item.raw, Unknown) and not item.raw.opaque
    )


Finding = tuple[str, str, str, str | None, str, int | None]
"""Severity, summary, detail, address, file's name, line."""

WITHHELD = "value must be parsable as JSON"
"""After these words the tool prints the whole text, which holds secrets: lotus stops there."""


def findings(prediction: Prediction) -> list[Finding]:
    found = []
    for item in prediction.diagnostics:
        name = item.subject.file.rpartition("/")[2] if item.subject else ""
        line = item.subject.start.line if item.subject else None
        found.append((str(item.severity), item.summary, item.detail, item.address, name, line))
    return sorted(found, key=str)


def wanted_findings(expected: dict[str, Any]) -> list[Finding]:
    found = []
    for each in expected["diagnostics"]:
        detail = each["detail"]
        if WITHHELD in detail:
            detail = detail.partition(WITHHELD)[0] + WITHHELD
        name = (each.get("file") or "").rpartition("/")[2]
        found.append(
            (each["severity"], each["summary"], detail, each["address"], name, each.get("line"))
        )
    return sorted(found, key=str)


def told(prediction: Prediction) -> dict[str, Any]:
    """A prediction in the notation of a case's `expected`."""
    changing = [c for c in prediction.changes if c.action is not Action.NO_OP]
    counts = prediction.counts
    return {
        "actions": actions(prediction),
        "counts": {"add": counts.add, "change": counts.change, "destroy": counts.destroy},
        "unchanged": sorted(c.address for c in prediction.changes if c.action is Action.NO_OP),
        "moved": {c.address: c.previous_address for c in prediction.changes if c.previous_address},
        "replace_because": {
            c.address: [".".join(map(str, path)) for path in c.replace_paths]
            for c in prediction.changes
            if c.replace_paths
        },
        "reason": {c.address: c.reason for c in prediction.changes if c.reason},
        "unknown_after": {c.address: top_unknown(c.after) for c in changing},
        "outputs": {
            o.name: o.action.value for o in prediction.outputs if o.action is not Action.NO_OP
        },
    }


def wanted(expected: dict[str, Any]) -> dict[str, Any]:
    keys = (
        "actions",
        "counts",
        "unchanged",
        "moved",
        "replace_because",
        "reason",
        "unknown_after",
        "outputs",
    )
    found = {key: expected[key] for key in keys}
    found["unchanged"] = sorted(found["unchanged"])
    found["unknown_after"] = {a: sorted(names) for a, names in found["unknown_after"].items()}
    return found


def agree(expected: dict[str, Any], prediction: Prediction) -> None:
    assert prediction.ok == expected["ok"], prediction.diagnostics
    assert findings(prediction) == wanted_findings(expected)
    if expected["ok"]:
        assert told(prediction) == wanted(expected)
        assert not [change for change in prediction.changes if change.uncertain]
        assert not [output for output in prediction.outputs if output.uncertain]


@pytest.mark.parametrize("name", CASES)
def test_with_state_and_values(name: str) -> None:
    agree(*with_state(name))


_LIVE = "no state is at hand"
NOT_FROM_CODE_ALONE = {
    # case: what is not in the code, and the words in which the prediction says that it rests on it
    "deleted-in-the-ui": ("Airbyte's objects were changed by hand", _LIVE),
    "nimbus-ui-catalog": ("Airbyte's objects were changed by hand", _LIVE),
    "nimbus-ui-paused": ("Airbyte's objects were changed by hand", _LIVE),
    "renamed-in-the-ui": ("Airbyte's objects were changed by hand", _LIVE),
    "source-deleted-in-the-ui": ("Airbyte's objects were changed by hand", _LIVE),
    "nimbus-half-applied": ("the base was applied by half: only the state says so", _LIVE),
    "destination-credential": ("a variable has another value", "var.bucket_secret"),
    "sensitive-variable": ("a variable has another value", "var.secret"),
    "ticket-004-credential": ("a variable has another value", "var.mail_key"),
    "workspace-moved": ("a variable has another value", "var.workspace_id"),
    "harbour-depends-on": ("a variable has another value than its default", "var.v "),
    "harbour-catalog-missing": ("which flows there are is a variable's value", "module.flow"),
    "harbour-conversion": ("which flows there are is a variable's value", "module.flow"),
    "harbour-flow-added": ("which flows there are is a variable's value", "module.flow"),
    "harbour-flow-removed": ("which flows there are is a variable's value", "module.flow"),
    "harbour-type-error": ("a variable's value is wrong", "module.flow"),
    "nimbus-workspace-null": ("a variable's value is wrong", "var.workspace "),
    "variable-validation-fails": ("a variable's value is wrong", "var.days"),
    "variable-without-a-value": ("a variable has no value", "var.mail_key"),
    "tfvars-expression": ("whether the variable has a value besides", "var.sizes"),
    "nimbus-configuration-not-json": (
        "whether the text is JSON hangs on the secret in it",
        "airbyte_source.billing",
    ),
}


def doubts(prediction: Prediction) -> str:
    """Everything that a prediction says of what it does not know."""
    changes = [f"{c.address}: {c.uncertain}" for c in prediction.changes if c.uncertain]
    return "\n".join([*prediction.uncertain, *prediction.assumptions, *changes])


@pytest.mark.parametrize("name", CASES)
def test_from_the_code_alone(name: str) -> None:
    expected, prediction = code_only(name)
    if name not in NOT_FROM_CODE_ALONE:
        agree(expected, prediction)
        assert not prediction.uncertain
        return
    _, words = NOT_FROM_CODE_ALONE[name]
    assert words in doubts(prediction)


@pytest.mark.parametrize("name", sorted(NOT_FROM_CODE_ALONE))
def test_an_exception_is_one(name: str) -> None:
    """What comes out right from the code alone does not belong into the list."""
    with pytest.raises(AssertionError):
        agree(*code_only(name))


def state_without_values(name: str) -> tuple[dict[str, Any], Prediction]:
    case, head, base = sides(name)
    state = HERE / name / "state.json"
    there = parse_state(state.read_bytes()) if state.exists() else None
    request = Request(head, case["module"], state=there, base=base, variables=None)
    return case["expected"], predict(request)


HANGS_ON_A_DEFAULT = {
    "orchard-disabled",
    "orchard-number-spellings",
    "orchard-number-to-string",
    "orchard-route-added",
    "orchard-source-added",
}
"""The state was made with another value than the variable's default, and nobody gives it."""


@pytest.mark.parametrize("name", CASES)
def test_with_the_state_but_without_values(name: str) -> None:
    """What hangs on a value is as the base has it; the rest is as with the values."""
    expected, prediction = state_without_values(name)
    if name in HANGS_ON_A_DEFAULT:
        assert "var.secrets is its default" in doubts(prediction)
    elif name not in NOT_FROM_CODE_ALONE:
        agree(expected, prediction)
    else:
        reason, words = NOT_FROM_CODE_ALONE[name]
        assert words in doubts(prediction) or reason.startswith(("Airbyte", "the base was"))
