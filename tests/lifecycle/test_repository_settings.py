"""`.lotus.yaml`: what it may say, and what is told of what it may not."""

from __future__ import annotations

import dataclasses

import pytest

from bot.lifecycle import repository_settings as module
from bot.lifecycle.repository_settings import (
    SETTINGS,
    Confirm,
    Refresh,
    RepositorySettings,
    repository_settings,
)

DEFAULTS = RepositorySettings()


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (None, DEFAULTS),
        ("", DEFAULTS),
        ("# nothing yet\n", DEFAULTS),
        ("backfill:\n  auto_merge: true\n", RepositorySettings(auto_merge_backfill=True)),
        ("backfill: {auto_merge: false}", DEFAULTS),
        ("catalogs:\n  propose_quiet: off\n", RepositorySettings(propose_quiet=False)),
        ("confirm: every-push", RepositorySettings(confirm=Confirm.EVERY_PUSH)),
        ("confirm: approved\n", RepositorySettings(confirm=Confirm.APPROVED)),
        ("confirm: 'command'", DEFAULTS),
        ("secrets:\n  refresh: always\n", RepositorySettings(refresh=Refresh.ALWAYS)),
        ("secrets: {refresh: never}", RepositorySettings(refresh=Refresh.NEVER)),
        ("secrets: {refresh: in-place}", DEFAULTS),
    ],
)
def test_what_it_says(text: str | None, settings: RepositorySettings) -> None:
    assert repository_settings(None if text is None else text.encode()) == settings


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("backfill:\n  auto-merge: true", ".lotus.yaml:2: no setting backfill.auto-merge; backfill.auto_merge?"),
        ("backfill:\n  auto_merge: 1", ".lotus.yaml:2: backfill.auto_merge has to be true or false"),
        ("backfill:\n  auto_merge: 'true'", ".lotus.yaml:2: backfill.auto_merge has to be true or false"),
        ("backfill:\n  auto_merge: [true]", ".lotus.yaml:2: backfill.auto_merge has to be true or false"),
        ("backfill: true", ".lotus.yaml:1: no setting backfill"),
        ("a: 1\nconfirm: always", ".lotus.yaml:2: confirm has to be command, approved or every-push"),
        ("confirm: [command]", ".lotus.yaml:1: confirm has to be command, approved or every-push"),
        ("secrets:\n  refresh: yes", ".lotus.yaml:2: secrets.refresh has to be in-place, always or never"),
        ("secrets:\n  refersh: never", ".lotus.yaml:2: no setting secrets.refersh; secrets.refresh?"),
        ("confirms: command", ".lotus.yaml:1: no setting confirms; confirm?"),
        ("[1]: 2", ".lotus.yaml:1: has to be a mapping of sections"),
        ("- 1", ".lotus.yaml:1: has to be a mapping of sections"),
        ("a: [", ".lotus.yaml:1: expected the node content, but found '<stream end>'"),
        ("a: 1\n---\nb: 2", ".lotus.yaml:2: but found another document"),
        ("a: *b", ".lotus.yaml:1: found undefined alias 'b'"),
        ("\x00", ".lotus.yaml: not YAML in UTF-8"),
        ("x" * 70_000, ".lotus.yaml: larger than 65536 bytes"),
        ("[" * 200, ".lotus.yaml:1: expected the node content"),
        ("[" * 60_000, ".lotus.yaml: more than 200 brackets"),
        ("{a: " * 15_000, ".lotus.yaml: more than 200 brackets"),
        ("- " * 30_000, ".lotus.yaml: not YAML in UTF-8"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_changes_nothing(text: str, problem: str) -> None:
    found = repository_settings(text.encode())
    assert dataclasses.replace(found, problems=()) == DEFAULTS
    assert any(problem in item for item in found.problems), found.problems


def test_bytes_that_are_no_text() -> None:
    assert repository_settings(b"\xff\xfe").problems == (".lotus.yaml: not YAML in UTF-8",)


def test_a_file_of_aliases_is_read_in_no_time() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    assert repository_settings("\n".join(lines).encode()).problems


def test_every_setting_is_documented_beside_its_name() -> None:
    for name in SETTINGS:
        section, _, key = name.rpartition(".")
        assert f"    {section}:\n" in (module.__doc__ or "") or not section
        assert f" {key}: " in (module.__doc__ or "")
    assert {field for field, _ in SETTINGS.values()} | {"problems"} == {
        item.name for item in dataclasses.fields(RepositorySettings)
    }
