"""labelSelector and fieldSelector: text in, a test of objects out.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.simulators.kubernetes.kinds import Kind
from bot.simulators.kubernetes.refusals import bad_request

Test = Callable[[Mapping[str, Any]], bool]

_KEY = r"[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?"
_VALUE = r"[A-Za-z0-9]?[A-Za-z0-9._-]*"
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s+\(([^()]*)\)")
_EQUAL = re.compile(rf"({_KEY})\s*(==|=|!=)\s*({_VALUE})")
_PRESENT = re.compile(rf"(!?)\s*({_KEY})")
_COMMA = re.compile(r",(?![^(]*\))")


def selecting(kind: Kind, labels: str, fields: str) -> Test:
    """Whether an object is selected; raises `Refusal` 400 where a selector says nothing."""
    tests = [*_labels(labels), *_fields(kind, fields)]
    return lambda item: all(test(item) for test in tests)


def chosen_name(fields: str) -> str:
    """The one name that a fieldSelector asks for, or "": what authorisation looks at."""
    for requirement in fields.split(","):
        if found := re.fullmatch(r"metadata\.name\s*==?\s*(.+)", requirement.strip()):
            return found.group(1)
    return ""


def _labels(text: str) -> list[Test]:
    return [_label(requirement.strip()) for requirement in _COMMA.split(text)] if text else []


def _label(requirement: str) -> Test:
    if found := _SET.fullmatch(requirement):
        key, positive = found.group(1), found.group(3) == "in"
        values = frozenset(value.strip() for value in found.group(4).split(","))
        return lambda item: (_held(item).get(key) in values) == positive
    if found := _EQUAL.fullmatch(requirement):
        key, same, value = found.group(1), found.group(3) != "!=", found.group(4)
        return lambda item: (_held(item).get(key) == value) == same
    if found := _PRESENT.fullmatch(requirement):
        key, there = found.group(2), not found.group(1)
        return lambda item: (key in _held(item)) == there
    raise bad_request(f"unable to parse requirement: {requirement!r}")


def _held(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return item["metadata"].get("labels") or {}


def _fields(kind: Kind, text: str) -> list[Test]:
    return [_field(kind, requirement.strip()) for requirement in text.split(",")] if text else []


def _field(kind: Kind, requirement: str) -> Test:
    found = re.fullmatch(r"([^=!]+?)\s*(==|=|!=)\s*(.*)", requirement)
    if found is None:
        raise bad_request(f'invalid field selector: "{requirement}"; can\'t understand it')
    path, same, value = found.group(1), found.group(2) != "!=", found.group(3)
    if path not in kind.fields:
        raise bad_request(f"field label not supported: {path}")
    return lambda item: (_at(item, path) == value) == same


def _at(item: Any, path: str) -> str:
    for key in path.split("."):
        item = item.get(key) if isinstance(item, Mapping) else None
    return "" if item is None else str(item)
