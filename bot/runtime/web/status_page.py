"""The status page: the verdict on each repository, then how each object stands.

It names repositories and objects, private ones too, so it is served apart from the webhook, on the
Pod's own loopback unless a setting says otherwise: whoever may forward a port to the Pod reads it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.lifecycle.stability.verdict import Verdict
from bot.render.comment import duration
from bot.render.plain_text import spoken


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the status page: what it is about, how it is, in words; `part` is its heading.

    Words of a controller or of a plan never belong here: they may hold a value, and the page knows
    none to take out. What is shown is of closed sets, names and commits, and our own errors.
    """

    subject: str
    state: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: asked for anew by each view, so each must cost nothing."""

    rows: Callable[[], Sequence[Row]]
    verdicts: Callable[[], Sequence[Verdict]]
    now: Callable[[], datetime]


def status_application(shown: Shown) -> web.Application:
    """The aiohttp application; whoever starts it chooses host and port."""
    app = web.Application()

    async def status(_request: web.Request) -> web.Response:
        text = page(shown.verdicts(), shown.rows(), shown.now())
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    app.router.add_get("/", status)
    return app


def page(verdicts: Sequence[Verdict], rows: Sequence[Row], now: datetime) -> str:
    """A whole document, everything in it escaped."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row.part, []).append(row)
    body = "".join(_verdict(item, now) for item in verdicts)
    body += "".join(_table(part, of_part) for part, of_part in parts.items())
    waits = any(item.at is None and not item.problem for item in verdicts)
    again = f'<meta http-equiv="refresh" content="{_SOON if waits else _LATER}">'
    return f"{_HEAD}{again}<style>{_STYLE}</style><h1>lotus-bot</h1>{body}"


def _verdict(item: Verdict, now: datetime) -> str:
    kind, word = _word(item)
    lines = "".join(f"<li>{_spoken(line)}</li>" for line in item.missing)
    problem = f"<p>{html.escape(item.problem)}</p>" if item.problem else ""
    return (
        f'<section class="{kind}"><h2>{html.escape(item.repository)}</h2>'
        f"<strong>{word}</strong><small>{_age(item, now)}</small>"
        f"{f'<ul>{lines}</ul>' if lines else ''}{problem}</section>"
    )


def _word(item: Verdict) -> tuple[str, str]:
    if item.problem:
        return "unknown", "Not known"
    if item.at is None:
        return "unknown", "Being looked at …"
    return ("stable", "Stable") if item.stable else ("open", "Not stable")


def _age(item: Verdict, now: datetime) -> str:
    if item.at is None:
        return ""
    ago = duration(max(0.0, (now - item.at).total_seconds()))
    return f"looked at {ago} ago{', and not since' if item.problem else ''}"


def _spoken(markdown: str) -> str:
    """A line of the bot's own Markdown: its code, and text without its escapes."""
    pieces: Iterable[tuple[str, bool]] = spoken(markdown)
    return "".join(
        f"<code>{html.escape(text)}</code>" if is_code else html.escape(_ESCAPED.sub(r"\1", text))
        for text, is_code in pieces
    )


def _table(part: str, rows: Sequence[Row]) -> str:
    heading = f"<h3>{html.escape(part)}</h3>" if part else ""
    body = "".join(
        f"<tr><th scope=row>{html.escape(row.subject)}</th><td>{html.escape(row.state)}</td></tr>"
        for row in rows
    )
    return f"{heading}<table>{body}</table>"


_SOON, _LATER = 3, 60  # seconds until the page is loaded again
_ESCAPED = re.compile("\\\\(.)\u200b?")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>lotus-bot</title>'
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" '
    'content="light dark">'
)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0 1em}
h1{font-size:1.25em;font-weight:600}
h2,h3{font-size:1em;font-weight:600;margin:0 0 .25em}
h3{margin-top:2em}
section{border:1px solid #8884;border-left:.4em solid #9a6700;border-radius:.4em;
  margin:1em 0;padding:.8em 1.2em}
section.stable{border-left-color:#1a7f37}
section.unknown{border-left-color:#8888}
strong{font-size:1.25em}
small{margin-left:1em;opacity:.7}
ul{margin:.5em 0 0;padding-left:1.2em}
p{margin:.5em 0 0}
code{background:#8882;border-radius:.2em;padding:.1em .3em}
table{border-collapse:collapse}
th,td{padding:.3em 1.5em .3em 0;text-align:left;vertical-align:top}
th{font-weight:normal}
"""
