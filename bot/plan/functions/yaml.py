"""YAML as OpenTofu reads and writes it: the dialect of zclconf/go-cty-yaml.

Beside the other areas in `bot.plan.functions`. PyYAML finds the structure; what a scalar means and
how text is written are go-cty-yaml's own (https://github.com/zclconf/go-cty-yaml).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.plan.values import (
    FALSE,
    NULL,
    TRUE,
    Number,
    Value,
    number,
    number_text,
    object_of,
    primitive_text,
    string,
    tuple_of,
)

DEEPEST = 200
LARGEST = 200_000
"""Nodes of one document: aliases could otherwise multiply without bound."""

_TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
_FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
_NULL = {"", "~", "null", "Null", "NULL"}
_NOT_NUMBERS = {".nan", ".NaN", ".NAN"}
_INTEGER = re.compile(r"[-+]?(?:0b[01]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d*))?"
    r"(?:[ \t]*(Z|[-+]\d{1,2}(?::\d{2})?))?)?\Z"
)
_PREFIX = "tag:yaml.org,2002:"


def yaml_decoded(text: str) -> Value:
    """The value of one document; raises `ValueError` with the decoder's words."""
    import yaml  # 40 ms: only for modules that use it

    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
    except yaml.composer.ComposerError as error:
        if "expected a single document" in str(error):
            raise ValueError("on line 1, column 1: unexpected extra content after value") from None
        raise ValueError(_words(error)) from None
    except yaml.YAMLError as error:
        raise ValueError(_words(error)) from None
    except RecursionError:
        raise ValueError("YAML nests too deeply") from None
    if node is None:
        raise ValueError("on line 1, column 1: missing start of document")
    return _Decoder().value(node, 0)


def _words(error: object) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    if mark is None or (mark.line == 0 and mark.column == 0):
        return problem
    return f"on line {mark.line + 1}, column {mark.column + 1}: {problem}"


class _Decoder:
    """One document's nodes to values, counting them."""

    def __init__(self) -> None:
        self.count = 0

    def value(self, node: object, depth: int) -> Value:
        self.count += 1
        if self.count > LARGEST or depth > DEEPEST:
            raise ValueError("the document is too large or refers to itself")
        kind = getattr(node, "id", "")
        content = getattr(node, "value", None)
        if kind == "scalar":
            return _scalar(node)
        if kind == "sequence":
            return tuple_of([self.value(item, depth + 1) for item in content or ()])
        return self._mapping(content or (), depth)

    def _mapping(self, pairs: object, depth: int) -> Value:
        merged: dict[str, Value] = {}
        own: dict[str, Value] = {}
        for key_node, value_node in pairs:  # type: ignore[attr-defined]
            if getattr(key_node, "tag", "") == _PREFIX + "merge":
                merged.update(self._merged(value_node, depth))
                continue
            key = self.value(key_node, depth + 1)
            if isinstance(key.raw, (dict, tuple)) or key.raw is None:
                raise ValueError("only strings are allowed as mapping keys")
            own[str(string(primitive_text(key)).raw)] = self.value(value_node, depth + 1)
        return object_of({**merged, **own})

    def _merged(self, node: object, depth: int) -> dict[str, Value]:
        value = self.value(node, depth + 1)
        maps = value.elements() if isinstance(value.raw, tuple) else [value]
        merged: dict[str, Value] = {}
        for each in maps:
            if not isinstance(each.raw, dict):
                raise ValueError("map merge requires map or sequence of maps as the value")
            merged = {**each.raw, **merged}
        return merged


def _scalar(node: object) -> Value:
    text = str(getattr(node, "value", ""))
    tag = str(getattr(node, "tag", ""))
    if getattr(node, "style", None) is not None and tag == _PREFIX + "str":
        return string(text)
    explicit = _explicit(node, tag, text)
    return _plain(text) if explicit is None else explicit


def _explicit(node: object, tag: str, text: str) -> Value | None:
    """A tag that somebody wrote; PyYAML tells its own guesses and these apart by nothing else."""
    if tag == _PREFIX + "binary":
        return string(base64.b64encode(base64.b64decode(text)).decode())
    if tag == _PREFIX + "str" and _written(node):
        return string(text)
    if not tag.startswith(_PREFIX):
        raise ValueError(f'unsupported tag "{tag}"')
    return None


