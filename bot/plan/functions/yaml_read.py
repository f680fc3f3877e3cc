"""YAML as OpenTofu reads it: libyaml finds the structure, go-cty-yaml's rules the meaning.

Beside the other areas in `bot.plan.functions` (https://github.com/zclconf/go-cty-yaml).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from bot.plan.values import FALSE, NULL, TRUE, Value, number, object_of, primitive_text, string
from bot.plan.values import tuple_of as sequence_of

DEEPEST = 200
LARGEST = 200_000
"""Nodes of one document, those behind aliases each time: they could multiply without end."""
LONGEST = 8 * 2**20
"""Characters of one document."""

_WORDS = {
    **dict.fromkeys(
        ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), TRUE
    ),
    **dict.fromkeys(
        ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), FALSE
    ),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), NULL),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), number("Inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), number("-Inf")),
}
_NOT_A_NUMBER = (".nan", ".NaN", ".NAN")
_INTEGER = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:([Tt ])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?)?\Z"
)
_PREFIX = "tag:yaml.org,2002:"
_MERGE = "<<"


def yaml_decoded(text: str) -> Value:
    """The value of the one document; raises `ValueError` with the decoder's words."""
    import yaml  # 40 ms: only for modules that use it

    if len(text) > LONGEST:
        raise ValueError(f"the document has more than {LONGEST:,} characters; lotus stops there")
    try:
        return _document(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        raise ValueError(_words(error)) from None


def _words(error: object) -> str:
    problem = str(getattr(error, "problem", None) or error)
    mark = getattr(error, "problem_mark", None)
    if mark is None or mark.line == 0:
        return problem
    return f"on line {mark.line + 1}, column {mark.column + 1}: {problem}"


def _document(events: Iterator[Any]) -> Value:
    next(events)
    start = next(events)
    if type(start).__name__ != "DocumentStartEvent":
        raise ValueError("on line 1, column 1: missing start of document")
    if start.version not in (None, (1, 1)):
        raise ValueError("found incompatible YAML document")
    value, _ = _Reader(events).value(next(events), 0)
    next(events)
    if type(next(events)).__name__ != "StreamEndEvent":
        raise ValueError("on line 1, column 1: unexpected extra content after value")
    return value


class _Reader(Struct):
    """One document's events to values, with what its anchors name and how many nodes that has."""

    events: Iterator[Any]
    anchors: dict[str, tuple[Value, int]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    count: int = 0

    def value(self, event: Any, depth: int) -> tuple[Value, int]:
        """The value that begins with `event`, and its number of nodes."""
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event.anchor)
        self._counted(1, depth)
        if event.anchor:
            self.open.append(event.anchor)
        if kind == "ScalarEvent":
            made = _scalar(event), 1
        elif kind == "SequenceStartEvent":
            made = self._sequence(event, depth)
        else:
            made = self._mapping(event, depth)
        if event.anchor:
            self.open.remove(event.anchor)
            self.anchors[event.anchor] = made
        return made

    def _counted(self, nodes: int, depth: int = 0) -> None:
        self.count += nodes
        if self.count > LARGEST or depth > DEEPEST:
            raise ValueError("the document is too large or nests too deeply; lotus stops there")

    def _alias(self, name: str) -> tuple[Value, int]:
        if name in self.open:
            raise ValueError(f'cannot refer to anchor "{name}" from inside its own definition')
        if name not in self.anchors:
            raise ValueError(f'reference to undefined anchor "{name}"')
        value, nodes = self.anchors[name]
        self._counted(nodes)
        return value, nodes

    def _sequence(self, event: Any, depth: int) -> tuple[Value, int]:
        if event.tag not in (None, _PREFIX + "seq"):
            raise ValueError(f"can't interpret sequence as {event.tag}")
        items, total = [], 1
        while type(following := next(self.events)).__name__ != "SequenceEndEvent":
            item, nodes = self.value(following, depth + 1)
            items.append(item)
            total += nodes
        return sequence_of(items), total

    def _mapping(self, event: Any, depth: int) -> tuple[Value, int]:
        if event.tag not in (None, _PREFIX + "map"):
            raise ValueError(f"can't interpret mapping as {event.tag}")
        entries: dict[str, Value] = {}
        total = 1
        while type(following := next(self.events)).__name__ != "MappingEndEvent":
            key = _key(following)
            value, nodes = self.value(next(self.events), depth + 1)
            total += nodes
            if key is not None:
                entries[key] = value
            elif isinstance(value.raw, dict):
                entries.update(value.raw)
            else:
                raise ValueError("cannot merge anything but a mapping into a mapping")
        return object_of(entries), total


def _key(event: Any) -> str | None:
    """The text of a key, or None for `<<`."""
    if type(event).__name__ != "ScalarEvent":
        raise ValueError("only strings are allowed as mapping keys")
    if event.tag is None and event.value == _MERGE:
        return None
    key = _scalar(event)
    if key.is_null:
        raise ValueError("mapping key cannot be null")
    return str(string(primitive_text(key)).raw)


def _scalar(event: Any) -> Value:
    text, tag = str(event.value), event.tag
    short = tag.removeprefix(_PREFIX) if tag else ""
    if short not in ("", "str", "bool", "int", "float", "null", "timestamp", "binary"):
        raise ValueError(f'unsupported tag "{tag}"')
    if short not in ("str", "binary") and _may_be_more(text):
        if event.style in ("'", '"'):
            return string(text)
        plain = _plain(text, short)
        if plain is not None:
            return plain
    return _tagged(text, short)


def _may_be_more(text: str) -> bool:
    """Whether the first character lets it be anything but a string."""
    return not text or text[0] in "+-.0123456789yYnNtTfFoO~"


def _plain(text: str, tag: str) -> Value | None:
    """What an unquoted text means by its looks; None: nothing special."""
    if text in _WORDS:
        return _WORDS[text]
    if not tag and text in _NOT_A_NUMBER:
        raise ValueError("floating point NaN is not supported")
    if text[0] == ".":
        return number(text) if _DECIMAL.match(text) else None
    if tag in ("", "timestamp") and (moment := _timestamp(text)):
        return string(moment)
    if text[0] in "+-0123456789" and (_INTEGER.match(text) or _DECIMAL.match(text)):
        return _number(text, tag or "number")
    return None


def _tagged(text: str, tag: str) -> Value:
    match tag:
        case "bool" if isinstance(_WORDS.get(text, NULL).raw, bool):
            return _WORDS[text]
        case "int" | "float":
            return _number(text.replace("_", ""), tag)
        case "null":
            return NULL
        case "binary":
            _check_base64(text)
        case "bool" | "timestamp":
            raise ValueError(f'cannot parse "{text}" as !!{tag}')
    return string(text)


def _number(text: str, tag: str) -> Value:
    try:
        if text.startswith(("0x", "0o")):
            return number(int(text, 0))
        return number(text)
    except ValueError:
        raise ValueError(f'cannot parse "{text}" as !!{tag}') from None


def _check_base64(text: str) -> None:
    try:
        base64.b64decode(text.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f'cannot parse "{text}" as !!binary: not valid base64') from None


def _timestamp(text: str) -> str | None:
    """RFC 3339 to the second; None where it is no time that Go's layouts read."""
    match = _TIME.match(text)
    if match is None:
        return None
    *parts, zone = match.groups()
    separator = parts.pop(3)
    if (separator in ("T", "t")) != bool(zone):
        return None
    try:
        moment = datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type] # six numbers, no zone
    except ValueError:
        return None
    shown = zone if zone and zone[1:] != "00:00" else "Z"
    return f"{moment.year:04d}{moment.strftime('-%m-%dT%H:%M:%S')}{shown}"
