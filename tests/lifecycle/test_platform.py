"""What a Terraform object and its source follow: the branch, the repository."""

from __future__ import annotations

import pytest
from rollout_world import NEW, OLD

from bot.lifecycle.platform import repository_of
from bot.model.cluster import source_from, terraform_from


@pytest.mark.parametrize(
    ("ref", "branch"),
    [
        ({}, "master"),
        ({"branch": "main"}, "main"),
        ({"name": "refs/heads/main"}, "main"),
        ({"name": "refs/heads/main", "branch": "other"}, "main"),
        ({"name": "refs/pull/7/head"}, None),
        ({"name": "refs/tags/v1"}, None),
        ({"tag": "v1"}, None),
        ({"semver": ">=1"}, None),
        ({"commit": NEW}, None),
        ({"branch": "main", "commit": NEW}, None),
    ],
)
def test_the_branch_that_a_reference_follows(ref: dict[str, str], branch: str | None) -> None:
    assert source_from({"spec": {"ref": ref}}).branch == branch


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/Octo/Lake.git", "octo/lake"),
        ("https://github.com/octo/lake", "octo/lake"),
        ("https://token@github.com/octo/lake.git", "octo/lake"),
        ("ssh://git@github.com/octo/lake.git", "octo/lake"),
        ("ssh://git@github.com:22/octo/lake", "octo/lake"),
        ("git@github.com:octo/lake.git", "octo/lake"),
        ("http://127.0.0.1:4242/html/octo/lake.git", "octo/lake"),
        ("https://github.com/octo", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_repository_of_a_url(url: str, repository: str | None) -> None:
    assert repository_of(url) == repository


def test_objects_with_nothing_in_them_are_read() -> None:
    assert terraform_from({}).attempted is None
    assert source_from({"status": {"conditions": "odd", "artifact": 7}}).revision is None
    assert source_from({"status": {"artifact": {"revision": f"main/{OLD}"}}}).revision == OLD
