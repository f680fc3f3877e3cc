"""The GitHub client against the simulator, over HTTP: identities, pages, ETags, errors, blobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from airbyte_world import LeapingClock
from github_world import APP_ID, REPOSITORY, keys, running

from bot.clients.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Throttled,
    TooMuch,
    Unavailable,
    Unintelligible,
)
from bot.clients.github.app import AppIdentity, GitHubApp
from bot.clients.github.repository import RepositoryReader
from bot.clients.github.snapshot import Snapshots
from bot.clients.github.transport import Answers, Endpoint, Transport, _Known
from bot.clients.github.writing import RepositoryWriter
from bot.model.github import Permission, PullRequestState
from bot.plan.files import NotFetched
from bot.simulators.faults import Fault
from bot.simulators.github import GitHub


@dataclass
class Stage:
    """Both sides."""

    github: GitHub
    app: GitHubApp
    transport: Transport
    clock: LeapingClock
    answers: Answers

    @property
    def reader(self) -> RepositoryReader:
        return RepositoryReader(self.transport, REPOSITORY)

    @property
    def writer(self) -> RepositoryWriter:
        return RepositoryWriter(self.transport, REPOSITORY)

    def asked(self, method: str, part: str) -> int:
        """How often something was asked."""
        return sum(r.method == method and part in r.path for r in self.github.requests)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = LeapingClock()
    async with running(tmp_path, clock) as github, aiohttp.ClientSession() as session:
        answers = Answers()
        endpoint = Endpoint(session, github.url, clock, answers)
        app = GitHubApp(endpoint, AppIdentity(str(APP_ID), keys().private))
        [installation] = await app.installations()
        yield Stage(github, app, app.installation(installation), clock, answers)


def opened(stage: Stage, branch: str = "work") -> int:
    stage.github.push(REPOSITORY, branch, {f"{branch}.txt": b"x\n"}, login="anna")
    return stage.github.open_pull_request(REPOSITORY, branch, title=branch, login="anna")


async def test_the_app_knows_itself_and_what_it_may_see(stage: Stage) -> None:
    assert await stage.app.login() == "lotus-bot[bot]"
    [installation] = await stage.app.installations()
    assert [item["full_name"] for item in await stage.app.repositories(installation)] == [
        REPOSITORY
    ]


async def test_one_token_serves_until_shortly_before_its_end(stage: Stage) -> None:
    for _ in range(3):
        await stage.reader.tip("main")
    assert stage.asked("POST", "access_tokens") == 1
    await stage.clock.sleep(3600 - 300 + 10)
    await stage.reader.tip("main")
    assert stage.asked("POST", "access_tokens") == 2


async def test_a_token_that_is_not_taken_any_more_is_replaced(stage: Stage) -> None:
    """Revoked, or of an installation that was suspended for a while: that is about us, not them."""
    await stage.reader.tip("main")
    stage.github.world.tokens.clear()
    with pytest.raises(Unavailable, match="not taken any more"):
        await stage.reader.tip("main")
    assert await stage.reader.tip("main")
    assert stage.asked("POST", "access_tokens") == 2


@pytest.mark.parametrize("ahead", [-230, -90, 0, 90, 230])
async def test_a_clock_may_be_minutes_off(stage: Stage, ahead: float) -> None:
    class Off(LeapingClock):
        def now(self) -> datetime:
            return stage.clock.now() + timedelta(seconds=ahead)

    async with aiohttp.ClientSession() as session:
        endpoint = Endpoint(session, stage.github.url, Off(), stage.answers)
        app = GitHubApp(endpoint, AppIdentity(str(APP_ID), keys().private))
        [number] = await app.installations()
        assert await RepositoryReader(app.installation(number), REPOSITORY).tip("main")


def test_answers_are_kept_up_to_a_size_and_not_at_all_where_a_sha_names_them() -> None:
    known = _Known(2000)
    for number in range(100):
        known[f"/issues/{number}"] = ("etag", None, "x" * 300, None)
    assert 0 < known.currsize <= 2000
    known["/issues/large"] = ("etag", None, "x" * 3000, None)
    known[f"/git/trees/{'a' * 40}?recursive=1"] = ("etag", None, "x", None)
    assert all(
        name not in known for name in ("/issues/large", f"/git/trees/{'a' * 40}?recursive=1")
    )


async def test_what_has_not_changed_costs_nothing(stage: Stage) -> None:
    for _ in range(3):
        assert await stage.reader.tip("main") == stage.github.tip(REPOSITORY, "main")
    counted = [item.counted for item in stage.github.requests if "/git/ref/" in item.path]
    assert counted == [True, False, False]


async def test_lists_are_read_to_their_end(stage: Stage) -> None:
    number = opened(stage)
    for index in range(205):
        stage.github.comment(REPOSITORY, number, f"comment {index}", login="rita")
    found = await stage.reader.comments(number)
    assert [item.body for item in found] == [f"comment {index}" for index in range(205)]
    assert stage.asked("GET", f"/issues/{number}/comments") == 3


async def test_a_pull_request_as_it_goes(stage: Stage) -> None:
    number = opened(stage)
    first = await stage.reader.pull_request(number)
    assert (first.state, first.mergeable, first.from_fork) == (PullRequestState.OPEN, None, False)
    second = await stage.reader.pull_request(number)
    assert second.mergeable is True
    assert second.merge_commit
    merge = await stage.reader.commit(second.merge_commit)
    assert merge.parents == (stage.github.tip(REPOSITORY, "main"), second.head_sha)
    sha = stage.github.merge_pull_request(REPOSITORY, number, login="anna")
    merged = await stage.reader.pull_request(number)
    assert (merged.state, merged.merge_commit) == (PullRequestState.MERGED, sha)
    assert [item.number for item in await stage.reader.pull_requests_of(sha)] == [number]


async def test_a_fork_is_known_as_one(stage: Stage) -> None:
    stage.github.fork(REPOSITORY, "mallory")
    stage.github.push("mallory/lake", "evil", {"x": b"x"}, login="mallory")
    number = stage.github.open_pull_request(
        REPOSITORY, "mallory:evil", title="hello", login="mallory"
    )
    assert (await stage.reader.pull_request(number)).from_fork


@pytest.mark.parametrize(
    ("login", "permission"),
    [
        ("anna", Permission.WRITE),
        ("adam", Permission.ADMIN),
        ("rita", Permission.READ),
        ("nobody-at-all", Permission.NONE),
    ],
)
async def test_permissions(stage: Stage, login: str, permission: Permission) -> None:
    assert await stage.reader.permission(login) is permission


async def test_comments_are_written_changed_and_taken_back(stage: Stage) -> None:
    number = opened(stage)
    comment = await stage.writer.create_comment(number, "one")
    assert comment.author == "lotus-bot[bot]"
    await stage.writer.update_comment(comment.id, "two")
    assert [item.body for item in await stage.reader.comments(number)] == ["two"]
    await stage.writer.react(comment.id, "eyes")
    await stage.writer.react(comment.id, "eyes")
    assert [item.content for item in await stage.reader.reactions(comment.id)] == ["eyes"]
    await stage.writer.delete_comment(comment.id)
    await stage.writer.delete_comment(comment.id)
    assert await stage.reader.comments(number) == []
    assert await stage.reader.comment(comment.id) is None


async def test_a_comment_on_a_commit_is_written_and_changed(stage: Stage) -> None:
    sha = str(stage.github.tip(REPOSITORY, "main"))
    await stage.writer.comment_on_commit(sha, "one")
    (comment,) = await stage.reader.commit_comments(sha)
    await stage.writer.update_commit_comment(comment.id, "two")
    assert [item.body for item in await stage.reader.commit_comments(sha)] == ["two"]


async def test_a_check_with_many_annotations_is_one_check(stage: Stage) -> None:
    sha = str(stage.github.tip(REPOSITORY, "main"))
    annotations = [
        {
            "path": "README.md",
            "start_line": 1,
            "end_line": 1,
            "annotation_level": "notice",
            "message": str(index),
        }
        for index in range(120)
    ]
    check = {
        "name": "lotus / plan",
        "head_sha": sha,
        "status": "completed",
        "conclusion": "success",
        "output": {"title": "t", "summary": "s"},
    }
    await stage.writer.create_check(check, annotations)
    [made] = stage.github.check_runs(REPOSITORY, sha)
    assert [item["message"] for item in made.annotations] == [str(i) for i in range(120)]
    [seen] = await stage.reader.check_runs(sha, "lotus / plan")
    assert (seen.conclusion, seen.app) == ("success", "lotus-bot")


async def test_a_branch_with_one_commit_changes_just_its_files(stage: Stage) -> None:
    base = str(stage.github.tip(REPOSITORY, "main"))
    sha = await stage.writer.commit(base, {"a/b.json": b"{}\r\n"}, "Set a flag")
    await stage.writer.create_branch("lotus/x", sha)
    assert stage.github.file(REPOSITORY, "lotus/x", "a/b.json") == b"{}\r\n"
    assert stage.github.file(REPOSITORY, "lotus/x", "README.md") == b"# lake\n"
    with pytest.raises(Conflict):
        await stage.writer.create_branch("lotus/x", base)
    made = await stage.writer.open_pull_request("lotus/x", "main", "Title", "Body")
    with pytest.raises(Invalid):
        await stage.writer.open_pull_request("lotus/x", "main", "Title", "Body")
    assert [p.number for p in await stage.reader.pull_requests_from("lotus/x")] == [made.number]
    await stage.writer.update_pull_request(made.number, {"state": "closed"})
    await stage.writer.delete_branch("lotus/x")
    assert await stage.reader.tip("lotus/x") is None
    await stage.writer.delete_branch("lotus/x")
    assert [p.number for p in await stage.reader.pull_requests_from("lotus/x")] == [made.number]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault("/git/ref", status=502, times=9), Unavailable, id="5xx twice"),
        pytest.param(Fault("/git/ref", drop=True, times=9), Unavailable, id="no answer"),
        pytest.param(Fault("/git/ref", status=200, body=b"{"), Unintelligible, id="half of JSON"),
        pytest.param(
            Fault("/git/ref", status=200, body=b"<html>", content_type="text/html"),
            Unintelligible,
            id="HTML",
        ),
        pytest.param(Fault("/git/ref", status=200, body=b"[]"), Unintelligible, id="another shape"),
        pytest.param(
            Fault("/git/ref", status=403, body=b'{"message":"no"}'), Forbidden, id="no permission"
        ),
        pytest.param(
            Fault("/git/ref", status=429, headers={"Retry-After": "30"}), Throttled, id="429"
        ),
        pytest.param(Fault("/git/ref", status=422, body=b"null"), Invalid, id="422 without a body"),
    ],
)
async def test_everything_that_goes_wrong_is_one_of_ours(
    stage: Stage, fault: Fault, error: type[Exception]
) -> None:
    stage.github.faults.append(fault)
    with pytest.raises(error):
        await stage.reader.tip("main")


async def test_one_5xx_is_asked_again_and_nobody_notices(stage: Stage) -> None:
    stage.github.faults.append(Fault("/git/ref", status=500))
    assert await stage.reader.tip("main")


async def test_a_write_is_never_sent_twice(stage: Stage) -> None:
    number = opened(stage)
    stage.github.faults.append(Fault("/comments", method="POST", status=500, after=True))
    with pytest.raises(Unavailable):
        await stage.writer.create_comment(number, "once")
    assert len(stage.github.comments(REPOSITORY, number)) == 1


async def test_a_secondary_limit_stops_everything_of_that_installation(stage: Stage) -> None:
    stage.github.faults.append(Fault("/git/ref", status=403, headers={"Retry-After": "600"}))
    with pytest.raises(Throttled):
        await stage.reader.tip("main")
    before = len(stage.github.requests)
    with pytest.raises(Throttled):
        await stage.reader.permission("anna")
    assert len(stage.github.requests) == before, "nothing was asked"
    await stage.clock.sleep(601)
    assert await stage.reader.tip("main")


async def test_a_cold_start_is_one_tarball_and_then_only_new_blobs(stage: Stage) -> None:
    files = {f"m/{index}.tf": f"# {index}\n".encode() for index in range(50)}
    sha = stage.github.push(REPOSITORY, "main", files, login="anna")
    snapshots = Snapshots()
    tree = await snapshots.tree(stage.transport, REPOSITORY, sha)
    view = snapshots.files(tree)
    with pytest.raises(NotFetched):
        view.read("m/7.tf")
    await snapshots.fetch(stage.transport, REPOSITORY, tree, files, sha)
    assert view.read("m/7.tf") == b"# 7\n"
    assert view.read("absent") is None
    assert (stage.asked("GET", "/tarball/"), stage.asked("GET", "/git/blobs/")) == (1, 0)

    moved = stage.github.push(REPOSITORY, "main", {"m/7.tf": b"# seven\n"}, login="anna")
    tree = await snapshots.tree(stage.transport, REPOSITORY, moved)
    await snapshots.fetch(stage.transport, REPOSITORY, tree, files, moved)
    assert snapshots.files(tree).read("m/7.tf") == b"# seven\n"
    assert (stage.asked("GET", "/tarball/"), stage.asked("GET", "/git/blobs/")) == (1, 1)


async def test_a_tree_too_large_for_one_answer_is_walked(stage: Stage) -> None:
    files = {f"d{index % 7}/e/{index}.json": b"{}" for index in range(60)}
    sha = stage.github.push(REPOSITORY, "main", files, login="anna")
    stage.github.world.tree_limit = 40
    tree = await Snapshots().tree(stage.transport, REPOSITORY, sha)
    assert set(tree) == {*files, "README.md"}


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param([f"{index}" for index in range(30)], id="one folder is too large"),
        pytest.param([f"{i}/{j}/x" for i in range(16) for j in range(16)], id="many folders"),
    ],
)
async def test_a_tree_without_end_is_given_up_and_not_read_again(
    stage: Stage, paths: list[str]
) -> None:
    sha = stage.github.push(REPOSITORY, "main", dict.fromkeys(paths, b"x"), login="anna")
    stage.github.world.tree_limit = 20
    snapshots = Snapshots()
    with pytest.raises(TooMuch, match="too many files"):
        await snapshots.tree(stage.transport, REPOSITORY, sha)
    before = len(stage.github.requests)
    with pytest.raises(TooMuch):
        await snapshots.tree(stage.transport, REPOSITORY, sha)
    assert len(stage.github.requests) == before


async def test_many_new_files_are_one_tarball_more(stage: Stage) -> None:
    snapshots = Snapshots()
    for name in ("a", "b"):
        files = {f"{name}/{index}": f"{name}{index}".encode() for index in range(150)}
        sha = stage.github.push(REPOSITORY, "main", files, login="anna")
        tree = await snapshots.tree(stage.transport, REPOSITORY, sha)
        await snapshots.fetch(stage.transport, REPOSITORY, tree, files, sha)
    assert (stage.asked("GET", "/tarball/"), stage.asked("GET", "/git/blobs/")) == (2, 0)


async def test_more_files_than_are_read_for_anybody_cost_nothing(stage: Stage) -> None:
    files = {f"x/{index}": str(index).encode() for index in range(1001)}
    sha = stage.github.push(REPOSITORY, "main", files, login="anna")
    stage.github.faults.append(Fault("/tarball/", status=404, times=9))
    snapshots = Snapshots()
    tree = await snapshots.tree(stage.transport, REPOSITORY, sha)
    for _ in range(2):
        with pytest.raises(TooMuch, match="1001 more files"):
            await snapshots.fetch(stage.transport, REPOSITORY, tree, files, sha)
    assert stage.asked("GET", "/git/blobs/") == 0


async def test_without_a_tarball_the_blobs_serve(stage: Stage) -> None:
    sha = str(stage.github.tip(REPOSITORY, "main"))
    stage.github.faults.append(Fault("/tarball/", status=404, times=9))
    snapshots = Snapshots()
    tree = await snapshots.tree(stage.transport, REPOSITORY, sha)
    await snapshots.fetch(stage.transport, REPOSITORY, tree, ["README.md"], sha)
    assert snapshots.files(tree).read("README.md") == b"# lake\n"


async def test_a_merge_base_and_what_a_tip_contains(stage: Stage) -> None:
    base = str(stage.github.tip(REPOSITORY, "main"))
    number = opened(stage)
    head = (await stage.reader.pull_request(number)).head_sha
    stage.github.push(REPOSITORY, "main", {"other": b"x"}, login="anna")
    tip = str(stage.github.tip(REPOSITORY, "main"))
    assert await stage.reader.merge_base(tip, head) == base
    assert await stage.reader.contains(tip, base)
    assert not await stage.reader.contains(tip, head)


async def test_the_apps_private_key_is_in_no_message(stage: Stage) -> None:
    endpoint = Endpoint(aiohttp.ClientSession(), stage.github.url, stage.clock, Answers())
    broken = GitHubApp(endpoint, AppIdentity("7", "-----BEGIN RSA PRIVATE KEY-----\nsesame"))
    with pytest.raises(Invalid) as raised:
        await broken.login()
    assert "sesame" not in str(raised.value)
    await endpoint.session.close()
