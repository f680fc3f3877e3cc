"""Repositories, installations and pull requests that are not as they were: nothing crashes, nothing
waits for ever, and what is back is followed again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from github_world import REPOSITORY
from lake_service import BOT, CASE, Lake, lake

from bot.lifecycle.keys import InstallationsKey, PullRequestKey, PushKey, RepositoryKey
from bot.simulators.faults import Fault

MORE = f"{CASE.case['module']}/more.tf"
RESOURCE = b'resource "terraform_data" "more" {}\n'


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path) as made:
        yield made


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        # The service is looked at from outside, where GitHub rings no bell.
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def looked_at(here: Lake, *keys: object) -> None:
    for key in keys:
        here.service.queue.add(key)  # type: ignore[arg-type]
    await until(lambda: not (at := here.service.queue.depth).ready and not at.working)


def proposed(here: Lake, files: dict[str, bytes | None] | None = None) -> PullRequestKey:
    here.github.push(REPOSITORY, "more", files or {MORE: RESOURCE}, login="anna")
    number = here.github.open_pull_request(REPOSITORY, "more", title="More", login="anna")
    return PullRequestKey(REPOSITORY, number)


def said(here: Lake, number: int) -> list[str]:
    found = here.github.comments(REPOSITORY, number)
    return [item.body for item in found if item.author == BOT]


@pytest.mark.parametrize("removed", [False, True], ids=["suspended", "removed"])
async def test_without_the_installation_nothing_is_tried_on_and_on(
    here: Lake, removed: bool
) -> None:
    key = proposed(here)
    world = here.github.world
    (number, installation), *_ = world.installations.items()
    if removed:
        del world.installations[number]
    else:
        installation.suspended_at = world.clock.now()
    await looked_at(here, key)
    await looked_at(here, InstallationsKey())
    await looked_at(here, key, RepositoryKey(REPOSITORY), PushKey(REPOSITORY, "main"))
    assert not here.service.workers.failures
    installation.suspended_at = None
    world.installations[number] = installation
    await looked_at(here, InstallationsKey())
    await looked_at(here, key)
    assert said(here, key.number)


async def test_a_pull_request_whose_fork_is_gone_is_told(here: Lake) -> None:
    fork = here.github.fork(REPOSITORY, "rita")
    here.github.push(fork, "more", {MORE: RESOURCE}, login="rita")
    number = here.github.open_pull_request(REPOSITORY, "rita:more", title="More", login="rita")
    shown = here.github.world.views.pull

    def gone(pull: object, **how: bool) -> dict[str, object]:
        made = shown(pull, **how)  # type: ignore[arg-type]
        return {**made, "head": {**made["head"], "repo": None}}

    here.github.world.views.pull = gone  # type: ignore[method-assign,assignment]
    key = PullRequestKey(REPOSITORY, number)
    await looked_at(here, key)
    assert "more" in said(here, number)[0]
    assert key not in here.service.workers.failures


async def test_a_base_that_is_gone_or_moved_is_waited_out_or_followed(here: Lake) -> None:
    key = proposed(here)
    await looked_at(here, key)
    before = len(said(here, key.number))
    git = here.github.world.repositories[REPOSITORY].git
    tip = here.github.tip(REPOSITORY, "main")
    assert tip is not None
    git.run("update-ref", "refs/heads/main", f"{tip}~1")
    await looked_at(here, key, PushKey(REPOSITORY, "main"))
    git.run("update-ref", "-d", "refs/heads/main")
    await looked_at(here, key, PushKey(REPOSITORY, "main"))
    git.run("update-ref", "refs/heads/main", tip)
    await looked_at(here, key, PushKey(REPOSITORY, "main"))
    assert len(said(here, key.number)) == before == 1
    assert key not in here.service.workers.failures


async def test_closed_and_opened_again_it_is_told_in_the_same_comment(here: Lake) -> None:
    key = proposed(here)
    await looked_at(here, key)
    here.github.close_pull_request(REPOSITORY, key.number, login="anna")
    await looked_at(here, key)
    here.github.world.set_state(REPOSITORY, key.number, "open", "anna")
    here.github.push(REPOSITORY, "more", {MORE: RESOURCE.replace(b"more", b"less")}, login="anna")
    await looked_at(here, key)
    (only,) = said(here, key.number)
    assert "less" in only


@pytest.mark.parametrize(
    "name", ["a|b.tf", "new\nline.tf", 'quote".tf', "`tick`.tf", "<b>.tf", "@anna.tf", "ü.tf"]
)
async def test_a_file_of_any_name_is_told_of(here: Lake, name: str) -> None:
    key = proposed(here, {f"{CASE.case['module']}/{name}": RESOURCE})
    await looked_at(here, key)
    assert "terraform_data.more" in said(here, key.number)[0]
    assert key not in here.service.workers.failures


@pytest.mark.parametrize("status", [403, 429])
async def test_told_to_wait_it_waits_and_asks_nothing(here: Lake, status: int) -> None:
    key = proposed(here)
    await looked_at(here, InstallationsKey())
    here.github.faults.append(Fault(".*", status=status, headers={"Retry-After": "3"}, times=1))
    here.github.requests.clear()
    for _ in range(20):
        await looked_at(here, key, RepositoryKey(REPOSITORY))
    assert len(here.github.requests) < 10
    await until(lambda: said(here, key.number))
