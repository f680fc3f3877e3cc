"""What the controller gives to a module: its variables, and its state, read from the cluster.

As tofu-controller writes `generated.auto.tfvars.json`: `spec.values` as the variable `values`,
then `spec.vars`, then `spec.varsFrom`, the later overwriting the earlier; a Secret's or
ConfigMap's values are strings. The names of Secrets follow from the Terraform object: nothing is
listed. True values are sensitive from here on: they reach the evaluator and nobody else.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.clients.errors import ClientError, Forbidden, NotFound
from bot.clients.kubernetes.cluster import Cluster
from bot.model.cluster import STATE_PARTS, state_part, terraform_from
from bot.model.names import variable_references
from bot.model.variables import BadPattern, chosen, unread
from bot.render.state_secrets import texts_in

_PART_BYTES, _MOST_PARTS = 2**20, 64
_STATE_BYTES = 256 * 2**20  # unpacked; a "gzip bomb" ends here


@dataclass(frozen=True, slots=True)
class Variables:
    """`values` by name; `problems` say in words which reference could not be read, and why.

    `plain` are the names of those that no Secret holds: who sees the object sees them.
    """

    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    problems: tuple[str, ...] = ()
    plain: frozenset[str] = frozenset()

    def secrets(self) -> frozenset[str]:
        """Every string in them, and in those that are JSON, for redaction."""
        return frozenset(text for value in _strings(self.values) for text in texts_in(value))


@dataclass(frozen=True, slots=True)
class StateText:
    """The tfstate as JSON text; None with `problem` "" where there is none yet.

    `secrets` is how many Secrets it is split over.
    """

    text: bytes | None = field(default=None, repr=False)
    problem: str = ""
    secrets: int = 1


async def read_variables(cluster: Cluster, terraform: Mapping[str, Any]) -> Variables:
    """The variables of a Terraform object (its JSON). A reference that fails is a problem, said."""
    namespace, spec = terraform["metadata"]["namespace"], terraform.get("spec") or {}
    values: dict[str, object] = {}
    problems: list[str] = []
    problems += unread(spec)
    if spec.get("values") is not None:
        values["values"] = spec["values"]
    for item in spec.get("vars") or ():
        values[item["name"]] = item.get("value")
    plain = set(values)
    for reference in variable_references(terraform):
        try:
            given = chosen(reference, await _referenced(cluster, namespace, reference))
        except NotFound:
            problems.append(f"{reference['kind']} {namespace}/{reference['name']} is not there")
        except (ClientError, BadPattern) as error:
            problems.append(str(error))
        else:
            values |= given
            plain = plain | set(given) if _is_plain(reference) else plain - set(given)
    return Variables(values, tuple(problems), frozenset(plain))


async def read_state(cluster: Cluster, terraform: Mapping[str, Any]) -> StateText:
    """The state Secret of a Terraform object. Raises `Unavailable` where nobody answers."""
    found = terraform_from(terraform)
    return await read_state_secret(cluster, found.name.namespace, found.state)


async def read_state_secret(cluster: Cluster, namespace: str, first: str) -> StateText:
    """The state that begins in the Secret `first`.

    Terraform from 1.6 on splits what is packed larger than 1 MiB: every part but the last is full.
    """
    parts: list[bytes] = []
    while not parts or (len(parts[-1]) == _PART_BYTES and len(parts) < _MOST_PARTS):
        name = state_part(first, len(parts))
        try:
            data = await cluster.secret(namespace, name)
        except NotFound:
            break
        except Forbidden:
            return StateText(problem=_not_allowed(namespace, first, len(parts)))
        if "tfstate" not in data:
            return StateText(problem=f"Secret {namespace}/{name} has no key tfstate")
        parts.append(data["tfstate"])
    if not parts:
        return StateText()
    return replace(_unpacked(b"".join(parts), f"Secret {namespace}/{first}"), secrets=len(parts))


def _is_plain(reference: Mapping[str, Any]) -> bool:
    return bool(reference["kind"] == "ConfigMap")


def _not_allowed(namespace: str, first: str, part: int) -> str:
    if part >= STATE_PARTS:
        named = f"more than the {STATE_PARTS} Secrets that are named"
        return f"the state in {namespace}/{first} has {named}"
    name = state_part(first, part)
    return f"reading Secret {namespace}/{name} is not allowed (lotus doctor)"


async def _referenced(
    cluster: Cluster, namespace: str, reference: Mapping[str, Any]
) -> Mapping[str, str]:
    """Its data by key; nothing where it is optional and not there. Raises `ClientError`."""
    try:
        if _is_plain(reference):
            return await cluster.config_map(namespace, reference["name"])
        data = await cluster.secret(namespace, reference["name"])
    except NotFound:
        if reference.get("optional"):
            return {}
        raise
    return {key: value.decode(errors="replace") for key, value in data.items()}


def _unpacked(packed: bytes, what: str) -> StateText:
    try:
        text = _gunzip(packed) if packed[:2] == b"\x1f\x8b" else packed
    except (OSError, EOFError, zlib.error):
        return StateText(problem=f"{what}: the state is no gzip")
    if len(text) > _STATE_BYTES:
        return StateText(problem=f"{what}: the state is larger than {_STATE_BYTES} bytes")
    return StateText(text)


def _gunzip(packed: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
        return stream.read(_STATE_BYTES + 1)


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _strings(item)]
    return []
