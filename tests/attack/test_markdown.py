"""Names and messages of anybody, in our comments: they call nobody and become no markup."""

from __future__ import annotations

import html

import pytest

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
