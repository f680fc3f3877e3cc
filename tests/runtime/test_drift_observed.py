"""Catalogs that drift on the branch, observed over HTTP: one pull request, and then nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github_world import REPOSITORY
from lake_world import ORDERS, Lake, lake, observers

from bot.lifecycle.backfill import decide_backfill
from bot.lifecycle.effects import (
    ClosePullRequest,
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
    return (*decide_backfill(backfill).effects, *decide_quieting(quieting))


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
