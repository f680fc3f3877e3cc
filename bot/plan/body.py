"""A resource's body against its provider's schema: one object, and what is wrong with it.

Above `bot.plan.providers` and `bot.plan.evaluate`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec.structs import replace

from bot.plan.configuration.content import (
    missing_argument,
    unsupported_argument,
    unsupported_block,
)
from bot.plan.diagnostics import Diagnostic, error
from bot.plan.evaluate import Scope, evaluate
from bot.plan.evaluate.confidential import detail_of
from bot.plan.evaluate.scope import Found
from bot.plan.providers import Attribute, ResourceType
from bot.plan.providers.schema import object_type
from bot.plan.syntax.nodes import Attribute as Argument
from bot.plan.syntax.nodes import Block, Body, Literal
from bot.plan.values import (
    ConversionError,
    ListType,
    MapType,
    ObjectType,
    SetType,
    Type,
    Unknown,
    Value,
    convert,
    null,
    unknown,
)
from bot.plan.values.memo import Memo


def wrong_arguments(type_: ResourceType, body: Body, found: Found) -> None:
    """What can be said without evaluating: arguments that are missing or not known."""
    attributes = type_.attributes
    for name, rule in attributes.items():
        if rule.required and name not in body.attributes:
            found.append(missing_argument(name, body))
    for argument in body.attributes.values():
        known = attributes.get(argument.name)
        if known is None:
            found.append(unsupported_argument(argument, body, sorted(attributes)))
        elif not (known.required or known.optional) and not _is_null(argument):
            found.append(_read_only(type_, argument))
    for block in body.blocks:
        found.append(_unsupported_block(block, attributes))


def _is_null(argument: Argument) -> bool:
    node = argument.expression
    return isinstance(node, Literal) and node.value.is_null


def _read_only(type_: ResourceType, argument: Argument) -> Diagnostic:
    """What the provider says; the built-in one names no place."""
    if type_.name == "terraform_data":
        return error(f'"{argument.name}" attribute is read-only')
    detail = (
        "Cannot set value for this attribute as the provider has marked it as read-only. Remove the"
        " configuration line setting the value.\n\nRefer to the provider documentation or contact"
        " the provider developers for additional information about configurable and read-only"
        " attributes that are supported by this provider."
    )
    summary = "Invalid Configuration for Read-Only Attribute"
    return error(summary, detail, argument.expression.span.range)


def _unsupported_block(block: Block, attributes: Iterable[str]) -> Diagnostic:
    """A block that the type does not have; a `dynamic` one stands for those of its label."""
    if block.type != "dynamic" or len(block.labels) != 1:
        return unsupported_block(block, (), attributes)
    detail = f'Blocks of type "{block.labels[0]}" are not expected here.'
    return error("Unsupported block type", detail, block.label_spans[0].range)


def evaluate_arguments(
    body: Body, shape: tuple[Mapping[str, Type], str | None], scope: Scope | None, found: Found
) -> None:
    """Arguments by name and type, of which one may be required: what is wrong with them."""
    types, required = shape
    if required is not None and required not in body.attributes:
        found.append(missing_argument(required, body))
    for argument in body.attributes.values():
        type_ = types.get(argument.name)
        if type_ is None:
            found.append(unsupported_argument(argument, body, sorted(types)))
        elif scope is not None:
            _converted(type_, argument.name, argument, scope, found)
    for block in body.blocks:
        found.append(_unsupported_block(block, types))


def evaluate_body(type_: ResourceType, body: Body, scope: Scope, found: Found) -> Value:
    """The configured object: every attribute of the schema, null where it is not given."""
    made: dict[str, Value] = {}
    for name, rule in type_.attributes.items():
        argument = body.attributes.get(name)
        made[name] = null(rule.type)
        if argument is not None:
            made[name] = _argument(rule, name, argument, scope, found)
    return Value(type_.type, made)


def _argument(rule: Attribute, name: str, argument: Argument, scope: Scope, found: Found) -> Value:
    converted = _converted(constraint(rule), name, argument, scope, found)
    return unknown(rule.type) if converted is None else converted


def _converted(
    wanted: Type, name: str, argument: Argument, scope: Scope, found: Found
) -> Value | None:
    """An argument's value as its type wants it; None where it is wrong, which is said."""
    value, problems = evaluate(argument.expression, scope)
    found += problems
    if problems:
        return None
    try:
        return convert(value, wanted)
    except ConversionError as problem:
        detail = f'Inappropriate value for attribute "{name}": {problem}.'
        where = argument.expression.span.range
        found.append(error("Incorrect attribute value type", detail_of(detail, value), where))
        return None


