"""`lotus plan` as a program: widths, encodings, colours, pipes, signals, and what it does not import."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import clone
import pytest
from rich.cells import cell_len

CHANGED = """resource "terraform_data" "a_name_that_is_longer_than_a_narrow_terminal_is_wide" {
  input            = "é → ±"
  triggers_replace = ["y"]
}
"""
LOTUS = [sys.executable, "-m", "bot", "plan"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = clone.new(tmp_path / "r", {"main.tf": CHANGED.replace('["y"]', '["x"]')})
    clone.write(
        made,
        {
            "main.tf": CHANGED,
            "ä.tf": 'resource "terraform_data" "b" {\n  input = "é" + foo.bar.baz\n}\n',
        },
    )
    return made


def environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"COLUMNS": "100", "LC_ALL": "C.UTF-8"} | more


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*LOTUS, *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        timeout=60,
        check=False,
    )


def on_terminal(folder: Path, **more: str) -> bytes:
    """What a terminal of 80 columns gets."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        LOTUS, cwd=folder, env=environment(TERM="xterm", **more), stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        received = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            received += piece
        process.wait(60)
    os.close(ours)
    return received


@pytest.mark.parametrize("columns", [20, 40, 71, 72, 200])
def test_no_line_is_wider_than_the_terminal(folder: Path, columns: int) -> None:
    for state in ("broken", "mended"):
        if state == "mended":
            clone.write(folder, {"ä.tf": None})
        lines = run(folder, COLUMNS=str(columns)).stdout.decode().splitlines()
        assert lines
        assert max(map(cell_len, lines)) <= columns
        assert not [line for line in lines if line != line.rstrip()]


def test_an_ascii_terminal_gets_ascii_and_carets_that_still_fit(folder: Path) -> None:
    done = run(folder, PYTHONIOENCODING="ascii")
    lines = done.stdout.decode("ascii").splitlines()
    assert done.stderr == b""
    marked = next(line for line in lines if "foo.bar" in line)
    caret = lines[lines.index(marked) + 1]
    assert "\\xe9" in marked
    assert marked[caret.index("^") :].startswith(("foo.bar", '"\\xe9"'))
    clone.write(folder, {"ä.tf": None})
    assert "+/- terraform_data.a_name" in run(folder, PYTHONIOENCODING="ascii").stdout.decode(
        "ascii"
    )


def test_json_is_utf8_whatever_the_terminal(folder: Path) -> None:
    clone.write(folder, {"ä.tf": None})
    assert "é → ±".encode() in run(folder, "--json", PYTHONIOENCODING="ascii").stdout


def test_colours_are_for_terminals_that_want_them(folder: Path) -> None:
    assert b"\x1b[" in on_terminal(folder)
    assert b"\x1b" not in on_terminal(folder, NO_COLOR="1")
    assert b"\x1b" not in run(folder).stdout
    assert b"\x1b" not in run(folder, FORCE_COLOR="1").stdout


def test_a_reader_that_has_seen_enough_ends_it_quietly(folder: Path) -> None:
    for arguments in ((), ("--json",)):
        reader, writer = os.pipe()
        os.close(reader)
        with subprocess.Popen(
            [*LOTUS, *arguments],
            cwd=folder,
            env=environment(),
            stdout=writer,
            stderr=subprocess.PIPE,
        ) as process:
            os.close(writer)
            _, errors = process.communicate(timeout=60)
        assert errors == b""
        assert process.returncode == 141


def heeding_interrupts() -> None:
    """Whoever runs the tests in the background has them ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_ends_it_without_a_traceback(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state")
    process = subprocess.Popen(
        [*LOTUS, "--state", str(tmp_path / "state")],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=heeding_interrupts,
    )  # fmt: skip
    with process, (tmp_path / "state").open("wb"):  # opens once lotus reads
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (130, b"", b"lotus: interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (
            (),
            {
                "aiohttp",
                "kubernetes",
                "pydantic",
                "pydantic_settings",
                "gidgethub",
                "asyncio",
                "structlog",
            },
        ),
        (("--json",), {"aiohttp", "kubernetes", "pydantic", "rich", "asyncio"}),
        (("--help",), {"bot.plan", "rich", "gmpy2"}),
    ],
)
def test_it_imports_nothing_of_the_service(
    folder: Path, arguments: tuple[str, ...], absent: set[str]
) -> None:
    script = "import atexit, sys; from bot.cli import main\n"
    script += "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "plan", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    imported = set(done.stderr.split())
    assert "bot.cli.plan" in imported
    assert not imported & absent
