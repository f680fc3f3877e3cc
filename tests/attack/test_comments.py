"""A comment is of anybody: whatever stands in it is read in no time, and brings nothing about."""

from __future__ import annotations

import time

import pytest

from bot.lifecycle.commands import asked

_LONGEST = 65_536


@pytest.mark.parametrize(
    "body",
    [
        "/lotus a" + " " * _LONGEST + "b",
        "/lotus" + "\t " * (_LONGEST // 2),
        "/lotus x\n" * (_LONGEST // 9),
        "/lotus backfill" + " a/b" * (_LONGEST // 4),
        "/lotus orphans delete" + " a" * (_LONGEST // 2) + " confirm",
        "/lotus" + " confirm a" * (_LONGEST // 10),
        "<!--\n" * (_LONGEST // 5),
        "`" * _LONGEST,
        "~~~\n" * (_LONGEST // 4),
        "<pre" * (_LONGEST // 4),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_no_comment_takes_long_to_read(body: str) -> None:
    began = time.process_time()
    asked(body)
    assert time.process_time() - began < 1


def test_of_thousands_of_commands_only_a_few_are_looked_at() -> None:
    assert len(asked("/lotus help\n" * 5000)) <= 20


@pytest.mark.parametrize(
    "body",
    [
        "/l\u043etus plan",
        "\uff0flotus plan",
        "/lotus\u00a0plan",
        "/lotus\u200bplan",
        "\u202e/lotus plan",
    ],
)
def test_what_only_looks_like_a_command_is_none(body: str) -> None:
    assert asked(body) == ()


@pytest.mark.parametrize(
    "body",
    [
        "> somebody said\n/lotus plan",
        "> somebody said\nand more\n/lotus plan",
        ">> deeper\n/lotus plan",
        "> - a list\n/lotus plan",
        "   > a\n> b\n/lotus plan\n/lotus help",
        "> /lotus plan",
        "text <!-- hidden\n/lotus plan\n-->",
        "<!--\n\n/lotus plan",
        "```\n/lotus plan\n```",
        "~~~text\n```\n/lotus plan\n~~~",
        "<pre>\n\n/lotus plan\n</pre>",
        "    /lotus plan",
        "- /lotus plan",
        "<details>/lotus plan</details>",
        "write `so\n/lotus plan\nor not`",
        "``a ` b\n/lotus plan``",
    ],
)
def test_what_github_shows_as_a_quote_or_code_or_not_at_all_asks_for_nothing(body: str) -> None:
    assert asked(body) == ()


@pytest.mark.parametrize(
    "body",
    [
        "> somebody said\n\n/lotus plan",
        "> # somebody's title\n/lotus plan",
        "> ```\n/lotus plan",
        "> somebody said\n>\n/lotus plan",
        "> somebody said\n# mine\n/lotus plan",
        "> somebody said\n---\n/lotus plan",
        "- a list\n/lotus plan",
        "text <!-- hidden --> text\n/lotus plan",
        "```\ncode\n```\n/lotus plan",
        "<details><summary>why</summary>\n\n/lotus plan\n\n</details>",
        "\u200b\n/lotus plan",
        "a ` that nothing closes\n/lotus plan",
        "`closed` and\n/lotus plan\nand `again`",
        "one `\n\n/lotus plan\n\nanother `",
        "\\`escaped\n/lotus plan\nno opener`",
        "``two\n/lotus plan\none`",
    ],
)
def test_what_stands_outside_them_does(body: str) -> None:
    assert [found.words for found in asked(body)] == ["plan"]
