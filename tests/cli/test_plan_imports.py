"""A cold `lotus plan` imports what the module at hand needs, and nothing of the service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

NEVER = {
    *("aiohttp", "asyncio", "cachetools", "gidgethub", "jwt", "kubernetes", "prometheus_client"),
    *("pydantic", "pydantic_settings", "rich", "socketserver", "ssl", "structlog"),
    *("bot.app", "bot.config", "bot.demo", "bot.runtime", "bot.simulators"),
}
RUN = """
import sys
from bot.cli import main
try:
    main(prog_name="lotus")
finally:
    print(*sys.modules, file=sys.stderr)
"""
PLAIN = 'resource "terraform_data" "a" {\n  input = "b"\n}\n'


def imported(folder: Path, text: str) -> set[str]:
    """All modules that a piped plan of this text imports."""
    (folder / "main.tf").write_text(text)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    done = subprocess.run(
        [sys.executable, "-c", RUN, "plan", "--repo", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    return set(done.stderr.split())


def test_a_plan_imports_nothing_of_the_service(tmp_path: Path) -> None:
    found = imported(tmp_path, PLAIN)
    assert "bot.plan.predict" in found
    assert not found & NEVER


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("bot.plan.functions.hashing", 'md5("a")'),
        ("bot.plan.functions.datetime", 'formatdate("YYYY", "2026-01-02T03:04:05Z")'),
        ("bot.plan.functions.network", 'cidrhost("10.0.0.0/8", 1)'),
        ("re2", 'regex("a", "a")'),
        ("yaml", 'yamldecode("a: 1")'),
        ("gmpy2", "1 / 3"),
        ("regex", 'length("é") + length("éa")'),
    ],
)
def test_what_a_function_needs_is_imported_where_it_is_called(
    module: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    assert module not in imported(tmp_path / "without", PLAIN)
    assert module in imported(tmp_path / "with", PLAIN.replace('"b"', text))


def test_a_providers_facts_are_imported_where_a_module_names_it(tmp_path: Path) -> None:
    facts = "bot.plan.providers.airbyte_oss_schema"
    required = 'terraform {\n  required_providers {\n    airbyte = {\n      source = "aballiet/airbyte-oss"\n    }\n  }\n}\n'
    workspace = 'resource "airbyte_workspace" "a" {\n  name = "b"\n}\n'
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    assert facts not in imported(tmp_path / "without", PLAIN)
    assert facts in imported(tmp_path / "with", required + workspace)
