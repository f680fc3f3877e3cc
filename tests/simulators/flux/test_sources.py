"""Which commit a reference names, over real Git, and what source-controller says of the rest."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.simulators.flux.sources import Folders, Found, GitFailed, Ref, Remote
from bot.simulators.github.git import GitRepository, Signature

URL = "https://github.com/octo/lake.git"
BY = Signature("anna", "anna@example.com", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def repository(tmp_path):
    return GitRepository.create(tmp_path / "lake.git")


@pytest.fixture
def git(repository):
    return Folders({URL: repository.path})


def commit(repository: GitRepository, branch: str = "main", text: str = "x") -> str:
    return repository.commit_files(branch, {"a/main.tf": text.encode()}, text, BY)


async def test_a_branch_is_its_tip(repository, git):
    commit(repository)
    tip = commit(repository, text="y")
    assert await git.resolve(URL, Ref(branch="main")) == Found(tip, f"main@sha1:{tip}")


async def test_a_force_push_is_followed(repository, git):
    first = commit(repository)
    commit(repository, text="y")
    repository.set_ref("refs/heads/main", first)
    assert (await git.resolve(URL, Ref(branch="main"))).sha == first


async def test_a_commit_on_its_branch_keeps_the_branchs_name(repository, git):
    first = commit(repository)
    commit(repository, text="y")
    ref = Ref(branch="main", commit=first)
    assert (await git.resolve(URL, ref)).revision == f"main@sha1:{first}"


async def test_a_commit_alone_must_be_on_some_branch(repository, git):
    commit(repository)
    side = commit(repository, "side", "z")
    assert (await git.resolve(URL, Ref(commit=side))).revision == f"sha1:{side}"
    repository.delete_ref("refs/heads/side")
    with pytest.raises(GitFailed, match=f"unable to resolve commit object for '{side}'"):
        await git.resolve(URL, Ref(commit=side))


async def test_a_commit_of_another_branch_is_not_found_on_this_one(repository, git):
    commit(repository)
    side = commit(repository, "side", "z")
    with pytest.raises(GitFailed, match="object not found"):
        await git.resolve(URL, Ref(branch="main", commit=side))


async def test_a_pull_requests_ref_is_found_only_where_a_branch_has_its_commit(repository, git):
    commit(repository)
    side = commit(repository, "side", "z")
    repository.set_ref("refs/pull/7/head", side)
    ref = Ref(name="refs/pull/7/head")
    assert (await git.resolve(URL, ref)).revision == f"refs/pull/7/head@sha1:{side}"
    repository.delete_ref("refs/heads/side")
    with pytest.raises(GitFailed, match="object not found"):
        await git.resolve(URL, ref)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("*", "v2.0.0"),
        (">=1.0.0 <2.0.0", "1.10.0"),
        ("~1.2", "1.2.0"),
        ("^1.2.0", "1.10.0"),
        ("1.x", "1.10.0"),
    ],
)
async def test_the_newest_tag_that_fits_wins(repository, git, wanted, expected):
    for tag in ("1.2.0", "1.10.0", "v2.0.0", "latest"):
        repository.set_ref(f"refs/tags/{tag}", commit(repository, text=tag))
    found = await git.resolve(URL, Ref(semver=wanted))
    assert found.revision == f"{expected}@sha1:{repository.resolve(f'refs/tags/{expected}')}"


async def test_a_tag_is_its_commit(repository, git):
    sha = commit(repository)
    repository.set_ref("refs/tags/v1", sha)
    assert await git.resolve(URL, Ref(tag="v1")) == Found(sha, f"v1@sha1:{sha}")


@pytest.mark.parametrize(
    ("url", "ref", "words"),
    [
        (URL, Ref(branch="gone"), 'find remote ref "refs/heads/gone"'),
        (URL, Ref(tag="gone"), 'find remote ref "refs/tags/gone"'),
        (URL, Ref(semver=">=9"), "no match found for semver"),
        (URL, Ref(semver="newest"), "semver parse error"),
        ("https://elsewhere.example/x.git", Ref(branch="main"), "repository not found"),
    ],
)
async def test_what_the_remote_has_not_is_said(repository, git, url, ref, words):
    repository.set_ref("refs/tags/1.0.0", commit(repository))
    with pytest.raises(GitFailed, match=words):
        await git.resolve(url, ref)


async def test_files_come_byte_for_byte(repository, git):
    content = {
        "a/main.tf": b"one\n",
        "a/empty": b"",
        "b/\xc3\xa9.json".encode().decode(): b"\x00\xff\n\n",
    }
    sha = repository.commit_files("main", content, "all", BY)
    assert await git.files(URL, sha) == content


async def test_without_a_reference_it_is_the_branch_master():
    assert Ref.of(None) == Ref(branch="master")


async def test_a_remote_fails_as_often_as_it_is_told(repository, git):
    sha, remote = commit(repository), Remote(git)
    remote.fail("unable to list remote: connection refused", times=2)
    for _ in range(2):
        with pytest.raises(GitFailed, match="connection refused"):
            await remote.resolve(URL, Ref(branch="main"))
    assert (await remote.resolve(URL, Ref(branch="main"))).sha == sha
