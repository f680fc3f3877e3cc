"""Type expressions of variables: `list(string)`, `object({a = optional(number, 1)})`, `any`.

Above `bot.plan.evaluate` (defaults are expressions of literals)
(https://opentofu.org/docs/language/expressions/type-constraints/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate.constants import constant_value
from bot.plan.syntax import parse_expression
from bot.plan.syntax.nodes import (
    Expression,
    FunctionCall,
    JsonString,
    ObjectCons,
    ObjectKey,
    ScopeTraversal,
    Template,
    TupleCons,
)
from bot.plan.syntax.source import Span
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    UNKNOWN,
    ConversionError,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    Value,
    convert,
    object_of,
    set_of,
    tuple_of,
)

_SUMMARY = "Invalid type specification"
_NAMES: dict[str, Type] = {"string": STRING, "number": NUMBER, "bool": BOOL, "any": DYNAMIC}
_COLLECTIONS: dict[str, Callable[[Type], Type]] = {
    "list": ListType,
    "set": SetType,
    "map": MapType,
}
_ELEMENT = "The {} type constructor requires one argument specifying the element type."
_ONE_ARGUMENT = {
    "list": _ELEMENT.format("list"),
    "set": _ELEMENT.format("set"),
    "map": _ELEMENT.format("map"),
    "object": (
        "The object type constructor requires one argument specifying the attribute types and"
        " values as a map."
    ),
    "tuple": (
        "The tuple type constructor requires one argument specifying the element types as a list."
    ),
}
_QUOTED = {
    "string": 'Remove the quotes around "string".',
    "list": (
        'Remove the quotes around "list" and write list(string) instead to explicitly indicate that'
        " the list elements are strings."
    ),
    "map": (
        'Remove the quotes around "map" and write map(string) instead to explicitly indicate that'
        " the map elements are strings."
    ),
}


class Defaults(Struct, frozen=True):
    """What optional attributes are when they are left out: values here, deeper ones in `children`.

    A child is an attribute's name, or "" for the elements of a collection, or a tuple's position.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    children: Mapping[str, Defaults] = field(default_factory=dict)


NO_DEFAULTS = Defaults()


def type_constraint(node: Expression) -> tuple[Type, Defaults, list[Diagnostic]]:
    """The type that an expression names; `any` where it names none, which is reported."""
    found: list[Diagnostic] = []
    parser = _Parser(found)
    if isinstance(node, Template):
        return *parser.quoted(node), found
    word = node.root if isinstance(node, ScopeTraversal) and not node.steps else ""
    if isinstance(node, JsonString):
        word = node.text
    if word in ("list", "map"):
        return _COLLECTIONS[word](DYNAMIC), NO_DEFAULTS, found
    type_, defaults = parser.parse(node)
    return type_, defaults, found


