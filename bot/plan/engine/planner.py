"""The plan of one root module: every instance, in the order of its dependencies.

Above the rest of `bot.plan.engine`. Values are asked for when an expression needs them, so that an
instance is planned after everything that it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.plan.address import Instance, Key, Resource, module_text
from bot.plan.body import evaluate_body, evaluate_freely, validate_values
from bot.plan.configuration import Module, ResourceBlock
from bot.plan.configuration.module import Check
from bot.plan.diagnostics import Diagnostic, Severity, error, failed
from bot.plan.engine.expansion import Instances, NotGiven, counted, each
from bot.plan.engine.inputs import Inputs, RootVariables, checked
from bot.plan.engine.modules import ModuleInstance, collected, instance_names, plain_key
from bot.plan.engine.prior import Prior, resource_type
from bot.plan.evaluate import Scope
from bot.plan.evaluate.expression import value_of
from bot.plan.evaluate.references import references, references_in
from bot.plan.evaluate.rendering import renderer
from bot.plan.files import Files
from bot.plan.framework import Planned, differs, plan_existing, plan_new
from bot.plan.functions.context import FunctionContext
from bot.plan.prediction import Action, Read, ResourceChange
from bot.plan.providers import BUILTIN, ResourceType
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal
from bot.plan.syntax.nodes import Key as KeyStep
from bot.plan.values import (
    BOOL,
    NULL,
    SENSITIVE,
    UNKNOWN,
    ConversionError,
    Origin,
    Value,
    compare,
    convert,
    object_of,
    string,
    unknown,
)

BlockKey = tuple[str, str, str]


@dataclass(slots=True)
class Facts:
    """What the plan stands on besides the configuration."""

    files: Files
    inputs: Inputs
    priors: dict[str, Prior]
    has_state: bool


class Planner:
    """Evaluates one root module against what there is; `found` collects what is wrong."""

    def __init__(self, root: Module, facts: Facts) -> None:
        self.facts = facts
        self.found: list[Diagnostic] = []
        self.reads: dict[tuple[str, str], Read] = {}
        self.globs: dict[str, None] = {}
        self.uncertain: list[str] = []
        self.changes: dict[str, ResourceChange] = {}
        self.addresses: dict[str, Instance] = {}
        self._instances: dict[tuple[str, BlockKey], Instances | None] = {}
        self._modules: dict[tuple[str, str], dict[Key, ModuleInstance] | None] = {}
        self._said: set[tuple[object, ...]] = set()
        self._open: list[str] = []
        variables = RootVariables(root, facts.inputs, facts.files)
        values = variables.values()
        self.say(variables.found)
        for path in variables.read:
            self.read(path, "var")
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

    def read(self, path: str, by: str) -> None:
        """Remember that `by` reads a file."""
        self.reads.setdefault((path, by), Read(path, by))

    def functions(self, address: str) -> FunctionContext:
        """What functions in the block `address` may use."""
        return renderer(
            FunctionContext(
                self.facts.files,
                self.root.module.path,
                lambda path: self.read(path, address),
                lambda pattern: self.globs.setdefault(pattern),
            )
        )

    def value(self, node: Expression, scope: Scope, address: str) -> Value:
        """An expression's value; unknown, and reported, where it fails."""
        del address
        found: list[Diagnostic] = []
        value = value_of(node, scope, found)
        self.say(found)
        return UNKNOWN if failed(found) else value

    # --- modules -------------------------------------------------------------------------------

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
        keys = self._expanded(parent, call.count, call.for_each, address)
        if keys is None:
            return None
        return {k: self._module(parent, name, child, k, item) for k, item in keys.items()}

    def _module(
        self, parent: ModuleInstance, name: str, child: Module, key: Key, item: Value | None
    ) -> ModuleInstance:
        call = parent.module.calls[name]
        names = instance_names(key, item)
        address = parent.within(f"module.{name}")
        instance = ModuleInstance(
            (*parent.path, (name, key)),
            child,
            self,
            parent,
            names=names,
            depends_on=(*parent.depends_on, *call.depends_on),
        )
        variables = {}
        for variable in child.variables.values():
            argument = call.arguments.get(variable.name)

            def evaluated(variable=variable, argument=argument) -> Value:  # type: ignore[no-untyped-def]
                found: list[Diagnostic] = []
                node = argument.expression if argument else variable.default
                if node is None:
                    return UNKNOWN
                scope = parent.scope(address, names) if argument else instance.scope(address)
                where = (argument or variable).span.range
                given = self.value(node, scope, address)
                value = checked(variable, given, "", where, found)
                self.say(found)
                return value

            variables[variable.name] = evaluated
        instance.variables = variables
        return instance

    def all_modules(self, start: ModuleInstance | None = None) -> Iterator[ModuleInstance]:
        """Every module instance, callers first."""
        at = start or self.root
        yield at
        for name in at.module.calls:
            for instance in (self.module_instances(at, name) or {}).values():
                yield from self.all_modules(instance)

    def _expanded(
        self,
        module: ModuleInstance,
        count: Expression | None,
        for_each: Expression | None,
        address: str,
    ) -> Instances | None:
        node = count or for_each
        if node is None:
            return {None: None}
        before = len(self.found)
        value = self.value(node, module.scope(address), address)
        if failed(self.found[before:]):
            return None
        found: list[Diagnostic] = []
        try:
            instances = (counted if count else each)(node, value, found)
        except NotGiven:
            self.uncertain.append(
                f"how many {address} there are hangs on a value that is not given"
            )
            return None
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
            self._instances[at] = self._expanded(module, block.count, block.for_each, address)
        return self._instances[at]

    def resource(
        self, module: ModuleInstance, key: BlockKey, traversal: ScopeTraversal, taken: int
    ) -> tuple[Value, int]:
        """The planned object that a reference names, or all of a block's as one value."""
        if key not in module.module.resources:
            return UNKNOWN, len(traversal.steps)
        instances = self.instances(module, key)
        if instances is None:
            return UNKNOWN, len(traversal.steps)
        if None in instances:
            return self.object(module, key, None), taken
        step = traversal.steps[taken] if len(traversal.steps) > taken else None
        if isinstance(step, KeyStep):
            at = plain_key(step.key)
            if at in instances and at is not None:
                return self.object(module, key, at), taken + 1
        return collected({k: self.object(module, key, k) for k in instances}), taken

    def object(self, module: ModuleInstance, key: BlockKey, at: Key) -> Value:
        """One planned object, with what its schema calls sensitive marked."""
        change = self.change(module, key, at)
        return change.after if change.after is not None else UNKNOWN

    def change(self, module: ModuleInstance, key: BlockKey, at: Key) -> ResourceChange:
        """The plan of one instance."""
        address = Resource(module.path, *key).instance(at)
        text = str(address)
        if text not in self.changes:
            if text in self._open:
                return _placeholder(address)
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
        names = {**module.names, **instance_names(address.key, item)}
        scope = module.scope(str(address), names)
        if not self._conditions(block.lifecycle.preconditions, scope, address, "precondition"):
            return _placeholder(address)
        source = self.source(module.module, block)
        type_ = resource_type(source, address)
        before = len(self.found)
        found: list[Diagnostic] = []
        if type_ is None:
            config = evaluate_freely(block.body, scope, found)
        else:
            config = evaluate_body(type_, block.body, scope, found)
            validate_values(type_, config, block.body, str(address), found)
        self.say(found)
        if failed(self.found[before:]) or failed(found):
            return _placeholder(address)
        if block.mode == "data":
            change = self._data(module, block, address, type_, config)
        else:
            change = _Instance(self, module, block, address, type_, config, source).change()
        after = Scope(scope.root, scope.functions, {**names, "self": change.after or UNKNOWN})
        self._conditions(block.lifecycle.postconditions, after, address, "postcondition")
        return change

    def source(self, module: Module, block: ResourceBlock) -> str:
        """The source address of a block's provider."""
        if block.provider == "terraform" and "terraform" not in module.providers:
            return BUILTIN
        if block.provider in module.providers:
            return module.providers[block.provider]
        inherited = self.root.module.providers.get(block.provider)
        return inherited or f"hashicorp/{block.provider}"

    def _conditions(
        self, checks: tuple[Check, ...], scope: Scope, address: Instance, kind: str
    ) -> bool:
        good = True
        for check in checks:
            if check.condition is None:
                continue
            verdict = self._holds(check, scope)
            if verdict is False:
                good = False
                where = check.condition.span.range
                finding = error(f"Resource {kind} failed", self.message(check, scope), where)
                self.say([replace(finding, address=None)])
        del address
        return good

    def _holds(self, check: Check, scope: Scope) -> bool | None:
        """Whether a condition holds; None where it is not known yet or failed."""
        if check.condition is None:
            return None
        value = self.value(check.condition, scope, "")
        try:
            raw = convert(value, BOOL).raw
        except ConversionError:
            detail = "Condition expression must return either true or false."
            where = check.condition.span.range
            self.say([error("Invalid condition result", detail, where)])
            return None
        return raw if isinstance(raw, bool) else None

    def message(self, check: Check, scope: Scope) -> str:
        """The error message of a condition, as far as it can be told."""
        if check.message is None:
            return ""
        value = self.value(check.message, scope, "")
        if value.is_sensitive:
            return "The error message included a sensitive value, so it will not be displayed."
        return str(value.raw) if isinstance(value.raw, str) else "(not known before the apply)"

    def checks(self) -> None:
        """`check` blocks: a failed one is a warning."""
        for module in self.all_modules():
            for block in module.module.checks:
                scope = module.scope(module.within(f"check.{block.name}"))
                for check in block.asserts:
                    if check.condition is not None and self._holds(check, scope) is False:
                        where = check.condition.span.range
                        text = self.message(check, scope)
                        summary = "Check block assertion failed"
                        self.say([Diagnostic(Severity.WARNING, summary, text, where)])

    # --- data ----------------------------------------------------------------------------------

    def _data(
        self,
        module: ModuleInstance,
        block: ResourceBlock,
        address: Instance,
        type_: ResourceType | None,
        config: Value,
    ) -> ResourceChange:
        """Read while planning, unless an argument or a dependency is only settled by the apply."""
        reason = ""
        if not _settled(config):
            reason = "read_because_config_unknown"
        elif self._pending(module, (*module.depends_on, *block.depends_on)):
            reason = "read_because_dependency_pending"
        source = self.source(module.module, block)
        prior = self.facts.priors.get(str(address))
        after = self._data_result(address, type_, config, prior, bool(reason))
        action = Action.READ if reason else Action.NO_OP
        before = prior.value if prior else None
        return _change(
            address,
            source,
            action,
            before=before,
            after=after,
            reason=reason,
            declared=block.span.range,
        )

    def _data_result(
        self,
        address: Instance,
        type_: ResourceType | None,
        config: Value,
        prior: Prior | None,
        deferred: bool,
    ) -> Value:
        given = config.raw if isinstance(config.raw, dict) else {}
        old = prior.value.raw if prior is not None and isinstance(prior.value.raw, dict) else {}
        same = all(
            compare(old[name], value) is True
            for name, value in given.items()
            if not value.is_null and name in old
        )
        if prior is not None and old and same and not deferred:
            return prior.value
        if type_ is None:
            return UNKNOWN
        why = "read by the provider" if not deferred else "known after apply"
        made = {
            name: value
            if not (rule := type_.attributes[name]).computed or not value.is_null
            else unknown(rule.type, [Origin(str(address), name, why)])
            for name, value in given.items()
        }
        return Value(config.type, made)

    def _pending(self, module: ModuleInstance, nodes: tuple[Expression, ...]) -> bool:
        """Whether something that is depended on changes in this plan."""
        return any(
            self._changes(module, node) for node in nodes if isinstance(node, ScopeTraversal)
        )

    def _changes(self, module: ModuleInstance, node: ScopeTraversal) -> bool:
        at: ModuleInstance | None = module
        while at is not None:
            first = node.steps[0] if node.steps else None
            name = first.name if isinstance(first, Attr) else ""
            key = ("managed", node.root, name)
            if key in at.module.resources:
                instances = self.instances(at, key) or {}
                return any(self.change(at, key, k).action is not Action.NO_OP for k in instances)
            if node.root == "module" and name in at.module.calls:
                return self._module_changes(at, name)
            at = at.parent
        return False

    def _module_changes(self, parent: ModuleInstance, name: str) -> bool:
        for called in (self.module_instances(parent, name) or {}).values():
            for inner in self.all_modules(called):
                for key in inner.module.resources:
                    for at in self.instances(inner, key) or {}:
                        if self.change(inner, key, at).action is not Action.NO_OP:
                            return True
        return False


