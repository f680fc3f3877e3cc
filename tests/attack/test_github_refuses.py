"""GitHub says no, again and again: it is said once, nothing is done twice, and nothing else waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from github_world import REPOSITORY
from lake_service import BOT, CASE, NAME, NAMESPACE, Lake, lake

from bot.lifecycle.keys import BranchKey, CommandKey, MergeGroupKey, PullRequestKey
from bot.simulators.faults import Fault


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path) as made:
        yield made


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        # The service is looked at from outside, where GitHub rings no bell.
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def said(here: Lake, number: int = 0) -> list[str]:
    found = here.github.comments(REPOSITORY, number or here.issue)
    return [item.body for item in found if item.author == BOT]


async def rests(here: Lake) -> None:
    """Nothing is worked on or waits to be, but for what is due later."""
    await until(lambda: not (at := here.service.queue.depth).ready and not at.working)


@pytest.mark.parametrize("status", [403, 422])
async def test_who_may_not_react_says_so_once_and_runs_nothing(here: Lake, status: int) -> None:
    here.github.faults.append(Fault("/reactions", "POST", status=status, times=99))
    comment = here.github.comment(REPOSITORY, here.issue, "/lotus reconcile", login="anna")
    key = CommandKey(REPOSITORY, here.issue, comment)
    here.service.queue.add(key)
    await until(lambda: said(here))
    for _ in range(3):
        here.service.queue.add(key)
        await rests(here)
    assert len(said(here)) == 1
    assert "did not run" in said(here)[0]
    assert key not in here.service.workers.failures
    assert "annotations" not in here.terraform()["metadata"]


async def test_who_may_not_even_write_gives_up(here: Lake) -> None:
    refusals = [Fault("/reactions", "POST", status=403, times=99)]
    refusals.append(Fault("/comments$", "POST", status=403, times=99))
    here.github.faults += refusals
    comment = here.github.comment(REPOSITORY, here.issue, "/lotus reconcile", login="anna")
    key = CommandKey(REPOSITORY, here.issue, comment)
    here.service.queue.add(key)
    await until(lambda: all(each.times < 99 for each in refusals))
    await rests(here)
    assert key not in here.service.workers.failures


async def test_a_comment_that_may_not_be_written_does_not_keep_the_check_away(here: Lake) -> None:
    """A conversation that is locked: the check is what the branch's protection waits for."""
    here.github.faults.append(Fault("/comments", "POST", status=403, times=99))
    number, head = proposed(here)
    here.service.queue.add(PullRequestKey(REPOSITORY, number))
    await until(lambda: here.github.check_runs(REPOSITORY, head))


def proposed(here: Lake) -> tuple[int, str]:
    """A pull request that changes the module: its number and head."""
    path = f"{CASE.case['module']}/more.tf"
    files = {path: b'resource "terraform_data" "more" {}\n'}
    head = here.github.push(REPOSITORY, "more", files, message="More", login="anna")
    number = here.github.open_pull_request(REPOSITORY, "more", title="More", login="anna")
    return number, head


async def test_a_pull_request_of_too_many_files_is_told_and_checked(here: Lake) -> None:
    here.github.world.tree_limit = 3
    number, head = proposed(here)
    key = PullRequestKey(REPOSITORY, number)
    here.service.queue.add(key)
    await until(lambda: here.github.check_runs(REPOSITORY, head))
    await rests(here)
    assert "too many files" in said(here, number)[0]
    assert key not in here.service.workers.failures


async def test_a_merge_queue_of_too_many_files_goes_on(here: Lake) -> None:
    number, _ = proposed(here)
    here.github.world.tree_limit = 3
    base = here.github.tip(REPOSITORY, "main")
    sha = here.github.queue(REPOSITORY, number, login="anna")
    branch = f"gh-readonly-queue/main/pr-{number}-{base}"
    here.service.queue.add(MergeGroupKey(REPOSITORY, branch))
    await until(lambda: here.github.check_runs(REPOSITORY, sha))
    (check,) = here.github.check_runs(REPOSITORY, sha)
    assert check.conclusion == "neutral"


async def test_a_branch_of_too_many_files_is_followed_all_the_same(here: Lake) -> None:
    key = BranchKey(NAMESPACE, NAME)
    await rests(here)
    here.github.world.tree_limit = 3
    here.github.push(REPOSITORY, "main", {"x/y/z": b"1"}, message="More", login="anna")
    tip = here.github.tip(REPOSITORY, "main")
    status = {
        "lastAttemptedRevision": f"main@sha1:{tip}",
        "lastAppliedRevision": f"main@sha1:{tip}",
    }
    artifact = {"revision": f"main@sha1:{tip}", "lastUpdateTime": "2026-01-02T00:00:00Z"}
    here.kubernetes.patch("GitRepository", NAMESPACE, "lake", {"status": {"artifact": artifact}})
    here.kubernetes.patch("Terraform", NAMESPACE, NAME, {"status": status})
    here.service.queue.add(key)
    await rests(here)
    assert key not in here.service.workers.failures
    assert "applied" in (await here.ask("/lotus status")).lower()


@pytest.mark.parametrize("words_too", [False, True])
@pytest.mark.parametrize("command", ["suspend", "status", "rebuild"])
async def test_what_was_run_is_not_run_again_where_its_end_may_not_be_marked(
    here: Lake, command: str, words_too: bool
) -> None:
    """👀 was taken, nothing after it: each later look finds that it is over."""
    reaction = Fault("/reactions", "POST", status=422, skip=1, times=99)
    here.github.faults.append(reaction)
    if words_too:
        here.github.faults.append(Fault("/comments$", "POST", status=403, times=99))
    comment = here.github.comment(REPOSITORY, here.issue, f"/lotus {command}", login="adam")
    key = CommandKey(REPOSITORY, here.issue, comment)
    here.service.queue.add(key)
    await until(lambda: reaction.times < 99)
    await rests(here)
    here.kubernetes.patch("Terraform", NAMESPACE, NAME, {"spec": {"suspend": False}})
    for _ in range(3):
        here.service.queue.add(key)
        await rests(here)
    assert not here.terraform()["spec"]["suspend"]
    assert len(said(here)) == (0 if words_too else 1)
    assert key not in here.service.workers.failures
