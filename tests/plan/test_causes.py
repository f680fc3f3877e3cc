"""Why something changes: the chain from the edited line to the change, on real-looking edits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.plan.files import Snapshot
from bot.plan.predict import Request, predict
from bot.plan.prediction import Action, Prediction
from bot.plan.state import parse_state

PLANS = Path(__file__).parent.parent / "truth" / "plans"


def tree(folder: Path) -> dict[str, bytes]:
    files = folder.rglob("*") if folder.exists() else ()
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if p.is_file()}


def predicted(name: str) -> Prediction:
    folder = PLANS / name
    case = json.loads((folder / "case.json").read_text())
    base = tree(folder / "base")
    head = {**base, **tree(folder / "head")}
    for gone in case["deleted_in_head"]:
        del head[gone]
    variables = {"airbyte_server_url": "http://localhost:8000/api/", **case["head_variables"]}
    state = parse_state((folder / "state.json").read_bytes())
    request = Request(Snapshot(head), case["module"], state, Snapshot(base), variables)
    return predict(request)


def told(prediction: Prediction, address: str) -> list[str]:
    change = next(each for each in prediction.changes if each.address == address)
    return [
        f"{c.text} @ {c.range.file}:{c.range.start.line}" if c.range else c.text
        for c in change.causes
    ]


TF = "airbyte/terraform"
CASES = {
    ("rename-in-airbyte", "airbyte_connection.mail_to_lake"): [
        f'name of airbyte_source.mail was edited: "Mail" → "Mailings" @ {TF}/sources.tf:12',
        f"airbyte_source.mail.source_id is known only after the apply @ {TF}/connections.tf:17",
        f"source_id: a change of it forces replacement @ {TF}/connections.tf:17",
    ],
    ("todo-001-add-source", "airbyte_source.ads"): [f"its block is new @ {TF}/sources.tf:20"],
    ("todo-002-schema-change", "airbyte_connection.shop_to_lake"): [
        "streams/shop/_catalog.json was edited @ streams/shop/_catalog.json:12",
        f"airbyte_connection.shop_to_lake reads it @ {TF}/connections.tf:13",
        (
            "sync_catalog of airbyte_connection.shop_to_lake has another value"
            f" @ {TF}/connections.tf:13"
        ),
    ],
    ("todo-003-remove-source", "airbyte_source.mail"): [f"its block is gone @ {TF}/sources.tf:11"],
    ("todo-004-flag-set", "null_resource.shop_backfill[0]"): [
        "streams/shop/orders.json was edited @ streams/shop/orders.json:5",
        f"local.shop_backfill reads it @ {TF}/backfill.tf:3",
        f"local.shop_backfill has another value @ {TF}/backfill.tf:9",
        f"count gives other instances (here: 0) @ {TF}/backfill.tf:9",
    ],
    ("todo-004-flag-reset", "null_resource.shop_backfill[0]"): [
        "streams/shop/orders.json was edited @ streams/shop/orders.json:5",
        f"local.shop_backfill reads it @ {TF}/backfill.tf:3",
        f"local.shop_backfill has another value @ {TF}/backfill.tf:9",
        f"count gives other instances (here: 0) @ {TF}/backfill.tf:9",
    ],
    ("ticket-004-credential", "airbyte_source.mail"): [
        (
            "connection_configuration hangs on var.mail_key: another value than at the apply"
            f" @ {TF}/sources.tf:15"
        ),
    ],
    ("reset-loop", "null_resource.shop_backfill[0]"): [
        f"sync_catalog: what is there is not what the code says (drift) @ {TF}/connections.tf:13",
        (
            "airbyte_connection.shop_to_lake.connection_id is known only after the apply"
            f" @ {TF}/backfill.tf:10"
        ),
        f"triggers: a change of it forces replacement @ {TF}/backfill.tf:10",
    ],
    ("replace-triggered-by-catalog", "null_resource.resync"): [
        "infra/data/catalogs/crm.json was edited @ infra/data/catalogs/crm.json:126",
        "terraform_data.revision reads it @ infra/airbyte/backfill.tf:2",
        "input of terraform_data.revision has another value @ infra/airbyte/backfill.tf:2",
        "replace_triggered_by names terraform_data.revision @ infra/airbyte/backfill.tf:7",
    ],
    ("orchard-source-added", 'airbyte_source.all["ads"]'): [
        "terraform/sources/ads.json is new @ terraform/sources/ads.json:1",
        "local.specs reads it @ terraform/main.tf:2",
        "local.specs has another value @ terraform/main.tf:42",
        "for_each gives other instances (here: ads) @ terraform/main.tf:42",
    ],
    ("tfvars-and-defaults", "null_resource.a[0]"): [
        f"{TF}/terraform.tfvars is new @ {TF}/terraform.tfvars:1",
        f"var.env has another value @ {TF}/main.tf:12",
        f"triggers of null_resource.a[0] has another value @ {TF}/main.tf:12",
        f"triggers: a change of it forces replacement @ {TF}/main.tf:12",
    ],
}


@pytest.mark.parametrize(("name", "address"), CASES)
def test_the_chain_begins_at_the_edited_line(name: str, address: str) -> None:
    assert told(predicted(name), address) == CASES[name, address]


WITH_STATE = sorted(p.parent.name for p in PLANS.glob("*/state.json"))


@pytest.mark.parametrize("name", WITH_STATE)
def test_every_change_has_a_cause_and_nothing_else_has(name: str) -> None:
    for change in predicted(name).changes:
        assert bool(change.causes) == (change.action is not Action.NO_OP), change.address


def test_a_secret_from_outside_is_named_and_never_shown() -> None:
    prediction = predicted("ticket-004-credential")
    texts = " ".join(cause.text for change in prediction.changes for cause in change.causes)
    assert "var.mail_key" in texts
    assert "key-" not in texts


def test_every_read_says_which_expression_reads() -> None:
    prediction = predicted("todo-004-flag-set")
    reads = {
        (read.path, read.by, read.range.start.line if read.range else None)
        for read in prediction.reads
        if read.by != "configuration"
    }
    assert ("streams/shop/orders.json", "local.shop_backfill", 3) in reads
    assert ("streams/shop/_catalog.json", "airbyte_connection.shop_to_lake", 13) in reads
    assert all(line is not None for _, _, line in reads)
    assert prediction.globs == ("streams/shop/*.json", "streams/mail/*.json")


def test_the_configuration_itself_is_among_the_inputs() -> None:
    paths = {read.path for read in predicted("local-module").reads}
    assert any(path.endswith("main.tf") for path in paths)
