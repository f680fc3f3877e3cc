"""HCL's JSON form: the same tree from `.tf.json` and `.tfvars.json`.

Above `json_document` and `native` in `bot.plan.syntax`
(https://github.com/hashicorp/hcl/blob/main/json/spec.md). What is a block and what an argument is
told by the language's own blocks; a resource's properties are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

from bot.plan.diagnostics import Diagnostic, Position, error
from bot.plan.syntax.json_document import (
    Array,
    Invalid,
    Node,
    Object,
    Property,
    Scalar,
    Text,
    parse_document,
)
from bot.plan.syntax.native import LARGEST, parse_template, too_large, too_many
from bot.plan.syntax.nodes import (
    Attribute,
    Block,
    Body,
    Expression,
    JsonString,
    Literal,
    ObjectCons,
    ObjectKey,
    TupleCons,
)
from bot.plan.syntax.source import Source, Span
from bot.plan.syntax.tokens import TooManyTokens
from bot.plan.values import NULL, UNKNOWN, boolean, number, string


class _Kind(Struct, frozen=True):
    """What labels a block has, and the blocks in it; `plain`: it has arguments alone."""

    labels: tuple[str, ...] = ()
    blocks: Mapping[str, _Kind] = field(default_factory=dict)
    plain: bool = False


_Blocks: TypeAlias = Mapping[str, _Kind]
_NONE, _PLAIN = _Kind(), _Kind(plain=True)
_LIFECYCLE = _Kind(blocks={"precondition": _NONE, "postcondition": _NONE})
_PROVISIONER = _Kind(("type",), {"_": _NONE, "connection": _NONE, "lifecycle": _NONE})
_RESERVED = {"_": _NONE, "lifecycle": _NONE, "locals": _NONE}
_TERRAFORM = {
    "backend": _Kind(("type",)),
    "cloud": _NONE,
    "required_providers": _PLAIN,
    "provider_meta": _Kind(("provider",), plain=True),
    "encryption": _NONE,
}
_DATA = _Kind(("type", "name"), {"lifecycle": _LIFECYCLE, "locals": _NONE, "_": _NONE})
_FILE: _Blocks = {
    "terraform": _Kind(blocks=_TERRAFORM),
    "required_providers": _NONE,
    "provider": _Kind(("name",), _RESERVED),
    "variable": _Kind(("name",), {"validation": _NONE}),
    "locals": _PLAIN,
    "output": _Kind(("name",), _LIFECYCLE.blocks),
    "module": _Kind(("name",), {**_RESERVED, "provider": _Kind(("type",))}),
    "resource": _Kind(
        ("type", "name"),
        {**_DATA.blocks, "connection": _NONE, "provisioner": _PROVISIONER},
    ),
    "data": _DATA,
    "moved": _NONE,
    "import": _NONE,
    "check": _Kind(("name",), {"data": _DATA, "assert": _NONE}),
    "removed": _Kind(blocks={"lifecycle": _NONE, "provisioner": _PROVISIONER}),
}
_WRONG = "Incorrect JSON value type"


def parse_json(content: bytes, file: str) -> tuple[Body, list[Diagnostic]]:
    """A `.tf.json` file; what is no JSON is a diagnostic."""
    return _parsed(content, file, _FILE)


def parse_json_values(content: bytes, file: str) -> tuple[Body, list[Diagnostic]]:
    """A `.tfvars.json` file: every property is a variable's value."""
    return _parsed(content, file, {})


def _parsed(content: bytes, file: str, blocks: _Blocks) -> tuple[Body, list[Diagnostic]]:
    source = Source(file, content if len(content) <= LARGEST else b"")
    nothing = Span(source, 0, 0)
    if len(content) > LARGEST:
        return Body({}, (), nothing, nothing, json=True), [too_large(file, content, nothing)]
    if source.shift:  # HCL skips the mark in its native syntax alone
        source = Source(file, b"\xef\xbb\xbf" + content)
    try:
        root, found = parse_document(source)
    except TooManyTokens:
        return Body({}, (), nothing, nothing, json=True), [too_many(source)]
    reader = _Reader(found)
    if not isinstance(root, (Object, Array)):
        detail = (
            "The root value in a JSON-based configuration must be either a JSON object or a JSON"
            " array of objects."
        )
        found.append(error("Root value must be object", detail, root.span.range))
        root = Object((), nothing)
    return reader.body(root, _Kind(blocks=blocks, plain=not blocks)), found


