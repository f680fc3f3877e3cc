"""The variables that a pass gives the module: `values`, `vars` and `varsFrom`, read on each pass.

A simulator: imports nothing of the bot.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from bot.simulators.flux.api import Api
from bot.simulators.flux.terraform import Terraform

Json = dict[str, Any]


class NoVariables(Exception):
    """What is named is not there."""


async def read(api: Api, terraform: Terraform) -> Json:
    """By name; later ones win: `values`, `vars`, then each of `varsFrom`. Raises `NoVariables`."""
    found: Json = {}
    if terraform.spec.get("values") is not None:
        found["values"] = terraform.spec["values"]
    for given in terraform.spec.get("vars") or ():
        found[given["name"]] = given.get("value")
    for source in terraform.spec.get("varsFrom") or ():
        found |= _chosen(await _data(api, terraform, source), source)
    return found


async def _data(api: Api, terraform: Terraform, source: Mapping[str, Any]) -> dict[str, str]:
    kind, name = str(source["kind"]), str(source["name"])
    document = await api.get(kind, terraform.key[0], name)
    if document is None:
        if source.get("optional"):
            return {}
        plural = "secrets" if kind == "Secret" else "configmaps"
        raise NoVariables(f'rpc error: code = Unknown desc = {plural} "{name}" not found')
    data = document.get("data") or {}
    if kind == "Secret":
        return {key: base64.b64decode(value).decode() for key, value in data.items()}
    return dict(data)


def _chosen(data: Mapping[str, str], source: Mapping[str, Any]) -> Mapping[str, str]:
    """All, or those that `varsKeys` names (`old:new` renames).

    What a Secret lacks is an empty text, what a ConfigMap lacks is nothing.
    """
    keys = source.get("varsKeys")
    if keys is None:
        return data
    pairs = [_renamed(key) for key in keys]
    if source["kind"] == "ConfigMap":
        return {new: data[old] for old, new in pairs if old in data}
    return {new: data.get(old, "") for old, new in pairs}


def _renamed(pattern: str) -> tuple[str, str]:
    parts = pattern.split(":")
    if len(parts) > 2 or "" in parts:
        raise NoVariables(f'rpc error: code = Unknown desc = invalid rename pattern "{pattern}"')
    return parts[0], parts[-1]
