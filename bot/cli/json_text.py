"""JSON text with exact numbers: OpenTofu's have up to 155 digits, which a float would lose."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from bot.render.document import Json


def json_text(value: Json) -> str:
    """`value` as indented JSON; a `Decimal` is written digit by digit, without an exponent."""
    return "".join(_pieces(value, "\n"))


def _pieces(value: Json, line: str) -> Iterator[str]:
    if isinstance(value, Decimal):
        yield format(value, "f")
    elif isinstance(value, Mapping):
        items = [(json.dumps(str(key)) + ": ", item) for key, item in value.items()]
        yield from _container("{}", items, line)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from _container("[]", [("", item) for item in value], line)
    else:
        yield json.dumps(value, ensure_ascii=False)


def _container(brackets: str, items: list[tuple[str, Json]], line: str) -> Iterator[str]:
    if not items:
        yield brackets
        return
    inner = line + "  "
    for position, (key, item) in enumerate(items):
        yield (brackets[0] if position == 0 else ",") + inner + key
        yield from _pieces(item, inner)
    yield line + brackets[1]
