"""Root variables: from the environment, files of values and the command line, in that order.

Beside the other parts of `bot.plan.engine`
(https://opentofu.org/docs/language/values/variables/#variable-definition-precedence).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from msgspec import Struct, field

from bot.plan.configuration import Module
from bot.plan.configuration.module import Variable
from bot.plan.diagnostics import Diagnostic, Range, error, failed, warning
from bot.plan.evaluate.confidential import detail_of
from bot.plan.evaluate.constants import constant_value
from bot.plan.files import Files, NotFetched
from bot.plan.places import place, relative_file
from bot.plan.syntax import parse_expression, parse_native
from bot.plan.syntax.json import parse_json_values
from bot.plan.syntax.nodes import Attribute, Body
from bot.plan.type_constraint import NO_DEFAULTS, with_defaults
from bot.plan.values import (
    CLOSED,
    GIVEN,
    NO_MARKS,
    SENSITIVE,
    UNKNOWN,
    ConversionError,
    Marks,
    Value,
    convert,
    from_json,
    opaque,
    string,
    unknown,
)
from bot.plan.values.types import is_primitive, without_optional


class Inputs(Struct, frozen=True):
    """What is given from outside the configuration.

    `environment` is as `TF_VAR_…` (and what the controller makes of `vars` and `varsFrom`); None:
    nobody knows the values, and variables without a default are opaque constants. `files` are the
    names and contents of `-var-file`s, `arguments` the `-var`s: both win over all else. `named` are
    the paths of `-var-file`s that stand beside the module, read like the rest of the repository.
    `confidential`: what is made of the environment's values is shown nowhere, whatever is done
    to it; of the variables that are not `plain`, nothing may even be told by.
    """

    environment: Mapping[str, object] | None = field(default_factory=dict)
    files: tuple[tuple[str, bytes], ...] = ()
    named: tuple[str, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    confidential: bool = False
    plain: frozenset[str] = frozenset()

    def marks(self, name: str) -> Marks:
        """What marks a variable's value from the environment."""
        if not self.confidential:
            return NO_MARKS
        return GIVEN if name in self.plain else GIVEN | CLOSED


_UNDECLARED_SHOWN = 2
_NO_VALUE = "No value for required variable"


