"""The `backfill` flag of a stream file: where it stands, and the smallest edit that changes it.

PURE; bytes in, bytes out. Everything but the one word stays byte for byte as it was: order,
spaces, line ends, a byte order mark. Never formats, never guesses: what is not plainly a flag is
refused, with the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

KEY = "backfill"
_BOM = b"\xef\xbb\xbf"
_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_WORDS = {"true": True, "false": False, '"true"': True, '"false"': False, '"1"': True, '"0"': False}


class Reason(StrEnum):
    """Why a file's flag cannot be read or set."""

    NOT_TEXT = "not UTF-8"
    NOT_JSON = "not JSON"
    NOT_OBJECT = "not a JSON object"
    NOT_BOOLEAN = "not a boolean"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The file stays as it is. `line` and `column` count from 1; columns are characters."""

    reason: Reason
    message: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """The value of the top-level key, as OpenTofu takes it (`"true"` in quotes is true as well).

    `line` and `column` (from 1, in characters) are where its value begins; `start` and `end` its
    place in the decoded text; `quoted` whether it is a string; `shadowed` how many earlier
    members of the same name it overrides, for in JSON the last one counts.
    """

    value: bool
    line: int
    column: int
    start: int
    end: int
    quoted: bool = False
    shadowed: int = 0


@dataclass(frozen=True, slots=True)
class _Member:
    """A top-level member: its key, and the places of its key and of its value."""

    key: str
    key_start: int
    start: int
    end: int


def find_backfill(content: bytes) -> Flag | Refusal | None:
    """The flag of a stream file; None where there is none, which is as good as false."""
    text = _text(content)
    if isinstance(text, Refusal):
        return text
    members = [member for member in _members(text) if member.key == KEY]
    if not members:
        return None
    last = members[-1]
    line, column = _place(text, last.start)
    word = text[last.start : last.end]
    value = _boolean(word)
    if value is None:
        message = f"{KEY} is {_kind(word)}; it has to be true or false"
        return Refusal(Reason.NOT_BOOLEAN, message, line, column)
    quoted = word.startswith('"')
    return Flag(value, line, column, last.start, last.end, quoted, len(members) - 1)


def set_backfill(content: bytes, value: bool) -> bytes | Refusal:
    """The same bytes with the flag set; the same object where it is so already.

    A value in quotes stays in quotes. Where there is no flag, false is as it is, and true becomes
    a new last member, spaced as the others are.
    """
    flag = find_backfill(content)
    if isinstance(flag, Refusal):
        return flag
    if value == (flag.value if flag else False):
        return content
    text = content.removeprefix(_BOM).decode()
    word = "true" if value else "false"
    if flag is None:
        edited = _with_member(text, f'"{KEY}"', word)
    else:
        written = f'"{word}"' if flag.quoted else word
        edited = text[: flag.start] + written + text[flag.end :]
    return (_BOM if content.startswith(_BOM) else b"") + edited.encode()


def without_backfill(content: bytes) -> bytes | Refusal:
    """As if the flag were false, whatever stands there now: for asking what it brings about."""
    text = _text(content)
    if isinstance(text, Refusal):
        return text
    last = [member for member in _members(text) if member.key == KEY][-1:]
    for member in last:
        text = f"{text[: member.start]}false{text[member.end :]}"
    return text.encode()


def _text(content: bytes) -> str | Refusal:
    """The decoded text of a JSON object, without a byte order mark."""
    try:
        text = content.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Refusal(Reason.NOT_TEXT, f"not UTF-8 at byte {error.start}", line)
    try:
        decoded = json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        return Refusal(Reason.NOT_JSON, f"not JSON: {error.msg}", error.lineno, error.colno)
    except _NoConstantError as error:
        return Refusal(Reason.NOT_JSON, f"not JSON: {error}")
    except RecursionError:
        return Refusal(Reason.NOT_JSON, "nested too deeply to be a stream file")
    if not isinstance(decoded, dict):
        return Refusal(Reason.NOT_OBJECT, "a stream file has to be a JSON object")
    return text


class _NoConstantError(Exception):
    """NaN and Infinity, which Python takes for JSON."""


def _no_constant(word: str) -> None:
    raise _NoConstantError(f"{word} is no JSON value")


def _members(text: str) -> Iterator[_Member]:
    """The members of the object that `text` is known to be; nested ones are passed over."""
    depth, key, key_start, start, end = 0, "", 0, -1, 0
    before = ""
    for match in _LEXEME.finditer(text):
        lexeme = match[0]
        if lexeme in "{[":
            depth += 1
            if depth == 2:
                start = match.start()
        elif lexeme in "}]":
            depth -= 1
            end = match.end() if depth == 1 else end
        elif depth == 1 and lexeme not in ":,":
            if before == ":":
                start, end = match.span()
            else:
                key, key_start = json.loads(lexeme), match.start()
        finished = (depth == 1 and lexeme == ",") or depth == 0
        if finished and start >= 0:
            yield _Member(key, key_start, start, end)
            start = -1
        before = lexeme


def _boolean(word: str) -> bool | None:
    """A JSON scalar as OpenTofu converts it to a bool, None where it does not."""
    if word.startswith('"'):
        word = json.dumps(json.loads(word))
    return _WORDS.get(word)


def _kind(word: str) -> str:
    kinds = {"{": "an object", "[": "a list", '"': "a string", "n": "null"}
    return kinds.get(word[0], "a number")


def _place(text: str, offset: int) -> tuple[int, int]:
    begins = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - begins + 1


def _with_member(text: str, key: str, word: str) -> str:
    members = list(_members(text))
    if not members:
        brace = text.index("{") + 1
        return f"{text[:brace]}{key}: {word}{text[brace:]}"
    first, last = members[0], members[-1]
    space = text[text.index("{") + 1 : first.key_start]
    between = text[_key_end(text, first) : first.start]
    return f"{text[: last.end]},{space}{key}{between}{word}{text[last.end :]}"


def _key_end(text: str, member: _Member) -> int:
    match = _LEXEME.match(text, member.key_start)
    return match.end() if match else member.start
