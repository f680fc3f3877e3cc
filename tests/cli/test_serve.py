"""`lotus serve` says which settings have to be mended, all at once, and no secret's value."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def serve(**settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("LOTUS_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_missing_setting_is_named_and_the_exit_code_is_2() -> None:
    done = serve()
    assert done.returncode == 2
    for name in ("APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET"):
        assert f"  LOTUS_GITHUB_{name} is missing" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LOTUS_GITHUB_PRIVATE_KEY", "sesame", "is no private key"),
        ("LOTUS_PORT", "sesame", "LOTUS_PORT: "),
        ("LOTUS_GITHUB_APPID", "sesame", "no such setting; LOTUS_GITHUB_APP_ID?"),
    ],
)
def test_a_wrong_one_is_named_among_the_missing_ones(name: str, value: str, words: str) -> None:
    done = serve(**{name: value})
    assert done.returncode == 2
    assert words in done.stderr
    assert "LOTUS_GITHUB_WEBHOOK_SECRET is missing" in done.stderr
    assert "sesame" not in done.stderr + done.stdout
