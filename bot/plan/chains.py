"""From an edit to an expression: through the references that it makes and the files that it reads.

Above `bot.plan.edits` and `bot.plan.engine`; below `why`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from bot.plan.diagnostics import Range
from bot.plan.edits import Sides, edited, edited_default, edited_file
from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.planner import Planner
from bot.plan.evaluate.references import references
from bot.plan.functions.glob import matching
from bot.plan.prediction import Action, Cause, ResourceChange
from bot.plan.syntax.nodes import Attr, Expression, ScopeTraversal

Chain = tuple[Cause, ...]
_DEEPEST = 30
_STAYING = (Action.NO_OP, Action.READ)


class Chains(Struct):
    """Searches what an expression hangs on; `causes` explains the change of a resource."""

    planner: Planner
    sides: Sides | None
    changes: Mapping[str, ResourceChange]
    causes: Callable[[ResourceChange], Chain]

    def expression(
        self,
        module: ModuleInstance,
        node: Expression,
        before: Expression | None,
        noun: str,
        owner: str,
        depth: int = 0,
    ) -> Chain:
        """From an edit to this expression; empty where nothing that it hangs on was edited."""
        if self.sides is None or depth > _DEEPEST:
            return ()
        edit = edited(before, node, noun)
        if edit is not None:
            return (edit,)
        for reference in references(node):
            chain = self._reference(module, reference, depth)
            if chain:
                return chain
        return self._file(owner, node.span.range)

    def _file(self, owner: str, place: Range | None = None) -> Chain:
        """An edited file that `owner` reads, or one that its `fileset` finds or misses."""
        if self.sides is None:
            return ()
        for read in self.planner.reads.values():
            if _by(read.by, owner) and (place is None or _within(read.range, place)):
                edit = edited_file(self.sides, read.path)
                if edit is not None:
                    return (edit, Cause(f"{owner} reads it", read.range))
        for (pattern, by), at in self.planner.globbed.items():
            if _by(by, owner) and (place is None or _within(at, place)):
                edit = self._listed(pattern)
                if edit is not None:
                    return (edit, Cause(f"{owner} lists {pattern}", at))
        return ()

    def _listed(self, pattern: str) -> Cause | None:
        if self.sides is None:
            return None
        was, now = set(self.sides.base_files.paths()), set(self.sides.head_files.paths())
        listed = sorted(matching(pattern, sorted(was ^ now)))
        return edited_file(self.sides, listed[0]) if listed else None

    def _reference(self, module: ModuleInstance, node: ScopeTraversal, depth: int) -> Chain:
        name = _first(node)
        follow: dict[str, Callable[[], Chain]] = {
            "local": lambda: self._local(module, name, node, depth),
            "var": lambda: self._variable(module, name, node, depth),
            "module": lambda: self._output(module, name, node, depth),
        }
        if node.root in follow:
            return follow[node.root]()
        for change in self.named(module, node):
            if change.action not in _STAYING and self.causes(change):
                return (*self.causes(change), Cause(f"{node.span.text} changes", node.span.range))
        return ()

    def _local(self, module: ModuleInstance, name: str, node: ScopeTraversal, depth: int) -> Chain:
        now = module.module.locals.get(name)
        if now is None or self.sides is None:
            return ()
        base = self.sides.before(names_of(module))
        old = base.locals.get(name) if base is not None else None
        owner = module.within(f"local.{name}")
        before = old.expression if old is not None else None
        chain = self.expression(module, now.expression, before, owner, owner, depth + 1)
        return (*chain, Cause(f"{owner} has another value", node.span.range)) if chain else ()

    def _variable(
        self, module: ModuleInstance, name: str, node: ScopeTraversal, depth: int
    ) -> Chain:
        variable = module.module.variables.get(name)
        if variable is None or self.sides is None:
            return ()
        base = self.sides.before(names_of(module))
        where = Cause(f"{module.within('')}var.{name} has another value", node.span.range)
        parent = module.parent
        if parent is None:
            edit = edited_default(base.variables.get(name) if base else None, variable)
            chain = (edit,) if edit is not None else self._file("var")[:1]
            return (*chain, where) if chain else ()
        call = parent.module.calls[module.path[-1][0]]
        argument = call.arguments.get(name)
        if argument is None:
            edit = edited_default(base.variables.get(name) if base else None, variable)
            return (edit, where) if edit is not None else ()
        outer = self.sides.before(names_of(parent))
        given = outer.calls.get(call.name) if outer is not None else None
        old = given.arguments.get(name) if given is not None else None
        owner = parent.within(f"module.{call.name}")
        noun = f"{name} of {owner}"
        chain = self.expression(
            parent, argument.expression, old.expression if old else None, noun, owner, depth + 1
        )
        return (*chain, where) if chain else ()

    def _output(self, module: ModuleInstance, name: str, node: ScopeTraversal, depth: int) -> Chain:
        if self.sides is None:
            return ()
        wanted = {step.name for step in node.steps[1:3] if isinstance(step, Attr)}
        for instance in (self.planner.module_instances(module, name) or {}).values():
            base = self.sides.before(names_of(instance))
            for output in instance.module.outputs.values():
                if output.value is None or (wanted and output.name not in wanted):
                    continue
                old = base.outputs.get(output.name) if base is not None else None
                owner = instance.within(f"output.{output.name}")
                before = old.value if old is not None else None
                chain = self.expression(instance, output.value, before, owner, owner, depth + 1)
                if chain:
                    return (*chain, Cause(f"{owner} has another value", node.span.range))
        return ()

    def named(self, module: ModuleInstance, node: ScopeTraversal) -> list[ResourceChange]:
        """The changes of the resource that a reference names."""
        first = node.steps[0] if node.steps else None
        name = first.name if isinstance(first, Attr) else ""
        wanted = module.within(f"{node.root}.{name}")
        return [
            each
            for each in self.changes.values()
            if each.address.partition("[")[0] == wanted or each.address.startswith(f"{wanted}[")
        ]

    def variables(self, module: ModuleInstance, node: Expression, seen: set[str]) -> set[str]:
        """The root variables that an expression hangs on."""
        found: set[str] = set()
        for reference in references(node):
            name = _first(reference)
            key = f"{module.within('')}{reference.root}.{name}"
            if key in seen:
                continue
            seen.add(key)
            if reference.root == "local" and name in module.module.locals:
                inner = module.module.locals[name].expression
                found |= self.variables(module, inner, seen)
            elif reference.root == "var" and module.parent is None:
                found.add(name)
            elif reference.root == "var" and module.parent is not None:
                argument = module.parent.module.calls[module.path[-1][0]].arguments.get(name)
                if argument is not None:
                    found |= self.variables(module.parent, argument.expression, seen)
        return found


def names_of(module: ModuleInstance) -> tuple[str, ...]:
    """The calls on the way to a module, without their keys."""
    return tuple(name for name, _ in module.path)


def _first(node: ScopeTraversal) -> str:
    first = node.steps[0] if node.steps else None
    return first.name if isinstance(first, Attr) else ""


def _by(reader: str, owner: str) -> bool:
    return reader == owner or reader.startswith(f"{owner}[")


def _within(inner: Range | None, outer: Range) -> bool:
    return (
        inner is not None
        and inner.file == outer.file
        and outer.start.byte <= inner.start.byte
        and inner.end.byte <= outer.end.byte
    )
