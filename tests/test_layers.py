"""The layers hold, a planted violation shows that the contracts bite, and the map is true."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[1]
PLANTED = {
    "model": "aiohttp",
    "plan": "bot.runtime.loop.queue",
    "render": "asyncio",
    "lifecycle": "bot.clients.errors",
    "clients": "bot.lifecycle.keys",
    "runtime": "bot.app",
    "simulators": "bot.model.names",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package beside its contracts."""
    sources = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=sources)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path / "bot"


def lint_imports(package: Path) -> subprocess.CompletedProcess[str]:
    """import-linter's verdict on a copy."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"],
        cwd=package.parent,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


def test_the_package_keeps_its_contracts(package: Path) -> None:
    verdict = lint_imports(package)
    assert verdict.returncode == 0, verdict.stdout


def test_each_planted_violation_is_found(package: Path) -> None:
    for layer, imported in PLANTED.items():
        (package / layer / "planted.py").write_text(f"import {imported}\n")
    verdict = lint_imports(package)
    assert verdict.returncode == 1
    found = re.findall(r"bot\.(\w+)\.planted -> (\S+)", verdict.stdout)
    assert dict(found) == PLANTED


def test_the_map_names_every_layer() -> None:
    layers = {path.stem for path in Path(*bot.__path__).iterdir() if path.name[0] not in "_."}
    assert {name for name in layers if re.search(rf"\b{name}\b", bot.__doc__ or "")} == layers


def test_a_module_that_is_named_is_there() -> None:
    gone = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "bot").rglob("*.py")
        for name in re.findall(r"`(bot(?:\.\w+)+)`", path.read_text())
        if not _is_there(name)
    ]
    assert gone == []


def _is_there(name: str) -> bool:
    """Whether `bot.x.y` is a module, or something that the module `bot.x` has at its top."""
    path = ROOT.joinpath(*name.split("."))
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, of = path.parent, path.name
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    return (
        file.is_file() and re.search(rf"^(class |def )?{of}\b", file.read_text(), re.M) is not None
    )
