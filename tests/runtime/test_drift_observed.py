"""Catalogs that drift on the branch, observed over HTTP: one pull request, and then nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github_world import REPOSITORY
from lake_world import ORDERS, Lake, lake, observers

from bot.lifecycle.backfill import decide_backfill
from bot.lifecycle.catalog import quieted
from bot.lifecycle.drift_by_hand import decide_by_hand
from bot.lifecycle.effects import (
    ClosePullRequest,
    CommentOnCommit,
    DeleteBranch,
    Effect,
    OpenPullRequest,
    UpdatePullRequestBranch,
)
from bot.lifecycle.quieting import PREFIX, decide_quieting
from bot.runtime.observe.backfill.backfills import BackfillObserver
from bot.runtime.observe.stability.quieting import QuietingObserver

SHOP, MAIL = "streams/shop/_catalog.json", "streams/mail/_catalog.json"


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path, "perpetual-drift") as found:
        yield found


async def effects(made: Lake) -> tuple[Effect, ...]:
    tip = await made.tip()
    backfill = await BackfillObserver(made.world, observers(made)).observe(tip)
    quieting = await QuietingObserver(made.world).observe(tip, backfill)
    by_hand = decide_by_hand(quieting, made.world.signer)
    return (*decide_backfill(backfill).effects, *decide_quieting(quieting), *by_hand)


async def performed(made: Lake) -> Effect:
    [effect] = await effects(made)
    await made.performer.perform(effect)
    return effect


async def test_one_pull_request_ends_it_and_is_not_repeated(made: Lake) -> None:
    assert (await made.tip()).module.perpetual
    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    assert effect.edits.keys() == {SHOP, MAIL}
    assert await effects(made) == ()
    [pull] = await made.reader.pull_requests_from(effect.branch)
    made.github.merge_pull_request(REPOSITORY, pull.number, login="anna")
    assert (await made.tip()).module.perpetual == frozenset()
    assert isinstance(await performed(made), DeleteBranch)
    assert await effects(made) == ()


async def test_what_was_made_quiet_by_hand_needs_it_no_more(made: Lake) -> None:
    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    made.push({SHOP: effect.edits[SHOP]})
    renewed = await performed(made)
    assert isinstance(renewed, UpdatePullRequestBranch)
    assert renewed.edits.keys() == {MAIL}
    assert MAIL in renewed.body
    assert SHOP not in renewed.body
    made.push({MAIL: effect.edits[MAIL]})
    closed, deleted = await effects(made)
    assert isinstance(closed, ClosePullRequest)
    assert isinstance(deleted, DeleteBranch)
    await made.performer.perform(closed)
    assert await effects(made) == (deleted,), "a crash between the two leaves nothing"
    await made.performer.perform(deleted)
    assert await made.reader.tip(effect.branch) is None
    assert await effects(made) == ()


async def test_drift_that_comes_back_is_proposed_anew(made: Lake) -> None:
    before = {path: made.file(path) for path in (SHOP, MAIL)}
    first = await performed(made)
    assert isinstance(first, OpenPullRequest)
    [pull] = await made.reader.pull_requests_from(first.branch)
    made.github.merge_pull_request(REPOSITORY, pull.number, login="anna")
    assert isinstance(await performed(made), DeleteBranch)
    made.push(before)
    second = await performed(made)
    assert isinstance(second, OpenPullRequest)
    assert second.branch.startswith(PREFIX)
    assert second.branch != first.branch


async def test_closed_by_a_person_it_stays_closed(made: Lake) -> None:
    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    [pull] = await made.reader.pull_requests_from(effect.branch)
    made.github.close_pull_request(REPOSITORY, pull.number, login="anna")
    assert isinstance(await performed(made), DeleteBranch)
    assert await effects(made) == ()


CONNECTIONS = "airbyte/terraform/connections.tf"
READ = """  sync_catalog = jsondecode(file("${path.module}/../../streams/mail/_catalog.json"))"""
IN_CODE = """  sync_catalog = { streams = [{
    stream = { name = "events", json_schema = { type = "\\"object\\"" } }
    config = { sync_mode = "full_refresh", destination_sync_mode = "overwrite", %s }
  }] }"""


def written_in_code(made: Lake, inner: str) -> None:
    """Mail's catalog in the code, shop's quiet by hand."""
    code = made.file(CONNECTIONS).decode().replace(READ, IN_CODE % inner)
    catalog = json.loads(made.file(SHOP))
    made.push({CONNECTIONS: code.encode(), SHOP: json.dumps(quieted(catalog).catalog).encode()})


async def test_what_is_written_in_the_code_is_edited_there(made: Lake) -> None:
    written_in_code(made, 'alias_name = "${lower("A")}-events"')
    effect = await performed(made)
    assert isinstance(effect, OpenPullRequest)
    assert effect.edits == {
        CONNECTIONS: made.file(CONNECTIONS).replace(b', alias_name = "${lower("A")}-events"', b"")
    }
    [pull] = await made.reader.pull_requests_from(effect.branch)
    made.github.merge_pull_request(REPOSITORY, pull.number, login="anna")
    assert (await made.tip()).module.perpetual == frozenset()
    assert await effects(made) == ()


async def test_what_only_a_person_can_write_is_told_once_where_it_is_written(made: Lake) -> None:
    written_in_code(made, "cursor_field = concat([], [])")
    at = await made.reader.tip("main")
    assert at
    for _ in range(2):
        told = await performed(made)
        assert isinstance(told, CommentOnCommit)
        assert told.sha == at, "the commit that touched those lines, whatever came after it"
        made.push({"README.md": f"{at} was not the last".encode()})
    [comment] = made.github.commit_comments(REPOSITORY, at)
    assert f"`{CONNECTIONS}:30` `cursor_field = concat([], [])`" in comment.body
    assert "`cursor_field` has to give `null`" in comment.body
    assert "airbyte_connection.mail_to_lake" in comment.body


async def test_an_edit_that_would_fire_something_is_not_proposed(made: Lake) -> None:
    """The trigger hashes the catalog: with the quiet form it would fire a reset."""
    backfill = made.file("airbyte/terraform/backfill.tf").decode()
    hashed = (
        'resource "null_resource" "hashed" {\n'
        '  triggers = { it = filesha256("${path.module}/../../streams/mail/_catalog.json") }\n}\n'
    )
    catalog = json.loads(made.file(SHOP))
    made.push(
        {
            "airbyte/terraform/backfill.tf": (backfill + hashed).encode(),
            SHOP: json.dumps(quieted(catalog).catalog).encode(),
        }
    )
    told = await performed(made)
    assert isinstance(told, CommentOnCommit)
    assert "this would change as well: `null_resource.hashed`" in told.body
    assert f"`{MAIL}`" in told.body


async def test_a_loop_is_broken_with_the_quiet_catalog_in_the_same_pull_request(made: Lake) -> None:
    """The other connection's catalog is the drift's own pull request, not the loop's."""
    document = json.loads(made.file(ORDERS))
    made.merge({ORDERS: json.dumps(document | {"backfill": True}).encode()}, "flag orders")
    [drift] = await effects(made)
    assert isinstance(drift, OpenPullRequest)
    assert drift.edits.keys() == {MAIL}, "before the first reset the flag has to stay"
    made.clock.pass_(30)
    await made.airbyte.act("connections/reset", {"connectionId": made.connection})
    loop, drift = await effects(made)
    assert isinstance(loop, OpenPullRequest)
    assert isinstance(drift, OpenPullRequest)
    assert loop.title.startswith("Reset loop of shop_to_lake")
    assert loop.edits.keys() == {ORDERS, SHOP}
    await made.performer.perform(loop)
    await made.performer.perform(drift)
    assert await effects(made) == ()
    for effect in (loop, drift):
        [pull] = await made.reader.pull_requests_from(effect.branch)
        made.github.merge_pull_request(REPOSITORY, pull.number, login="anna")
    tip = await made.tip()
    assert (tip.module.perpetual, tip.module.flags) == (frozenset(), ())
    assert [type(effect) for effect in await effects(made)] == [DeleteBranch, DeleteBranch]
