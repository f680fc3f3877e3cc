"""Reduce raw recordings of the real controllers to what the tests read.

    python tests/recordings/reduce.py FOLDER

reads `FOLDER/tofu-controller-*.jsonl` and writes `tofu-controller-*.json` beside this file: for
each action its time, its words, what was pushed, and the story that an observer sees
(`tests/support/flux_story.py`); and `states/*.jsonl`: the actions and pushes, and each state of the
Terraform and the GitRepository that the platform is applied by, as the API server had them.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))

from flux_story import Storyteller  # noqa: E402

_STATES = ("Terraform/platform-airbyte", "GitRepository/platform")
_SPEC = ("approvePlan", "planOnly", "suspend", "path", "sourceRef", "interval", "ref", "url")
_REQUESTED = "reconcile.fluxcd.io/requestedAt"
_MESSAGE = 120
_PREFIX = "error running Plan: rpc error: code = Internal desc = exit status 1\n\n"


def reduce(lines: list[str]) -> dict[str, Any]:
    """One recording."""
    rows = sorted((json.loads(line) for line in lines), key=lambda row: row["t"])
    reduced: dict[str, Any] = {"start": _start(rows), "diagnostic": "", "actions": []}
    teller, pushed = Storyteller(), []
    for row in rows:
        if "note" in row and "controller" in str(row["note"]):
            reduced["note"] = row["note"]
        elif "action" in row:
            action = {"at": row["t"], "do": row["action"], "pushed": pushed, "story": {}}
            reduced["actions"].append(action)
            pushed = []
        elif "pushed" in row:
            push = {"at": row["t"], "sha": row["pushed"], "to": row["to"], "name": row["name"]}
            # What is pushed to a pull request is recorded just before the action that uses it.
            (reduced["actions"][-1]["pushed"] if row["to"] == "main" else pushed).append(push)
        elif "event" in row and reduced["actions"]:
            teller.tell(reduced["actions"][-1]["story"], row)
            reduced["diagnostic"] = reduced["diagnostic"] or _diagnostic(row)
    return reduced


def states(lines: list[str]) -> list[dict[str, Any]]:
    """What a reader of the two objects saw, in time."""
    rows = sorted((json.loads(line) for line in lines), key=lambda row: row["t"])
    found: list[dict[str, Any]] = []
    for row in rows:
        if "action" in row:
            found.append({"t": row["t"], "do": row["action"]})
        elif "pushed" in row:
            found.append({"t": row["t"], "pushed": row["pushed"], "to": row["to"]})
        elif f"{row.get('kind')}/{row.get('name')}" in _STATES:
            gone = row["event"] == "DELETED"
            item = None if gone else _object(row)
            found.append({"t": row["t"], "kind": row["kind"], "object": item})
    return found


def _object(row: dict[str, Any]) -> dict[str, Any]:
    """As the API server has it, without what nobody reads."""
    noted = {k: v for k, v in (row.get("annotations") or {}).items() if k == _REQUESTED}
    names = {"namespace": row["namespace"], "name": row["name"], "generation": row["generation"]}
    status = dict(row.get("status") or {})
    status["conditions"] = [
        {**each, "message": each["message"][:_MESSAGE]}
        for each in status.get("conditions") or ()
        if each["type"] in ("Ready", "Stalled")
    ]
    artifact = status.get("artifact") or {}
    if artifact:
        status["artifact"] = {key: artifact[key] for key in ("revision", "lastUpdateTime")}
    spec = {k: v for k, v in (row.get("spec") or {}).items() if k in _SPEC}
    status.pop("inventory", None)
    return {"metadata": {**names, "annotations": noted}, "spec": spec, "status": status}


def _start(rows: list[dict[str, Any]]) -> str:
    """The time of day at the first action, from what the first lock says of its creation."""
    for row in rows:
        info = (row.get("annotations") or {}).get("app.terraform.io/lock-info")
        if row.get("kind") == "Lease" and info:
            created = datetime.fromisoformat(json.loads(info)["Created"][:26] + "+00:00")
            return (created - timedelta(seconds=row["t"])).isoformat()
    raise LookupError("nobody took the lock")


def _diagnostic(row: dict[str, Any]) -> str:
    for condition in (row.get("status") or {}).get("conditions") or ():
        if condition["reason"] == "TFExecPlanFailed":
            return str(condition["message"]).removeprefix(_PREFIX)
    return ""


def main() -> None:
    """Reduce them all."""
    for path in sorted(Path(sys.argv[1]).glob("tofu-controller-*.jsonl")):
        lines = path.read_text().splitlines()
        text = json.dumps(reduce(lines), indent=1, ensure_ascii=False)
        (HERE / f"{path.stem}.json").write_text(text + "\n")
        seen = "\n".join(json.dumps(state, ensure_ascii=False) for state in states(lines))
        (HERE / "states" / f"{path.stem}.jsonl").write_text(seen + "\n")


if __name__ == "__main__":
    main()
