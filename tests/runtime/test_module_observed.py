"""A pull request's module observed over HTTP: flags, catalogs, costs; and the comment on it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from github_world import REPOSITORY
from lake_world import ORDERS, SHOP, Lake, lake

from bot.lifecycle.effects import CreateComment, PutCheck
from bot.lifecycle.observed import ModuleSeen, PullRequestObserved
from bot.lifecycle.preview import decide_pull_request
from bot.lifecycle.reach import Firing
from bot.plan.prediction import Action
from bot.runtime.observe.inputs import Variables
from bot.runtime.observe.predictor import Commit
from bot.runtime.observe.trees import Trees
from bot.simulators.airbyte import Volume

GOLDEN = Path(__file__).parent / "golden"
CUSTOMERS, CATALOG = "streams/shop/customers.json", "streams/shop/_catalog.json"


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path, "todo-004-flag-set") as found:
        yield found


def edited(made: Lake, path: str, **changes: Any) -> bytes:
    return json.dumps(json.loads(made.file(path)) | changes, indent=2).encode()


async def trees_of_work(made: Lake) -> Trees:
    """`main`, and the branch `work` on it."""
    base, head = await made.reader.tip("main"), await made.reader.tip("work")
    assert base
    assert head
    tree = made.world.snapshots.tree
    return Trees(
        Commit(await tree(made.reader.github, made.reader.name, base), base),
        Commit(await tree(made.reader.github, made.reader.name, head), head),
        base,
    )


async def seen(made: Lake, files: dict[str, bytes]) -> ModuleSeen:
    """The module as a pull request with these files would leave it."""
    made.push(files, "work")
    trees = await trees_of_work(made)
    observe = made.world.modules.observe
    found = await observe(made.reader, made.deployment(trees.base_tip), trees, made.inputs)
    return found.seen


async def comment(made: Lake, module: ModuleSeen) -> str:
    number = made.github.open_pull_request(REPOSITORY, "work", title="work", login="anna")
    pull_request = await made.reader.pull_request(number)
    observed = PullRequestObserved(pull_request, "0" * 40, (module,), (), (), "https://files")
    effects = decide_pull_request(observed, made.world.signer).effects
    [said] = [effect for effect in effects if isinstance(effect, CreateComment)]
    checks = [effect for effect in effects if isinstance(effect, PutCheck)]
    lines = [
        f"- {a.level} {a.path}:{a.line} {a.title}: {a.message}"
        for c in checks
        for a in c.annotations
    ]
    text = said.body.partition("\n")[2].partition("<details>")[0]
    heads = "\n".join(f"{check.name}: {check.conclusion}" for check in checks)
    return f"{text}\n{heads}\n" + "\n".join(lines) + "\n"


async def golden(made: Lake, name: str, module: ModuleSeen) -> None:
    """To accept a new wording: UPDATE_GOLDEN=1, and read the difference."""
    text = re.sub(r"\b[0-9a-f]{40}\b", "SHA", await comment(made, module))
    path = GOLDEN / f"{name}.md"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


async def test_flags_with_their_reach_and_what_the_last_full_sync_cost(made: Lake) -> None:
    made.airbyte.volume("orders", Volume(rows=120_000))
    made.clock.pass_(2 * 3600)
    files = {
        ORDERS: edited(made, ORDERS, backfill=True),
        CUSTOMERS: edited(made, CUSTOMERS, backfill="true"),
    }
    module = await seen(made, files)
    assert [(flag.flag.stream, flag.connections) for flag in module.flags] == [
        ("customers", (SHOP,)),
        ("orders", (SHOP,)),
    ]
    assert all(flag.is_new for flag in module.flags)
    assert "read 121.0 k rows (24.2 MB)" in module.flags[0].reaches[0].cost
    await golden(made, "two-flags", module)


async def test_a_second_flag_whose_trigger_stands_already(made: Lake) -> None:
    made.push({ORDERS: edited(made, ORDERS, backfill=True)})
    module = await seen(
        made,
        {
            ORDERS: edited(made, ORDERS, backfill=True),
            CUSTOMERS: edited(made, CUSTOMERS, backfill=True),
        },
    )
    # The state is from before: held against it, the trigger would be made now.
    assert {r.firing for flag in module.flags for r in flag.reaches} == {Firing.FIRES}
    by_code = await _without_state(made)
    assert {r.firing for flag in by_code.flags for r in flag.reaches} == {Firing.STANDS}
    await golden(made, "second-flag", by_code)


async def _without_state(made: Lake) -> ModuleSeen:
    """As people without write would see it: against the base as if applied."""
    made.state = b'{"version": 4, "resources": []}'
    trees = replace(await trees_of_work(made), landed=True)
    found = await made.world.modules.observe(
        made.reader, made.deployment(trees.base_tip), trees, made.inputs
    )
    return found.seen


async def test_flags_that_are_none(made: Lake) -> None:
    files = {
        ORDERS: edited(made, ORDERS, backfill=None),
        "streams/ads/clicks.json": b'{"stream": "clicks",\n "backfill": true}',
    }
    module = await seen(made, files)
    assert [(odd.path, odd.taken) for odd in module.odd_flags] == [(ORDERS, False)]
    assert [flag.path for flag in module.unread] == ["streams/ads/clicks.json"]
    await golden(made, "flags-that-are-none", module)


async def test_a_catalog_that_was_not_regenerated(made: Lake) -> None:
    fields = json.loads(made.file(ORDERS))["fields"] | {"currency": {"type": "string"}}
    module = await seen(made, {ORDERS: edited(made, ORDERS, fields=fields)})
    assert [item.path for item in module.stale] == [CATALOG]
    await golden(made, "stale-catalog", module)


async def test_what_airbyte_would_refuse_fails_the_check_before_the_merge(made: Lake) -> None:
    catalog = json.loads(made.file(CATALOG))
    config = catalog["streams"][0]["config"]
    config["selected_fields"] = [f for f in config["selected_fields"] if f["field_path"] != ["id"]]
    module = await seen(made, {CATALOG: json.dumps(catalog, indent=2).encode()})
    assert module.refused
    await golden(made, "refused-catalog", module)


async def test_a_reset_loop_and_drift_that_this_change_brings_about(made: Lake) -> None:
    catalog = json.loads(made.file(CATALOG))
    catalog["streams"][0]["config"]["suggested"] = True
    files = {
        CATALOG: json.dumps(catalog, indent=2).encode(),
        ORDERS: edited(made, ORDERS, backfill=True),
    }
    module = await seen(made, files)
    assert (module.perpetual, module.perpetual_before) == (frozenset({SHOP}), frozenset())
    assert all(reach.again for flag in module.flags for reach in flag.reaches)
    await golden(made, "reset-loop", module)


async def test_without_airbyte_there_is_a_comment_all_the_same(made: Lake) -> None:
    await made.airbyte.stop()
    module = await seen(made, {ORDERS: edited(made, ORDERS, backfill=True)})
    [flag] = module.flags
    assert (flag.connections, flag.reaches[0].cost) == ((SHOP,), "")


async def test_variables_that_cannot_all_be_read_are_constants_and_no_mistakes(made: Lake) -> None:
    """A part of them would read as mistakes of the module; the state still says what there is."""
    known = made.inputs.variables
    assert known is not None
    problem = "reading Secret lake/vars is not allowed"
    partly = replace(made.inputs, variables=Variables({}, (problem,)), problems=(problem,))
    made.push({CUSTOMERS: edited(made, CUSTOMERS, description="x")}, "work")
    trees = await trees_of_work(made)
    found = await made.world.modules.observe(
        made.reader, made.deployment(trees.base_tip), trees, partly
    )
    prediction = found.seen.prediction
    assert prediction is not None
    assert prediction.ok
    assert {change.action for change in prediction.changes} == {Action.NO_OP}
    assert problem in found.seen.basis


async def test_a_file_that_the_object_names_gives_variables_and_belongs_to_the_module(
    made: Lake,
) -> None:
    """As `spec.tfVarsFiles` has it: the file lies outside the module's folder."""
    moved = b'workspace_id = "99999999-9999-4999-8999-999999999999"\n'
    made.push({"envs/lake.tfvars": moved}, "work")
    trees = await trees_of_work(made)
    deployment = made.deployment(trees.base_tip)
    named = replace(deployment.terraform, var_files=("envs/lake.tfvars",))
    observe = made.world.modules.observe
    found = await observe(made.reader, replace(deployment, terraform=named), trees, made.inputs)
    assert found.touched
    assert found.seen.prediction is not None
    assert len([each for each in found.seen.prediction.changes if each.replace_paths]) > 0
