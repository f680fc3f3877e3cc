"""The history of a repository in lotus-lake's shape: each commit's plan, by the facts alone.

`expected` is an independent model of `facts/airbyte.md` (findings A and B) over what a commit
holds; it knows nothing of the evaluator. The catalogs are in the quiet form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Cache, Request, predict
from bot.plan.prediction import Action

MODULE, STREAMS = "airbyte/terraform", "dag/streams"


@dataclass
class Flow:
    """A source with its connection; `streams` by name: their fields, and whether to backfill."""

    secret: str = "1"
    hours: int = 24
    streams: dict[str, tuple[list[str], bool]] = field(default_factory=dict)
    label: str = ""

    @property
    def backfill(self) -> bool:
        return any(flag for _, flag in self.streams.values())


@dataclass
class Lake:
    """One commit; `moved` are the names in its moved blocks, `split` says one file a flow."""

    flows: dict[str, Flow] = field(default_factory=dict)
    bucket: str = "lake"
    moved: list[tuple[str, str]] = field(default_factory=list)
    comment: str = ""
    split: bool = False

    def label(self, name: str) -> str:
        return self.flows[name].label or f"{name}_to_lake"


def stream(name: str, fields: list[str]) -> dict[str, object]:
    chosen = sorted(fields, key=lambda each: (len(each), each))
    properties = {each: {"type": ["null", "string"]} for each in sorted(fields)}
    compact = json.dumps(properties, separators=(",", ":"), sort_keys=True)
    return {
        "stream": {
            "name": name,
            "json_schema": {"type": '"object"', "properties": compact},
        },
        "config": {
            "alias_name": name,
            "selected": True,
            "suggested": False,
            "sync_mode": "full_refresh",
            "destination_sync_mode": "overwrite",
            "field_selection_enabled": True,
            "selected_fields": [{"field_path": [each]} for each in chosen],
        },
    }


def flow_text(lake: Lake, name: str) -> str:
    flow, label = lake.flows[name], lake.label(name)
    folder = f"${{path.module}}/../../{STREAMS}/{name}"
    return f"""
resource "airbyte_source" "{name}" {{
  name                     = "{name}"
  workspace_id             = var.workspace_id
  source_definition_id     = "d-{name}"
  connection_configuration = jsonencode({{ key = "{flow.secret}", token = var.token }})
}}
resource "airbyte_connection" "{label}" {{
  name           = "{name}"
  status         = "active"
  source_id      = airbyte_source.{name}.source_id
  destination_id = airbyte_destination.lake.destination_id
  schedule_type  = "basic"
  schedule_data  = {{ basic_schedule = {{ time_unit = "hours", units = {flow.hours} }} }}
  sync_catalog   = jsondecode(file("{folder}/_catalog.json"))
}}
locals {{
  {name}_files    = fileset("{folder}", "*.json")
  {name}_backfill = anytrue([for f in local.{name}_files : f != "_catalog.json" ?
    try(jsondecode(file("{folder}/${{f}}")).backfill, false) : false])
}}
resource "null_resource" "{name}_backfill" {{
  count      = local.{name}_backfill ? 1 : 0
  triggers   = {{ connection_id = airbyte_connection.{label}.connection_id }}
  depends_on = [airbyte_connection.{label}]
  provisioner "local-exec" {{
    command = "curl -s ${{var.url}}v1/connections/reset -d ${{self.triggers.connection_id}}"
  }}
}}
"""


def main_text(lake: Lake) -> str:
    variables = "".join(
        f'variable "{name}" {{\n  type = string\n}}\n' for name in ("workspace_id", "token", "url")
    )
    moved = "".join(
        f"moved {{\n  from = airbyte_connection.{a}\n  to   = airbyte_connection.{b}\n}}\n"
        for a, b in lake.moved
    )
    return f"""# {lake.comment}
