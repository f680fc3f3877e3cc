"""The tool's look before it plans: all evaluated with variables and resources unknown.

Above `planner` in `bot.plan.engine`. The tool validates first and plans only what is valid, so that
of a failing plan only this is told where it fails, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from bot.plan.address import Key
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import Check, ModuleCall
from bot.plan.diagnostics import Diagnostic
from bot.plan.engine.conditions import output_conditions
from bot.plan.engine.expansion import NotGiven, counted, each
from bot.plan.engine.inputs import Inputs, checked
from bot.plan.engine.modules import FAILED, ModuleInstance
from bot.plan.engine.planner import BlockKey, Facts, Planner
from bot.plan.evaluate import Scope, evaluate
from bot.plan.files import Files
from bot.plan.providers import Schemas
from bot.plan.syntax.nodes import Expression, ScopeTraversal
from bot.plan.values import NUMBER, SENSITIVE, STRING, UNKNOWN, Value, object_of, unknown
from bot.plan.values.types import without_optional

_EACH = object_of({"key": unknown(STRING), "value": UNKNOWN})
_COUNT = object_of({"index": unknown(NUMBER)})


def validated(root: Module, files: Files, schemas: Schemas) -> list[Diagnostic]:
    """What is wrong whatever the variables' values are and whatever there is."""
    planner = _Validation(root, files, schemas)
    planner.run()
    return planner.found


class _Validation(Planner):
    """A planner to which every variable and resource is unknown, and every call made once."""

    def __init__(self, root: Module, files: Files, schemas: Schemas) -> None:
        super().__init__(root, Facts(files, Inputs(None), {}, schemas=schemas))
        self.found = []
        self.root.variables = _unknowns(root)
        self._made: dict[int, dict[str, ModuleInstance]] = {}

    def module_instances(
        self, parent: ModuleInstance, name: str
    ) -> dict[Key, ModuleInstance] | None:
        """The one instance that stands for all that a call makes."""
        child = parent.module.children.get(name)
        if child is None or not _fits(parent.module.calls[name], child):
            return None
        made = self._made.setdefault(id(parent), {})
        if name not in made:
            path = (*parent.path, (name, None))
            made[name] = ModuleInstance(path, child, self, parent, variables=_unknowns(child))
        return {None: made[name]}

    def untold(self, address: str) -> Value:
        """A call that is wrong was reported; of what is made of it nothing is said."""
        del address
        return FAILED

    def resource(
        self, module: ModuleInstance, key: BlockKey, traversal: ScopeTraversal, taken: int
    ) -> tuple[Value, int]:
        """Nothing is known of any resource; that its attribute exists was checked before."""
        del module, key, taken
        return UNKNOWN, len(traversal.steps)

    def run(self) -> None:
        """Evaluate everything once."""
        for module in self.all_modules():
            for name in module.module.locals:
                module.local(name)
            for call in module.module.calls.values():
                self._call(module, call)
            for block in module.module.resources.values():
                self._block(module, block)
            for name in module.module.outputs:
                module.output(name)
        output_conditions(self)

    def _call(self, module: ModuleInstance, call: ModuleCall) -> None:
        self._repetition(module, call.count, call.for_each, f"module.{call.name}")
        child = module.module.children.get(call.name)
        scope = module.scope(call.name, _names(call.count, call.for_each))
        for name, argument in call.arguments.items():
            value = self.value(argument.expression, scope, call.name)
            if child is not None and name in child.variables:
                found: list[Diagnostic] = []
                checked(child.variables[name], value, "", argument.span.range, found)
                self.say(found)

    def _repetition(
        self,
        module: ModuleInstance,
        count: Expression | None,
        for_each: Expression | None,
        address: str,
    ) -> None:
        node = count or for_each
        if node is None:
            return
        value = self.value(node, module.scope(address), address)
        if not value.is_wholly_known and not (for_each and value.is_sensitive):
            return
        found: list[Diagnostic] = []
        try:
            (counted if count else each)(node, value, found, address)
        except NotGiven:
            return
        self.say(found)

    def _block(self, module: ModuleInstance, block: ResourceBlock) -> None:
        address = module.within(f"{block.type}.{block.name}")
        self._repetition(module, block.count, block.for_each, address)
        scope = module.scope(address, _names(block.count, block.for_each))
        type_ = self.type_of(module, block)
        self._configured(block, scope, type_, address)
        lifecycle = block.lifecycle
        own = scope.child({"self": UNKNOWN})
        for node in (*_of(lifecycle.preconditions, lifecycle.postconditions), *_run(block)):
            self._look(node, own)

    def _look(self, node: Expression, scope: Scope) -> None:
        self.say(evaluate(node, scope)[1])


def _unknowns(module: Module) -> dict[str, Callable[[], Value]]:
    def made(name: str) -> Value:
        variable = module.variables[name]
        value = unknown(without_optional(variable.type))
        return value.with_marks(SENSITIVE) if variable.sensitive else value

    return {name: partial(made, name) for name in module.variables}


def _fits(call: ModuleCall, child: Module) -> bool:
    required = {name for name, each in child.variables.items() if each.default is None}
    return required <= set(call.arguments) <= set(child.variables)


def _names(count: Expression | None, for_each: Expression | None) -> dict[str, Value]:
    return {"count": _COUNT} if count else {"each": _EACH} if for_each else {}


def _of(*groups: tuple[Check, ...]) -> Iterator[Expression]:
    for group in groups:
        for check in group:
            yield from (node for node in (check.condition, check.message) if node is not None)


def _run(block: ResourceBlock) -> Iterator[Expression]:
    for provisioner in block.provisioners:
        for name, attribute in provisioner.body.attributes.items():
            if name not in ("when", "on_failure"):
                yield attribute.expression