@lru_cache(maxsize=5000)
def constraint(rule: Attribute) -> Type:
    """The type to convert to: nested attributes that are not required may be left out."""
    if rule.nesting is None:
        return rule.type
    attributes = {name: constraint(each) for name, each in rule.attributes.items()}
    element = ObjectType(attributes, object_type(rule.attributes).optional)
    match rule.type:
        case ListType():
            return ListType(element)
        case SetType():
            return SetType(element)
        case MapType():
            return MapType(element)
        case _:
            return element


def validate_values(
    type_: ResourceType, config: Value, body: Body, address: str, found: Found
) -> None:
    """The provider's own validators: what must not be null, be one of a few, or be JSON."""
    raw = config.raw if isinstance(config.raw, dict) else {}
    for name, rule in type_.attributes.items():
        if name in body.attributes and name in raw:
            for problem in _problems(rule, raw[name], name):
                said = _located(problem, body, address)
                found.append(replace(said, detail=detail_of(said.detail, raw[name])))


def _located(problem: tuple[str, str, str], body: Body, address: str) -> Diagnostic:
    """The tool looks for the last name of the path among the block's own arguments, as it does for
    nested blocks, and points at the block where there is none (`ElaborateFromConfigBody`)."""
    summary, detail, path = problem
    last = path.partition('["')[0].rpartition(".")[2]
    argument = body.attributes.get(last)
    where = argument.expression.span if argument is not None else body.end_span
    return replace(error(summary, detail, where.range), address=address)


def _problems(rule: Attribute, value: Value, path: str) -> list[tuple[str, str, str]]:
    """Summary, detail and path of what is wrong with a value and what is nested in it."""
    raw = value.raw
    if value.is_null:
        if rule.not_null:
            return [("Missing Attribute Value", f"{path}: value must be configured", path)]
        return []
    if not value.is_known:
        return []
    found: list[tuple[str, str, str]] = []
    if rule.one_of and isinstance(raw, str) and raw not in rule.one_of:
        quoted = ", ".join(f'"{each}"' for each in rule.one_of)
        detail = f'Attribute {path} value must be one of: [{quoted}], got: "{raw}"'
        found.append(("Invalid Attribute Value Match", detail, path))
    if rule.json:
        found += _json_problems(value, path)
    if rule.nesting is not None:
        items = [("", value)] if isinstance(raw, dict) else []
        if isinstance(raw, tuple):
            items = [(f"[{i}]", item) for i, item in enumerate(raw)]
        for suffix, item in items:
            if not _SOUND.get(rule, item):
                within = _problems_within(rule, item, f"{path}{suffix}")
                found += within
                if not within:
                    _SOUND.put(True, rule, item)
    return found


_SOUND: Memo[bool] = Memo()
"""Nested objects in which nothing is wrong."""


def _problems_within(rule: Attribute, item: Value, path: str) -> list[tuple[str, str, str]]:
    inner = item.raw if isinstance(item.raw, dict) else {}
    found: list[tuple[str, str, str]] = []
    for name, each in rule.attributes.items():
        if name in inner:
            found += _problems(each, inner[name], f"{path}.{name}")
    return found


def _json_problems(value: Value, path: str) -> list[tuple[str, str, str]]:
    """The tool prints the whole text as well: it may hold secrets, so it is left out here."""
    raw = value.raw
    texts = [(path, raw)]
    if isinstance(raw, dict):
        texts = [(f'{path}["{key}"]', item.raw) for key, item in raw.items()]
    found = []
    for where, text in texts:
        if isinstance(text, str) and not _is_json(text):
            detail = f"Attribute {where} value must be parsable as JSON"
            found.append(("Invalid Attribute Type", detail, where))
    return found


def doubtful_json(type_: ResourceType, config: Value) -> str:
    """Why a text that is not known yet is hardly the JSON that it must be ("" where it may be)."""
    raw = config.raw if isinstance(config.raw, dict) else {}
    for name, rule in type_.attributes.items():
        value = raw.get(name)
        text = value.raw if value is not None else None
        if not (rule.json and isinstance(text, Unknown) and text.example):
            continue
        if not _is_json(text.example):
            return f"{name} must be JSON, which it is not unless a value that is not given makes it"
    return ""


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


__all__ = [
    "Block",
    "doubtful_json",
    "evaluate_arguments",
    "evaluate_body",
    "validate_values",
    "wrong_arguments",
]