class _Reader:
    def __init__(self, found: list[Diagnostic]) -> None:
        self.found = found

    def body(self, node: Node, kind: _Kind) -> Body:
        attributes: dict[str, Attribute] = {}
        made: list[Block] = []
        for each in self._properties(node, kind):
            inner = kind.blocks.get(each.name)
            if inner is not None:
                self._blocks(each, each.value, inner, (), made)
            elif each.name in attributes:
                self._duplicate(each, attributes[each.name], kind)
            elif each.name != "//":
                value = _expression(each.value)
                span = each.name_span.to(each.value.span)
                attributes[each.name] = Attribute(each.name, value, span, each.name_span)
        end = node.close_span if isinstance(node, Object) else _opening(node)
        return Body(attributes, tuple(made), node.span, end, json=True)

    def _properties(self, node: Node, kind: _Kind) -> list[Property]:
        if isinstance(node, Object):
            return list(node.properties)
        if kind.plain:
            detail = "A JSON object is required here, setting the arguments for this block."
            self._wrong(detail, node)
            return []
        return self._deep(node, "to define arguments and child blocks.")

    def _deep(self, node: Node, what: str) -> list[Property]:
        """The properties of an object, or of all objects of an array."""
        if isinstance(node, Object):
            return list(node.properties)
        if isinstance(node, Array):
            for each in node.items:
                if not isinstance(each, Object):
                    self._wrong(f"A JSON object is required here, {what}", each)
            objects = [each for each in node.items if isinstance(each, Object)]
            return [each for one in objects for each in one.properties]
        if not (isinstance(node, Scalar) and node.value is None):
            self._wrong(
                f"Either a JSON object or JSON array of objects is required here, {what}", node
            )
        return []

    def _wrong(self, detail: str, node: Node) -> None:
        self.found.append(error(_WRONG, detail, _opening(node).range))

    def _duplicate(self, each: Property, first: Attribute, kind: _Kind) -> None:
        at = first.span.range
        place = f"{at.file}:{at.start.line},{at.start.column}-"
        place += (
            f"{at.end.line},{at.end.column}" if at.end.line != at.start.line else str(at.end.column)
        )
        summary = "Duplicate attribute definition" if kind.plain else "Duplicate argument"
        detail = f'The argument "{each.name}" was already set at {place}.'
        self.found.append(error(summary, detail, each.name_span.range))

    def _blocks(
        self,
        type_: Property,
        node: Node,
        kind: _Kind,
        have: tuple[Property, ...],
        made: list[Block],
    ) -> None:
        if len(have) < len(kind.labels):
            label = kind.labels[len(have)]
            properties = self._deep(node, f"to specify {label} labels for this block.")
            if not properties:
                detail = (
                    "At least one object property is required, whose name represents the"
                    f" {type_.name} block's {label}."
                )
                self.found.append(error("Missing block label", detail, _opening(node).range))
            for each in properties:
                self._blocks(type_, each.value, kind, (*have, each), made)
            return
        if isinstance(node, Object):
            made.append(self._block(type_, node, node, kind, have))
        elif isinstance(node, Array):
            made += [self._block(type_, each, node, kind, have) for each in node.items]
        elif not (isinstance(node, Scalar) and node.value is None):
            detail = (
                "Either a JSON object or a JSON array is required, representing the contents of one"
                f' or more "{type_.name}" blocks.'
            )
            self._wrong(detail, node)

    def _block(
        self, type_: Property, node: Node, at: Node, kind: _Kind, have: tuple[Property, ...]
    ) -> Block:
        labels = tuple(each.name for each in have)
        spans = tuple(each.name_span for each in have)
        body = self.body(node, kind)
        return Block(type_.name, labels, spans, body, _opening(at), type_.name_span)


def _opening(node: Node) -> Span:
    if isinstance(node, (Object, Array)):
        return Span(node.span.source, node.span.start, min(node.span.start + 1, node.span.end))
    return node.span


def _expression(node: Node) -> Expression:
    match node:
        case Text():
            return _template(node.text, node.span)
        case Array():
            return TupleCons(tuple(map(_expression, node.items)), node.span)
        case Object():
            items = [(_key(each), _expression(each.value)) for each in node.properties]
            return ObjectCons(tuple(items), node.span)
        case Invalid():
            return Literal(UNKNOWN, node.span)
        case Scalar(value=None):
            return Literal(NULL, node.span)
        case Scalar(value=bool() as raw):
            return Literal(boolean(raw), node.span)
        case Scalar(value=raw):
            return Literal(number(raw if isinstance(raw, int) else str(raw)), node.span)


def _key(each: Property) -> ObjectKey:
    return ObjectKey(_template(each.name, each.name_span), False, each.name_span)


def _template(text: str, span: Span) -> JsonString:
    if "${" not in text and "%{" not in text:
        return JsonString(text, Literal(string(text), span), (), span)
    at = span.range.start
    inside = Position(at.line, at.column + 1, at.byte + 1)
    template, problems = parse_template(text, span.source.file, inside)
    return JsonString(text, template, tuple(problems), span)
