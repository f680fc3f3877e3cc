"""docs/install.md names every setting as it is, and only commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from bot.cli import main
from bot.config import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "install.md").read_text()


def row(name: str, field: FieldInfo) -> str:
    """A setting's line in the table."""
    value = "" if field.is_required() or field.default in (None, ()) else f"`{field.default}`"
    default = "required" if field.is_required() else value
    return f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"


def test_every_setting_is_in_the_table_with_its_default_and_meaning() -> None:
    written = [line for line in PAGE.splitlines() if line.startswith(f"| `{PREFIX}")]
    assert written == [row(name, field) for name, field in Settings.model_fields.items()]


def test_every_command_and_option_on_the_page_exists() -> None:
    used = re.findall(r"^ *(?:kubectl exec .*-- )?lotus (\w+)((?: --[\w-]+(?: [^-\s|]\S*)?)*)", PAGE, re.MULTILINE)  # fmt: skip
    assert used
    for verb, options in used:
        command = main.get_command(click.Context(main), verb)  # type: ignore[attr-defined]
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", options)) <= known


def test_every_folder_that_is_applied_is_there() -> None:
    named = set(re.findall(r"manifests/[\w/.-]+", PAGE))
    assert named
    assert {folder for folder in named if not (ROOT / folder).exists()} == set()
