"""Text from outside, made harmless in GitHub's Markdown. PURE.

Everything that the bot did not write itself goes through here: names, messages of the tool, file
names, logins. Nothing from outside may mention a person, open a tag, close a fence or a table cell.
"""

from __future__ import annotations

import re

from bot.render.redaction import REDACTED, hidden, redacted

__all__ = ["LIMIT", "REDACTED", "code", "fenced", "hidden", "link", "plain", "redacted"]

LIMIT = 65_536

_SPECIAL = re.compile(r"([\\`*_{}\[\]#.|<>~@&:/])")
_NAMES = re.compile(r"(@(?=[\w-])|#(?=\d))", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def plain(text: str, longest: int = 500) -> str:
    """One line of prose: every character that Markdown might take for its own is escaped.

    People and issues are looked for in what was rendered, where no escape is left: there something
    that is not seen stands between the sign and the name.
    """
    line = " ".join(_CONTROL.sub("", text).split())
    return _NAMES.sub("\\1\u200b", _SPECIAL.sub(r"\\\1", _cut(line, longest)))


def code(text: str, longest: int = 200) -> str:
    """Inline code; in a table cell, too."""
    line = _cut(" ".join(_CONTROL.sub("", text).split()), longest) or " "
    if "|" in line or "`" in line:
        return f"<code>{_entities(line)}</code>"
    return f"`{line}`"


def fenced(text: str, longest: int = 8000) -> str:
    """A block of the tool's own words; its fence is longer than any in the text."""
    cleaned = _cut(_CONTROL.sub("", text.replace("\r\n", "\n")).strip("\n"), longest)
    longest_run = max((len(run) for run in re.findall(r"`+", cleaned)), default=0)
    fence = "`" * max(3, longest_run + 1)
    return f"{fence}text\n{cleaned}\n{fence}"


def link(text: str, url: str) -> str:
    """A link; `text` is Markdown already, `url` is encoded by whoever made it."""
    return f"[{text}]({url})" if url else text


def _entities(text: str) -> str:
    pairs = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;"), ("`", "&#96;"))
    for character, entity in pairs:
        text = text.replace(character, entity)
    return re.sub(r"[@*_~:.\[\]\\]", lambda found: f"&#{ord(found.group())};", text)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
