"""A local clone is read as it is: commits, the disk, links, odd names, and clear words when it is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.clients.git import Clone, GitError


def run(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "ä b.tf").write_bytes(b"x = 1\r\n")
    (tmp_path / "m" / "link").symlink_to("ä b.tf")
    run(tmp_path, "add", ".")
    run(tmp_path, "commit", "-qm", "one")
    return tmp_path


def test_a_commit_is_read_byte_for_byte_with_its_links(folder: Path) -> None:
    files = Clone.containing(folder / "m").tree("HEAD")
    assert set(files.paths()) == {"m/ä b.tf"}
    assert files.read("m/ä b.tf") == b"x = 1\r\n"
    assert files.link("m/link") == "ä b.tf"
    assert files.read("m/link") is None
    assert files.read("nowhere") is None


def test_the_disk_and_the_commit_name_the_same_content_alike(folder: Path) -> None:
    clone = Clone.containing(folder)
    disk = clone.working_tree()
    assert disk.identity("m/ä b.tf") == clone.tree("HEAD").identity("m/ä b.tf")
    (folder / "m" / "new.tf").write_text("y = 2\n")
    assert "m/new.tf" in set(clone.working_tree().paths())
    assert clone.working_tree().link("m/link") == "ä b.tf"


def test_gits_own_folder_is_no_input(folder: Path) -> None:
    assert not [path for path in Clone.containing(folder).working_tree().paths() if ".git/" in path]


def test_the_merge_base_is_gits_own(folder: Path) -> None:
    run(folder, "branch", "side")
    run(folder, "commit", "-q", "--allow-empty", "-m", "two")
    clone = Clone.containing(folder)
    assert clone.merge_base("main", "side") == clone.commit("side")


@pytest.mark.parametrize("revision", ["nowhere", "--help", "HEAD~7"])
def test_a_revision_that_names_nothing_is_said(folder: Path, revision: str) -> None:
    with pytest.raises(GitError, match="names no commit"):
        Clone.containing(folder).commit(revision)


def test_a_folder_without_a_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not inside a Git repository"):
        Clone.containing(tmp_path)
    with pytest.raises(GitError, match="no such folder"):
        Clone.containing(tmp_path / "x")


def test_a_repository_without_commits_has_none(tmp_path: Path) -> None:
    run(tmp_path, "init", "-q")
    assert not Clone.containing(tmp_path).has_commits()


def test_one_process_serves_many_reads_and_odd_bytes(folder: Path) -> None:
    contents = {f"f{n}": bytes(range(n, n + 40)) + b"\n" * n for n in range(30)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    run(folder, "add", ".")
    run(folder, "commit", "-qm", "many")
    files = Clone.containing(folder).tree("HEAD")
    assert {name: files.read(name) for name in contents} == contents
