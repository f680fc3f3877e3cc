"""YAML as OpenTofu writes it: keys and strings in double quotes, and blocks for several lines.

Beside the other areas in `bot.plan.functions` (https://github.com/zclconf/go-cty-yaml).
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.plan.values import Number, Value, number_text


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
        return [_number(raw)]
    if isinstance(raw, (dict, tuple)):
        return ["{}" if isinstance(raw, dict) else "[]"]
    text = str(raw)
    if "\n" in text and _fits_block(text):
        return _block(text, indent)
    return [_double(text)]


def _number(raw: Number) -> str:
    text = number_text(raw)
    return {"+Inf": "+.inf", "-Inf": "-.inf"}.get(text, text)


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