def _settled(config: Value) -> bool:
    """Whether nothing in it waits for the apply (constants that were not given are settled)."""
    from bot.plan.values import all_opaque

    return config.is_wholly_known or all_opaque(config)


def _just(value: Value):  # type: ignore[no-untyped-def]
    return lambda: value


def _key(block: ResourceBlock) -> BlockKey:
    return (block.mode, block.type, block.name)


def _placeholder(address: Instance) -> ResourceChange:
    """Stands for an instance that cannot be planned; what refers to it is unknown."""
    return _change(address, "", Action.NO_OP, before=None, after=UNKNOWN)


def _change(
    address: Instance,
    source: str,
    action: Action,
    **rest: object,
) -> ResourceChange:
    resource = address.resource
    return ResourceChange(
        str(address),
        resource.mode,
        resource.type,
        resource.name,
        source,
        action,
        address.key,
        module_text(resource.module),
        **rest,  # type: ignore[arg-type]
    )


@dataclass(slots=True)
class _Instance:
    """The plan of one managed instance, step by step."""

    planner: Planner
    module: ModuleInstance
    block: ResourceBlock
    address: Instance
    type: ResourceType | None
    config: Value
    source: str

    def change(self) -> ResourceChange:
        prior = self.planner.facts.priors.get(str(self.address))
        marks_on = _schema_marks(self.type)
        if self.type is None:
            change = self._unknown_provider(prior)
        elif prior is None:
            planned = plan_new(self.type, self.config, str(self.address))
            change = self._made(Action.CREATE, None, planned, "")
        else:
            change = self._existing(self.type, prior)
        if change.after is not None:
            change = replace(change, after=marks_on(change.after))
        return change

    def _existing(self, type_: ResourceType, prior: Prior) -> ResourceChange:
        config = _ignoring(self.block, self.config, prior.value)
        bare, _ = config.unmarked_deep()
        planned = plan_existing(type_, prior.value, bare, str(self.address))
        after = _remarked(planned.after, self.config)
        reason = "replace_because_cannot_update" if planned.replace else ""
        if prior.tainted:
            reason = "replace_because_tainted"
        elif not reason and self._triggered():
            reason = "replace_by_triggers"
        if reason:
            anew = plan_new(type_, config, str(self.address))
            return self._made(
                self._replacement(), prior, Planned(anew.after, True, planned.replace), reason
            )
        action = Action.NO_OP if planned.changed is False else Action.UPDATE
        if action is Action.NO_OP:
            after = _remarked(prior.value, self.config)
        return self._made(action, prior, Planned(after, planned.changed), "")

    def _replacement(self) -> Action:
        if self.block.lifecycle.create_before_destroy or self._forced_first():
            return Action.CREATE_DELETE
        return Action.DELETE_CREATE

    def _forced_first(self) -> bool:
        """What something with `create_before_destroy` depends on is created first, too."""
        mine = str(Resource(self.address.resource.module, *_key(self.block)).local)
        return mine in _created_first(self.module.module)

    def _triggered(self) -> bool:
        for node in self.block.lifecycle.triggers:
            if isinstance(node, ScopeTraversal) and self._trigger_changes(node):
                return True
        return False

    def _trigger_changes(self, node: ScopeTraversal) -> bool:
        first = node.steps[0] if node.steps else None
        key = ("managed", node.root, first.name if isinstance(first, Attr) else "")
        if key not in self.module.module.resources:
            return False
        instances = self.planner.instances(self.module, key) or {}
        rest = node.steps[1:]
        wanted: list[Key] = list(instances)
        if rest and isinstance(rest[0], KeyStep):
            wanted = [plain_key(rest[0].key)]
            rest = rest[1:]
        elif any(isinstance(k, str) for k in instances) and self.address.key in instances:
            wanted = list(instances)
        for at in wanted:
            change = self.planner.change(self.module, key, at)
            if change.action in (Action.NO_OP, Action.CREATE):
                if change.action is Action.NO_OP:
                    continue
                return not rest
            if change.action.replaces or not rest:
                return True
            name = rest[0].name if isinstance(rest[0], Attr) else ""
            if _attribute_changes(change, name):
                return True
        return False

    def _made(
        self, action: Action, prior: Prior | None, planned: Planned, reason: str
    ) -> ResourceChange:
        uncertain = ""
        if planned.changed is None:
            uncertain = "it hangs on a value that is not given whether this changes"
        previous = prior.previous if prior is not None and prior.previous else None
        if self.block.lifecycle.prevent_destroy is not None and action.destroys:
            self.planner.say([prevented(str(self.address), self.block)])
        return _change(
            self.address,
            self.source,
            action,
            before=prior.value if prior is not None else None,
            after=planned.after,
            reason=reason,
            replace_paths=planned.replace,
            previous_address=previous,
            declared=self.block.span.range,
            uncertain=uncertain,
        )

    def _unknown_provider(self, prior: Prior | None) -> ResourceChange:
        """Whose rules nobody told: a change is an update or a replacement, and that is said."""
        known = self.config.raw if isinstance(self.config.raw, dict) else {}
        if prior is None:
            after = object_of({**known, "id": unknown(origins=[Origin(str(self.address), "id")])})
            return self._made(Action.CREATE, None, Planned(after, True), "")
        old = prior.value.raw if isinstance(prior.value.raw, dict) else {}
        bare, _ = self.config.unmarked_deep()
        given = bare.raw if isinstance(bare.raw, dict) else {}
        changed = [
            name for name, value in given.items() if _loosely_differs(old.get(name, NULL), value)
        ]
        if not changed:
            return self._made(Action.NO_OP, prior, Planned(prior.value, False), "")
        after = object_of({**old, **given})
        change = self._made(Action.UPDATE, prior, Planned(after, True), "")
        why = f"update, or replacement: the rules of {self.source} are not known"
        return replace(change, uncertain=why)


