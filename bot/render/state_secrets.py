"""The texts of a state that nobody may see: a credential of before is still in it. PURE."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from bot.plan.state import State, Stored
from bot.render.masked import SETTINGS
from bot.render.redaction import SHORTEST

_PROVIDER = "airbyte_"


def state_secrets(state: State) -> frozenset[str]:
    """The texts that a state calls sensitive."""
    return _long(chain.from_iterable(map(_marked, state.instances)))


def setting_texts(state: State) -> frozenset[str]:
    """The texts of Airbyte's settings, which no state calls sensitive.

    Which of them are public is for the caller to say (`bot.render.redaction.hidden`).
    """
    return _long(chain.from_iterable(map(_settings, state.instances)))


def texts_in(text: str) -> Iterator[str]:
    """A text and, where it is JSON, the texts in it."""
    yield text
    if not text.lstrip().startswith(("{", "[")):
        return
    try:
        yield from _plain_texts(json.loads(text))
    except (ValueError, RecursionError):
        return


def _long(found: Iterable[str]) -> frozenset[str]:
    return frozenset(text for text in found if len(text) >= SHORTEST)


def _marked(each: Stored) -> Iterator[str]:
    for path in each.sensitive:
        yield from _plain_texts(_at(each.attributes, path))


def _settings(each: Stored) -> Iterator[str]:
    if each.address.resource.type.startswith(_PROVIDER):
        for name in SETTINGS & each.attributes.keys():
            for text in _plain_texts(each.attributes[name]):
                yield from texts_in(text)


def _at(attributes: Mapping[str, Any], path: Iterable[str | int]) -> Any:
    """What stands at a path; all that is left of it where the path leads nowhere."""
    node: Any = attributes
    for step in path:
        if isinstance(node, dict) and step not in node and node.keys() == {"value", "type"}:
            node = node["value"]  # a state keeps what has no fixed type with its type
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            break
    return node


def _plain_texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from chain.from_iterable(map(_plain_texts, node.values()))
    elif isinstance(node, list):
        yield from chain.from_iterable(map(_plain_texts, node))
