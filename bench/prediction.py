"""How fast a prediction is: `python bench/prediction.py` prints the ratios.

Growth with streams and with resources, an edit against a cold evaluation, memory, and the same
module against `tofu` or `terraform` on PATH (with its own start-up, and no provider to start).
Times are the best of a few: CPU seconds of this process, or seconds by the clock for commands.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.plan.files import Snapshot
from bot.plan.predict import Cache, Request, predict
from bot.plan.prediction import Prediction

Tree = dict[str, bytes]
FIELDS = 10
CONNECTION = """
terraform {
  required_providers {
    airbyte = { source = "aballiet/airbyte-oss" }
  }
}
resource "airbyte_source" "shop" {
  name                     = "Shop"
  workspace_id             = "w"
  source_definition_id     = "d"
  connection_configuration = jsonencode({ start = "2026-01-01" })
}
resource "airbyte_connection" "shop_to_lake" {
  name           = "shop"
  source_id      = airbyte_source.shop.source_id
  destination_id = "lake"
  status         = "active"
  sync_catalog   = jsondecode(file("${path.module}/streams/_catalog.json"))
}
"""
FLAGS = """
locals {
  files = fileset("${path.module}/streams", "*.json")
  armed = anytrue([
    for f in local.files : f != "_catalog.json"
    ? try(jsondecode(file("${path.module}/streams/${f}")).backfill, false) : false
  ])
}
resource "terraform_data" "backfill" {
  count            = local.armed ? 1 : 0
  triggers_replace = { files = length(local.files) }
}
"""


def stream(number: int, *, backfill: bool = False) -> bytes:
    fields = {f"f{i}": {"type": "string"} for i in range(FIELDS)}
    name = f"s{number:05}"
    return json.dumps({"stream": name, "backfill": backfill, "fields": fields}, indent=2).encode()


def catalog(count: int, edited: int | None = None) -> bytes:
    return json.dumps(
        {"streams": [entry(i, "edited" if i == edited else f"s{i:05}") for i in range(count)]},
        indent=1,
    ).encode()


def entry(number: int, alias: str) -> dict[str, object]:
    fields = [f"f{i}" for i in range(FIELDS)]
    properties = json.dumps({each: {"type": "string"} for each in fields}, separators=(",", ":"))
    config = {
        "sync_mode": "incremental",
        "destination_sync_mode": "append",
        "cursor_field": ["f0"],
        "alias_name": alias,
        "selected": True,
        "field_selection_enabled": True,
        "selected_fields": [{"field_path": [each]} for each in fields],
    }
    described = {"name": f"s{number:05}", "json_schema": {"properties": properties}}
    return {"stream": described, "config": config}


def with_streams(count: int, *, airbyte: bool = True) -> Tree:
    """A module that reads a file for each stream, and their catalog."""
    tree = {f"streams/s{i:05}.json": stream(i) for i in range(count)}
    text = (CONNECTION if airbyte else "") + FLAGS
    return {**tree, "streams/_catalog.json": catalog(count), "main.tf": text.encode()}


def with_resources(count: int) -> Tree:
    blocks = "".join(
        f'resource "terraform_data" "r{i}" {{\n  input = {{ n = {i}, before ='
        f" {f'terraform_data.r{i - 1}.id' if i else 'null'} }}\n}}\n"
        for i in range(count)
    )
    return {"main.tf": blocks.encode()}


def cpu(run: Callable[[], object], times: int = 1) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        run()
        best = min(best, time.process_time() - began)
    return best


def predicted(base: Tree, head: Tree, cache: Cache) -> Prediction:
    made = predict(Request(Snapshot(head), "", base=Snapshot(base), cache=cache))
    assert made.ok, made.diagnostics
    return made


def streams(count: int) -> tuple[float, float, float]:
    """Seconds of a cold evaluation, of the first edit of a stream after it, and of a later one."""
    base, cache = with_streams(count), Cache()
    cold = cpu(lambda: predicted(base, base, cache))
    edits = []
    for number in range(3):
        head = {
            **base,
            f"streams/s{number:05}.json": stream(number, backfill=True),
            "streams/_catalog.json": catalog(count, number),
        }
        edits.append(cpu(lambda head=head: predicted(base, head, cache)))  # type: ignore[misc]
    return cold, edits[0], min(edits[1:])


def alone(what: str, count: int) -> dict[str, float]:
    """A measurement in a process of its own: nothing is warm, and its memory is its own."""
    command = [sys.executable, __file__, "--only", what, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def only(what: str, count: int) -> dict[str, float]:
    if what == "streams":
        cold, first, later = streams(count)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"cold": cold, "first": first, "later": later, "MiB": memory}
    tree = with_resources(count)
    return {"cold": cpu(lambda: predict(Request(Snapshot(tree), "")))}


def growth(most: int) -> None:
    print("streams      cold    first edit     later edit        memory   cold, per stream")
    for count in [each for each in (10, 100, 1000, 10_000) if each <= most]:
        got = alone("streams", count)
        first, later = got["first"] / got["cold"], got["later"] / got["cold"]
        print(
            f"{count:7} {got['cold']:8.2f} s {got['first']:6.2f} s ({first:4.0%})"
            f" {got['later']:6.2f} s ({later:4.0%}) {got['MiB']:7.0f} MiB"
            f" {got['cold'] / count * 1e3:8.2f} ms"
        )
    print("\nresources    cold   per resource (each refers to the one before)")
    for count in (10, 100, 1000):
        cold = alone("resources", count)["cold"]
        print(f"{count:9} {cold:6.2f} s {cold / count * 1e3:8.2f} ms")


def clock(command: list[str], folder: Path, times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode in (0, 2), done.stdout.decode() + done.stderr.decode()
        best = min(best, time.perf_counter() - began)
    return best


def against_the_tool() -> None:
    tool = shutil.which("tofu") or shutil.which("terraform")
    if tool is None:
        print("\nneither tofu nor terraform is on PATH: no comparison")
        return
    tree = with_streams(20, airbyte=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in tree.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        clock([tool, "init"], folder, 1)
        theirs = clock([tool, "plan", "-lock=false"], folder)
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run(
                ["git", "-c", "user.name=b", "-c", "user.email=b@b", *words], cwd=folder, check=True
            )
        lotus = Path(sys.executable).with_name("lotus")
        cold = clock([str(lotus), "plan"], folder)
    cache, base = Cache(), Snapshot(tree)
    predict(Request(base, "", cache=cache))
    warm = min(wall(lambda: predict(Request(base, "", cache=cache))) for _ in range(20))
    print(f"\nthe same module, no providers: {Path(tool).name} plan {theirs * 1e3:.0f} ms")
    print(f"  a warm process  {warm * 1e3:8.2f} ms: {theirs / warm:.0f} times as fast")
    print(f"  `lotus plan`    {cold * 1e3:8.0f} ms: {theirs / cold:.1f} times as fast")


def wall(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=10_000, help="streams to go up to")
    parser.add_argument("--only", nargs=2, metavar=("WHAT", "COUNT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(only(options.only[0], int(options.only[1]))))
        return
    growth(options.most)
    against_the_tool()


if __name__ == "__main__":
    main()