def _loosely_differs(old: Value, new: Value) -> bool:
    """Compared by content: a list and a tuple of the same are the same without a schema."""
    if old.is_wholly_known and new.is_wholly_known:
        from bot.plan.values import to_json

        return to_json(old) != to_json(new)
    return differs(old, new) is not False


def prevented(address: str, block: ResourceBlock) -> Diagnostic:
    """`prevent_destroy` stands in the way."""
    detail = (
        f"Resource {address} has lifecycle.prevent_destroy set, but the plan calls for this"
        " resource to be destroyed. To avoid this error and continue with the plan, either disable"
        " lifecycle.prevent_destroy or reduce the scope of the plan using the -target or -exclude"
        " flags."
    )
    return error("Instance cannot be destroyed", detail, block.span.range)


def _attribute_changes(change: ResourceChange, name: str) -> bool:
    before = change.before.raw if change.before and isinstance(change.before.raw, dict) else {}
    after = change.after.raw if change.after and isinstance(change.after.raw, dict) else {}
    return compare(before.get(name, NULL), after.get(name, NULL)) is not True


def _created_first(module: Module) -> set[str]:
    """Local names of what must be created before it is destroyed, by its own word or another's."""
    wanted = {
        _local(block)
        for block in module.resources.values()
        if block.lifecycle.create_before_destroy
    }
    graph = {_local(block): _referred(module, block) for block in module.resources.values()}
    todo = list(wanted)
    while todo:
        for name in graph.get(todo.pop(), ()):
            if name not in wanted and name in graph:
                wanted.add(name)
                todo.append(name)
    return wanted


