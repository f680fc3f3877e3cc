"""What the bot reads in each state that the real controllers were recorded in: golden tables.

The commit that is wanted is the one pushed last, and no request is of the bot: the readings are
those of an observer who only looks. After the arrow: what the bot would do in that moment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.lifecycle.platform import Deployment
from bot.lifecycle.rollout import RolloutObserved, Standing, decide_rollout, standing
from bot.model.cluster import source_from, terraform_from

RECORDINGS = Path(__file__).parent.parent / "recordings"
GOLDEN = Path(__file__).parent / "golden"
NAMES = ["tofu-controller-0.16.5", "tofu-controller-0.16.5-copy", "tofu-controller-0.16.0-rc.7"]

Json = dict[str, Any]


def readings(name: str) -> Iterator[str]:
    """An action, then a row for each way in which its commit stood, in order."""
    start = datetime.fromisoformat(json.loads((RECORDINGS / f"{name}.json").read_text())["start"])
    objects: dict[str, Json | None] = {}
    wanted, last = "", ""
    for line in (RECORDINGS / "states" / f"{name}.jsonl").read_text().splitlines():
        event = json.loads(line)
        if "do" in event:
            last = ""
            yield f"\n## {event['do']}\n"
        elif "pushed" in event:
            wanted = event["pushed"] if event["to"] == "main" else wanted
        else:
            objects[event["kind"]] = event["object"]
            wanted = wanted or revision(event)
            row = read(objects, wanted, start + timedelta(seconds=event["t"]))
            if row not in ("", last):
                last = row
                yield row


def revision(event: Json) -> str:
    """The commit that a recording begins with is pushed before its first action."""
    artifact = ((event["object"] or {}).get("status") or {}).get("artifact") or {}
    return str(artifact.get("revision", "")).rpartition(":")[2]


def read(objects: dict[str, Json | None], wanted: str, now: datetime) -> str:
    terraform, source = objects.get("Terraform"), objects.get("GitRepository")
    if terraform is None or source is None or not wanted:
        return ""
    made = Deployment(terraform_from(terraform), source_from(source), "octo/platform", "main")
    seen = RolloutObserved(made, wanted, now, 8.0)
    asks = ", ".join(type(effect).__name__ for effect in decide_rollout(seen).effects)
    return row(standing(seen), wanted) + (f" → {asks}" if asks else "")


def row(now: Standing, wanted: str) -> str:
    words = " ".join(now.words.split())[:70]
    return f"- `{wanted[:7]}` {now.stand.value}" + (
        f" ({now.reason or 'bot'}: {words})" if words else ""
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_recorded_state_is_read_as_the_golden_table_says(name: str) -> None:
    """To accept new words: UPDATE_GOLDEN=1, and read the difference."""
    text = f"# {name}\n" + "\n".join(readings(name)) + "\n"
    path = GOLDEN / f"recorded-{name}.md"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()
