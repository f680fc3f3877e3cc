"""`variable`, `locals` and `output` blocks into nouns.

Above `arguments` in `bot.plan.configuration`.
"""

from __future__ import annotations

from bot.plan.configuration.arguments import check_of, depends_on, expression_of, flag, text
from bot.plan.configuration.content import Found, Shape, content, just_attributes
from bot.plan.configuration.module import Check, Module, Output, Variable
from bot.plan.configuration.names import invalid_name, is_name, named
from bot.plan.diagnostics import error
from bot.plan.evaluate import references
from bot.plan.evaluate.constants import constant_value
from bot.plan.places import place
from bot.plan.syntax.nodes import Block
from bot.plan.type_constraint import NO_DEFAULTS, type_constraint, with_defaults
from bot.plan.values import ConversionError, convert

_VARIABLE = Shape(
    ("description", "default", "type", "sensitive", "deprecated", "nullable"),
    blocks={"validation": ()},
)
_OUTPUT = Shape(
    ("description", "value", "depends_on", "sensitive", "deprecated"),
    frozenset({"value"}),
    {"precondition": (), "postcondition": ()},
)
_OVERRIDING_OUTPUT = Shape(_OUTPUT.arguments, blocks=_OUTPUT.blocks)
_OF_CALLS = (
    "source", "version", "count", "for_each", "depends_on", "providers", "_", "lifecycle",
    "locals", "provider",
)  # fmt: skip
"""What a `module` block has of its own: no variable can go by these names."""


def variable(block: Block, module: Module) -> None:
    """A `variable` block."""
    found, name = module.diagnostics, block.labels[0]
    blocks = content(block.body, _VARIABLE, found)
    named(block, ("variable name",), found)
    if name in _OF_CALLS:
        detail = (
            f'The variable name "{name}" is reserved due to its special meaning inside module'
            " blocks."
        )
        found.append(error("Invalid variable name", detail, block.label_spans[0].range))
    made = _variable(block, name, module)
    made.validations = tuple(_validation(inner, name, module) for inner in blocks)
    if name in module.variables:
        first = place(module.variables[name].span.range, module.root)
        detail = (
            f'A variable named "{name}" was already declared at {first}. Variable names must be'
            " unique within a module."
        )
        found.append(error("Duplicate variable declaration", detail, block.header_span.range))
        return
    module.variables[name] = made


def _variable(block: Block, name: str, module: Module) -> Variable:
    found, attributes = module.diagnostics, block.body.attributes
    made = Variable(name, block.header_span)
    text(attributes.get("description"), found)
    if "type" in attributes:
        made.type, made.defaults, problems = type_constraint(attributes["type"].expression)
        made.typed = True
        found += problems
    made.sensitive = flag(attributes.get("sensitive"), found) is True
    _deprecated(block, "value", found)
    made.nullable = flag(attributes.get("nullable"), found) is not False
    made.default = expression_of(attributes.get("default"))
    if made.default is not None:
        _default(made, module)
    return made


def _default(variable: Variable, module: Module) -> None:
    """A default that is no constant, or does not fit, is said."""
    if variable.default is None:
        return
    value, problems = constant_value(variable.default)
    module.diagnostics += problems
    where = variable.default.span.range
    summary = "Invalid default value for variable"
    if variable.typed or not module.overriding:
        try:
            value = convert(with_defaults(value, variable.defaults or NO_DEFAULTS), variable.type)
        except ConversionError as problem:
            detail = (
                "This default value is not compatible with the variable's type constraint:"
                f" {problem}."
            )
            module.diagnostics.append(error(summary, detail, where))
            return
    if not variable.nullable and value.is_null:
        detail = "A null default value is not valid when nullable=false."
        module.diagnostics.append(error(summary, detail, where))


def _deprecated(block: Block, noun: str, found: Found) -> None:
    attribute = block.body.attributes.get("deprecated")
    given = text(attribute, found)
    if attribute is None or given is None or given.strip():
        return
    detail = (
        'The "deprecated" argument must not be empty, and should provide instructions on how to'
        " migrate away from usage of this deprecated"
        f" {'variable' if block.type == 'variable' else 'output value'}."
    )
    where = block.label_spans[0] if block.type == "variable" else attribute.expression.span
    found.append(error(f"Invalid `deprecated` {noun}", detail, where.range))


def _validation(block: Block, name: str, module: Module) -> Check:
    check = check_of(block, module)
    if check.condition is not None and not any(
        node.root == "var" and node.steps and getattr(node.steps[0], "name", "") == name
        for node in references(check.condition)
    ):
        detail = (
            f'The condition for variable "{name}" must refer to var.{name} in order to test'
            " incoming values."
        )
        where = check.condition.span.range
        module.diagnostics.append(error("Invalid variable validation condition", detail, where))
    return check


def locals_(block: Block, module: Module) -> None:
    """A `locals` block."""
    found = module.diagnostics
    for name, attribute in just_attributes(block.body, found).items():
        if not is_name(name):
            found.append(invalid_name("local value name", attribute.name_span.range))
        if name in module.locals:
            first = place(module.locals[name].span.range, module.root)
            detail = (
                f'A local value named "{name}" was already defined at {first}. Local value names'
                " must be unique within a module."
            )
            where = attribute.span.range
            found.append(error("Duplicate local value definition", detail, where))
        else:
            module.locals[name] = attribute


def output(block: Block, module: Module) -> None:
    """An `output` block."""
    found, name = module.diagnostics, block.labels[0]
    shape = _OVERRIDING_OUTPUT if module.overriding else _OUTPUT
    blocks = content(block.body, shape, found)
    named(block, ("output name",), found)
    attributes = block.body.attributes
    text(attributes.get("description"), found)
    sensitive = flag(attributes.get("sensitive"), found) is True
    _deprecated(block, "attribute", found)
    after = depends_on(attributes.get("depends_on"), found)
    conditions = [_precondition(each, module) for each in blocks]
    if name in module.outputs:
        first = place(module.outputs[name].span.range, module.root)
        detail = (
            f'An output named "{name}" was already defined at {first}. Output names must be unique'
            " within a module."
        )
        found.append(error("Duplicate output definition", detail, block.header_span.range))
        return
    checks = tuple(each for each in conditions if each is not None)
    value = expression_of(attributes.get("value"))
    module.outputs[name] = Output(name, block.header_span, value, sensitive, after, checks)


def _precondition(block: Block, module: Module) -> Check | None:
    if block.type == "precondition":
        return check_of(block, module)
    detail = "Output values can only have preconditions, not postconditions."
    where = block.type_span.range
    module.diagnostics.append(error("Postconditions are not allowed", detail, where))
    return None
