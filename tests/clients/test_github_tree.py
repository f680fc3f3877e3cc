"""What would stand on the base branch after the merge, said by whole files."""

from __future__ import annotations

import subprocess

import pytest

from bot.clients.github.tree import Entry, Tree, blob_sha, merge


def tree(**files: str) -> Tree:
    """Files by name; the content stands for its SHA."""
    return {name: Entry("100644", content, len(content)) for name, content in files.items()}


@pytest.mark.parametrize(
    ("ancestor", "base", "head", "expected"),
    [
        pytest.param(tree(a="1"), tree(a="1"), tree(a="2"), tree(a="2"), id="changed"),
        pytest.param(tree(a="1"), tree(a="2"), tree(a="1"), tree(a="2"), id="base moved on"),
        pytest.param(
            tree(), tree(b="1"), tree(a="1"), tree(a="1", b="1"), id="added on both sides"
        ),
        pytest.param(tree(a="1"), tree(a="1", b="1"), tree(), tree(b="1"), id="deleted"),
        pytest.param(tree(a="1"), tree(), tree(a="1"), tree(), id="deleted on base"),
        pytest.param(tree(a="1"), tree(a="2"), tree(a="2"), tree(a="2"), id="the same on both"),
        pytest.param(tree(a="1"), tree(), tree(), tree(), id="deleted on both"),
    ],
)
def test_one_sided_changes_are_taken(
    ancestor: Tree, base: Tree, head: Tree, expected: Tree
) -> None:
    merged = merge(ancestor, base, head)
    assert merged.tree == expected
    assert not merged.conflicts


@pytest.mark.parametrize(
    ("base", "head"),
    [(tree(a="2"), tree(a="3")), (tree(), tree(a="3")), (tree(a="2"), tree())],
)
def test_what_both_changed_is_named_and_stays_as_the_base_has_it(base: Tree, head: Tree) -> None:
    merged = merge(tree(a="1"), base, head)
    assert merged.conflicts == {"a"}
    assert merged.tree == base


def test_a_mode_is_a_change_too() -> None:
    linked = {"a": Entry("120000", "1", 1)}
    assert merge(tree(a="1"), tree(a="1"), linked).tree == linked


def test_blob_names_are_gits_own() -> None:
    content = "größer\n".encode()
    named = subprocess.run(
        ["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True
    )
    assert blob_sha(content) == named.stdout.decode().strip()
