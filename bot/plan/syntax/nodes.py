"""The tree of a configuration: bodies of arguments and blocks, and expressions, as HCL has them.

Above `source` in `bot.plan.syntax`; evaluates nothing. The names are those of HCL's native syntax
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md). Nodes are not changed once the
parser has returned; they are not frozen because freezing doubles the cost of a parse.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from bot.plan.diagnostics import Diagnostic
from bot.plan.syntax.source import Span
from bot.plan.values import Value


class Literal(Struct, eq=False):
    """A number, `true`, `false`, `null`, or a literal piece of a template."""

    value: Value
    span: Span


class Template(Struct, eq=False):
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


class JsonString(Struct, eq=False):
    """A string of a JSON file: a template where expressions are allowed, else its own text.

    What is wrong with the template is said where it is evaluated.
    """

    text: str
    template: Expression
    problems: tuple[Diagnostic, ...]
    span: Span


class TemplateWrap(Struct, eq=False):
    """`"${x}"`: the value itself, not its text."""

    wrapped: Expression
    span: Span


class TemplateJoin(Struct, eq=False):
    """`%{ for … }`: the pieces that a `For` gives, joined."""

    loop: For
    span: Span


class Attr(Struct, eq=False):
    """A step `.name` of a traversal."""

    name: str
    span: Span


class Key(Struct, eq=False):
    """A step `[key]` of a traversal, its key a literal."""

    key: Value
    span: Span


Step: TypeAlias = Attr | Key


class ScopeTraversal(Struct, eq=False):
    """`root.step[step]`: a reference by name."""

    root: str
    steps: tuple[Step, ...]
    span: Span
    root_span: Span


class RelativeTraversal(Struct, eq=False):
    """Steps into the value of any other expression."""

    source: Expression
    steps: tuple[Step, ...]
    span: Span


class FunctionCall(Struct, eq=False):
    """`name(arguments…)`; `expand_final` where the last is followed by `...`."""

    name: str
    arguments: tuple[Expression, ...]
    expand_final: bool
    span: Span
    name_span: Span
    close_span: Span


class Conditional(Struct, eq=False):
    """`condition ? yes : no`, also from `%{ if }`."""

    condition: Expression
    yes: Expression
    no: Expression
    span: Span


class Binary(Struct, eq=False):
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression
    span: Span


class Unary(Struct, eq=False):
    """`-x` and `!x`."""

    operator: str
    operand: Expression
    span: Span


class TupleCons(Struct, eq=False):
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span


class ObjectCons(Struct, eq=False):
    """`{a = b}`."""

    items: tuple[tuple[ObjectKey, Expression], ...]
    span: Span


class ObjectKey(Struct, eq=False):
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


class For(Struct, eq=False):
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


class Index(Struct, eq=False):
    """`collection[key]`, its key to be evaluated."""

    collection: Expression
    key: Expression
    span: Span
    bracket_span: Span


class Splat(Struct, eq=False):
    """`source[*].each` and `source.*.each`; `each` starts at a `SplatItem`."""

    source: Expression
    each: Expression
    item: SplatItem
    span: Span


class SplatItem(Struct, eq=False):
    """Stands for the current element inside a splat."""

    span: Span


class Parentheses(Struct, eq=False):
    """`(inner)`."""

    inner: Expression
    span: Span


Expression: TypeAlias = (
    Literal
    | Template
    | JsonString
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


class Attribute(Struct, eq=False):
    """`name = expression`."""

    name: str
    expression: Expression
    span: Span
    name_span: Span


class Block(Struct, eq=False):
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
        if self.body.json:
            return self.span
        return self.type_span.to(self.label_spans[-1]) if self.label_spans else self.type_span

    @property
    def open_span(self) -> Span:
        """The opening brace: what diagnostics about missing labels point at."""
        at = self.body.span
        return Span(at.source, at.start, at.start + 1)


class Body(Struct, eq=False):
    """Arguments by name and blocks in order; `end_span` is where a missing argument would stand.

    `json`: it is a JSON object, about which the words differ.
    """

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]
    span: Span
    end_span: Span
    json: bool = False