def _local(block: ResourceBlock) -> str:
    return f"{'data.' if block.mode == 'data' else ''}{block.type}.{block.name}"


def _referred(module: Module, block: ResourceBlock) -> set[str]:
    """The resources that a block refers to, through locals too."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [
        *references_in(block.body),
        *(
            r
            for node in (block.count, block.for_each, *block.depends_on)
            if node
            for r in references(node)
        ),
    ]
    while todo:
        node = todo.pop()
        first = node.steps[0] if node.steps else None
        name = first.name if isinstance(first, Attr) else ""
        if node.root == "local" and name in module.locals and name not in seen:
            seen.add(name)
            todo.extend(references(module.locals[name].expression))
        elif ("managed", node.root, name) in module.resources:
            found.add(f"{node.root}.{name}")
    return found


def _ignoring(block: ResourceBlock, config: Value, prior: Value) -> Value:
    """`ignore_changes`: what is named there is as it was."""
    lifecycle = block.lifecycle
    if not isinstance(config.raw, dict) or not isinstance(prior.raw, dict):
        return config
    if lifecycle.ignore_all:
        return Value(config.type, {name: prior.raw.get(name, v) for name, v in config.raw.items()})
    made = dict(config.raw)
    for path in lifecycle.ignore:
        name = path[0]
        if name in made and name in prior.raw:
            made[name] = _kept(made[name], prior.raw[name], path[1:])
    return Value(config.type, made, config.marks)


def _kept(value: Value, old: Value, path: tuple[str, ...]) -> Value:
    if not path:
        return old
    if isinstance(value.raw, dict) and isinstance(old.raw, dict):
        made = dict(value.raw)
        if path[0] in old.raw:
            made[path[0]] = _kept(made.get(path[0], NULL), old.raw[path[0]], path[1:])
        else:
            made.pop(path[0], None)
        return Value(value.type, made, value.marks)
    return value


def _remarked(after: Value, config: Value) -> Value:
    """Marks of the configuration put back on what was planned from it."""
    if not isinstance(after.raw, dict) or not isinstance(config.raw, dict):
        return after
    made = {}
    for name, value in after.raw.items():
        given = config.raw.get(name)
        marks = given.unmarked_deep()[1] if given is not None else None
        made[name] = value.with_marks(marks) if marks else value
    return Value(after.type, made, after.marks)


def _schema_marks(type_: ResourceType | None):  # type: ignore[no-untyped-def]
    """A function that marks what the schema calls sensitive."""
    names = [n for n, rule in type_.attributes.items() if rule.sensitive] if type_ else []

    def marked(value: Value) -> Value:
        if not names or not isinstance(value.raw, dict):
            return value
        made = {n: v.with_marks(SENSITIVE) if n in names else v for n, v in value.raw.items()}
        return Value(value.type, made, value.marks)

    return marked


__all__ = ["Facts", "Planner", "Resource", "prevented", "string"]
