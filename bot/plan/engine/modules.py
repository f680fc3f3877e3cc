"""Module instances and the names inside them: `var`, `local`, `module`, resources.

Above `inputs` in `bot.plan.engine`. Everything is evaluated when it is first asked for, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from bot.plan.address import Key, ModulePath, module_text
from bot.plan.configuration import Module
from bot.plan.diagnostics import Diagnostic
from bot.plan.engine.conditions import validations
from bot.plan.evaluate import Scope
from bot.plan.evaluate.scope import Found
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import (
    DYNAMIC,
    NO_MARKS,
    SENSITIVE,
    STRING,
    UNKNOWN,
    Marks,
    Number,
    Origin,
    Unknown,
    Value,
    all_origins,
    number,
    object_of,
    opaque,
    string,
    tuple_of,
)

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner

_FAILED = "what it is made of failed"
FAILED = Value(DYNAMIC, Unknown(frozenset({Origin("", reason=_FAILED)})))
"""Stands for what was wrong, and said: nothing more is said of what is made of it."""


def is_failed(value: Value) -> bool:
    """Whether something in the value stands for what was wrong."""
    return any(origin.reason == _FAILED for origin in all_origins(value))


def untold(address: str, as_applied: bool) -> Value:
    """Stands for what cannot be told from here: it may be what it was, and may be not."""
    side = "as it was" if as_applied else "as it is"
    return opaque(DYNAMIC, f"{address}, {side}")


_DEFERRED = frozenset({"each", "count", "self"})


class ModuleInstance(Struct, eq=False):
    """One instance of a module: the root, or what a call made."""

    path: ModulePath
    module: Module
    planner: Planner
    parent: ModuleInstance | None = None
    variables: Mapping[str, Callable[[], Value]] = field(default_factory=dict)
    names: Mapping[str, Value] = field(default_factory=dict)
    depends_on: tuple[Expression, ...] = ()
    _values: dict[str, Value] = field(default_factory=dict)

    def scope(self, address: str, names: Mapping[str, Value] | None = None) -> Scope:
        """Where an expression of the block `address` in this module is evaluated."""
        functions = self.planner.functions(address, self.module)
        return Scope(ModuleNames(self, address), functions, names or {})

    def variable(self, name: str) -> Value:
        """A variable's value, evaluated in the caller; what its rules refuse counts as failed."""
        key = f"var.{name}"
        if key not in self._values:
            self._once(key, self.variables[name])
            if self.module.variables[name].validations and not self._valid(name):
                self._values[key] = FAILED
        return self._values[key]

    def _valid(self, name: str) -> bool:
        variable, found = self.module.variables[name], list[Diagnostic]()
        given = self.parent.module.calls[self.path[-1][0]].arguments if self.parent else {}
        where = given[name].expression.span if name in given else variable.span
        root = self.planner.root.module.path if self.parent else self.module.path
        scope = self.scope(self.within(f"var.{name}"))
        good = validations(variable, scope, where.range, root, found)
        self.planner.say(found)
        return good

    def local(self, name: str) -> Value:
        """A local's value."""
        attribute = self.module.locals[name]
        address = self.within(f"local.{name}")
        return self._once(
            f"local.{name}",
            lambda: self.planner.value(attribute.expression, self.scope(address), address),
        )

    def output(self, name: str) -> Value:
        """An output's value, as the caller sees it."""
        output = self.module.outputs[name]
        address = self.within(f"output.{name}")

        def evaluated() -> Value:
            if output.value is None:
                return UNKNOWN
            value = self.planner.value(output.value, self.scope(address), address)
            if output.sensitive:
                return value.with_marks(SENSITIVE)
            return value

        return self._once(f"output.{name}", evaluated)

    def within(self, local: str) -> str:
        """A local name as an address from the root."""
        return f"{module_text(self.path)}.{local}" if self.path else local

    def _once(self, key: str, evaluate: Callable[[], Value]) -> Value:
        if key not in self._values:
            self._values[key] = UNKNOWN  # a cycle was reported before anything is evaluated
            self._values[key] = evaluate()
        return self._values[key]