class _Parser:
    def __init__(self, found: list[Diagnostic]) -> None:
        self.found = found

    def parse(self, node: Expression) -> tuple[Type, Defaults]:
        """The type that an expression names, which a JSON file has in a string."""
        written = node
        if isinstance(node, JsonString):
            at = node.span.range.start
            written, _ = parse_expression(node.text, node.span.source.file, at)
        if isinstance(written, ScopeTraversal) and not written.steps:
            return self._keyword(written)
        if isinstance(written, FunctionCall):
            return self._call(written)
        return self._refuse(
            node.span,
            "A type specification is either a primitive type keyword (bool, number, string) or a"
            " complex type constructor call, like list(string).",
        )

    def quoted(self, node: Template) -> tuple[Type, Defaults]:
        """What older configurations had: `type = "list"`."""
        value, found = constant_value(node)
        self.found += found
        words = _QUOTED.get(str(value.raw))
        if found:
            return DYNAMIC, NO_DEFAULTS
        if words is None:
            detail = (
                "To provide a full type expression, remove the surrounding quotes and give the type"
                " expression directly."
            )
            return self._refuse(node.span, detail, "Invalid legacy variable type hint")
        detail = (
            "OpenTofu 0.11 and earlier required type constraints to be given in quotes, but that"
            " form is now deprecated and will be removed in a future version of OpenTofu."
            f" {words}"
        )
        return self._refuse(node.span, detail, "Invalid quoted type constraints")

    def _refuse(self, where: Span, detail: str, summary: str = _SUMMARY) -> tuple[Type, Defaults]:
        self.found.append(error(summary, detail, where.range))
        return DYNAMIC, NO_DEFAULTS

    def _keyword(self, node: ScopeTraversal) -> tuple[Type, Defaults]:
        if node.root in _NAMES:
            return _NAMES[node.root], NO_DEFAULTS
        unknown = f'The keyword "{node.root}" is not a valid type specification.'
        return self._refuse(node.span, _ONE_ARGUMENT.get(node.root, unknown))

    def _call(self, node: FunctionCall) -> tuple[Type, Defaults]:
        arguments = Span(node.span.source, node.name_span.end, node.close_span.end)
        if node.name in _NAMES:
            noun = "Type constraint" if node.name == "any" else "Primitive type"
            detail = f'{noun} keyword "{node.name}" does not expect arguments.'
            return self._refuse(arguments, detail)
        if node.name in _ONE_ARGUMENT and len(node.arguments) != 1:
            extra = node.arguments[1:]
            where = extra[0].span.to(extra[-1].span) if extra else arguments
            return self._refuse(where, _ONE_ARGUMENT[node.name])
        if node.name in _COLLECTIONS:
            element, inner = self.parse(node.arguments[0])
            defaults = Defaults(children={"": inner}) if inner != NO_DEFAULTS else NO_DEFAULTS
            return _COLLECTIONS[node.name](element), defaults
        if node.name == "object":
            return self._object(node.arguments[0])
        if node.name == "tuple":
            return self._tuple(node.arguments[0])
        if node.name == "optional":
            detail = 'Keyword "optional" is valid only as a modifier for object type attributes.'
            return self._refuse(node.name_span, detail)
        return self._refuse(node.span, f'Keyword "{node.name}" is not a valid type constructor.')

    def _tuple(self, node: Expression) -> tuple[Type, Defaults]:
        if not isinstance(node, TupleCons):
            detail = "Tuple type constructor requires a list of element types."
            return self._refuse(node.span, detail)
        parsed = [self.parse(item) for item in node.items]
        children = {str(i): d for i, (_, d) in enumerate(parsed) if d != NO_DEFAULTS}
        return TupleType(tuple(type_ for type_, _ in parsed)), Defaults(children=children)

    def _object(self, node: Expression) -> tuple[Type, Defaults]:
        attributes: dict[str, Type] = {}
        optional: set[str] = set()
        values: dict[str, Value] = {}
        children: dict[str, Defaults] = {}
        if not isinstance(node, ObjectCons):
            detail = (
                "Object type constructor requires a map whose keys are attribute names and whose"
                " values are the corresponding attribute types."
            )
            return self._refuse(node.span, detail)
        for key, value in node.items:
            name = self._attribute_name(key, attributes)
            if name is None:
                continue
            inner = NO_DEFAULTS
            if isinstance(value, FunctionCall) and value.name == "optional":
                if value.arguments:
                    optional.add(name)
                    attributes[name], inner = self._optional(value, name, values)
                else:
                    where = Span(value.span.source, value.name_span.end, value.close_span.end)
                    detail = (
                        "Optional attribute modifier requires the attribute type as its argument."
                    )
                    self._refuse(where, detail)
            else:
                attributes[name], inner = self.parse(value)
            if inner != NO_DEFAULTS:
                children[name] = inner
        return ObjectType(attributes, frozenset(optional)), Defaults(values, children)

    def _attribute_name(self, key: ObjectKey, known: Mapping[str, Type]) -> str | None:
        name = key.keyword
        if name is None and isinstance(key.wrapped, JsonString):
            name = key.wrapped.text
        if name is None:
            self._refuse(key.span, "Object constructor map keys must be attribute names.")
        elif name in known:
            self._refuse(key.span, "Object constructor map keys must be unique.")
            return None
        return name

    def _optional(
        self, node: FunctionCall, name: str, values: dict[str, Value]
    ) -> tuple[Type, Defaults]:
        if len(node.arguments) > 2:
            where = Span(node.span.source, node.name_span.end, node.close_span.end)
            detail = (
                "Optional attribute modifier expects at most two arguments: the attribute type, and"
                " a default value."
            )
            self._refuse(where, detail)
        default = node.arguments[1] if len(node.arguments) == 2 else None
        value, problems = constant_value(default) if default is not None else (UNKNOWN, [])
        self.found += problems
        type_, inner = self.parse(node.arguments[0])
        if default is not None and not problems:
            try:
                values[name] = convert(value, type_)
            except ConversionError as problem:
                detail = (
                    "This default value is not compatible with the attribute's type constraint:"
                    f" {problem}."
                )
                summary = "Invalid default value for optional attribute"
                self.found.append(error(summary, detail, default.span.range))
        return type_, inner


def with_defaults(value: Value, defaults: Defaults) -> Value:
    """`value` with left-out or null attributes that have a default filled in, before conversion."""
    if defaults == NO_DEFAULTS or value.is_null or not value.is_known:
        return value
    raw, marks = value.raw, value.marks
    if isinstance(raw, dict):
        return _mapping(raw, defaults).with_marks(marks)
    if isinstance(raw, tuple):
        items = [
            with_defaults(
                item, defaults.children.get("", defaults.children.get(str(i), NO_DEFAULTS))
            )
            for i, item in enumerate(raw)
        ]
        return _sequence(value, items).with_marks(marks)
    return value


def _mapping(raw: dict[str, Value], defaults: Defaults) -> Value:
    if "" in defaults.children:
        filled = {key: with_defaults(item, defaults.children[""]) for key, item in raw.items()}
        return object_of(filled)
    filled = dict(raw)
    for name, default in defaults.values.items():
        if name not in filled or filled[name].is_null:
            filled[name] = default
    for name, inner in defaults.children.items():
        if name in filled:
            filled[name] = with_defaults(filled[name], inner)
    return object_of(filled)


def _sequence(value: Value, items: list[Value]) -> Value:
    if isinstance(value.type, SetType):
        types = {str(item.type): item.type for item in items}
        if len(types) <= 1:
            element = next(iter(types.values()), value.type.element)
            return set_of(element, items)
    return tuple_of(items)
