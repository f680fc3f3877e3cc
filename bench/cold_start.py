"""A cold `lotus plan` against the real tool, whole processes on the same clones.

    python bench/cold_start.py [RUNS]

Needs `tofu` or `terraform` on PATH. The modules need no external provider, so that neither side
waits for a network. Two questions for each: a fresh clone (the tool has to `init` before it can
`plan`, lotus has not), and a clone that is initialised. Runs alternate, so that a busy machine is
busy for both; medians are printed, of wall time and of processor time (all threads).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

RUNS = 15
LOTUS = str(Path(sys.executable).with_name("lotus"))
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "TF_CLI_CONFIG_FILE": os.devnull,
    "CHECKPOINT_DISABLE": "1",
}
"""Modules are compiled by the first run, which is not counted, as an installation does it."""

SMALL = {"main.tf": 'resource "terraform_data" "one" {\n  input = "a"\n}\n'}
LARGE = {
    "main.tf": """locals {
  files = fileset(path.module, "streams/*.json")
  streams = { for file in local.files : file => jsondecode(file("${path.module}/${file}")) }
}
resource "terraform_data" "stream" {
  for_each = local.streams
  input    = each.value
}
"""
    + "".join(
        f'resource "terraform_data" "r{number}" {{\n  input = "v{number}"\n}}\n'
        for number in range(200)
    ),
    **{
        f"streams/{number:02}.json": json.dumps(
            {"name": f"s{number}", "fields": [{"name": f"f{each}"} for each in range(10)]}
        )
        for number in range(20)
    },
}
MODULES = {"small: 1 resource": SMALL, "large: 220 resources, 20 JSON files": LARGE}


class Cost(NamedTuple):
    """Seconds."""

    wall: float
    processor: float


def main() -> None:
    """Print both sides' medians and their ratio for each module and question."""
    tool = shutil.which("tofu") or shutil.which("terraform")
    if tool is None:
        sys.exit("neither tofu nor terraform is on PATH")
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    print(f"{version(tool)} against a cold lotus plan, medians of {runs} runs\n")
    for name, files in MODULES.items():
        with tempfile.TemporaryDirectory() as folder:
            compare(name, clone(Path(folder), files), tool, runs)


def compare(name: str, folder: Path, tool: str, runs: int) -> None:
    """Both questions about one module."""
    lotus = [LOTUS, "plan", "--repo", str(folder)]
    init, plan = ([tool, f"-chdir={folder}", word, "-input=false"] for word in ("init", "plan"))
    questions: dict[str, Callable[[], Cost]] = {
        "fresh clone (init + plan)": lambda: cost(folder, init, plan),
        "initialised (plan)": lambda: cost(None, plan),
    }
    print(name)
    for question, theirs in questions.items():
        pairs = [(theirs(), cost(None, lotus)) for _ in range(runs + 1)][1:]  # the first warms up
        for kind in Cost._fields:
            tools, ours = (
                statistics.median(getattr(pair[side], kind) for pair in pairs) for side in (0, 1)
            )
            print(
                f"  {question:26} {kind:10} {Path(tool).name} {tools * 1000:5.0f} ms"
                f"   lotus {ours * 1000:5.0f} ms   {tools / ours:5.2f} times as fast"
            )
    print()


def cost(fresh: Path | None, *commands: list[str]) -> Cost:
    """What these commands take in turn; what the tool made in a `fresh` folder is removed."""
    if fresh is not None:
        shutil.rmtree(fresh / ".terraform", ignore_errors=True)
        (fresh / ".terraform.lock.hcl").unlink(missing_ok=True)
    before, start = processor(), time.perf_counter()
    for command in commands:
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        if done.returncode not in ((0, 2) if command[0] == LOTUS else (0,)):
            sys.exit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return Cost(time.perf_counter() - start, processor() - before)


def processor() -> float:
    """Seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def clone(folder: Path, files: dict[str, str]) -> Path:
    """A repository with these files, and an edit that is not committed yet."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "All")):
        identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
        subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)
    main_file = folder / "main.tf"
    main_file.write_text(main_file.read_text().replace('"a"', '"b"').replace('"v7"', '"w7"'))
    return folder


def version(tool: str) -> str:
    """The tool's own word for itself, its first line."""
    told = subprocess.run(
        [tool, "version"], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return told.stdout.splitlines()[0]


if __name__ == "__main__":
    main()