class RootVariables:
    """The values of a root module's variables, and what is wrong with them."""

    def __init__(self, module: Module, inputs: Inputs, files: Files) -> None:
        self.module = module
        self.inputs = inputs
        self.found: list[Diagnostic] = []
        self.read: list[str] = []
        self.assumed: list[str] = []
        self.undeclared = 0
        self._broken = False
        self.given: dict[str, tuple[Value, str]] = {}
        self._environment()
        for path, content in self._files(files):
            self._file(path, content)
        self._more_undeclared()
        for name, text in inputs.arguments.items():
            if name in module.variables:
                source = "using -var"
                self.given[name] = (self._text(module.variables[name], text), source)
            else:
                detail = f'A variable named "{name}" was assigned on the command line, but the root'
                detail += " module does not declare a variable of that name."
                self.found.append(error("Value for undeclared variable", detail))

    @property
    def stops(self) -> bool:
        """Whether the tool stops here, before it even validates: files or values are missing."""
        return self._broken or any(each.summary == _NO_VALUE for each in self.found)

    def values(self) -> dict[str, Value]:
        """Each variable's value, converted, defaulted and marked."""
        self._broken = failed(self.found)
        return {name: self._value(each) for name, each in self.module.variables.items()}

    def _environment(self) -> None:
        for name, raw in (self.inputs.environment or {}).items():
            variable = self.module.variables.get(name)
            if variable is not None:
                source = f"using the TF_VAR_{name} environment variable"
                value = self._text(variable, raw)
                self.given[name] = (value.with_marks(self.inputs.marks(name)), f"set {source}")

    def _text(self, variable: Variable, raw: object) -> Value:
        """A text is an expression where the type is not primitive, else itself."""
        if not isinstance(raw, str):
            return from_json(raw)  # type: ignore[arg-type] # decoded JSON, as `Request.variables` has it
        if not variable.typed or is_primitive(variable.type):
            return string(raw)
        node, found = parse_expression(raw, f"<value for var.{variable.name}>")
        if not found:
            value, found = constant_value(node)
            if not found:
                return value
        self.found.extend(found)
        return UNKNOWN

    def _files(self, files: Files) -> list[tuple[str, bytes]]:
        """`terraform.tfvars`, then `*.auto.tfvars`, then what is named."""
        folder = self.module.path
        prefix = f"{folder}/" if folder else ""
        names = sorted(
            path[len(prefix) :]
            for path in files.paths()
            if path.startswith(prefix) and "/" not in path[len(prefix) :] and ".tfvars" in path
        )
        fixed = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
        auto = [name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
        beside = [self._read(files, posixpath.join(folder, name)) for name in (*fixed, *auto)]
        named = [self._named(files, path) for path in self.inputs.named]
        return [*(file for file in (*beside, *named) if file), *self.inputs.files]

    def _read(self, files: Files, path: str) -> tuple[str, bytes] | None:
        self.read.append(path)
        try:
            content = files.read(path)
        except NotFetched:
            return None
        return None if content is None else (path, content)

    def _named(self, files: Files, path: str) -> tuple[str, bytes] | None:
        file = self._read(files, path)
        if file is None and path not in files.paths():
            detail = f"Given variables file {path} does not exist."
            self.found.append(error("Failed to read variables file", detail))
        return file

    def _file(self, path: str, content: bytes) -> None:
        body, found = (parse_json_values if path.endswith(".json") else parse_native)(content, path)
        self.found.extend(found)
        for name, attribute in body.attributes.items():
            if name not in self.module.variables:
                self._undeclared(name, attribute)
                continue
            value = self._constant(attribute)
            if value is not None:
                self.given[name] = (value, "")
        self._no_blocks(body)

    def _undeclared(self, name: str, attribute: Attribute) -> None:
        file = relative_file(attribute.span.source.file, self.module.root)
        self.undeclared += 1
        if self.undeclared > _UNDECLARED_SHOWN:
            return
        detail = (
            f'The root module does not declare a variable named "{name}" but a value was found in'
            f' file "{file}". If you meant to use this value, add a "variable" block to the'
            " configuration.\n\nTo silence these warnings, use TF_VAR_... environment variables to"
            ' provide certain "global" settings to all configurations in your organization. To'
            " reduce the verbosity of these warnings, use the -compact-warnings option."
        )
        self.found.append(warning("Value for undeclared variable", detail))

    def _more_undeclared(self) -> None:
        extra = self.undeclared - _UNDECLARED_SHOWN
        if extra > 0:
            detail = (
                f"In addition to the other similar warnings shown, {extra} other variable(s)"
                " defined without being declared."
            )
            self.found.append(warning("Values for undeclared variables", detail))

    def _no_blocks(self, body: Body) -> None:
        for block in body.blocks:
            detail = f'Blocks are not allowed here: "{block.type}".'
            self.found.append(error("Unexpected block", detail, block.type_span.range))

    def _constant(self, attribute: Attribute) -> Value | None:
        value, found = constant_value(attribute.expression)
        self.found.extend(found)
        return None if found else value

    def _value(self, variable: Variable) -> Value:
        value, source = self.given.get(variable.name, (None, ""))
        if value is None:
            value = self._default(variable)
            if value is None:
                return self._missing(variable)
        return self.checked(variable, value, source)

    def _default(self, variable: Variable) -> Value | None:
        if variable.default is None:
            return None
        if self.inputs.environment is None:
            self.assumed.append(f"var.{variable.name} is its default: no value is given")
        value, found = constant_value(variable.default)
        self.found.extend(found)
        return unknown(without_optional(variable.type)) if found else value

    def _missing(self, variable: Variable) -> Value:
        if self.inputs.environment is None:
            self.assumed.append(f"var.{variable.name} is what it was: its value is not given")
            value = opaque(without_optional(variable.type), f"var.{variable.name}")
            return value.with_marks(SENSITIVE) if variable.sensitive else value
        detail = (
            f'The root module input variable "{variable.name}" is not set, and has no default'
            " value. Use a -var or -var-file command line argument to provide a value for this"
            " variable."
        )
        where = variable.span.range
        self.found.append(error(_NO_VALUE, detail, where))
        return unknown(without_optional(variable.type))

    def checked(self, variable: Variable, value: Value, source: str) -> Value:
        """The value as the variable's type, nullable and sensitive rules have it."""
        given = Given(variable.span.range, f"var.{variable.name}", self.module.root, source)
        return checked(variable, value, given, self.found)


class Given(Struct, frozen=True):
    """Where a variable's value is given: `source` where that is in no file."""

    where: Range
    address: str
    root: str = ""
    source: str = ""

    def unsuitable(self, variable: Variable, problem: str, declared: str = "declared") -> str:
        """What is said of a value that the variable cannot have."""
        if self.source:
            return f"Unsuitable value for {self.address} {self.source}: {problem}."
        at = place(variable.span.range, self.root)
        return f"The given value is not suitable for {self.address} {declared} at {at}: {problem}."


def checked(variable: Variable, value: Value, given: Given, found: list[Diagnostic]) -> Value:
    """A value for a variable: defaults filled in, converted, null replaced or refused, marked."""
    try:
        filled = with_defaults(value, variable.defaults or NO_DEFAULTS)
        converted = convert(filled, variable.type)
    except ConversionError as problem:
        detail = given.unsuitable(variable, str(problem))
        summary = "Invalid value for input variable"
        found.append(error(summary, detail_of(detail, value), given.where))
        converted = unknown(without_optional(variable.type))
    if converted.is_null and not variable.nullable:
        converted = _not_null(variable, given, found)
    return converted.with_marks(SENSITIVE) if variable.sensitive else converted


def _not_null(variable: Variable, given: Given, found: list[Diagnostic]) -> Value:
    if variable.default is not None:
        value, _ = constant_value(variable.default)
        return convert(with_defaults(value, variable.defaults or NO_DEFAULTS), variable.type)
    detail = given.unsuitable(variable, "required variable may not be set to null", "defined")
    found.append(error("Required variable not set", detail, given.where))
    return unknown(without_optional(variable.type))
