"""The plan of one root module: every instance, in the order of its dependencies.

Above the rest of `bot.plan.engine`. Values are asked for when an expression needs them, so that an
instance is planned after everything that it refers to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from bot.plan.address import Instance, Key, Resource, module_text
from bot.plan.body import doubtful_json, evaluate_body, validate_values
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.diagnostics import Diagnostic, Range, failed, warning
from bot.plan.engine.call_place import CallPlace
from bot.plan.engine.changes import placeholder
from bot.plan.engine.conditions import conditions
from bot.plan.engine.created_first import created_first
from bot.plan.engine.data import DataInstance
from bot.plan.engine.dependencies import triggered
from bot.plan.engine.expansion import Budget, Instances
from bot.plan.engine.facts import Facts
from bot.plan.engine.imports import Place, import_id, imported, with_import
from bot.plan.engine.inputs import Given, RootVariables, checked
from bot.plan.engine.instance import ManagedInstance
from bot.plan.engine.modules import (
    FAILED,
    ModuleInstance,
    collected,
    instance_names,
    is_failed,
    plain_key,
    untold,
)
from bot.plan.engine.untold import Untold, in_part
from bot.plan.engine.withheld import Keys
from bot.plan.evaluate import Scope, evaluate
from bot.plan.evaluate.rendering import renderer
from bot.plan.framework import opaque_state
from bot.plan.free_body import evaluate_freely
from bot.plan.functions.context import FunctionContext, Work
from bot.plan.graph import edges, local_name
from bot.plan.prediction import Read, ResourceChange
from bot.plan.providers import (
    BUILTIN,
    ResourceType,
    loose_rules,
    resource_type,
)
from bot.plan.syntax.nodes import Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import UNKNOWN, Value

BlockKey = tuple[str, str, str]


class Planner:
    """Evaluates one root module against what there is; `found` collects what is wrong."""

    def __init__(self, root: Module, facts: Facts) -> None:
        self.facts = facts
        self.found: list[Diagnostic] = []
        self.reads: dict[tuple[str, str, Range | None], Read] = {}
        self.globbed: dict[tuple[str, str], Range | None] = {}
        self.prior_addresses: dict[str, Instance] = {}
        self.uncertain: list[str] = []
        self.keys = Keys(facts.priors, self.uncertain)
        self.assumptions: dict[str, None] = {}
        self.changes: dict[str, ResourceChange] = {}
        self.addresses: dict[str, Instance] = {}
        self._instances: dict[tuple[str, BlockKey], Instances | None] = {}
        self._modules: dict[tuple[str, str], dict[Key, ModuleInstance] | None] = {}
        self._first: frozenset[tuple[tuple[str, ...], str]] | None = None
        self.import_places: dict[str, Place] | None = None
        self._said: set[tuple[object, ...]] = set()
        self._open: list[str] = []
        self.graph = dict(edges(root))
        self._budget = Budget()
        self._work = Work()
        variables = RootVariables(root, facts.inputs, facts.files)
        values = variables.values()
        self.stops = variables.stops
        self.say(variables.found)
        for path in variables.read:
            self.read(path, "var")
        for taken in variables.assumed:
            self.assume(taken)
        self.root = ModuleInstance(
            (), root, self, variables={name: _just(value) for name, value in values.items()}
        )

    def say(self, found: list[Diagnostic]) -> None:
        """Report, each finding once."""
        for item in found:
            key = (item.severity, item.summary, item.detail, item.subject, item.address)
            if key not in self._said:
                self._said.add(key)
                self.found.append(item)

    def assume(self, what: str) -> None:
        """Remember what the plan rests on that nobody looked at."""
        self.assumptions.setdefault(what)

    def read(self, path: str, by: str, at: Range | None = None) -> None:
        """Remember that `by` reads a file."""
        self.reads.setdefault((path, by, at), Read(path, by, at))

    def _list(self, pattern: str, by: str, at: Range | None) -> None:
        self.globbed.setdefault((pattern, by), at)

    def functions(self, address: str, module: Module) -> FunctionContext:
        """What functions in the block `address` of a module may use."""
        at = CallPlace()
        return renderer(
            FunctionContext(
                self.facts.files,
                self.root.module.path,
                lambda path: self.read(path, address, at.range()),
                lambda pattern: self._list(pattern, address, at.range()),
                on_call=at.set,
                providers=frozenset(module.providers),
                work=self._work,
                confidential=self.facts.inputs.confidential,
            )
        )

    def value(self, node: Expression, scope: Scope, address: str) -> Value:
        """An expression's value; unknown, and reported, where it fails."""
        del address
        value, found = evaluate(node, scope)
        self.say(found)
        return FAILED if failed(found) else value

    def called(self, parent: ModuleInstance, name: str) -> Value | None:
        """What a call gives, where that is not told by its instances."""
        del parent, name
        return None

    def untold(self, address: str) -> Value:
        """The value of what cannot be expanded or read here, or was wrong."""
        value = untold(address, self.facts.as_applied).with_marks(self.keys.marks(address))
        return FAILED if failed(self.found) else value

    def is_created_first(self, module: ModuleInstance, block: ResourceBlock) -> bool:
        """Whether a replacement of the block's instances creates before it destroys."""
        if self._first is None:
            self._first = created_first(self.root.module, self.graph)
        return (tuple(name for name, _ in module.path), local_name(block)) in self._first

    def module_instances(
        self, parent: ModuleInstance, name: str
    ) -> dict[Key, ModuleInstance] | None:
        """The instances that a call makes; None where they cannot be told."""
        key = (module_text(parent.path), name)
        if key not in self._modules:
            self._modules[key] = None
            self._modules[key] = self._called(parent, name)
        return self._modules[key]

    def _called(self, parent: ModuleInstance, name: str) -> dict[Key, ModuleInstance] | None:
        call = parent.module.calls[name]
        child = parent.module.children.get(name)
        if child is None:
            return None
        address = parent.within(f"module.{name}")
        keys = self.expanded(parent, call.count, call.for_each, address)
        if keys is None:
            return None
        return {k: self._module(parent, name, child, k, item) for k, item in keys.items()}

    def _module(
        self, parent: ModuleInstance, name: str, child: Module, key: Key, item: Value | None
    ) -> ModuleInstance:
        call = parent.module.calls[name]
        names = instance_names(key, item, self.keys.marks(parent.within(f"module.{name}")))
        instance = ModuleInstance(
            (*parent.path, (name, key)),
            child,
            self,
            parent,
            names=names,
            depends_on=(*parent.depends_on, *call.depends_on),
        )
        instance.variables = {
            name: self._argument(instance, parent, names, name) for name in child.variables
        }
        return instance

    def _argument(
        self, instance: ModuleInstance, parent: ModuleInstance, names: dict[str, Value], name: str
    ) -> Callable[[], Value]:
        """The value that a call gives to a variable, evaluated when it is asked for."""
        call = parent.module.calls[instance.path[-1][0]]
        variable, argument = instance.module.variables[name], call.arguments.get(name)
        address = parent.within(f"module.{call.name}")

        def evaluated() -> Value:
            node = argument.expression if argument else variable.default
            if node is None:
                return UNKNOWN
            scope = parent.scope(address, names) if argument else instance.scope(address)
            where = (argument.expression if argument else variable).span.range
            found: list[Diagnostic] = []
            named = f"{module_text(instance.path)}.var.{variable.name}"
            given = Given(where, named, self.root.module.path)
            value = checked(variable, self.value(node, scope, address), given, found)
            self.say(found)
            return value

        return evaluated

    def all_modules(self, start: ModuleInstance | None = None) -> Iterator[ModuleInstance]:
        """Every module instance, callers first."""
        at = start or self.root
        yield at
        for name in at.module.calls:
            for instance in (self.module_instances(at, name) or {}).values():
                yield from self.all_modules(instance)

    def expanded(
        self,
        module: ModuleInstance,
        count: Expression | None,
        for_each: Expression | None,
        address: str,
    ) -> Instances | None:
        """The keys that `count` or `for_each` gives; None where they cannot be told."""
        node = count or for_each
        if node is None:
            return {None: None}
        value = self.value(node, module.scope(address, module.names), address)
        if is_failed(value):
            return None
        found: list[Diagnostic] = []
        instances = self.keys.instances(node, value, found, address, count=count is not None)
        instances = self._budget.within(instances, node, found)
        self.say(found)
        return instances

    # --- resources -----------------------------------------------------------------------------

    def instances(self, module: ModuleInstance, key: BlockKey) -> Instances | None:
        """The instances of a block; None where they cannot be told."""
        at = (module_text(module.path), key)
        if at not in self._instances:
            self._instances[at] = None
            block = module.module.resources[key]
            address = str(Resource(module.path, *key))
            self._instances[at] = self.expanded(module, block.count, block.for_each, address)
        return self._instances[at]

    def resource(
        self, module: ModuleInstance, key: BlockKey, traversal: ScopeTraversal, taken: int
    ) -> tuple[Value, int]:
        """The planned object that a reference names, or all of a block's as one value."""
        if key not in module.module.resources:
            return UNKNOWN, len(traversal.steps)
        instances = self.instances(module, key)
        address = str(Resource(module.path, *key))
        if instances is None:
            return self.untold(address), taken
        if None in instances:
            return self.object(module, key, None), taken
        step = traversal.steps[taken] if len(traversal.steps) > taken else None
        if isinstance(step, KeyStep):
            at = plain_key(step.key)
            if at in instances and at is not None:
                return self.object(module, key, at), taken + 1
        keyed = module.module.resources[key].for_each is not None
        whole = collected({k: self.object(module, key, k) for k in instances}, keyed=keyed)
        return whole.with_marks(self.keys.marks(address)), taken

    def object(self, module: ModuleInstance, key: BlockKey, at: Key) -> Value:
        """One planned object, with what its schema calls sensitive marked."""
        change = self.change(module, key, at)
        return self._seen(module, module.module.resources[key], change)

    def _seen(self, module: ModuleInstance, block: ResourceBlock, change: ResourceChange) -> Value:
        """A planned object as expressions see it."""
        if change.after is None:
            return FAILED
        if block.mode == "managed" and self.type_of(module, block) is None:
            return in_part(change, block, self.facts.no_state or self.facts.as_applied)
        return change.after

    def change(self, module: ModuleInstance, key: BlockKey, at: Key) -> ResourceChange:
        """The plan of one instance."""
        address = Resource(module.path, *key).instance(at)
        text = str(address)
        if text not in self.changes:
            if text in self._open:
                return placeholder(address)
            self._open.append(text)
            change = self._planned(module, module.module.resources[key], address)
            self._open.pop()
            self.changes[text] = change
            self.addresses[text] = address
        return self.changes[text]

    def _planned(
        self, module: ModuleInstance, block: ResourceBlock, address: Instance
    ) -> ResourceChange:
        item = (self.instances(module, _key(block)) or {}).get(address.key)
        marks = self.keys.marks(str(address.resource))
        names = {**module.names, **instance_names(address.key, item, marks)}
        scope = module.scope(str(address), names)
        found: list[Diagnostic] = []
        good = conditions(block.lifecycle.preconditions, scope, "Resource precondition", found)
        self.say(found)
        type_ = self.type_of(module, block)
        config = self._configured(block, scope, type_, str(address)) if good else None
        if config is None or is_failed(config):
            return placeholder(address)
        change = self._change(module, block, address, type_, config)
        doubt = doubtful_json(type_, config) if type_ is not None else ""
        if doubt:
            change = replace(change, uncertain=doubt)
        if self.facts.as_applied and change.after is not None:
            after = opaque_state(type_, change.after, str(address))
            change = replace(change, after=after)
        own = {**names, "self": self._seen(module, block, change)}
        self._postconditions(block, scope, own)
        return change

    def _configured(
        self, block: ResourceBlock, scope: Scope, type_: ResourceType | None, address: str
    ) -> Value | None:
        """A block's body as an object; None where it is wrong, which is said."""
        found: list[Diagnostic] = []
        if type_ is None:
            config = evaluate_freely(block.body, scope, found)
        else:
            config = evaluate_body(type_, block.body, scope, found)
            validate_values(type_, config, block.body, address, found)
            if type_.deprecated:
                said = warning("Deprecated", type_.deprecated, block.span.range)
                found.append(replace(said, address=address))
        self.say(found)
        return None if failed(found) else config

    def _change(
        self,
        module: ModuleInstance,
        block: ResourceBlock,
        address: Instance,
        type_: ResourceType | None,
        config: Value,
    ) -> ResourceChange:
        source = self.source(module.module, block)
        if block.mode == "data":
            return DataInstance(self, module, block, address, type_, config).change(source)
        prior = self.facts.priors.get(str(address))
        id_ = import_id(self, address) if prior is None else None
        if type_ is None:
            rules = loose_rules(source, block.type)
            first = self.is_created_first(module, block)
            why = triggered(self, module, block, address)
            untold_ = Untold(block, address, source, rules, first, why, self.facts.no_state)
            change = untold_.change(config, prior)
            return change if id_ is None else with_import(change, id_, read=False)
        managed = ManagedInstance(self, module, block, address, type_, config)
        if id_ is None:
            return managed.change(source, prior)
        object_ = imported(self, type_, address, id_)
        return with_import(managed.change(source, object_), id_, read=object_ is not None)

    def _postconditions(self, block: ResourceBlock, scope: Scope, names: dict[str, Value]) -> None:
        if block.lifecycle.postconditions:
            found: list[Diagnostic] = []
            after = Scope(scope.root, scope.functions, names)
            checks = block.lifecycle.postconditions
            conditions(checks, after, "Resource postcondition", found)
            self.say(found)

    def type_of(self, module: ModuleInstance, block: ResourceBlock) -> ResourceType | None:
        """The facts of a block's type, where somebody told them."""
        source = self.source(module.module, block)
        return resource_type(source, block.mode, block.type, self.facts.schemas)

    def source(self, module: Module, block: ResourceBlock) -> str:
        """The source address of a block's provider."""
        if block.provider == "terraform" and "terraform" not in module.providers:
            return BUILTIN
        if block.provider in module.providers:
            return module.providers[block.provider]
        inherited = self.root.module.providers.get(block.provider)
        return inherited or f"hashicorp/{block.provider}"


def _just(value: Value) -> Callable[[], Value]:
    return lambda: value


def _key(block: ResourceBlock) -> BlockKey:
    return (block.mode, block.type, block.name)


__all__ = ["Facts", "Planner"]
