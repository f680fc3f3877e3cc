"""What a Terraform object gives to its module, by the controller's own rules. Pure.

As its runner writes `generated.auto.tfvars.json` (`server_generate_tf_vars.go`, v0.16.5). What the
bot does not do as the controller does is a reason in words: unknown is said, never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_TEMPLATE = "${{"


class BadPattern(Exception):
    """An entry of `varsKeys` that the controller refuses; it plans nothing then."""


def chosen(reference: Mapping[str, Any], data: Mapping[str, str]) -> Mapping[str, str]:
    """What an entry of `varsFrom` gives, out of this data ({}: optional, and not there).

    All of it, or the keys of `varsKeys`, of which `old:new` renames one. A key that a Secret lacks
    is an empty text; one that a ConfigMap lacks gives nothing. Raises `BadPattern`.
    """
    keys = reference.get("varsKeys")
    if not isinstance(keys, list):
        return data
    renamed = [_renamed(str(key)) for key in keys]
    if reference.get("kind") == "ConfigMap":
        return {new: data[old] for old, new in renamed if old in data}
    return {new: data.get(old, "") for old, new in renamed}


def _renamed(pattern: str) -> tuple[str, str]:
    parts = pattern.split(":")
    if len(parts) > 2 or "" in parts:
        raise BadPattern(f"varsKeys has {pattern!r}, which is no key and no `old:new`")
    return parts[0], parts[-1]


def unread(spec: Mapping[str, Any]) -> Iterator[str]:
    """What gives the module values that the bot does not know, in words."""
    if _TEMPLATE in json.dumps(spec.get("values"), default=str):
        yield "spec.values has templates (`${{ … }}`), which only the controller fills in"


def unmodelled(spec: Mapping[str, Any]) -> Iterator[str]:
    """What makes the controller's plan another one than the module's, in words."""
    if spec.get("destroy"):
        yield "spec.destroy is set: the controller plans to destroy everything"
    if spec.get("targets"):
        yield "spec.targets is set: the controller plans only a part of what is predicted"
    if spec.get("fileMappings"):
        yield "spec.fileMappings adds files that are not in the repository, and not in this"
    backend = spec.get("backendConfig")
    if spec.get("cloud") or (isinstance(backend, Mapping) and backend.get("customConfiguration")):
        yield "the state is kept elsewhere than in a Secret, and not read"