class ModuleNames(Struct, frozen=True):
    """The root of a scope: what the first steps of a reference name in one module instance."""

    instance: ModuleInstance
    address: str

    def resolve(self, traversal: ScopeTraversal, found: Found) -> tuple[Value, int]:
        first = traversal.steps[0] if traversal.steps else None
        name = first.name if isinstance(first, Attr) else ""
        planner, instance = self.instance.planner, self.instance
        match traversal.root:
            case "var" if name in instance.module.variables:
                return instance.variable(name), 1
            case "local" if name in instance.module.locals:
                return instance.local(name), 1
            case "path":
                return self._path(name), 1
            case "terraform" | "tofu":
                return string("default"), 1
            case "module" if name in instance.module.calls:
                return self._module(name, traversal)
            case "data" if len(traversal.steps) > 1:
                second = traversal.steps[1]
                type_ = name
                name = second.name if isinstance(second, Attr) else ""
                value, taken = planner.resource(instance, ("data", type_, name), traversal, 2)
                return value, taken
            case root if root not in _DEFERRED:
                return planner.resource(instance, ("managed", root, name), traversal, 1)
        del found  # what is not declared was reported by the static checks
        return UNKNOWN, len(traversal.steps)

    def _path(self, name: str) -> Value:
        if name == "module":
            root = self.instance.planner.root.module.path
            return string(relative(self.instance.module.path, root))
        if name == "root":
            return string(".")
        if name == "cwd":
            self.instance.planner.assume("path.cwd is what it was")
            return opaque(STRING, "path.cwd")
        return UNKNOWN

    def _module(self, name: str, traversal: ScopeTraversal) -> tuple[Value, int]:
        called = self.instance.planner.called(self.instance, name)
        if called is not None:
            return called, 1
        instances = self.instance.planner.module_instances(self.instance, name)
        call = self.instance.module.calls[name]
        if instances is None:
            address = self.instance.within(f"module.{name}")
            return self.instance.planner.untold(address), 1
        if None in instances:
            return self._output(instances[None], traversal, 1)
        step = traversal.steps[1] if len(traversal.steps) > 1 else None
        key = plain_key(step.key) if isinstance(step, KeyStep) else None
        if key is not None and key in instances:
            return self._output(instances[key], traversal, 2)
        outputs = {k: _outputs(each) for k, each in instances.items()}
        whole = collected(outputs, keyed=call.for_each is not None)
        marks = self.instance.planner.keys.marks(self.instance.within(f"module.{name}"))
        return whole.with_marks(marks), 1

    def _output(
        self, instance: ModuleInstance, traversal: ScopeTraversal, taken: int
    ) -> tuple[Value, int]:
        step = traversal.steps[taken] if len(traversal.steps) > taken else None
        if isinstance(step, Attr) and step.name in instance.module.outputs:
            return instance.output(step.name), taken + 1
        return _outputs(instance), taken


def _outputs(instance: ModuleInstance) -> Value:
    return object_of({name: instance.output(name) for name in instance.module.outputs})


def plain_key(value: Value) -> Key:
    """A literal key as an instance's key; None where it is none."""
    raw = value.raw
    if isinstance(raw, str):
        return raw
    if isinstance(raw, Number) and raw.is_integer():
        return int(raw)
    return None


def collected(values: Mapping[Key, Value], *, keyed: bool) -> Value:
    """All instances as one value: a tuple for `count`, an object for `for_each` (`keyed`)."""
    if keyed:
        return object_of({str(key): value for key, value in values.items()})
    return tuple_of(values[key] for key in sorted(values, key=lambda key: int(key or 0)))


def instance_names(key: Key, each: Value | None, marks: Marks = NO_MARKS) -> dict[str, Value]:
    """`count` or `each`, as an instance with this key, which has these marks, sees it."""
    if isinstance(key, int):
        return {"count": object_of({"index": number(key).with_marks(marks)})}
    if isinstance(key, str):
        own = string(key).with_marks(marks)
        value = each.with_marks(marks) if each is not None else own
        return {"each": object_of({"key": own, "value": value})}
    return {}


def relative(path: str, root: str) -> str:
    """`path.module`: the module's folder from the root module's, as OpenTofu spells it."""
    if path == root:
        return "."
    prefix = f"{root}/" if root else ""
    if path.startswith(prefix):
        return path[len(prefix) :]
    ups, here = [], root
    while here and not path.startswith(f"{here}/"):
        here = here.rpartition("/")[0]
        ups.append("..")
    rest = path[len(here) :].lstrip("/")
    return "/".join([*ups, rest]) if rest else "/".join(ups)
