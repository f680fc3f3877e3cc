"""What a provider's facts are made of: attributes, what forces replacement, how a read answers.

Lowest layer of `bot.plan.providers`. A provider is one file beside this one: a `Provider` with its
resource types, each a table of attributes in the notation of `plain`, `single` and `many`. The same
tables come out of `tofu providers schema -json` (see `loading`), but for what that does not tell:
what forces replacement, what stays known, and how a read spells things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cached_property
from typing import Any

from msgspec import Struct, field

from bot.plan.values import ListType, MapType, ObjectType, SetType, Type, Value


class Replace(Enum):
    """When a change of the attribute makes the object anew."""

    NEVER = "never"
    ALWAYS = "always"
    IF_CONFIGURED = "if configured"
    NON_NULL_ELEMENTS = "if elements that are not null change"
    UNKNOWN = "not known"


ALWAYS = Replace.ALWAYS
IF_CONFIGURED = Replace.IF_CONFIGURED
NON_NULL_ELEMENTS = Replace.NON_NULL_ELEMENTS


class Nesting(Enum):
    """How nested attributes are held."""

    SINGLE = "single"
    LIST = "list"
    SET = "set"
    MAP = "map"


class Attribute(Struct, frozen=True, eq=False, dict=True):
    """One attribute. `keeps`: while unchanged by the configuration it stays known on an update;
    `never_null`: the provider says so of it as long as it is unknown; not `told`: whether it stays
    known on an update, nobody said."""

    type: Type
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    replace: Replace = Replace.NEVER
    keeps: bool = False
    never_null: bool = False
    told: bool = True
    not_null: bool = False
    json: bool = False
    one_of: tuple[str, ...] = ()
    default: str | int | bool | None = None
    nesting: Nesting | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @property
    def only_computed(self) -> bool:
        """Whether the provider alone decides it."""
        return self.computed and not self.optional

    @cached_property
    def filled(self) -> tuple[tuple[str, Attribute], ...]:
        """What is nested in it and may be filled in by the provider, or has a part that may."""
        return tuple(
            (name, each)
            for name, each in self.attributes.items()
            if each.computed or each.default is not None or each.filled
        )

    @cached_property
    def filled_anew(self) -> bool:
        """Whether an update fills in what is nested in it as a creation does, whatever it was."""
        return all(
            each.told and not each.keeps and each.nesting is not Nesting.MAP and each.filled_anew
            for _, each in self.filled
        )


Rules = dict[str, Attribute]


def plain(flags: str, type_: Type, **rules: Any) -> Attribute:
    """An attribute; `flags` are the letters of required, optional and computed."""
    return Attribute(
        type_,
        "r" in flags,
        "o" in flags,
        "c" in flags,
        **rules,
    )


def single(flags: str, attributes: Rules, **rules: Any) -> Attribute:
    """An attribute that is one object with attributes of its own."""
    return _nested(flags, attributes, Nesting.SINGLE, rules)


def many(flags: str, attributes: Rules, **rules: Any) -> Attribute:
    """An attribute that is a list of such objects."""
    return _nested(flags, attributes, Nesting.LIST, rules)


def _nested(
    flags: str, attributes: Rules, nesting: Nesting, rules: Mapping[str, object]
) -> Attribute:
    element = ObjectType(object_type(attributes).attributes)
    wrapped: dict[Nesting, Type] = {
        Nesting.SINGLE: element,
        Nesting.LIST: ListType(element),
        Nesting.SET: SetType(element),
        Nesting.MAP: MapType(element),
    }
    return plain(flags, wrapped[nesting], nesting=nesting, attributes=attributes, **rules)


def object_type(attributes: Mapping[str, Attribute]) -> ObjectType:
    """The type of an object with these attributes; what is not required may be left out."""
    optional = frozenset(name for name, each in attributes.items() if not each.required)
    return ObjectType({name: each.type for name, each in attributes.items()}, optional)


class ResourceType(Struct, frozen=True, eq=False, dict=True):
    """A resource type or data source.

    `read` makes of a state's attributes what the provider's next read makes of them, before any
    plan; `fires` says that the resource stands for an action, not for data; `output_of` maps a
    computed attribute to the argument whose value it takes after the apply (`terraform_data`);
    `answers` is what a data source's read gives for its arguments, where that can be told;
    `deprecated` is the warning of the provider's own schema. An import sets `import_by`; with
    `import_whole` there is nothing else to read. `twins` are two names of one flag: each is as the
    other, and both are true where none is given.
    """

    name: str
    attributes: Mapping[str, Attribute]
    read: Callable[[Value], Value] | None = None
    live: Callable[[Value, Mapping[str, object]], Value] | None = None
    fires: bool = False
    output_of: Mapping[str, str] = field(default_factory=dict)
    answers: Callable[[Value], Value | None] | None = None
    deprecated: str = ""
    importable: bool = True
    import_by: str = "id"
    import_whole: bool = False
    twins: tuple[str, str] | None = None

    @cached_property
    def type(self) -> ObjectType:
        """The type of a state's attributes."""
        return ObjectType({name: each.type for name, each in self.attributes.items()})


class Loose(Struct, frozen=True):
    """Rules of types whose schema is not kept: what forces replacement (all else updates in place),
    what stays known on an update (all else becomes unknown), what is secret, what is JSON text."""

    replace: frozenset[str] = frozenset()
    keeps: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    json: frozenset[str] = frozenset()


class Provider(Struct, frozen=True, eq=False):
    """The facts of one provider, by its source address without a host (`hashicorp/null`).

    `loose` gives the rules of a resource type that has no table here.
    """

    source: str
    resources: Mapping[str, ResourceType]
    data_sources: Mapping[str, ResourceType] = field(default_factory=dict)
    version: str = ""
    loose: Callable[[str], Loose | None] | None = None