def _written(node: object) -> bool:
    start, end = getattr(node, "start_mark", None), getattr(node, "end_mark", None)
    if start is None or end is None or start.buffer is None:
        return False
    return bool(start.buffer[start.pointer : end.pointer].startswith("!"))


def _plain(text: str) -> Value:
    if text in _NULL:
        return NULL
    if text in _TRUE:
        return TRUE
    if text in _FALSE:
        return FALSE
    if text in _NOT_NUMBERS:
        raise ValueError("floating point NaN is not supported")
    if _INTEGER.match(text):
        return number(int(text.replace("0o", "0o"), 0))
    if _DECIMAL.match(text):
        return number(text.rstrip(".") if text.endswith(".") else text)
    moment = _TIME.match(text)
    if moment:
        return string(_timestamp(moment) or text)
    return string(text)


def _timestamp(match: re.Match[str]) -> str | None:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return None
    digits = (fraction or "").rstrip("0")
    shown = moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{digits}" if digits else "")
    return shown + ("Z" if zone in (None, "Z") else _zone(zone))


def _zone(zone: str) -> str:
    sign, rest = zone[0], zone[1:]
    hours, _, minutes = rest.partition(":")
    return f"{sign}{int(hours):02d}:{minutes or '00'}"


def yaml_encoded(value: Value) -> str:
    """A wholly known value as OpenTofu writes it: keys and strings in double quotes."""
    raw = value.raw
    if isinstance(raw, (dict, tuple)) and raw:
        return "".join(f"{line}\n" for line in _lines(value, 0))
    lines = _scalar_lines(value, 0)
    ending = "...\n" if not isinstance(raw, (str, dict, tuple)) else ""
    return "\n".join(lines) + "\n" + ending


def _lines(value: Value, indent: int) -> Iterator[str]:
    raw, pad = value.raw, "  " * indent
    if isinstance(raw, dict):
        for key in sorted(raw, key=str.encode):
            yield from _entry(f"{pad}{_double(key)}:", raw[key], indent, in_map=True)
    elif isinstance(raw, tuple):
        for item in raw:
            yield from _entry(f"{pad}-", item, indent, in_map=False)


def _entry(head: str, value: Value, indent: int, *, in_map: bool) -> Iterator[str]:
    raw = value.raw
    if not isinstance(raw, (dict, tuple)) or not raw:
        first, *rest = _scalar_lines(value, indent + 1)
        yield f"{head} {first}"
        yield from rest
    elif in_map:
        yield head
        yield from _lines(value, indent if isinstance(raw, tuple) else indent + 1)
    else:
        first, *rest = list(_lines(value, indent + 1))
        yield f"{head} {first.lstrip(' ')}"
        yield from rest


def _scalar_lines(value: Value, indent: int) -> list[str]:
    raw = value.raw
    if raw is None:
        return ["null"]
    if isinstance(raw, bool):
        return ["true" if raw else "false"]
    if isinstance(raw, Number):
        return [number_text(raw)]
    if isinstance(raw, (dict, tuple)):
        return ["{}" if isinstance(raw, dict) else "[]"]
    text = str(raw)
    if "\n" in text and _fits_block(text):
        return _block(text, indent)
    return [_double(text)]


def _fits_block(text: str) -> bool:
    """Whether the emitter writes it as `|`: nothing in it needs an escape."""
    return all(c == "\n" or (c.isprintable() and ord(c) <= 0xFFFF) for c in text) and not any(
        line.endswith(" ") for line in text.split("\n")
    )


def _block(text: str, indent: int) -> list[str]:
    pad = "  " * max(indent, 1)
    hint = "2" if text[0] in " \n" else ""
    if not text.endswith("\n"):
        hint += "-"
    elif text.endswith("\n\n") or text == "\n":
        hint += "+"
    lines = text.split("\n")
    if text.endswith("\n"):
        lines.pop()
    return [f"|{hint}", *(pad + line if line else "" for line in lines)]


_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f",
    "\r": "\\r", "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\xa0": "\\_",
    "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip


def _double(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if 0x20 <= code < 0x7F or (0xA0 <= code <= 0xD7FF) or (0xE000 <= code <= 0xFFFD):
        return character
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
