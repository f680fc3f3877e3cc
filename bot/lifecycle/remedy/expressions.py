"""The smallest edit of an expression's text that makes it give what Airbyte reads back. PURE.

Only what is written literally is written otherwise. What is computed stays, but for what Airbyte
sets itself, whatever it is sent: that can be left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.lifecycle.remedy.follow import Place, member
from bot.lifecycle.remedy.parts import Part, json_parts
from bot.plan.address import quoted_key
from bot.plan.syntax.nodes import (
    Expression,
    FunctionCall,
    Literal,
    ObjectCons,
    Template,
    TupleCons,
    Unary,
)
from bot.plan.syntax.source import Span

_AIRBYTES_OWN = ("alias_name", "suggested")
_AFTER = re.compile(r"[ \t]*,?[ \t]*(?:(?:#|//)[^\n]*)?(?:\r?\n)?")


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` instead of a stretch of a file."""

    span: Span
    text: str = ""


def edits_of(part: Part, place: Place) -> list[Edit]:
    """What makes the part give what is read; [] where nothing can be written for certain."""
    node = place.node
    if place.rest or not part.told:
        return []
    if isinstance(part.read, list):
        return _shortened(part, node) if part.name == "streams" else _ordered(part, node)
    if isinstance(node, FunctionCall) and node.name == "jsonencode":
        return _within(part, node)
    if _is_literal(node):
        text = _written(part.read)
        return [Edit(node.span, text)] if text is not None else []
    if part.name in _AIRBYTES_OWN and isinstance(place.holder, ObjectCons):
        return [_without(place.span)]
    return []


def applied(text: str, edits: list[Edit]) -> str:
    """The text with all of them; they do not overlap."""
    for edit in sorted(edits, key=lambda each: each.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def _is_literal(node: Expression) -> bool:
    match node:
        case Literal():
            return True
        case Template():
            return node.literal is not None
        case Unary():
            return _is_literal(node.operand)
        case TupleCons():
            return all(_is_literal(item) for item in node.items)
        case ObjectCons():
            return all(_is_literal(item) for _, item in node.items)
    return False


def _written(value: Any) -> str | None:
    """A text, a truth value or null as an expression; None for what else there is."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return quoted_key(value) if isinstance(value, str) else None


def _ordered(part: Part, node: Expression) -> list[Edit]:
    """The same elements in another order: each takes the text of the one that has to be there."""
    if not isinstance(node, TupleCons) or len(node.items) != len(part.read):
        return []
    if len(node.items) != len(part.gives) or any(item not in part.gives for item in part.read):
        return []
    texts = [node.items[part.gives.index(item)].span.text for item in part.read]
    pairs = zip(node.items, texts, strict=True)
    return [Edit(item.span, text) for item, text in pairs if item.span.text != text]


def _shortened(part: Part, node: Expression) -> list[Edit]:
    """Without the streams that are not selected: Airbyte does not store them."""
    if not isinstance(node, TupleCons) or len(node.items) != len(part.gives):
        return []
    kept = [_stream(item) for item in part.read]
    return [
        _without(item.span)
        for item, stream in zip(node.items, part.gives, strict=True)
        if _stream(stream) not in kept
    ]


def _stream(entry: Any) -> object:
    return entry.get("stream", {}).get("name") if isinstance(entry, dict) else None


def _within(part: Part, node: FunctionCall) -> list[Edit]:
    """What `jsonencode` is given, without the members that are not read back."""
    if len(node.arguments) != 1 or not isinstance(part.read, str):
        return []
    found: list[Edit] = []
    for inner in json_parts(json.loads(part.gives), json.loads(part.read)):
        edit = _member_removed(inner, node.arguments[0])
        if inner.read is not None or edit is None:
            return []
        found.append(edit)
    return found


def _member_removed(part: Part, node: Expression) -> Edit | None:
    for step in part.path[:-1]:
        at = member(node, step) if isinstance(node, ObjectCons) else None
        if not isinstance(node, ObjectCons) or at is None:
            return None
        node = node.items[at][1]
    at = member(node, part.path[-1]) if isinstance(node, ObjectCons) else None
    if not isinstance(node, ObjectCons) or at is None:
        return None
    key, value = node.items[at]
    return _without(key.span.to(value.span))


def _without(span: Span) -> Edit:
    """An element taken away: with its line where it has one of its own, else with its comma."""
    text = span.source.text
    line = text.rfind("\n", 0, span.start) + 1
    after = _AFTER.match(text, span.end)
    end = after.end() if after else span.end
    if not text[line : span.start].strip() and text[end - 1] == "\n":
        return Edit(Span(span.source, line, end))
    comma = re.compile(r"[ \t]*,[ \t]*").match(text, span.end)
    if comma:
        return Edit(Span(span.source, span.start, comma.end()))
    before = re.search(r",[ \t]*$", text[line : span.start])
    if before:
        return Edit(Span(span.source, line + before.start(), span.end))
    blank = len(text[span.end :]) - len(text[span.end :].lstrip(" \t"))
    alone = text[: span.start].rstrip(" \t").endswith(("{", "["))
    start = len(text[: span.start].rstrip(" \t")) if alone else span.start
    return Edit(Span(span.source, start, span.end + blank))
