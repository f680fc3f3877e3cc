"""`lotus plan` as it is typed, and a module or two to plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from bot.cli import main

ONE = 'resource "terraform_data" "a" {\n  input = "x"\n}\n'
TWO = ONE + 'resource "terraform_data" "b" {}\n'
STATE = json.dumps(
    {
        "version": 4,
        "serial": 9,
        "lineage": "l",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "terraform_data",
                "name": "old",
                "provider": 'provider["terraform.io/builtin/terraform"]',
                "instances": [
                    {
                        "attributes": {
                            "id": "1",
                            "input": None,
                            "output": None,
                            "triggers_replace": None,
                        }
                    }
                ],
            }
        ],
    }
).encode()


def plan(*arguments: str | Path, columns: int = 100, stdin: bytes | None = None) -> Result:
    environment = {"COLUMNS": str(columns), "NO_COLOR": None, "FORCE_COLOR": None}
    return CliRunner().invoke(
        main, ["plan", *map(str, arguments)], env=environment, input=stdin, prog_name="lotus"
    )


def document(*arguments: str | Path) -> Any:
    done = plan(*arguments, "--json")
    return json.loads(done.stdout)


def actions(document: Any) -> dict[str, str]:
    return {
        change["address"]: "/".join(change["change"]["actions"])
        for change in document["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    }
