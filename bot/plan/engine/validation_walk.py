"""Every block of a configuration looked at once, each after what it refers to.

Above `validation_looks` in `bot.plan.engine`. What hangs on something that was wrong is not looked
at, as the tool has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from bot.plan.block_checks import (
    beside,
    ignored,
    modules,
    names_local,
    no_type,
    unknown_names,
)
from bot.plan.body import evaluate_arguments, evaluate_body, validate_values, wrong_arguments
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import Check, ModuleCall, Variable
from bot.plan.diagnostics import Diagnostic, error, failed
from bot.plan.engine.conditions import exposure
from bot.plan.engine.inputs import Given, checked
from bot.plan.engine.order import in_order
from bot.plan.engine.unknowing import Unknowing
from bot.plan.engine.validation_looks import Looks
from bot.plan.evaluate import references, references_in
from bot.plan.free_body import evaluate_freely
from bot.plan.graph import CLOSE, Node, Path, edges
from bot.plan.graph import targets as targets_of
from bot.plan.providers import WITHOUT_ARGUMENTS, ResourceType, Schemas
from bot.plan.provisioner_shapes import CONNECTION, PROVISIONERS, REQUIRED
from bot.plan.reference_checks import (
    Place,
    address_of,
    no_scope,
    wrong_references,
)
from bot.plan.syntax.nodes import Block, Body, Expression
from bot.plan.values import (
    NUMBER,
    STRING,
    UNKNOWN,
    Type,
    Value,
    object_of,
    unknown,
)

_EACH = object_of({"key": unknown(STRING), "value": UNKNOWN})
_COUNT = object_of({"index": unknown(NUMBER)})


class Walk(Looks):
    """Every block of a configuration, each after what it refers to."""

    def __init__(self, root: Module, schemas: Schemas, planner: Unknowing | None) -> None:
        super().__init__(root, schemas, planner)
        self.graph = dict(edges(root))
        self.broken: set[Node] = set()
        self._broken_providers: set[tuple[Path, str]] = set()

    def run(self) -> None:
        """Look at everything; what is wrong is in `found`."""
        for path, module in modules(self.root, ()):
            self._providers(path, module)
        for node in in_order(self.graph):
            self._node(node)
        for path, module in modules(self.root, ()):
            self._rest(path, module)

    def _node(self, node: Node) -> None:
        if self._skipped(node, self.graph[node]):
            self.broken.add(node)
            return
        path, name = node
        module = self._module(path)
        kind, *rest = name.split(".")
        before = len(self.found)
        match kind:
            case "local":
                self._local(path, module, rest[0])
            case "output":
                self._output(path, module, rest[0])
            case "module" if rest[0].endswith(CLOSE):
                pass
            case "module":
                self._call(path, module, module.calls[rest[0]])
            case "var":
                self._argument(path, module, rest[0])
            case _:
                key = ("data", *rest) if kind == "data" else ("managed", kind, rest[0])
                self._block(path, module, module.resources[key[0], key[1], key[2]])
        if failed(self.found[before:]):
            self.broken.add(node)

    def _skipped(self, node: Node, targets: Iterable[Node]) -> bool:
        """Whether something that a node hangs on was wrong, which is said alone."""
        path, name = node
        if self.planner is None:
            return False
        outer = (path[:-1], f"module.{path[-1]}") if path and not name.startswith("var.") else None
        module = self._module(path)
        block = next((b for b in module.resources.values() if address_of(b) == name), None)
        if block is not None:
            if (path, block.provider) in self._broken_providers:
                return True
            unknown_to_it = set(beside(path, module, block, self.known.type(module, block)))
            targets = [each for each in targets if each not in unknown_to_it]
        return outer in self.broken or any(each in self.broken for each in targets)

    def _local(self, path: Path, module: Module, name: str) -> None:
        node = module.locals[name].expression
        own = [one for one in references(node) if names_local(one, name)]
        detail = f"Local value local.{name} cannot use its own result as part of its expression."
        summary = "Self-referencing local value"
        if self._say(error(summary, detail, one.span.range) for one in own):
            return
        self._evaluated(path, self._place(path, module), [node], lambda it: it.local(name))

    def _output(self, path: Path, module: Module, name: str) -> None:
        output, place = module.outputs[name], self._place(path, module)
        before = len(self.found)
        for check in output.preconditions:
            self._condition(check, path, place, "Module output value precondition")
        if failed(self.found[before:]):
            return
        well = self._evaluated(path, place, [output.value], lambda it: it.output(name))
        instance = self._instance(path)
        if well and instance is not None and not path:
            self._say(exposure(output, instance.output(name)))
        self._depends_on(output.depends_on, place)

    def _call(self, path: Path, module: Module, call: ModuleCall) -> None:
        place = self._place(path, module)
        self._repetition(path, place, call.count, call.for_each, f"module.{call.name}")
        self._depends_on(call.depends_on, place)

    def _argument(self, path: Path, child: Module, name: str) -> None:
        parent = self._module(path[:-1])
        call = parent.calls[path[-1]]
        argument, variable = call.arguments.get(name), child.variables.get(name)
        if argument is None or variable is None:
            return
        place = self._place(path[:-1], parent, _repeated(call.count, call.for_each))
        names = _names(call.count, call.for_each)
        before = len(self.found)
        value = self._value(argument.expression, path[:-1], place, names)
        if failed(self.found[before:]) or self.planner is None:
            return
        problems: list[Diagnostic] = []
        where = argument.expression.span.range
        address = ".".join((*(f"module.{each}" for each in path), f"var.{name}"))
        given = Given(where, address, self.root.path)
        value = checked(variable, value, given, problems)
        if not self._say(problems):
            self._passed(path, variable, value)

    def _passed(self, path: Path, variable: Variable, value: Value) -> None:
        """A known value that a call gives has to pass the variable's rules already now."""
        instance = self._instance(path)
        if instance is None or self.planner is None or not value.is_wholly_known:
            return
        before = len(self.planner.found)
        variables = {**instance.variables, variable.name: lambda: value}
        replace(instance, variables=variables, _values={}).variable(variable.name)
        said = self.planner.found[before:]
        self._say(one for one in said if one.summary == "Invalid value for variable")

    def _block(self, path: Path, module: Module, block: ResourceBlock) -> None:
        place = self._place(path, module)
        self._repetition(path, place, block.count, block.for_each, address_of(block))
        inner = self._place(path, module, _repeated(block.count, block.for_each))
        self._depends_on(block.depends_on, place)
        facts = self.known.provider(module, block)
        type_ = self.known.type(module, block)
        if facts is not None and type_ is None and self.known.complete(facts):
            self._say([no_type(self.known.source(module, block.provider), block, facts)])
            return
        if not self._body(path, block, type_, inner):
            self._say(ignored(block, type_) if type_ is not None else ())
        own = Place(module, inner.name, self.known, inner.repeated, block)
        for check in block.lifecycle.preconditions:
            self._apart(check, path, inner, block)
        for check in block.lifecycle.postconditions:
            self._apart(check, path, own, block)
        for provisioner in block.provisioners:
            self._provisioner(provisioner, path, own, block)

    def _body(
        self, path: Path, block: ResourceBlock, type_: ResourceType | None, place: Place
    ) -> bool:
        """Look at a block's arguments; whether something is wrong."""
        body = block.body
        if type_ is None:
            nodes = list(references_in(body))
        else:
            known = [a for n, a in body.attributes.items() if n in type_.attributes]
            nodes = [one for each_ in known for one in references(each_.expression)]
        if self._say(wrong_references(nodes, place)):
            return True
        problems: list[Diagnostic] = []
        if type_ is not None:
            wrong_arguments(type_, body, problems)
        instance = self._instance(path)
        if instance is not None:
            scope = instance.scope("", _names(block.count, block.for_each))
            if type_ is None:
                evaluate_freely(body, scope, problems)
            else:
                config = evaluate_body(type_, body, scope, problems)
                if not failed(problems):
                    address = instance.within(address_of(block))
                    validate_values(type_, config, body, address, problems)
        return self._say(problems)

    def _apart(self, check: Check, path: Path, place: Place, block: ResourceBlock) -> None:
        """A resource's condition and message are looked at one by one, each to its end."""
        names = _names(block.count, block.for_each)
        if place.own is not None:
            names["self"] = UNKNOWN
        for node in (check.condition, check.message):
            named = references(node) if node is not None else ()
            self._value(node, path, place, names)
            if no_scope(named, place):
                self._say(unknown_names(named))

    def _provisioner(
        self, provisioner: Block, path: Path, place: Place, block: ResourceBlock
    ) -> None:
        kind = provisioner.labels[0]
        shape = PROVISIONERS.get(kind)
        if shape is None:
            return
        given = {
            name: attribute
            for name, attribute in provisioner.body.attributes.items()
            if name not in ("when", "on_failure")
        }
        own = tuple(b for b in provisioner.body.blocks if b.type not in ("connection", "_"))
        body = Body(given, own, provisioner.body.span, provisioner.body.end_span)
        self._arguments(body, (shape, REQUIRED.get(kind)), path, place, block)
        for inner in provisioner.body.blocks:
            if inner.type == "connection":
                self._arguments(inner.body, (CONNECTION, "host"), path, place, block)

    def _arguments(
        self,
        body: Body,
        shape: tuple[Mapping[str, Type], str | None],
        path: Path,
        place: Place,
        block: ResourceBlock,
    ) -> None:
        known = [a.expression for name, a in body.attributes.items() if name in shape[0]]
        if self._wrong(known, place):
            return
        instance = self._instance(path)
        names = {**_names(block.count, block.for_each), "self": UNKNOWN}
        scope = instance.scope("", names) if instance is not None else None
        problems: list[Diagnostic] = []
        evaluate_arguments(body, shape, scope, problems)
        self._say(problems)

    def _providers(self, path: Path, module: Module) -> None:
        for block in module.provider_blocks:
            place = self._place(path, module)
            source = self.known.source(module, block.name)
            problems: list[Diagnostic] = []
            if source in WITHOUT_ARGUMENTS:
                evaluate_arguments(block.body, ({}, None), None, problems)
            else:
                problems += wrong_references(references_in(block.body), place)
            if self._say(problems):
                self._broken_providers.add((path, block.name))

    def _rest(self, path: Path, module: Module) -> None:
        """What nothing refers to: rules of variables, checks."""
        place = self._place(path, module)
        for name, variable in module.variables.items():
            if (path, f"var.{name}") not in self.broken:
                for rule in variable.validations:
                    self._rule(rule, path, place)
        for check in module.checks:
            inner = Place(module, place.name, self.known, check=check.name)
            for one in check.asserts:
                nodes = [node for node in (one.condition, one.message) if node is not None]
                named = [ref for node in nodes for ref in references(node)]
                node = (path, f"check.{check.name}")
                if not self._skipped(node, targets_of(module, path, named)):
                    self._condition(one, path, inner)


def _repeated(count: Expression | None, for_each: Expression | None) -> str:
    return "count" if count is not None else "for_each" if for_each is not None else ""


def _names(count: Expression | None, for_each: Expression | None) -> dict[str, Value]:
    return {"count": _COUNT} if count else {"each": _EACH} if for_each else {}
