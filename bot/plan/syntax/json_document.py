"""JSON as a tree with places: HCL's own scanner and parser, with its words.

Above `source` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/json/spec.md). What that means as a configuration,
`json` says.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.suggestions import hint
from bot.plan.syntax.cursor import DEEPEST
from bot.plan.syntax.source import Source, Span
from bot.plan.syntax.tokens import MOST, TooManyTokens


class Property(Struct, frozen=True):
    """One property of an object."""

    name: str
    name_span: Span
    value: Node


class Object(Struct, frozen=True):
    """`{…}`: every property in order, also those of one name."""

    properties: tuple[Property, ...]
    span: Span

    @property
    def close_span(self) -> Span:
        """The closing brace."""
        return Span(self.span.source, max(self.span.end - 1, 0), self.span.end)


class Array(Struct, frozen=True):
    """`[…]`."""

    items: tuple[Node, ...]
    span: Span


class Text(Struct, frozen=True):
    """A string."""

    text: str
    span: Span


class Scalar(Struct, frozen=True):
    """A number, `true`, `false` or `null`."""

    value: int | Decimal | bool | None
    span: Span


class Invalid(Struct, frozen=True):
    """What could not be read."""

    span: Span


Node: TypeAlias = Object | Array | Text | Scalar | Invalid

_TOKEN = re.compile(
    r"""(?P<space>[ \n\r\t]+)|(?P<sign>[{}\[\],:=])"""
    r"""|(?P<text>"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*"?)"""
    r"""|(?P<number>[-+.0-9][-+.eE0-9]*)|(?P<word>[A-Za-z][A-Za-z_]*)"""
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_END = "end"
_Token = tuple[str, Span]
"""A sign itself, or the kind of what it is; and its place."""
_START = "A JSON value must start with a brace, a bracket, a number, a string, or a keyword."
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def _scan(source: Source) -> list[_Token]:
    tokens: list[_Token] = []
    at, text = 0, source.text
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            tokens.append(("invalid", Span(source, at, at + 1)))
            at += 1
            break
        kind = match.lastgroup or ""
        if len(tokens) > MOST:
            raise TooManyTokens
        if kind != "space":
            span = Span(source, at, match.end())
            tokens.append((match[0] if kind == "sign" else kind, span))
        at = match.end()
    return [*tokens, (_END, Span(source, at, at))]


def parse_document(source: Source) -> tuple[Node, list[Diagnostic]]:
    """The one value of a JSON text, and what is wrong with it; may raise `TooManyTokens`."""
    parser = _Parser(_scan(source))
    node = parser.value(0)
    if not parser.found and parser.kind() != _END:
        detail = "Extra characters appear after the JSON value."
        parser.complain("Extraneous data after value", detail, parser.span)
    return node, parser.found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.found: list[Diagnostic] = []

    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def span(self) -> Span:
        return self.tokens[self.at][1]

    def read(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def complain(self, summary: str, detail: str, where: Span) -> Invalid:
        self.found.append(error(summary, detail, where.range))
        return Invalid(where)

    def value(self, depth: int) -> Node:
        where = self.span
        node = self._value(depth, where)
        return Invalid(where) if isinstance(node, Invalid) else node

    def _value(self, depth: int, where: Span) -> Node:
        if depth > DEEPEST:
            detail = f"Brackets nest more than {DEEPEST} levels deep here; lotus does not read on."
            self.at = len(self.tokens) - 1
            return self.complain("Nesting too deep", detail, where)
        match self.kind():
            case "{":
                return self._object(depth)
            case "[":
                return self._array(depth)
            case "text":
                return self._text(self.read()[1])
            case "number":
                return self._number(self.read()[1])
            case "word":
                return self._word(self.read()[1])
            case "}":
                return self.complain("Missing JSON value", _START, where)
            case "]":
                return self.complain("Missing array element value", _START, where)
            case "end":
                return self.complain("Missing value", "The JSON data ends prematurely.", where)
            case _:
                return self.complain("Invalid start of value", _START, where)

    def _text(self, span: Span) -> Node:
        try:
            text = json.loads(span.text)
        except ValueError as problem:
            after = getattr(problem, "pos", 0) + 1
            where = Span(span.source, span.start + after, span.start + after + 1)
            detail = "There is a syntax error in the given JSON string."
            self.complain("Invalid JSON string", detail, where)
            return Invalid(span)
        return Text(text.encode(errors="replace").decode(), span)

    def _number(self, span: Span) -> Node:
        if not _NUMBER.fullmatch(span.text):
            detail = "There is a syntax error in the given JSON number."
            return self.complain("Invalid JSON number", detail, span)
        whole = span.text.lstrip("-").isdigit() and len(span.text) < 1000
        return Scalar(int(span.text) if whole else Decimal(span.text), span)

    def _word(self, span: Span) -> Node:
        word = span.text
        if word in _WORDS:
            return Scalar(_WORDS[word], span)
        detail = f'"{word}" is not a valid JSON keyword.{hint(word, _WORDS)}'
        if word in ("undefined", "NaN", "Infinity"):
            detail = f'The JavaScript identifier "{word}" cannot be used in JSON.'
        return self.complain("Invalid JSON keyword", detail, span)

    def _recover(self, token: str, opening: str, closing: str) -> None:
        """Read on to what seems to be the end of the object or array."""
        level = 1
        while True:
            if token == opening:
                level += 1
            elif token == closing:
                level -= 1
                if level <= 1:
                    return
            elif token == _END:
                return
            token = self.read()[0]

    def _object(self, depth: int) -> Node:
        _, opening = self.read()
        properties: list[Property] = []
        while self.kind() != "}":
            key = self.value(depth + 1)
            if not isinstance(key, Text):
                detail = "A JSON object property name must be a string"
                return self.complain("Invalid object property name", detail, _start(key))
            colon, where = self.read()
            if colon != ":":
                self._recover(colon, "{", "}")
                return self.complain(*_no_colon(colon), where)
            properties.append(Property(key.text, key.span, self.value(depth + 1)))
            problem = self._after_property(opening)
            if problem is not None:
                return problem
        _, closing = self.read()
        return Object(tuple(properties), opening.to(closing))

    def _after_property(self, opening: Span) -> Invalid | None:
        match self.kind():
            case ",":
                _, comma = self.read()
                if self.kind() != "}":
                    return None
                detail = "JSON does not permit a trailing comma after the final property in an"
                return self.complain("Trailing comma in object", f"{detail} object.", comma)
            case "end":
                detail = "No closing brace was found for this JSON object."
                return self.complain("Unclosed object", detail, opening)
            case "]":
                self.read()
                detail = "A JSON object must be closed with a brace, not a bracket."
                return self.complain("Mismatched braces", detail, self.span)
            case "}":
                return None
            case _:
                self._recover(self.read()[0], "{", "}")
                detail = "A comma must appear between each property definition in an object."
                return self.complain("Missing attribute seperator comma", detail, self.span)

    def _array(self, depth: int) -> Node:
        _, opening = self.read()
        items: list[Node] = []
        while self.kind() != "]":
            items.append(self.value(depth + 1))
            problem = self._after_item(opening)
            if problem is not None:
                return problem
        _, closing = self.read()
        return Array(tuple(items), opening.to(closing))

    def _after_item(self, opening: Span) -> Invalid | None:
        match self.kind():
            case ",":
                _, comma = self.read()
                if self.kind() != "]":
                    return None
                detail = "JSON does not permit a trailing comma after the final value in an array."
                return self.complain("Trailing comma in array", detail, comma)
            case "]":
                return None
            case kind:
                self._recover(self.read()[0], "[", "]")
                summary, detail = _BETWEEN_ITEMS.get(kind, _NO_COMMA)
                return self.complain(summary, detail, opening if kind == _END else self.span)


def _start(node: Node) -> Span:
    """Where a value starts: its opening bracket, or all of it."""
    if isinstance(node, (Object, Array)):
        return Span(node.span.source, node.span.start, node.span.start + 1)
    return node.span


def _no_colon(sign: str) -> tuple[str, str]:
    if sign in ("}", ","):
        return (
            "Missing object value",
            "A JSON object attribute must have a value, introduced by a colon.",
        )
    detail = "A colon must appear between an object property's name and its value."
    if sign == "=":
        detail = "JSON uses a colon as its name/value delimiter, not an equals sign."
    return "Missing property value colon", detail


_BETWEEN_ITEMS = {
    ":": ("Invalid array value", "A colon is not used to introduce values in a JSON array."),
    "end": ("Unclosed object", "No closing bracket was found for this JSON array."),
    "}": ("Mismatched brackets", "A JSON array must be closed with a bracket, not a brace."),
}
_NO_COMMA = (
    "Missing attribute seperator comma",
    "A comma must appear between each value in an array.",
)
