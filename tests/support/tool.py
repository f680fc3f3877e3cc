"""OpenTofu or Terraform on PATH, asked what it makes of many expressions at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

NAME = shutil.which("tofu") or shutil.which("terraform")
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """The summary of the first diagnostic, or the value with its type."""

    error: str | None = None
    value: object = None
    type: object = None


class Asked:
    """A module with one output for each expression; those that fail are taken out until all pass."""

    def __init__(
        self, folder: Path, expressions: Sequence[str], files: Mapping[str, bytes]
    ) -> None:
        self.folder = folder
        self.answers: dict[int, Answer] = {}
        self.left = set(range(len(expressions)))
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for number, expression in enumerate(expressions):
            text = f'output "e{number}" {{\n  sensitive = true\n  value = {expression}\n}}\n'
            self._file(number).write_text(text)

    def ask(self) -> dict[int, Answer]:
        self._run("init")
        for _ in range(_ROUNDS):
            validated = json.loads(self._run("validate", "-json"))["diagnostics"]
            if not self._fail(validated) and not self._fail(self._planned()):
                break
        self._run("apply", "-auto-approve")
        outputs = json.loads(self._run("output", "-json"), parse_float=Decimal)
        for number in self.left:
            found = outputs.get(f"e{number}", {"value": None, "type": None})
            self.answers[number] = Answer(None, found["value"], found["type"])
        return self.answers

    def _planned(self) -> Iterator[Any]:
        for line in self._run("plan", "-json").splitlines():
            message = json.loads(line)
            if "diagnostic" in message:
                yield message["diagnostic"]

    def _fail(self, diagnostics: Iterator[Any] | list[Any]) -> bool:
        failed: dict[int, str] = {}
        for each in diagnostics:
            name = (each.get("range") or {}).get("filename", "")
            if each["severity"] == "error" and name.startswith("e") and name[1:6].isdigit():
                failed.setdefault(int(name[1:6]), each["summary"])
        for number in failed.keys() & self.left:
            self.answers[number] = Answer(failed[number])
            self._file(number).unlink()
        self.left -= failed.keys()
        return bool(failed)

    def _file(self, number: int) -> Path:
        return self.folder / f"e{number:05}.tf"

    def _run(self, *arguments: str) -> str:
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
        done = subprocess.run(
            [str(NAME), *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        return done.stdout
