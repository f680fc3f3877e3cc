"""HCL's JSON form: the same tree from `.tf.json` and `.tfvars.json`.

Above `native` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/json/spec.md). Places are those of the file's start: a
JSON parser that keeps them is not worth its weight for files that programs write.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.syntax.native import parse_expression, parse_template
from bot.plan.syntax.nodes import (
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    ObjectCons,
    ObjectKey,
    TupleCons,
)
from bot.plan.syntax.source import Source, Span
from bot.plan.values import NULL, boolean, number

_LABELS = {
    "variable": 1, "output": 1, "module": 1, "provider": 1, "check": 1, "resource": 2, "data": 2,
    "locals": 0, "terraform": 0, "moved": 0, "removed": 0, "import": 0,
}  # fmt: skip
_INNER = {
    "lifecycle": 0, "provisioner": 1, "connection": 0, "validation": 0, "precondition": 0,
    "postcondition": 0, "assert": 0, "required_providers": 0, "backend": 1, "cloud": 0,
}  # fmt: skip
_REFERENCES = frozenset({"type", "from", "to", "provider", "ignore_changes", "depends_on",
                         "replace_triggered_by"})  # fmt: skip


def parse_json(content: bytes, file: str) -> tuple[Body, list[Diagnostic]]:
    """A `.tf.json` file; what is no JSON is a diagnostic."""
    source = Source(file, content)
    place = Span(source, 0, 0)
    try:
        document = json.loads(source.text or "{}", parse_float=Decimal)
    except (ValueError, RecursionError) as problem:
        at = getattr(problem, "pos", 0)
        where = source.range(at, at + 1)
        found = [error("Invalid JSON", f"{file} is not JSON: {problem}", where)]
        return Body({}, (), place, place), found
    if not isinstance(document, dict):
        found = [error("Invalid JSON", "A JSON object is required.", place.range)]
        return Body({}, (), place, place), found
    reader = _Reader(file, place)
    return reader.body(document, _LABELS), reader.found


class _Reader:
    def __init__(self, file: str, place: Span) -> None:
        self.file = file
        self.place = place
        self.found: list[Diagnostic] = []

    def body(self, document: dict[str, Any], blocks: dict[str, int]) -> Body:
        attributes: dict[str, Attribute] = {}
        made: list[Block] = []
        for name, value in document.items():
            if name == "//":
                continue
            if name in blocks:
                made += self._blocks(name, value, blocks[name], ())
            else:
                node = self._expression(value, reference=name in _REFERENCES)
                attributes[name] = Attribute(name, node, self.place, self.place)
        return Body(attributes, tuple(made), self.place, self.place)

    def _blocks(self, type_: str, value: Any, labels: int, have: tuple[str, ...]) -> list[Block]:
        items = value if isinstance(value, list) else [value]
        made: list[Block] = []
        for item in items:
            if not isinstance(item, dict):
                detail = f'A JSON object is required for a "{type_}" block.'
                self.found.append(error("Incorrect JSON value type", detail, self.place.range))
            elif labels:
                for label, inner in item.items():
                    if label != "//":
                        made += self._blocks(type_, inner, labels - 1, (*have, label))
            else:
                spans = (self.place,) * len(have)
                inner_body = self.body(item, _INNER if type_ != "provider" else {})
                made.append(Block(type_, have, spans, inner_body, self.place, self.place))
        return made

    def _expression(self, value: Any, *, reference: bool = False) -> Expression:
        if isinstance(value, str):
            return self._text(value, reference)
        if isinstance(value, list):
            return TupleCons(
                tuple(self._expression(each, reference=reference) for each in value), self.place
            )
        if isinstance(value, dict):
            items = [
                (ObjectKey(self._text(key, False), False, self.place), self._expression(each))
                for key, each in value.items()
                if key != "//"
            ]
            return ObjectCons(tuple(items), self.place)
        if value is None:
            return Literal(NULL, self.place)
        if isinstance(value, bool):
            return Literal(boolean(value), self.place)
        return Literal(number(value if isinstance(value, int) else str(value)), self.place)

    def _text(self, text: str, reference: bool) -> Expression:
        if reference:
            node, found = parse_expression(text, self.file)
            if not found and not isinstance(node, Literal):
                return node
        node, found = parse_template(text, self.file)
        self.found.extend(found)
        return node
