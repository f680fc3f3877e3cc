"""Patches as values: a document and a patch in, a document out. Nothing is changed in place.

Merge patch is RFC 7386, JSON patch RFC 6902. A strategic merge patch is taken as a merge patch:
right for maps, which is all that the built-in kinds here hold.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bot.simulators.kubernetes.refusals import Refusal, bad_request

Json = dict[str, Any]
_ORDERS = ("$setElementOrder/", "$retainKeys")


def merged(document: Any, patch: Any) -> Any:
    """RFC 7386: None removes, mappings merge, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def strategic(document: Any, patch: Any) -> Any:
    """As a merge patch; orders about lists are left out, other directives refused."""
    return merged(document, _without_orders(patch))


def patched(document: Json, operations: Any) -> Any:
    """RFC 6902; raises `Refusal` 400 for what is no patch, 422 for one that does not fit."""
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    result: Any = copy.deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise bad_request("an operation of a JSON patch has an op and a path")
        try:
            result = _operated(result, operation)
        except (LookupError, ValueError, TypeError) as error:
            told = f"the server rejected our request due to an error in our request ({error})"
            raise Refusal(422, "Invalid", told) from None
    return result


def _without_orders(patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    kept = {key: value for key, value in patch.items() if not key.startswith(_ORDERS)}
    if directives := [key for key in kept if key.startswith("$")]:
        raise bad_request(f"the strategic merge patch's {directives[0]} is not simulated")
    return {key: _without_orders(value) for key, value in kept.items()}


def _operated(document: Any, operation: Json) -> Any:
    steps = _steps(operation["path"])
    match operation.get("op"):
        case "add":
            return _added(document, steps, operation["value"])
        case "remove":
            return _removed(document, steps)
        case "replace":
            _found(document, steps)
            return _added(_removed(document, steps), steps, operation["value"])
        case "move":
            value = _found(document, _steps(operation["from"]))
            return _added(_removed(document, _steps(operation["from"])), steps, value)
        case "copy":
            value = copy.deepcopy(_found(document, _steps(operation["from"])))
            return _added(document, steps, value)
        case "test":
            if _found(document, steps) != operation["value"]:
                raise ValueError(f"testing path {operation['path']} failed")
            return document
        case other:
            raise ValueError(f"unexpected operation {other!r}")


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _found(document: Any, steps: list[str]) -> Any:
    for step in steps:
        document = document[int(step) if isinstance(document, list) else step]
    return document


def _added(document: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    parent = _found(document, steps[:-1])
    if isinstance(parent, list):
        place = len(parent) if steps[-1] == "-" else int(steps[-1])
        if not 0 <= place <= len(parent):
            raise IndexError(f"index {place} is out of bounds")
        parent.insert(place, value)
    else:
        parent[steps[-1]] = value
    return document


def _removed(document: Any, steps: list[str]) -> Any:
    if not steps:
        return None
    parent = _found(document, steps[:-1])
    del parent[int(steps[-1]) if isinstance(parent, list) else steps[-1]]
    return document
