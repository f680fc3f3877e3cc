"""A case of the truth as a platform: its state, its code, and Airbyte as it was left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.lifecycle.stability.inventory import (
    AirbyteObject,
    Holder,
    Inventory,
    Kind,
    ids_in,
    resources_of,
)
from bot.lifecycle.stability.tip import Tip
from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Prediction
from bot.plan.state import State, parse_state

PLANS = Path(__file__).parents[1] / "truth" / "plans"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOLDER = "lake/lake-airbyte"


class Case:
    """A case by its name; `variables` are those at the plan unless told otherwise."""

    def __init__(self, name: str) -> None:
        self.folder = PLANS / name
        self.case = json.loads((self.folder / "case.json").read_text())
        self.state: State = parse_state((self.folder / "state.json").read_bytes())
        files = {**_tree(self.folder / "base"), **_tree(self.folder / "head")}
        for gone in self.case["deleted_in_head"]:
            files.pop(gone, None)
        self.files = Snapshot(files)

    def predicted(self, live: Mapping[str, object] | None = None) -> Prediction:
        variables = {
            "airbyte_server_url": "http://localhost:8000/api/",
            **self.case["head_variables"],
        }
        request = Request(
            self.files, self.case["module"], state=self.state, variables=variables, live=live
        )
        return predict(request)

    @property
    def live(self) -> dict[str, Any] | None:
        path = self.folder / "airbyte.json"
        return json.loads(path.read_text()) if path.exists() else None

    def tip(self, **changes: Any) -> Tip:
        stored = self.predicted()
        live = self.predicted(self.live) if self.live else stored
        return Tip(HOLDER, "lake-airbyte", stored, live, **{"applied": True, **changes})

    def holder(self, **changes: Any) -> Holder:
        made = {"resources": resources_of(self.state), "ids": ids_in(self.state), "passed": "1"}
        return Holder(HOLDER, **{**made, **changes})

    def objects(self) -> tuple[AirbyteObject, ...]:
        """Airbyte's objects: as they were left, else those of the state."""
        if self.live is None:
            return tuple(AirbyteObject(r.kind, r.id, r.name) for r in resources_of(self.state))
        return tuple(
            AirbyteObject(kind, item[f"{kind.value}Id"], item["name"])
            for kind in Kind
            for item in self.live[f"{kind.value}s"]
            if item.get("status") != "deprecated"
        )

    def inventory(self, *more: AirbyteObject, **changes: Any) -> Inventory:
        made = {"objects": (*self.objects(), *more), "holders": (self.holder(),)}
        return Inventory(NOW, **{**made, **changes})


def _tree(folder: Path) -> dict[str, bytes]:
    paths = folder.rglob("*") if folder.exists() else ()
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}
