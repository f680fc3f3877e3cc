"""The status page: the verdict in words and colour, everything escaped, nothing said to a browser
that would carry it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from bot.lifecycle.stability.verdict import Verdict
from bot.render.markdown import code, plain
from bot.runtime.web.status_page import Row, Shown, page, status_application

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGO = NOW - timedelta(seconds=125)


def shown(*verdicts: Verdict, rows: Sequence[Row] = ()) -> str:
    """What is in the page's body."""
    return page(verdicts, rows, NOW).partition("</style>")[2]


@pytest.mark.parametrize(
    ("verdict", "kind", "words"),
    [
        pytest.param(Verdict("o/l", at=AGO), "stable", "Stable", id="stable"),
        pytest.param(Verdict("o/l", ("x",), AGO), "open", "Not stable", id="not"),
        pytest.param(Verdict("o/l"), "unknown", "Being looked at", id="not yet"),
        pytest.param(Verdict("o/l", (), AGO, "no answer"), "unknown", "Not known", id="not now"),
        pytest.param(Verdict("o/l", problem="no answer"), "unknown", "Not known", id="never yet"),
    ],
)
def test_a_verdict_is_a_word_and_a_colour(verdict: Verdict, kind: str, words: str) -> None:
    text = shown(verdict)
    assert f'<section class="{kind}"><h2>o/l</h2><strong>{words}' in text
    assert verdict.stable is (kind == "stable")
    assert ("looked at 2 min 5 s ago" in text) is (verdict.at is not None)
    assert ("no answer" in text) is bool(verdict.problem)


def test_what_is_missing_is_a_line_each_as_people_read_it() -> None:
    lines = (f"{code('airbyte_source.mail')}: {plain('a_b (c.d) #1 @anna')} differ", code("a`<b>"))
    text = shown(Verdict("o/l", lines, AGO))
    assert "<li><code>airbyte_source.mail</code>: a_b (c.d) #1 @anna differ</li>" in text
    assert "<li><code>a`&lt;b&gt;</code></li>" in text


def test_what_others_named_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    text = shown(Verdict(evil, (evil, code(evil)), AGO, evil), rows=[Row(evil, evil, evil)])
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 7


def test_a_heading_for_each_part_in_its_order() -> None:
    rows = [Row("ready", "yes"), Row("a", "applied", "Objects"), Row("b", "failed", "Objects")]
    text = shown(rows=rows)
    assert text.index("ready") < text.index("<h3>Objects</h3>") < text.index(">a<")
    assert text.count("<table>") == 2


@pytest.mark.parametrize(
    ("verdict", "seconds"), [(Verdict("o/l"), 3), (Verdict("o/l", at=AGO), 60)]
)
def test_it_loads_itself_again_soon_while_it_waits(verdict: Verdict, seconds: int) -> None:
    assert f'http-equiv="refresh" content="{seconds}"' in page([verdict], [], NOW)


async def test_a_browser_keeps_it_to_itself() -> None:
    runner = web.AppRunner(status_application(Shown(list, list, lambda: NOW)))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
    await runner.cleanup()
