"""Reduce raw recordings of the real controllers to what the tests read.

    python tests/recordings/reduce.py FOLDER

reads `FOLDER/tofu-controller-*.jsonl` and writes `tofu-controller-*.json` beside this file: for
each action its time, its words, what was pushed, and the story that an observer sees
(`tests/support/flux_story.py`).
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
        reduced = reduce(path.read_text().splitlines())
        text = json.dumps(reduced, indent=1, ensure_ascii=False)
        (HERE / f"{path.stem}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
