"""The tree of a configuration: bodies of arguments and blocks, and expressions, as HCL has them.

Above `source` in `bot.plan.syntax`; evaluates nothing. The names are those of HCL's native syntax
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md). Nodes are not changed once the
parser has returned; they are not frozen because freezing doubles the cost of a parse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from bot.plan.syntax.source import Span
from bot.plan.values import Value


@dataclass(slots=True, eq=False)
class Literal:
    """A number, `true`, `false`, `null`, or a literal piece of a template."""

    value: Value
    span: Span


@dataclass(slots=True, eq=False)
class Template:
    """A quoted string or heredoc: its pieces are joined as strings."""

    parts: tuple[Expression, ...]
    span: Span

    @property
    def literal(self) -> str | None:
        """The text, where nothing in it has to be evaluated."""
        if not self.parts:
            return ""
        if len(self.parts) == 1 and isinstance(self.parts[0], Literal):
            raw = self.parts[0].value.raw
            return raw if isinstance(raw, str) else None
        return None


@dataclass(slots=True, eq=False)
class TemplateWrap:
    """`"${x}"`: the value itself, not its text."""

    wrapped: Expression
    span: Span


@dataclass(slots=True, eq=False)
class TemplateJoin:
    """`%{ for … }`: the pieces that a `For` gives, joined."""

    loop: For
    span: Span


@dataclass(slots=True, eq=False)
class Attr:
    """A step `.name` of a traversal."""

    name: str
    span: Span


@dataclass(slots=True, eq=False)
class Key:
    """A step `[key]` of a traversal, its key a literal."""

    key: Value
    span: Span


Step: TypeAlias = Attr | Key


@dataclass(slots=True, eq=False)
class ScopeTraversal:
    """`root.step[step]`: a reference by name."""

    root: str
    steps: tuple[Step, ...]
    span: Span
    root_span: Span


@dataclass(slots=True, eq=False)
class RelativeTraversal:
    """Steps into the value of any other expression."""

    source: Expression
    steps: tuple[Step, ...]
    span: Span


@dataclass(slots=True, eq=False)
class FunctionCall:
    """`name(arguments…)`; `expand_final` where the last is followed by `...`."""

    name: str
    arguments: tuple[Expression, ...]
    expand_final: bool
    span: Span
    name_span: Span
    close_span: Span


@dataclass(slots=True, eq=False)
class Conditional:
    """`condition ? yes : no`, also from `%{ if }`."""

    condition: Expression
    yes: Expression
    no: Expression
    span: Span


@dataclass(slots=True, eq=False)
class Binary:
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(slots=True, eq=False)
class Unary:
    """`-x` and `!x`."""

    operator: str
    operand: Expression
    span: Span


@dataclass(slots=True, eq=False)
class TupleCons:
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span


@dataclass(slots=True, eq=False)
class ObjectCons:
    """`{a = b}`."""

    items: tuple[tuple[ObjectKey, Expression], ...]
    span: Span


@dataclass(slots=True, eq=False)
class ObjectKey:
    """A key of an object: a bare name is its own text, unless it stands in parentheses."""

    wrapped: Expression
    forced: bool
    span: Span

    @property
    def keyword(self) -> str | None:
        """The bare name, where it is one."""
        if self.forced:
            return None
        if isinstance(self.wrapped, Literal) and self.wrapped.span.text in (
            "true",
            "false",
            "null",
        ):
            return self.wrapped.span.text
        if not isinstance(self.wrapped, ScopeTraversal) or self.wrapped.steps:
            return None
        return self.wrapped.root


@dataclass(slots=True, eq=False)
class For:
    """`[for k, v in c : x if y]` and `{for … : k => v...}`."""

    key_name: str
    value_name: str
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool
    span: Span
    makes_object: bool


@dataclass(slots=True, eq=False)
class Index:
    """`collection[key]`, its key to be evaluated."""

    collection: Expression
    key: Expression
    span: Span
    bracket_span: Span


@dataclass(slots=True, eq=False)
class Splat:
    """`source[*].each` and `source.*.each`; `each` starts at a `SplatItem`."""

    source: Expression
    each: Expression
    item: SplatItem
    span: Span


@dataclass(slots=True, eq=False)
class SplatItem:
    """Stands for the current element inside a splat."""

    span: Span


@dataclass(slots=True, eq=False)
class Parentheses:
    """`(inner)`."""

    inner: Expression
    span: Span


Expression: TypeAlias = (
    Literal
    | Template
    | TemplateWrap
    | TemplateJoin
    | ScopeTraversal
    | RelativeTraversal
    | FunctionCall
    | Conditional
    | Binary
    | Unary
    | TupleCons
    | ObjectCons
    | ObjectKey
    | For
    | Index
    | Splat
    | SplatItem
    | Parentheses
)


@dataclass(slots=True, eq=False)
class Attribute:
    """`name = expression`."""

    name: str
    expression: Expression
    span: Span
    name_span: Span


@dataclass(slots=True, eq=False)
class Block:
    """`type "label" { body }`."""

    type: str
    labels: tuple[str, ...]
    label_spans: tuple[Span, ...]
    body: Body
    span: Span
    type_span: Span

    @property
    def header_span(self) -> Span:
        """From the type to the last label: what diagnostics about the block point at."""
        return self.type_span.to(self.label_spans[-1]) if self.label_spans else self.type_span


@dataclass(slots=True, eq=False)
class Body:
    """Arguments by name and blocks in order; `end_span` is where a missing argument would stand."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]
    span: Span
    end_span: Span
    hidden: frozenset[str] = field(default_factory=frozenset)
