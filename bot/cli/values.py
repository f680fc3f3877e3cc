"""What `lotus plan` is given beside the repository: a state, variables, files of values.

Reads files by name; what cannot be read is a `Failure` that never quotes a value.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from bot.cli import Failure
from bot.plan.configuration import Loader, Parsed
from bot.plan.engine.inputs import Inputs, RootVariables
from bot.plan.files import Files, Snapshot
from bot.plan.providers import Schemas
from bot.plan.state import State, StateError, parse_state
from bot.plan.values import Value
from bot.render.plain_text import SHORTEST_SECRET

_VARIABLE = "TF_VAR_"
_GZIP = b"\x1f\x8b"
_LARGEST = 2**30  # of an unpacked state: what is larger is no state but a bomb


class Given(Struct, frozen=True):
    """Variables from outside. Their values are shown nowhere.

    `environment` are the `TF_VAR_…`s by the variables' names.
    """

    arguments: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, bytes], ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    __repr__ = object.__repr__  # values are shown nowhere, not even in a traceback

    def values_for(self, names: Collection[str]) -> Mapping[str, str] | None:
        """What the environment gives; None where nothing at all is given, so that every variable
        is a constant that is not known. As with the tool, given some it needs all.
        """
        own = {name: text for name, text in self.environment.items() if name in names}
        return own if own or self.files or self.arguments else None


class GivenToModule(Struct, frozen=True):
    """What of it one root module declares, and the texts in it that nobody may see."""

    values: Mapping[str, str] | None
    arguments: Mapping[str, str]
    hidden: frozenset[str]

    __repr__ = object.__repr__  # values are shown nowhere, not even in a traceback


def read_given(arguments: Sequence[str], files: Sequence[str]) -> Given:
    """`NAME=VALUE`s and the names of `.tfvars` and `.tfvars.json` files."""
    named = {}
    for text in arguments:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise Failure("--var needs NAME=VALUE; one of them has no name or no =")
        named[name.strip()] = value
    read = tuple((name, _read(name, "--var-file")) for name in files)
    return Given(named, read, _environment())


def _environment() -> dict[str, str]:
    return {
        name.removeprefix(_VARIABLE): text
        for name, text in os.environ.items()
        if name.startswith(_VARIABLE)
    }


def read_airbyte(name: str) -> Mapping[str, object]:
    """Airbyte's objects: `connections`, `sources`, `destinations` as its lists give them."""
    try:
        document = json.loads(_read(name, "--airbyte"))
    except (ValueError, RecursionError):
        raise Failure(f"--airbyte {name}: not JSON") from None
    known = ("connections", "sources", "destinations")
    lists = document if isinstance(document, dict) else {}
    if not lists or any(not isinstance(lists.get(key, []), list) for key in known):
        raise Failure(f"--airbyte {name}: expected an object with the lists {', '.join(known)}")
    return lists


def read_schemas(name: str) -> Schemas:
    """Further providers, out of what `tofu providers schema -json` printed."""
    from bot.plan.providers.loading import SchemaError, providers_of  # only who asks pays for it

    try:
        return providers_of(_read(name, "--schemas"))
    except SchemaError as error:
        raise Failure(f"--schemas {name}: {error}") from None


def read_state(name: str) -> State:
    """A state file of version 4, plain or gzipped; `-` is standard input."""
    content = sys.stdin.buffer.read() if name == "-" else _read(name, "--state")
    if content.startswith(_GZIP):
        content = _unpacked(name, content)
    try:
        return parse_state(content)
    except StateError as error:
        raise Failure(f"--state {name}: {error}") from None


def declared_variables(files: Files, module: str, parsed: Parsed, given: Given) -> GivenToModule:
    """What a module takes of what is given; whatever no module takes is `undeclared`'s."""
    declared = Loader(files, parsed).load(module)
    arguments = {name: text for name, text in given.arguments.items() if name in declared.variables}
    values = given.values_for(declared.variables)
    inputs = Inputs(values, given.files, arguments=arguments)
    found = RootVariables(declared, inputs, Snapshot({})).given.values()
    texts = {text for value, _ in found for text in _texts(value)}
    return GivenToModule(values, arguments, frozenset(texts | set(arguments.values())))


def undeclared(files: Files, modules: Iterable[str], parsed: Parsed, given: Given) -> str:
    """The complaint about a `--var` that no module declares; "" where there is none."""
    known: set[str] = set()
    for module in modules:
        known |= Loader(files, parsed).load(module).variables.keys()
    for name in given.arguments:
        if name not in known:
            import difflib  # only where somebody mistyped

            close = difflib.get_close_matches(name, sorted(known), 1)
            hint = f"; {close[0]}?" if close else ""
            return f"--var {name}: no root module here declares a variable of that name{hint}"
    return ""


def _texts(value: Value) -> set[str]:
    """The texts in a value that are long enough to be told from any other word."""
    if isinstance(value.raw, str):
        return {value.raw} if len(value.raw) >= SHORTEST_SECRET else set()
    return {text for item in value.elements() for text in _texts(item)}


def _read(name: str, option: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise Failure(f"{option} {name}: {reason}") from None


def _unpacked(name: str, content: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, _LARGEST)
    except zlib.error as error:
        raise Failure(f"--state {name}: it is gzipped, and damaged ({error})") from None
    if not unpacker.eof:
        reason = "too large" if len(plain) >= _LARGEST else "cut off"
        raise Failure(f"--state {name}: it is gzipped, and {reason}")
    return plain
