"""Addresses of resources and modules as OpenTofu writes them.

Above `bot.plan.values`. An address is a value: equal texts name the same thing.
"""

from __future__ import annotations

from msgspec import Struct

from bot.plan.values.json import quoted

Key = int | str | None
"""The index of an instance: a position (`count`), a key (`for_each`), or none."""

ModulePath = tuple[tuple[str, Key], ...]
"""The way to a module instance from the root: names and keys."""


def key_text(key: Key) -> str:
    """`[0]`, `["a"]` or nothing."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{quoted_key(key)}]"


def quoted_key(key: str) -> str:
    """A key in quotes; template openers in it are doubled, as the tool prints them."""
    plain = quoted(key).replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
    return plain.replace("${", "$${").replace("%{", "%%{")


def module_text(path: ModulePath) -> str:
    """`module.a["x"].module.b`, empty for the root."""
    return ".".join(f"module.{name}{key_text(key)}" for name, key in path)


class Resource(Struct, frozen=True):
    """A resource block's address, without an instance's key: `module.a.data.type.name`."""

    module: ModulePath
    mode: str
    type: str
    name: str

    def __str__(self) -> str:
        prefix = f"{module_text(self.module)}." if self.module else ""
        return f"{prefix}{self.local}"

    @property
    def local(self) -> str:
        """As the block's own module refers to it."""
        return f"{'data.' if self.mode == 'data' else ''}{self.type}.{self.name}"

    def instance(self, key: Key) -> Instance:
        """The instance with this key."""
        return Instance(self, key)


class Instance(Struct, frozen=True):
    """One instance of a resource."""

    resource: Resource
    key: Key

    def __str__(self) -> str:
        return f"{self.resource}{key_text(self.key)}"
