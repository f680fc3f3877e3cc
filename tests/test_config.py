"""Settings: one message names everything that is missing or wrong, and no secret's value."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import SettingsError, load

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"
COMPLETE = {
    "LOTUS_GITHUB_APP_ID": "7",
    "LOTUS_GITHUB_PRIVATE_KEY": KEY,
    "LOTUS_GITHUB_WEBHOOK_SECRET": "hush",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A complete environment that a test changes."""
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_three_settings_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load()
    assert settings.github_app_id == "7"
    assert settings.github_url == "https://api.github.com"
    assert settings.namespaces == ()


def test_one_message_names_each_that_is_missing(environment: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        environment.delenv(name)
    with pytest.raises(SettingsError) as raised:
        load()
    assert [line.split(" is missing")[0] for line in str(raised.value).splitlines()] == list(
        COMPLETE
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LOTUS_PORT", "many", "LOTUS_PORT: "),
        ("LOTUS_GITHUB_URL", "github.com", "LOTUS_GITHUB_URL: must begin with http"),
        ("LOTUS_GITHUB_PRIVATE_KEY", "sesame", "LOTUS_GITHUB_PRIVATE_KEY: is no private key"),
        ("LOTUS_GITHUB_WEBHOOK_SECRET", "", "LOTUS_GITHUB_WEBHOOK_SECRET: is empty"),
        ("LOTUS_DATABASE_URL", "mysql://bot:sesame@db", "LOTUS_DATABASE_URL: must begin with p"),
        ("LOTUS_RESYNC_SECONDS", "0", "LOTUS_RESYNC_SECONDS: "),
        ("LOTUS_AIRBYTE_USERNAME", "airbyte", "LOTUS_AIRBYTE_USERNAME and LOTUS_AIRBYTE_PASSWORD"),
        ("LOTUS_NAMESPACE", "a", "LOTUS_NAMESPACE: no such setting; LOTUS_NAMESPACES?"),
    ],
)
def test_a_wrong_one_is_named_with_what_is_wrong(
    environment: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load()
    assert words in str(raised.value)
    assert "sesame" not in str(raised.value)


def test_a_mounted_file_holds_any_setting(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("LOTUS_GITHUB_WEBHOOK_SECRET")
    (tmp_path / "secret").write_text("from a file\n")
    environment.setenv("LOTUS_GITHUB_WEBHOOK_SECRET_FILE", str(tmp_path / "secret"))
    assert load().github_webhook_secret.get_secret_value() == "from a file"


def test_a_mounted_file_that_is_not_there_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("LOTUS_AIRBYTE_PASSWORD_FILE", str(tmp_path / "absent"))
    with pytest.raises(SettingsError, match=r"LOTUS_AIRBYTE_PASSWORD_FILE: .*absent: No such file"):
        load()


def test_namespaces_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LOTUS_NAMESPACES", "lotus-lake, other,")
    assert load().namespaces == ("lotus-lake", "other")


def test_settings_print_no_secret(environment: pytest.MonkeyPatch) -> None:
    assert "hush" not in repr(load())


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(KEY.replace("\n", "\r\n") + "\r\n", id="CRLF"),
        pytest.param(KEY.replace("\n", "\\n"), id="literal newlines"),
        pytest.param(KEY.replace("\n", "\\r\\n"), id="literal CRLF"),
        pytest.param(f'"{KEY}"\n', id="quoted"),
        pytest.param(f"\n  {KEY}\n\n", id="blank lines"),
    ],
)
def test_a_key_is_the_same_however_its_lines_were_written(
    environment: pytest.MonkeyPatch, spoilt: str
) -> None:
    environment.setenv("LOTUS_GITHUB_PRIVATE_KEY", spoilt)
    assert load().github_private_key.get_secret_value() == KEY + "\n"
