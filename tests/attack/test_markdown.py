"""Names and messages of anybody, in our comments: they call nobody and become no markup."""

from __future__ import annotations

import html
import json
import re

import pytest

from bot.lifecycle.backfill.follow_up import branch_of
from bot.lifecycle.catalog import differences, refused
from bot.render.comment import Comment, Part, Rung, markdown
from bot.render.markdown import code, plain


@pytest.mark.parametrize("text", ["@everyone", "ask @octo/team", "x@anna", "see #123", "a/b#7"])
def test_prose_names_nobody_once_it_is_rendered(text: str) -> None:
    rendered = plain(text).replace("\\", "")
    assert "@e" not in rendered
    assert "@o" not in rendered
    assert "@a" not in rendered
    assert "#1" not in rendered
    assert "#7" not in rendered
    assert rendered.replace("\u200b", "") == text


@pytest.mark.parametrize(
    "text",
    [
        "a|](http://evil.example)",
        "`![x](y)",
        "|www.evil.example",
        "|~~x~~ :tada: @anna",
        "|</code><b>",
    ],
)
def test_code_with_a_bar_or_a_backtick_holds_no_markup(text: str) -> None:
    shown = code(text)
    inside = shown.removeprefix("<code>").removesuffix("</code>")
    assert not set(inside) & set("`|<>[]~:.@*_\\")
    assert html.unescape(inside) == text


HOSTILE = "x` @octo/team <img src=//evil.example> | [y](http://evil.example) `#7"
_CODE = re.compile(r"(`+)[^`]*?\\1(?!`)|<code>.*?</code>")


def bare(said: str) -> str:
    """What is left of Markdown without its code, in which nothing is markup."""
    return _CODE.sub("", said).replace("\\@", "").replace("\\<", "").replace("\\[", "")


def catalog(field: str, type_: str, mode: str) -> dict[str, object]:
    properties = {field: {"type": type_}, "id": {"type": "integer"}}
    stream = {"name": "s", "json_schema": {"properties": json.dumps(properties)}}
    config = {
        "selected": True,
        "sync_mode": mode,
        "destination_sync_mode": "append_dedup",
        "cursor_field": [f"c{field}"],
        "primary_key": [[f"k{field}"]],
        "field_selection_enabled": True,
        "selected_fields": [{"field_path": [field]}, {"field_path": ["id"]}],
    }
    return {"streams": [{"stream": stream, "config": config}]}


def test_a_catalogs_names_and_types_are_no_markup() -> None:
    """A fork writes them: its stream files are shown to everybody who reads the comment."""
    now = catalog("f", "string", "incremental")
    other = catalog(HOSTILE, "string", HOSTILE)
    retyped = catalog("f", HOSTILE, "incremental")
    refusals = refused(catalog(HOSTILE, "string", "incremental"))
    said = [*differences(now, other), *differences(now, retyped), *differences(other, now)]
    assert len(said) + len(refusals) >= 7
    for change in (*said, *refusals):
        assert not re.search(r"[<@\[]", bare(change.words)), change.words


def test_why_there_is_no_prediction_is_no_markup() -> None:
    part = Part("lake", Rung.PREDICTED, problem=f"GitHub: {HOSTILE}")
    assert not re.search(r"[<@\[]", bare(markdown(Comment((part,)))))


@pytest.mark.parametrize(
    "key",
    ["a..b", "a.lock", "a b", "é", "a/../../b", "-x", "@{1}", "~^:?*[\\", "x" * 500, "\u202e"],
)
def test_a_branch_of_ours_has_a_name_that_git_takes(key: str) -> None:
    name = branch_of(f'airbyte_connection.shop["{key}"]', "f" * 40)
    assert re.fullmatch(r"lotus/backfill/[A-Za-z0-9_][A-Za-z0-9_-]{0,120}", name)


def test_and_each_address_has_its_own() -> None:
    keys = ["a b", "a/b", "a..b", "a-b", "x" * 500, "x" * 501]
    assert len({branch_of(f'airbyte_connection.s["{key}"]', "f" * 40) for key in keys}) == len(keys)
