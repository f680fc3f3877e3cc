"""Why: the chain from the edited line to a change.

Above `bot.plan.engine`; evaluates nothing anew. An unknown value remembers where it began (its
origins); a known one is followed through the references of its expression, to an expression, a
default or a file that differs between base and head.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from bot.plan.chains import Chain, Chains, names_of
from bot.plan.configuration import ResourceBlock
from bot.plan.diagnostics import Range
from bot.plan.edits import Sides
from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.planner import Planner
from bot.plan.evaluate.references import references, references_in
from bot.plan.prediction import Action, Cause, ResourceChange
from bot.plan.syntax.nodes import Expression
from bot.plan.values import NULL, Unknown, Value, all_origins, compare


class Why:
    """The causes of a plan's changes; `sides` is None where there is no base to compare with."""

    def __init__(
        self, planner: Planner, sides: Sides | None, changes: dict[str, ResourceChange]
    ) -> None:
        self.planner = planner
        self.sides = sides
        self.changes = changes
        self._known: dict[str, Chain] = {}
        self._modules: dict[str, ModuleInstance] = {}
        self._chains = Chains(planner, sides, changes, self.causes)

    def explained(self, changes: Iterable[ResourceChange]) -> list[ResourceChange]:
        """The changes with their causes."""
        for module in self.planner.all_modules():
            self._modules[module.within("")] = module
        return [replace(each, causes=self.causes(each)) for each in changes]

    def causes(self, change: ResourceChange) -> Chain:
        """From the edit to the change; empty for what stays."""
        if change.action is Action.NO_OP:
            return ()
        if change.deposed:
            return (Cause("a replacement that was cut short left the old object behind"),)
        if change.address not in self._known:
            self._known[change.address] = ()  # a cycle ends here
            self._known[change.address] = self._causes(change)
        return self._known[change.address]

    def _causes(self, change: ResourceChange) -> Chain:
        if change.action in (Action.DELETE, Action.FORGET):
            return self._removed(change)
        found = self._place(change)
        if found is None:
            return ()
        module, block = found
        if change.action is Action.CREATE:
            return self._created(change, module, block)
        if change.action is Action.READ:
            return self._read_late(change, module, block)
        if change.reason == "replace_because_tainted":
            text = "its last apply failed half-way: the object is tainted, and made anew"
            return (Cause(text, change.declared),)
        if change.reason == "replace_by_triggers":
            return self._triggered(module, block)
        return self._changed(change, module, block)

    def _place(self, change: ResourceChange) -> tuple[ModuleInstance, ResourceBlock] | None:
        prefix = f"{change.module_address}." if change.module_address else ""
        module = self._modules.get(prefix)
        if module is None:
            return None
        block = module.module.resources.get((change.mode, change.type, change.name))
        return (module, block) if block is not None else None

    # --- what comes and goes ---------------------------------------------------------------------

    def _created(
        self, change: ResourceChange, module: ModuleInstance, block: ResourceBlock
    ) -> Chain:
        before = self._block_before(module, block)
        if self.sides is not None and before is None:
            return self._new_module(module) or (Cause("its block is new", block.span.range),)
        last = Cause("it is in the code, and nowhere yet", block.span.range)
        return self._repeated(module, block, before, str(change.index)) or (last,)

    def _block_before(self, module: ModuleInstance, block: ResourceBlock) -> ResourceBlock | None:
        base = self.sides.before(names_of(module)) if self.sides is not None else None
        return base.resources.get((block.mode, block.type, block.name)) if base else None

    def _new_module(self, module: ModuleInstance) -> Chain:
        parent = module.parent
        if parent is None or self.sides is None:
            return ()
        call = parent.module.calls[module.path[-1][0]]
        base = self.sides.before(names_of(parent))
        if base is not None and call.name in base.calls:
            return ()
        new = (Cause(f"module.{call.name} is called here, newly", call.span.range),)
        return self._new_module(parent) or new

    def _repeated(
        self,
        module: ModuleInstance,
        block: ResourceBlock,
        before: ResourceBlock | None,
        key: str,
    ) -> Chain:
        """Why there are as many as there are: the block's own repetition, or a module's."""
        meta, node = _repetition(block)
        old = _repetition(before)[1] if before is not None else None
        if node is not None:
            address = module.within(f"{block.type}.{block.name}")
            chain = self._chains.expression(module, node, old, f"{meta} of {address}", address)
            if chain:
                return (
                    *chain,
                    Cause(f"{meta} gives other instances (here: {key})", node.span.range),
                )
        parent = module.parent
        if parent is None:
            return ()
        call = parent.module.calls[module.path[-1][0]]
        node = call.count or call.for_each
        base = self.sides.before(names_of(parent)) if self.sides is not None else None
        given = base.calls.get(call.name) if base is not None else None
        old = (given.count or given.for_each) if given is not None else None
        if node is None:
            return ()
        address = parent.within(f"module.{call.name}")
        chain = self._chains.expression(parent, node, old, f"the instances of {address}", address)
        return (*chain, Cause(f"{address} has other instances", node.span.range)) if chain else ()

    def _removed(self, change: ResourceChange) -> Chain:
        found = self._place(change)
        reason = _REASONS.get(change.reason, "nothing in the code wants it")
        if found is not None:
            module, block = found
            before = self._block_before(module, block)
            chain = self._repeated(module, block, before, str(change.index))
            return chain or (Cause(reason, block.span.range),)
        where = self._declared_before(change)
        if self.sides is not None and where is None:
            reason = "it is in the state, and its block was gone before this change"
        return (Cause(reason, where),)

    def _declared_before(self, change: ResourceChange) -> Range | None:
        address = self.planner.prior_addresses.get(change.address)
        if self.sides is None or address is None:
            return None
        base = self.sides.before(tuple(name for name, _ in address.resource.module))
        resource = address.resource
        key = (resource.mode, resource.type, resource.name)
        block = base.resources.get(key) if base is not None else None
        return block.span.range if block is not None else None

    def _read_late(
        self, change: ResourceChange, module: ModuleInstance, block: ResourceBlock
    ) -> Chain:
        """A data source that only the apply can read: what it waits for changes."""
        outer = module.parent or module
        waits = [*((module, node) for node in block.depends_on)]
        waits += [(outer, node) for node in module.depends_on]
        for place, node in waits:
            for reference in references(node):
                for other in self._chains.named(place, reference):
                    if self.causes(other):
                        text = f"depends_on names {node.span.text}, which changes"
                        return (*self.causes(other), Cause(text, node.span.range))
        for name in block.body.attributes:
            for origin in all_origins(_part(change.after, name)):
                if origin.address != change.address:
                    return self._attribute(change, module, block, name)
        for reference in references_in(block.body):
            for other in self._chains.named(module, reference):
                if other.mode == "managed" and self.causes(other):
                    text = f"it refers to {other.address}, which changes"
                    return (*self.causes(other), Cause(text, reference.span.range))
        return (Cause("the apply reads it", block.span.range),)

    # --- what changes ----------------------------------------------------------------------------

    def _triggered(self, module: ModuleInstance, block: ResourceBlock) -> Chain:
        for node in block.lifecycle.triggers:
            for reference in references(node):
                for change in self._chains.named(module, reference):
                    chain = self.causes(change)
                    if chain:
                        text = f"replace_triggered_by names {node.span.text}"
                        return (*chain, Cause(text, node.span.range))
        return ()

    def _changed(
        self, change: ResourceChange, module: ModuleInstance, block: ResourceBlock
    ) -> Chain:
        names = [str(path[0]) for path in change.replace_paths] or _differing(change, block)
        best: Chain = ()
        for name in names:
            chain = self._attribute(change, module, block, name)
            if len(chain) > 1 or not best:
                best = best if len(best) > 1 else chain
        if change.action.replaces and names and best:
            last = Cause(f"{', '.join(names)}: a change of it forces replacement", best[-1].range)
            return (*best, last)
        return best

    def _attribute(
        self, change: ResourceChange, module: ModuleInstance, block: ResourceBlock, name: str
    ) -> Chain:
        argument = block.body.attributes.get(name)
        if argument is None:
            text = (
                f"{name} is no longer set" if self._had(module, block, name) else f"{name} differs"
            )
            return (Cause(text, block.span.range),)
        node = argument.expression
        for origin in sorted(all_origins(_part(change.after, name)), key=str):
            other = self.changes.get(origin.address)
            if other is not None and other.address != change.address and self.causes(other):
                text = f"{origin.address}.{origin.attribute} is known only after the apply"
                return (*self.causes(other), Cause(text, node.span.range))
        if self._as_before(change, name):
            return (self._outside(module, node, name),)
        before = self._block_before(module, block)
        old = before.body.attributes.get(name) if before is not None else None
        noun = f"{name} of {change.address}"
        chain = self._chains.expression(
            module, node, old.expression if old else None, noun, change.address
        )
        if chain:
            last = Cause(f"{noun} has another value", node.span.range)
            return chain if chain[-1].range == node.span.range else (*chain, last)
        return (self._outside(module, node, name),)

    def _as_before(self, change: ResourceChange, name: str) -> bool:
        """Whether the base's code gives the attribute the same value: no edit is to blame then."""
        if self.sides is None:
            return False
        base = self.sides.planned().get(change.address)
        old, now = _part(base.after if base is not None else None, name), _part(change.after, name)
        return base is not None and _same(old, now)

    def _had(self, module: ModuleInstance, block: ResourceBlock, name: str) -> bool:
        before = self._block_before(module, block)
        return before is not None and name in before.body.attributes

    def _outside(self, module: ModuleInstance, node: Expression, name: str) -> Cause:
        """Nothing in the repository explains it: a variable's value, or what is there."""
        given = sorted(self._chains.variables(module, node, set()))
        if given:
            listed = ", ".join(f"var.{each}" for each in given)
            return Cause(
                f"{name} hangs on {listed}: another value than at the apply", node.span.range
            )
        return Cause(f"{name}: what is there is not what the code says (drift)", node.span.range)


