"""A module as declared: its blocks as typed nouns, nothing evaluated.

Lowest layer of `bot.plan.configuration`
(https://opentofu.org/docs/language/).
"""

from __future__ import annotations

from msgspec import Struct, field

from bot.plan.address import Key
from bot.plan.diagnostics import Diagnostic
from bot.plan.syntax.nodes import Attribute, Block, Body, Expression, ScopeTraversal
from bot.plan.syntax.source import Span
from bot.plan.type_constraint import Defaults
from bot.plan.values import DYNAMIC, Type

Target = tuple[tuple[tuple[str, Key], ...], str, str, str, Key | None]


class Check(Struct):
    """A `validation`, `precondition`, `postcondition` or `assert` block."""

    condition: Expression | None
    message: Expression | None
    span: Span


class Variable(Struct):
    """A `variable` block; `typed` where it names a type."""

    name: str
    span: Span
    type: Type = DYNAMIC
    typed: bool = False
    defaults: Defaults | None = None
    default: Expression | None = None
    nullable: bool = True
    sensitive: bool = False
    validations: tuple[Check, ...] = ()


class Output(Struct):
    """An `output` block."""

    name: str
    span: Span
    value: Expression | None
    sensitive: bool = False
    depends_on: tuple[Expression, ...] = ()
    preconditions: tuple[Check, ...] = ()


class Lifecycle(Struct):
    """The `lifecycle` block of a resource."""

    create_before_destroy: bool = False
    prevent_destroy: Span | None = None
    ignore_all: bool = False
    ignore: tuple[tuple[str, ...], ...] = ()
    ignored: tuple[ScopeTraversal, ...] = ()
    triggers: tuple[Expression, ...] = ()
    preconditions: tuple[Check, ...] = ()
    postconditions: tuple[Check, ...] = ()


class ResourceBlock(Struct):
    """A `resource` or `data` block; `body` is what the provider's schema describes.

    `alias` is that of the provider's configuration; `check` names the `check` block it stands in.
    """

    mode: str
    type: str
    name: str
    span: Span
    body: Body
    count: Expression | None = None
    for_each: Expression | None = None
    provider: str = ""
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    depends_on: tuple[Expression, ...] = ()
    provisioners: tuple[Block, ...] = ()
    alias: str = ""
    check: str = ""
    type_span: Span | None = None


class ModuleCall(Struct):
    """A `module` block: `source` is None where it is no plain text.

    `blocks` are those that no call can have; `source_node` is the source as it is written.
    """

    name: str
    span: Span
    source: str | None
    arguments: dict[str, Attribute]
    end_span: Span
    count: Expression | None = None
    for_each: Expression | None = None
    depends_on: tuple[Expression, ...] = ()
    providers: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    source_node: Expression | None = None
    versioned: bool = False
    json: bool = False


class Move(Struct):
    """A `moved` block: whole resources or instances, or module calls."""

    source: Expression
    target: Expression
    span: Span


class Removal(Struct):
    """A `removed` block."""

    source: Expression
    span: Span
    destroy: bool | None = None


class Import(Struct):
    """An `import` block."""

    target: Expression | None
    id: Expression | None
    for_each: Expression | None
    span: Span


class CheckBlock(Struct):
    """A `check` block with what it asserts."""

    name: str
    asserts: tuple[Check, ...]
    span: Span


class ProviderBlock(Struct):
    """A `provider` block; `body` is what the provider's schema describes."""

    name: str
    alias: str
    body: Body
    span: Span
    for_each: Expression | None = None


class Module(Struct):
    """Everything in one folder. `files` are the configuration files that were read.

    `root` is the root module's folder: the tool's own words name places from there.
    `aliases` are the configurations that it wants to be given, each with its provider's source.
    `overriding`: it is not a module but what override files have for one.
    """

    path: str
    root: str = ""
    overriding: bool = False
    variables: dict[str, Variable] = field(default_factory=dict)
    locals: dict[str, Attribute] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    resources: dict[tuple[str, str, str], ResourceBlock] = field(default_factory=dict)
    calls: dict[str, ModuleCall] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    imported: dict[str, list[Import]] = field(default_factory=dict)
    checks: list[CheckBlock] = field(default_factory=list)
    providers: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    provider_blocks: list[ProviderBlock] = field(default_factory=list)
    requirements: Block | None = None
    backend: Block | None = None
    cloud: Block | None = None
    files: tuple[str, ...] = ()
    diagnostics: list[Diagnostic] = field(default_factory=list)
    children: dict[str, Module] = field(default_factory=dict)
    uncertain: list[str] = field(default_factory=list)
