"""A local clone is read as it is: commits, the disk, links, odd names, and clear words when it is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bot.clients.git import Clone, GitError


def run(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],
        capture_output=True,
        text=True,
        check=True,
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


def test_the_disk_has_untracked_files_but_neither_ignored_nor_deleted_ones(folder: Path) -> None:
    (folder / ".gitignore").write_text("secret.*\n")
    (folder / "secret.tfvars").write_text('token = "x"\n')
    (folder / "new.tf").write_text("")
    (folder / "m" / "ä b.tf").unlink()
    assert set(Clone.containing(folder).working_tree().paths()) == {".gitignore", "new.tf"}


def test_a_folder_that_became_a_link_out_of_the_repository_is_not_followed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "ä b.tf").write_text("secret")
    (folder / "m" / "ä b.tf").unlink()
    (folder / "m" / "link").unlink()
    (folder / "m").rmdir()
    (folder / "m").symlink_to(outside)
    assert Clone.containing(folder).working_tree().read("m/ä b.tf") is None


def test_what_a_sparse_checkout_left_out_is_still_there(folder: Path) -> None:
    run(folder, "sparse-checkout", "set", "--no-cone", "/nothing")
    assert not (folder / "m").exists()
    files = Clone.containing(folder).working_tree()
    assert files.read("m/ä b.tf") == b"x = 1\r\n"


def test_a_submodule_is_no_file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    run(other, "init", "-q")
    (other / "x.tf").write_text("")
    run(other, "add", ".")
    run(other, "commit", "-qm", "x")
    run(folder, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(other), "sub")
    run(folder, "commit", "-qam", "sub")
    clone = Clone.containing(folder)
    for files in (clone.working_tree(), clone.tree("HEAD")):
        assert not [path for path in files.paths() if path.startswith("sub")]


def test_a_name_that_is_not_utf8_is_read(folder: Path) -> None:
    name = os.fsdecode(b"m/\xff.tf")
    (folder / name).write_bytes(b"y = 1\n")
    run(folder, "add", ".")
    run(folder, "commit", "-qm", "odd")
    clone = Clone.containing(folder)
    assert clone.working_tree().read(name) == clone.tree("HEAD").read(name) == b"y = 1\n"


def test_a_bare_repository_has_commits_and_no_working_tree(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bare = tmp_path_factory.mktemp("bare")
    run(folder, "clone", "-q", "--bare", str(folder), str(bare / "x.git"))
    clone = Clone.containing(bare / "x.git")
    assert clone.tree("HEAD").read("m/ä b.tf") == b"x = 1\r\n"
    with pytest.raises(GitError, match="no working tree"):
        clone.working_tree()


def test_a_worktree_is_read_where_it_lies(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    side = tmp_path_factory.mktemp("side") / "w"
    run(folder, "worktree", "add", "-q", str(side))
    (side / "only-here.tf").write_text("")
    assert "only-here.tf" in set(Clone.containing(side).working_tree().paths())


def test_a_shallow_clone_says_that_it_is_one(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run(folder, "commit", "-q", "--allow-empty", "-m", "two")
    shallow = tmp_path_factory.mktemp("shallow") / "x"
    run(folder, "clone", "-q", "--depth", "1", f"file://{folder}", str(shallow))
    with pytest.raises(GitError, match="git fetch --unshallow"):
        Clone.containing(shallow).commit("HEAD~1")
