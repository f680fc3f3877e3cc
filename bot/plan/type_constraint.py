"""Type expressions of variables: `list(string)`, `object({a = optional(number, 1)})`, `any`.

Above `bot.plan.evaluate` (defaults are expressions of literals)
(https://opentofu.org/docs/language/expressions/type-constraints/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate import Names, Scope, evaluate
from bot.plan.functions.context import FunctionContext
from bot.plan.syntax.nodes import (
    Expression,
    FunctionCall,
    ObjectCons,
    ScopeTraversal,
    Template,
    TupleCons,
)
from bot.plan.values import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
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
    type_, defaults = _Parser(found).parse(node)
    return type_, defaults, found


class _Parser:
    def __init__(self, found: list[Diagnostic]) -> None:
        self.found = found

    def parse(self, node: Expression) -> tuple[Type, Defaults]:
        if isinstance(node, Template) and node.literal is not None:
            return self._quoted(node)
        if isinstance(node, ScopeTraversal) and not node.steps:
            if node.root in _NAMES:
                return _NAMES[node.root], NO_DEFAULTS
            if node.root in _COLLECTIONS:
                return _COLLECTIONS[node.root](DYNAMIC), NO_DEFAULTS
            return self._refuse(
                node, f'The keyword "{node.root}" is not a valid type specification.'
            )
        if isinstance(node, FunctionCall):
            return self._call(node)
        return self._refuse(
            node,
            "A type specification is either a primitive type keyword (bool, number, string), or a"
            " complex type constructor call, like list(string).",
        )

    def _quoted(self, node: Template) -> tuple[Type, Defaults]:
        """The old way: `type = "list"`."""
        named: dict[str, Type] = {
            "string": STRING,
            "list": ListType(DYNAMIC),
            "map": MapType(DYNAMIC),
        }
        if node.literal is not None and node.literal in named:
            return named[node.literal], NO_DEFAULTS
        return self._refuse(node, "Type names must not be quoted.")

    def _refuse(self, node: Expression, detail: str) -> tuple[Type, Defaults]:
        self.found.append(error(_SUMMARY, detail, node.span.range))
        return DYNAMIC, NO_DEFAULTS

    def _call(self, node: FunctionCall) -> tuple[Type, Defaults]:
        if len(node.arguments) != 1:
            detail = (
                f"The {node.name} type constructor requires one argument specifying its elements."
            )
            return self._refuse(node, detail)
        argument = node.arguments[0]
        if node.name in _COLLECTIONS:
            element, inner = self.parse(argument)
            defaults = Defaults(children={"": inner}) if inner != NO_DEFAULTS else NO_DEFAULTS
            return _COLLECTIONS[node.name](element), defaults
        if node.name == "object" and isinstance(argument, ObjectCons):
            return self._object(argument)
        if node.name == "tuple" and isinstance(argument, TupleCons):
            return self._tuple(argument)
        if node.name == "optional":
            detail = 'Keyword "optional" is valid only as a modifier for object type attributes.'
            return self._refuse(node, detail)
        return self._refuse(node, f'Keyword "{node.name}" is not a valid type constructor.')

    def _tuple(self, node: TupleCons) -> tuple[Type, Defaults]:
        parsed = [self.parse(item) for item in node.items]
        children = {str(i): d for i, (_, d) in enumerate(parsed) if d != NO_DEFAULTS}
        return TupleType(tuple(type_ for type_, _ in parsed)), Defaults(children=children)

    def _object(self, node: ObjectCons) -> tuple[Type, Defaults]:
        attributes: dict[str, Type] = {}
        optional: set[str] = set()
        values: dict[str, Value] = {}
        children: dict[str, Defaults] = {}
        for key, value in node.items:
            name = key.keyword
            if name is None and isinstance(key.wrapped, Template):
                name = key.wrapped.literal
            if name is None:
                self._refuse(key, "Object constructor map keys must be attribute names.")
                continue
            if isinstance(value, FunctionCall) and value.name == "optional":
                optional.add(name)
                attributes[name], inner = self._optional(value, name, values)
            else:
                attributes[name], inner = self.parse(value)
            if inner != NO_DEFAULTS:
                children[name] = inner
        return ObjectType(attributes, frozenset(optional)), Defaults(values, children)

    def _optional(
        self, node: FunctionCall, name: str, values: dict[str, Value]
    ) -> tuple[Type, Defaults]:
        if not 1 <= len(node.arguments) <= 2:
            detail = "Optional attribute modifier expects one or two arguments."
            return self._refuse(node, detail)
        type_, inner = self.parse(node.arguments[0])
        if len(node.arguments) == 2:
            value, found = evaluate(node.arguments[1], Scope(Names({}), FunctionContext()))
            self.found.extend(found)
            try:
                values[name] = convert(value, type_)
            except ConversionError as problem:
                detail = (
                    f"This default value is not compatible with the attribute's type: {problem}."
                )
                summary = "Invalid default value for optional attribute"
                self.found.append(error(summary, detail, node.arguments[1].span.range))
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
