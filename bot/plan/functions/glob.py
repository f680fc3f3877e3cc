"""Glob patterns as `fileset` has them: bmatcuk/doublestar's (`**`, `{a,b}`, `[!x]`).

Lowest layer of `bot.plan.functions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_MANY = 100


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that match; raises `ValueError` where the pattern is broken."""
    expression = _compiled(pattern)
    return [name for name in names if expression.fullmatch(name)]


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    if pattern.count("*") > _MANY or len(pattern) > 1000:
        raise ValueError(pattern)
    # Each star becomes an atomic group's worth of text at most: no two stars ever touch.
    return re.compile(_translated(re.sub(r"(?<!\*)\*{3,}", "*", pattern)), re.DOTALL)


def _translated(pattern: str) -> str:
    out: list[str] = []
    at, depth = 0, 0
    while at < len(pattern):
        character = pattern[at]
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            out.append("(?:[^/]+/)*")
            at += 3
        elif (
            pattern.startswith("**", at)
            and (at == 0 or pattern[at - 1] == "/")
            and at + 2 == len(pattern)
        ):
            out.append(".*")
            at += 2
        elif character == "*":
            out.append("[^/]*")
            at += 2 if pattern.startswith("**", at) else 1
        elif character == "[":
            at, piece = _class(pattern, at)
            out.append(piece)
        elif character == "\\":
            if at + 1 >= len(pattern):
                raise ValueError(pattern)
            out.append(re.escape(pattern[at + 1]))
            at += 2
        else:
            depth += (character == "{") - (character == "}" and depth > 0)
            out.append(_single(character, depth, closing=character == "}"))
            at += 1
    if depth:
        raise ValueError(pattern)
    return "".join(out)


def _single(character: str, depth: int, *, closing: bool) -> str:
    if character == "?":
        return "[^/]"
    if character == "{":
        return "(?:"
    if closing:
        return ")"
    if character == "," and depth:
        return "|"
    return re.escape(character)


def _class(pattern: str, start: int) -> tuple[int, str]:
    end = start + 1
    if pattern[end : end + 1] in ("!", "^"):
        end += 1
    first = end
    while end < len(pattern) and (pattern[end] != "]" or end == first):
        end += 2 if pattern[end] == "\\" else 1
    if end >= len(pattern):
        raise ValueError(pattern)
    body = pattern[start + 1 : end]
    negated = body[:1] in ("!", "^")
    inner = (body[1:] if negated else body).replace("[", "\\[")
    return end + 1, f"(?!/)[{'^' if negated else ''}{inner}]"