_REASONS = {
    "delete_because_no_resource_config": "its block is gone",
    "delete_because_no_module": "its module's instance is gone",
    "delete_because_count_index": "count is smaller than its index",
    "delete_because_each_key": "for_each has no such key",
    "delete_because_wrong_repetition": "its block repeats in another way",
    "delete_because_no_move_target": "it was moved to where no block is",
}


def _repetition(block: ResourceBlock | None) -> tuple[str, Expression | None]:
    if block is None:
        return "", None
    return ("count", block.count) if block.count is not None else ("for_each", block.for_each)


def _part(value: Value | None, name: str) -> Value:
    return value.raw.get(name, NULL) if value is not None and isinstance(value.raw, dict) else NULL


def _differing(change: ResourceChange, block: ResourceBlock) -> list[str]:
    """The attributes of an update that it is about: what is configured, and what no longer is."""
    after = change.after.raw if change.after is not None else None
    names = [
        name
        for name, value in (after.items() if isinstance(after, dict) else ())
        if _differs(_part(change.before, name), value, change.address)
    ]
    configured = [name for name in names if name in block.body.attributes]
    return configured or names[:1]


def _same(one: Value, other: Value) -> bool:
    """Equal but for what is unknown on either side."""
    old, new = one.raw, other.raw
    if isinstance(old, Unknown) or isinstance(new, Unknown):
        return _nothing_but_applied(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    return compare(one, other) is True


def _nothing_but_applied(old: object, new: object) -> bool:
    """Whether the unknown side is what the provider fills in, or both are the same constant."""
    if isinstance(old, Unknown) and isinstance(new, Unknown):
        return old.opaque == new.opaque or not new.opaque
    unknown = old if isinstance(old, Unknown) else new
    return isinstance(unknown, Unknown) and unknown.opaque.startswith("applied:")


def _differs(before: Value, after: Value, own: str) -> bool:
    """Whether there is more between them than what the change itself makes unknown."""
    old, new = before.raw, after.raw
    if isinstance(new, Unknown) and not new.opaque:
        return any(origin.address != own for origin in new.origins)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() != new.keys() or any(_differs(old[k], v, own) for k, v in new.items())
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        return any(_differs(a, b, own) for a, b in zip(old, new, strict=True))
    return compare(before, after) is not True


def explained(
    planner: Planner, sides: Sides | None, changes: Iterable[ResourceChange]
) -> list[ResourceChange]:
    """All changes, in their order, each with its causes."""
    every = list(changes)
    current = {each.address: each for each in every if not each.deposed}
    return Why(planner, sides, current).explained(every)
