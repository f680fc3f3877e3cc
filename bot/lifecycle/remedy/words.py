"""What drifts and how it has to be written, for people. PURE."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.lifecycle.remedy.parts import Part
from bot.lifecycle.remedy.remedies import ByHand
from bot.render.markdown import code, plain

_SHOWN = 120
_SEVERAL = 10


def lines(items: Iterable[ByHand]) -> Iterator[str]:
    """One for each place and what has to be there, with the connections that it is about."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in items:
        place = _place(item)
        found.setdefault((place, _remedy(item.part)), []).append(item.address)
    for (place, remedy), addresses in list(found.items())[:_SEVERAL]:
        names = ", ".join(code(name) for name in dict.fromkeys(addresses))
        yield f"{place}: {remedy} ({names})"
    if len(found) > _SEVERAL:
        yield f"… and {len(found) - _SEVERAL} more"


def _place(item: ByHand) -> str:
    if item.at is None:
        return code(item.part.name)
    if item.path:
        return code(item.path)
    written = " ".join(item.written.split())
    shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
    return f"{code(f'{item.at.file}:{item.at.start.line}')} {code(shown)}"


def _remedy(part: Part) -> str:
    name = code(part.name)
    if part.name in ("alias_name", "suggested"):
        return f"Airbyte sets {name} itself: leave it out"
    if not part.told:
        return f"{name} reads back otherwise; its value is not shown"
    if part.name == "streams":
        gone = ", ".join(code(each) for each in _streams(part.gives) - _streams(part.read))
        return f"Airbyte does not store what is not selected: leave {gone or 'it'} out"
    if part.name == "selected_fields" and isinstance(part.read, list):
        order = ", ".join(code(".".join(each.get("field_path", ()))) for each in part.read)
        if len(part.read) < len(part.gives):
            return f"Airbyte keeps only those {name} that the schema has: {order}"
        return f"Airbyte lists {name} in the order {order}"
    extra = _unselected(part)
    if extra:
        return f"Airbyte drops properties that are not selected: leave {extra} out"
    return f"{name} has to give {_value(part.read)}, for so it reads back"


def _streams(catalog: Any) -> set[str]:
    entries = catalog if isinstance(catalog, list) else ()
    return {str(each.get("stream", {}).get("name")) for each in entries if isinstance(each, dict)}


def _unselected(part: Part) -> str:
    """The properties that are not read back, "" where more than that differs."""
    try:
        gives, read = json.loads(part.gives), json.loads(part.read)
    except (TypeError, ValueError):
        return ""
    if not isinstance(gives, dict) or not isinstance(read, dict):
        return ""
    if {name: gives.get(name) for name in read} != read:
        return ""
    return ", ".join(code(name) for name in gives if name not in read)


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return code(text) if len(text) <= _SHOWN else f"{code(text[:_SHOWN])} {plain('…')}"
