"""Whether `moved` blocks are right: what moved must be gone, and go to one place.

Beside `moves` in `bot.plan.engine`; asks the planner which instances there are. What is wrong here
takes the place of all else, for it may well be the cause of it.
"""

from __future__ import annotations

from msgspec import Struct, field

from bot.plan.address import ModulePath
from bot.plan.configuration import ResourceBlock
from bot.plan.configuration.module import ModuleCall
from bot.plan.diagnostics import Diagnostic, Range, error
from bot.plan.engine.deletions import module_at
from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.move_statements import Endpoint, Statement, waits
from bot.plan.engine.moves import in_order
from bot.plan.engine.planner import Planner
from bot.plan.places import relative_file

_Other = tuple[str, Range]
"""The other end of a statement, and where the statement is; kept by address and whether it is whole
(a resource and its one instance have one text)."""


def wrong_moves(planner: Planner, statements: list[Statement]) -> list[Diagnostic]:
    """What is wrong with the statements, for each instance of the module that declares them."""
    rules = _Rules(planner)
    for statement in statements:
        for module in planner.all_modules():
            if tuple(name for name, _ in module.path) == statement.source.declared:
                rules.look(statement, module.path)
    if not rules.found and statements and not in_order(statements):
        rules.found.append(rules.cyclic(statements))
    return rules.found


class _Rules(Struct):
    planner: Planner
    found: list[Diagnostic] = field(default_factory=list)
    sources: dict[tuple[str, bool], _Other] = field(default_factory=dict)
    targets: dict[tuple[str, bool], _Other] = field(default_factory=dict)

    def look(self, statement: Statement, module: ModulePath) -> None:
        """One statement in one instance of its module."""
        here, there = statement.source.within(module), statement.to.within(module)
        if here == there:
            detail = (
                f"This statement declares a move from {here} to the same address, which is the same"
                " as not declaring this move at all."
            )
            self.found.append(error("Redundant move statement", detail, statement.where))
            return
        self._look_at_source(statement, module)
        self._look_at_others(statement, here, there)

    def _look_at_source(self, statement: Statement, module: ModulePath) -> None:
        declared = _declared(self.planner, statement.source, module)
        if declared is None:
            return
        noun, short = _nouns(statement.source)
        detail = (
            f"This statement declares a move from {statement.source.within(module)}, but that"
            f" {noun} is still declared at {self._begin(declared)}.\n\nChange your configuration so"
            f" that this {short} will be declared as {statement.to.within(module)} instead."
        )
        self.found.append(error("Moved object still exists", detail, statement.where))

    def _look_at_others(self, statement: Statement, here: str, there: str) -> None:
        """The statements before this one that move the same, or to the same."""
        noun, short = _nouns(statement.source)
        whole = statement.source.whole
        other, where = self.sources.setdefault((here, whole), (there, statement.where))
        if other != there:
            detail = (
                f"A statement at {self._begin(where)} declared that {here} moved to {other}, but"
                f" this statement instead declares that it moved to {there}.\n\nEach {noun} can"
                f" move to only one destination {short}."
            )
            self.found.append(error("Ambiguous move statements", detail, statement.where))
        other, where = self.targets.setdefault((there, whole), (here, statement.where))
        if other != here:
            detail = (
                f"A statement at {self._begin(where)} declared that {other} moved to {there}, but"
                f" this statement instead declares that {here} moved there.\n\nEach {noun} can have"
                f" moved from only one source {short}."
            )
            self.found.append(error("Ambiguous move statements", detail, statement.where))

    def cyclic(self, statements: list[Statement]) -> Diagnostic:
        """Statements that wait for each other: there is no place where they end."""
        listed = sorted(
            f"\n  - {self._begin(each.where)}: {_pattern(each.source)} → {_pattern(each.to)}"
            for each in _circling(statements)
        )
        detail = (
            "The following chained move statements form a cycle, and so there is no final location"
            f" to move objects to:{''.join(listed)}\n\nA chain of move statements must end with an"
            " address that doesn't appear in any other statements, and which typically also refers"
            " to an object still declared in the configuration."
        )
        return error("Cyclic dependency in move statements", detail)

    def _begin(self, at: Range) -> str:
        name = relative_file(at.file, self.planner.root.module.path)
        return f"{name}:{at.start.line},{at.start.column}"


def _circling(statements: list[Statement]) -> list[Statement]:
    """Without those that lead into the circle or out of it."""
    before = {at: set(others) for at, others in enumerate(waits(statements))}
    while True:
        waited_for = set().union(*before.values())
        kept = {at: others for at, others in before.items() if others and at in waited_for}
        if len(kept) == len(before):
            return [statements[at] for at in kept]
        before = {at: others & kept.keys() for at, others in kept.items()}


def _nouns(end: Endpoint) -> tuple[str, str]:
    if end.resource is None:
        return ("module call", "call") if end.whole else ("module instance", "instance")
    return ("resource", "resource") if end.whole else ("resource instance", "instance")


def _pattern(end: Endpoint) -> str:
    prefix = "".join(f"module.{name}[*]." for name in end.declared)
    return f"{prefix}{end.within(())}{'[*]' if end.whole else ''}"


def _declared(planner: Planner, end: Endpoint, module: ModulePath) -> Range | None:
    """Where what the end names is still declared; None where it is not."""
    path = (*module, *end.module)
    if end.resource is None:
        parent = module_at(planner, path[:-1])
        return _call(planner, parent, path[-1], whole=end.whole)
    holder = module_at(planner, path)
    if not isinstance(holder, ModuleInstance):
        return None
    block = holder.module.resources.get(end.resource)
    if block is None:
        return None
    if end.whole:
        return _header(block)
    instances = planner.instances(holder, end.resource) or {}
    return _repetition(block) if end.key in instances else None


def _call(
    planner: Planner, parent: ModuleInstance | str | None, step: tuple[str, object], *, whole: bool
) -> Range | None:
    name, key = step
    if not isinstance(parent, ModuleInstance) or name not in parent.module.calls:
        return None
    call = parent.module.calls[name]
    if whole:
        return _header(call)
    instances = planner.module_instances(parent, name) or {}
    return _repetition(call) if key in instances else None


def _header(block: ResourceBlock | ModuleCall) -> Range:
    return block.span.range


def _repetition(block: ResourceBlock | ModuleCall) -> Range:
    node = block.for_each or block.count
    return node.span.range if node is not None else _header(block)
