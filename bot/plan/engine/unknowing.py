"""A planner that knows no values: what the tool validates with.

Above `planner` in `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.plan.address import Key
from bot.plan.configuration import Module
from bot.plan.engine.inputs import Inputs
from bot.plan.engine.modules import FAILED, ModuleInstance
from bot.plan.engine.planner import BlockKey, Facts, Planner
from bot.plan.files import Files
from bot.plan.providers import Schemas
from bot.plan.syntax.nodes import ScopeTraversal
from bot.plan.values import (
    SENSITIVE,
    UNKNOWN,
    ListType,
    MapType,
    ObjectType,
    Type,
    Value,
    unknown,
)
from bot.plan.values.types import DYNAMIC, without_optional


class Unknowing(Planner):
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
        if child is None:
            return None
        made = self._made.setdefault(id(parent), {})
        if name not in made:
            path = (*parent.path, (name, None))
            made[name] = ModuleInstance(path, child, self, parent, variables=_unknowns(child))
        return {None: made[name]}

    def called(self, parent: ModuleInstance, name: str) -> Value:
        """What a call gives: nothing is known but the names of its outputs."""
        child, call = parent.module.children.get(name), parent.module.calls[name]
        if child is None:
            return UNKNOWN
        type_: Type = ObjectType(dict.fromkeys(child.outputs, DYNAMIC))
        if call.count is not None:
            type_ = ListType(type_)
        return unknown(MapType(type_) if call.for_each is not None else type_)

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


def _unknowns(module: Module) -> dict[str, Callable[[], Value]]:
    def made(name: str) -> Value:
        variable = module.variables[name]
        value = unknown(without_optional(variable.type))
        return value.with_marks(SENSITIVE) if variable.sensitive else value

    return {name: partial(made, name) for name in module.variables}
