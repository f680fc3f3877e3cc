"""A real Git repository in a temporary folder, for the tests that need one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    """What git says; it fails loudly."""
    done = subprocess.run(
        ["git", "-C", str(folder), *IDENTITY, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def write(folder: Path, files: Mapping[str, str | bytes | None]) -> None:
    """Write these files; None deletes."""
    for path, content in files.items():
        target = folder / path
        if content is None:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)


def commit(folder: Path, files: Mapping[str, str | bytes | None], message: str = "edit") -> str:
    """Write, commit everything, and give the commit's SHA. Times are fixed, so that SHAs are."""
    write(folder, files)
    git(folder, "add", "-A")
    moment = "2024-05-01T12:00:00Z"
    subprocess.run(
        ["git", "-C", str(folder), *IDENTITY, "commit", "-q", "--allow-empty", "-m", message],
        env={"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment, "PATH": os.environ["PATH"]},
        check=True,
    )
    return git(folder, "rev-parse", "HEAD")


def new(folder: Path, files: Mapping[str, str | bytes | None] | None = None) -> Path:
    """A repository on `main`; with files, they are its first commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    if files is not None:
        commit(folder, files, "begin")
    return folder
