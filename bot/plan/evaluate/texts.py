"""Templates: pieces joined as strings.

Above `scope` in `bot.plan.evaluate`.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.plan.diagnostics import error
from bot.plan.evaluate import expression
from bot.plan.evaluate.scope import Found, Scope, derived
from bot.plan.syntax.nodes import Expression, Template, TemplateJoin, TemplateWrap
from bot.plan.values import (
    CLOSED,
    LEAVES,
    NO_MARKS,
    STRING,
    UNKNOWN,
    ConversionError,
    Marks,
    Unknown,
    Value,
    convert,
    string,
    unknown,
)

LARGEST = 16 * 2**20
"""Characters that a template may come to; more would only fill the memory."""


def template(node: Template, scope: Scope, found: Found) -> Value:
    """All parts as one string; unknown where a part is."""
    parts: list[Value] = []
    start = len(found)
    for part in node.parts:
        before = len(found)
        value = expression.value_of(part, scope, found)
        text = _text(value, part, found) if len(found) == before else None
        if text is not None:
            parts.append(text)
    return _joined(parts, node.span, found) if len(found) == start else unknown(STRING)


def _joined(parts: list[Value], span: object, found: Found) -> Value:
    marks: Marks = NO_MARKS
    texts: list[str] = []
    for part in parts:
        marks = marks | part.marks
        if isinstance(part.raw, str):
            texts.append(part.raw)
    if marks & LEAVES:
        marks = marks | CLOSED  # it may be no JSON any more, or another
    if len(texts) < len(parts):
        whole = derived(STRING, "template", *(part.unmarked() for part in parts))
        return _begun(parts, whole, marks)
    if sum(map(len, texts)) > LARGEST:
        detail = f"This template comes to more than {LARGEST:,} characters; lotus stops there."
        found.append(error("Template too large", detail, getattr(span, "range", None)))
        return UNKNOWN
    return string("".join(texts)).with_marks(marks)


def _begun(parts: list[Value], whole: Value, marks: Marks) -> Value:
    """An unknown text that is known to begin as its first parts do."""
    prefix = ""
    for part in parts:
        raw = part.raw
        prefix += raw if isinstance(raw, str) else raw.prefix if isinstance(raw, Unknown) else ""
        if not isinstance(raw, str):
            break
    if prefix and not prefix[-1].isascii():
        prefix = prefix[:-1]  # what follows may combine with it
    raw = whole.raw
    if isinstance(raw, Unknown):
        raw = replace(raw, prefix=prefix, not_null=True, example="".join(map(_example, parts)))
    return Value(STRING, raw, marks)


def _example(part: Value) -> str:
    """What may stand in the place of a part: a digit is as good in a string as by itself."""
    raw = part.raw
    return raw if isinstance(raw, str) else (raw.example if isinstance(raw, Unknown) else "") or "0"


def _text(value: Value, part: Expression, found: Found) -> Value | None:
    summary = "Invalid template interpolation value"
    if value.is_null:
        what = "The expression result is null. Cannot include a null value in a string template."
        found.append(error(summary, what, part.span.range))
        return None
    try:
        return convert(value, STRING)
    except ConversionError as problem:
        detail = f"Cannot include the given value in a string template: {problem}."
        found.append(error(summary, detail, part.span.range))
        return None


def wrapped(node: TemplateWrap, scope: Scope, found: Found) -> Value:
    """`"${x}"`: the value itself, of whatever type."""
    return expression.value_of(node.wrapped, scope, found)


def join(node: TemplateJoin, scope: Scope, found: Found) -> Value:
    """What a `%{ for }` gives, joined."""
    before = len(found)
    looped = expression.value_of(node.loop, scope, found)
    if len(found) > before:
        return UNKNOWN
    raw = looped.raw
    if not isinstance(raw, tuple):
        return derived(STRING, "join", looped.unmarked()).with_marks(looped.marks)
    parts = [text for item in raw if (text := _text(item, node.loop.value, found))]
    return _joined(parts, node.span, found).with_marks(looped.marks)
