"""A secret leaves no text, in whatever dress our own rendering put it there."""

from __future__ import annotations

import html
import json
import time
import urllib.parse
from collections.abc import Callable

import pytest

from bot.render.markdown import LIMIT, REDACTED, code, fenced, hidden, plain, redacted

SECRETS = {
    "plain": "hunter2-of-the-lake",
    "markdown": "p4ss_w*rd[with](every)#sign.at|all@once",
    "backticks": "`tick``tock```fence",
    "tags": '<b>&amp;\'"quoted"</b>',
    "backslashes": "DOMAIN\\name\\\\share\\",
    "trailing newline": "sk-recharge-42\n",
    "key": "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----\n",
    "json": '{"type": "account", "key": "a\\nb/c+d=="}',
    "not ascii": "pässwörd-😀-日本語",
    "spaces": "four  spaces \t in\u200b it",
    "percent": "100%25 sure%20&co=1",
}
DRESSES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "prose": plain,
    "code": code,
    "fenced": fenced,
    "entities": html.escape,
    "json": json.dumps,
    "json of json": lambda text: json.dumps({"body": json.dumps(text)}),
    "json, fenced": lambda text: fenced(json.dumps({"password": text})),
    "json, prose": lambda text: plain(json.dumps({"password": text}, ensure_ascii=False)),
    "url": lambda text: urllib.parse.quote(text, safe=""),
    "indented": lambda text: "\n".join(f"    {line}" for line in text.splitlines()),
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_taken_out_in_any_dress(name: str, dress: str) -> None:
    shown = DRESSES[dress](SECRETS[name])
    said = redacted(f"It failed: {shown}; and again: {shown}", {SECRETS[name]})
    assert said.startswith("It failed: ")
    assert said.count(REDACTED) >= 2
    for piece in _pieces(SECRETS[name]):
        assert piece not in said


@pytest.mark.parametrize("dress", [plain, code, fenced])
@pytest.mark.parametrize("kept", range(4, 40, 5))
def test_the_beginning_of_a_secret_that_was_cut_is_taken_out(
    dress: Callable[[str, int], str], kept: int
) -> None:
    secret = "p4ss_w*rd[with](every)#sign.at|all@once"
    shown = dress(f"the password {secret}", len("the password ") + kept + 1)
    assert "p4ss" in shown
    said = redacted(shown, {secret})
    assert "p4" not in said
    assert "the password " in said


def test_a_comment_that_was_cut_within_a_secret_does_not_end_with_its_beginning() -> None:
    said = redacted(
        "x" * 100 + "hunter2-of\n\n_…cut: longer than GitHub allows._", {"hunter2-of-the-lake"}
    )
    assert "hunter2" not in said


def test_a_line_of_a_key_is_taken_out_where_only_it_is_shown() -> None:
    said = redacted("unexpected MIIEvQIBADANBgkqhkiG9w0 at line 2", {SECRETS["key"]})
    assert said == f"unexpected {REDACTED} at line 2"


@pytest.mark.parametrize(
    "secret", ["sensitive", "value", "(sensitive value)", "sensitive value) x"]
)
def test_what_was_looked_through_stays_as_it_is(secret: str) -> None:
    once = redacted("the token hunter2 and more", {"hunter2", secret})
    assert redacted(once, {"hunter2", secret}) == once == f"the token {REDACTED} and more"


def test_what_is_no_secret_stays_byte_for_byte() -> None:
    text = "a\\_b  `x` &lt; %41 \\n …\n\n| é | … | \\"
    assert redacted(text, {"hunter2", "abc", ""}) == text


def test_overlapping_secrets_are_one_gap() -> None:
    assert redacted("xx abcdefgh yy", {"abcdef", "defgh", "abcd"}) == f"xx {REDACTED} yy"


def test_a_value_that_is_public_is_no_secret() -> None:
    assert hidden({"airbyte", "hunter2"}, ["http://airbyte-server"]) == {"hunter2"}


@pytest.mark.parametrize(
    "unit", ["\\", "_", " ", "%25", "&amp;", "…", "hunt", "hunt…", "\\u0041", "`"]
)
def test_no_text_takes_long_to_look_through(unit: str) -> None:
    text = (unit * LIMIT)[:LIMIT]
    began = time.process_time()
    redacted(text, {f"hunter2-{number}" for number in range(20)})
    assert time.process_time() - began < 2


def _pieces(secret: str) -> list[str]:
    """What would tell something of it."""
    return [part for part in secret.replace("\u200b", " ").split() if len(part) > 6]