terraform {{
  required_providers {{
    airbyte = {{
      source  = "aballiet/airbyte-oss"
      version = "1.2.3"
    }}
  }}
}}
{variables}{moved}
resource "airbyte_destination" "lake" {{
  name                      = "lake"
  workspace_id              = var.workspace_id
  destination_definition_id = "d-lake"
  connection_configuration  = jsonencode({{ bucket = "{lake.bucket}" }})
}}
"""


def files(lake: Lake) -> Snapshot:
    parts = [flow_text(lake, name) for name in sorted(lake.flows)]
    made = {f"{MODULE}/main.tf": main_text(lake) + ("" if lake.split else "".join(parts))}
    if lake.split:
        made |= {f"{MODULE}/{name}.tf": flow_text(lake, name) for name in lake.flows}
    for name, flow in lake.flows.items():
        chosen = [stream(each, fields) for each, (fields, _) in sorted(flow.streams.items())]
        made[f"{STREAMS}/{name}/_catalog.json"] = json.dumps({"streams": chosen}, indent=2)
        for each, (fields, flag) in flow.streams.items():
            document = {"stream": each, "backfill": flag, "fields": fields}
            made[f"{STREAMS}/{name}/{each}.json"] = json.dumps(document)
    return Snapshot({path: text.encode() for path, text in made.items()})


def expected(old: Lake, new: Lake) -> dict[str, str]:
    """Every (address, action) but those that stay, by the facts."""
    plan: dict[str, str] = {}
    moved = old.bucket != new.bucket
    if moved:
        plan["airbyte_destination.lake"] = "update"
    for name in old.flows.keys() | new.flows.keys():
        before, now = old.flows.get(name), new.flows.get(name)
        source, reset = f"airbyte_source.{name}", f"null_resource.{name}_backfill[0]"
        if before is None or now is None:
            action = "create" if before is None else "delete"
            side, flow = (new, now) if now is not None else (old, before)
            assert flow is not None
            plan |= {source: action, f"airbyte_connection.{side.label(name)}": action}
            plan |= {reset: action} if flow.backfill else {}
            continue
        renewed = before.secret != now.secret
        catalogs = [{k: f for k, (f, _) in each.streams.items()} for each in (before, now)]
        updated = before.hours != now.hours or catalogs[0] != catalogs[1]
        connection = "delete/create" if renewed or moved else "update" if updated else ""
        plan |= {source: "update"} if renewed else {}
        plan |= {f"airbyte_connection.{new.label(name)}": connection} if connection else {}
        if before.backfill != now.backfill:
            plan[reset] = "create" if now.backfill else "delete"
        elif now.backfill and connection:
            plan[reset] = "delete/create"
    return plan


def flag(lake: Lake, name: str, each: str, on: bool) -> None:
    fields, _ = lake.flows[name].streams[each]
    lake.flows[name].streams[each] = (fields, on)


def history() -> Iterator[tuple[str, Lake]]:
    """What people did, commit by commit."""
    lake = Lake({"shop": Flow(streams={"orders": (["id", "total"], False)})})
    yield "the first", deepcopy(lake)
    lake.comment = "a word about it"
    yield "a comment", deepcopy(lake)
    lake.flows["shop"].streams["customers"] = (["id", "email"], False)
    yield "a stream more", deepcopy(lake)
    flag(lake, "shop", "orders", True)
    yield "a flag", deepcopy(lake)
    flag(lake, "shop", "customers", True)
    yield "a second flag fires nothing", deepcopy(lake)
    lake.flows["shop"].hours = 6
    yield "a schedule while a flag is on", deepcopy(lake)
    flag(lake, "shop", "orders", False)
    yield "one of two flags reset", deepcopy(lake)
    flag(lake, "shop", "customers", False)
    yield "the other, too", deepcopy(lake)
    lake.flows["mail"] = Flow(streams={"events": (["id"], True)})
    yield "a source with a flag", deepcopy(lake)
    lake.split = True
    yield "blocks into files of their own", deepcopy(lake)
    lake.flows["shop"].secret = "2"
    yield "a credential", deepcopy(lake)
    lake.flows["mail"].secret = "2"
    yield "a credential while a flag is on", deepcopy(lake)
    lake.moved = [("shop_to_lake", "shop")]
    lake.flows["shop"].label = "shop"
    yield "a connection renamed", deepcopy(lake)
    lake.moved = []
    yield "its moved block is gone", deepcopy(lake)
    lake.flows["shop"].streams["orders"] = (["id", "total", "tax"], True)
    yield "a field and its flag at once", deepcopy(lake)
    lake.bucket = "sea"
    yield "the destination's bucket", deepcopy(lake)
    flag(lake, "mail", "events", False)
    flag(lake, "shop", "orders", False)
    yield "both flags reset", deepcopy(lake)
    del lake.flows["shop"].streams["customers"]
    yield "a stream less", deepcopy(lake)
    lake.split = False
    lake.comment = "all in one again"
    yield "blocks into one file", deepcopy(lake)
    lake.flows["shop"].label = ""
    lake.flows["shop"].hours = 12
    lake.moved = [("shop", "shop_to_lake")]
    yield "renamed back, with another schedule", deepcopy(lake)
    del lake.flows["mail"]
    yield "a source less", deepcopy(lake)
    lake.flows["shop"].secret = "3"
    flag(lake, "shop", "orders", True)
    yield "a credential and a flag", deepcopy(lake)


COMMITS = list(history())


def told(base: Lake, head: Lake, cache: Cache | None = None) -> dict[str, str]:
    request = Request(files(head), MODULE, base=files(base), cache=cache or Cache())
    prediction = predict(request)
    assert prediction.ok, prediction.diagnostics
    assert not prediction.uncertain
    assert not [each for each in prediction.changes if each.uncertain]
    return {
        each.address: each.action.value
        for each in prediction.changes
        if each.action is not Action.NO_OP
    }


@pytest.mark.parametrize("at", range(1, len(COMMITS)), ids=[name for name, _ in COMMITS[1:]])
def test_each_commit_plans_what_the_facts_say(at: int) -> None:
    (_, base), (_, head) = COMMITS[at - 1 : at + 1]
    assert told(base, head) == expected(base, head)


@pytest.mark.parametrize("at", range(len(COMMITS)), ids=[name for name, _ in COMMITS])
def test_once_applied_there_is_nothing_to_plan(at: int) -> None:
    assert told(COMMITS[at][1], COMMITS[at][1]) == {}


def test_any_commit_against_any_other_and_what_is_kept_between_them_changes_nothing() -> None:
    cache = Cache()
    for _, base in COMMITS[::3]:
        for _, head in COMMITS[::4]:
            if base.label("shop") == head.label("shop"):
                assert told(base, head, cache) == expected(base, head)
