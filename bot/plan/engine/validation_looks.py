"""How the tool looks at expressions when it validates: names first, then what they come to.

Above `unknowing` in `bot.plan.engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bot.plan.block_checks import (
    remaining,
    unknown_names,
)
from bot.plan.configuration import Module
from bot.plan.configuration.module import Check
from bot.plan.diagnostics import Diagnostic, error, failed
from bot.plan.engine.conditions import conditions
from bot.plan.engine.expansion import NotGiven, counted, each
from bot.plan.engine.modules import FAILED, ModuleInstance
from bot.plan.engine.unknowing import Unknowing
from bot.plan.evaluate import evaluate, references
from bot.plan.evaluate.subjects import misshapen
from bot.plan.graph import Path
from bot.plan.providers import Schemas
from bot.plan.reference_checks import (
    Known,
    Place,
    no_scope,
    wrong_references,
)
from bot.plan.syntax.nodes import Expression, ScopeTraversal
from bot.plan.values import (
    Value,
)


class Looks:
    """What is found of expressions, which are evaluated where there is a planner."""

    def __init__(self, root: Module, schemas: Schemas, planner: Unknowing | None) -> None:
        self.root = root
        self.known = Known(root, schemas)
        self.planner = planner
        self.found: list[Diagnostic] = []

    def _module(self, path: Path) -> Module:
        module = self.root
        for name in path:
            module = module.children[name]
        return module

    def _place(self, path: Path, module: Module, repeated: str = "") -> Place:
        name = ".".join(f"module.{each}" for each in path) or "the root module"
        return Place(module, name, self.known, repeated)

    def _instance(self, path: Path) -> ModuleInstance | None:
        if self.planner is None:
            return None
        instance = self.planner.root
        for name in path:
            instance = (self.planner.module_instances(instance, name) or {})[None]
        return instance

    def _say(self, found: Iterable[Diagnostic]) -> bool:
        """Report; whether that was an error."""
        found = list(found)
        self.found += found
        return failed(found)

    def _wrong(self, nodes: Iterable[Expression | None], place: Place) -> bool:
        """Whether references in expressions that are evaluated together are wrong; that is said."""
        named = [one for node in nodes if node is not None for one in references(node)]
        return self._say(wrong_references(named, place))

    def _value(
        self,
        node: Expression | None,
        path: Path,
        place: Place,
        names: Mapping[str, Value] | None = None,
    ) -> Value:
        """An expression's value, unknown where it is wrong or nothing is evaluated."""
        if node is None or self._wrong([node], place):
            return FAILED
        instance = self._instance(path)
        if instance is None:
            return FAILED
        value, found = evaluate(node, instance.scope("", names or {}))
        return FAILED if self._say(found) else value

    def _evaluated(
        self,
        path: Path,
        place: Place,
        nodes: list[Expression | None],
        evaluated: Callable[[ModuleInstance], object],
    ) -> bool:
        """Look at expressions together; whether all is well."""
        if self._wrong(nodes, place):
            return False
        instance = self._instance(path)
        if instance is None or self.planner is None:
            return True
        before = len(self.planner.found)
        evaluated(instance)
        return not self._say(self.planner.found[before:])

    def _rule(self, check: Check, path: Path, place: Place) -> None:
        """A variable's condition and message are looked at where their names are right."""
        if self._wrong([check.condition, check.message], place):
            return
        instance = self._instance(path)
        for node in (check.condition, check.message):
            if node is not None and instance is not None:
                self._say(evaluate(node, instance.scope(""))[1])

    def _condition(self, check: Check, path: Path, place: Place, judged: str = "") -> None:
        """A message, and a condition that is `judged` already now, are evaluated in any case."""
        before = len(self.found)
        both = [node for node in (check.condition, check.message) if node is not None]
        self._wrong(both, place)
        nodes = both if judged else both[1:]
        instance = self._instance(path)
        if instance is None:
            return
        nowhere = no_scope([one for node in both for one in references(node)], place)
        for node in nodes:
            if nowhere:
                self._say(unknown_names(references(node)))
            else:
                self._say(evaluate(node, instance.scope(""))[1])
        if judged and not failed(self.found[before:]):
            problems: list[Diagnostic] = []
            conditions((check,), instance.scope(""), judged, problems)
            self._say(problems)

    def _depends_on(self, nodes: Iterable[Expression], place: Place) -> None:
        """Whole objects; after the first that is wrong nothing more is looked up."""
        before = len(self.found)
        for node in nodes:
            if not isinstance(node, ScopeTraversal):
                continue
            wrong = misshapen(node)
            if wrong is not None:
                self._say([wrong])
                continue
            rest = remaining(node)
            if rest is not None:
                detail = (
                    "References in depends_on must be to a whole object (resource, etc), not to an"
                    " attribute of an object."
                )
                self._say([error("Invalid depends_on reference", detail, rest)])
            if not failed(self.found[before:]):
                self._say(wrong_references([node], place))

    def _repetition(
        self,
        path: Path,
        place: Place,
        count: Expression | None,
        for_each: Expression | None,
        address: str,
    ) -> None:
        node = count or for_each
        before = len(self.found)
        value = self._value(node, path, place)
        if node is None or self.planner is None or failed(self.found[before:]):
            return
        if not value.is_wholly_known and not (for_each and value.is_sensitive):
            return
        problems: list[Diagnostic] = []
        try:
            (counted if count else each)(node, value, problems, address)
        except NotGiven:
            return
        self._say(problems)
