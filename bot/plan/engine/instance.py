"""The change of one managed instance: its configuration against what there is.

Beside `planner` in `bot.plan.engine`; asks it only for the instances that trigger a replacement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.plan.address import Instance
from bot.plan.configuration import ResourceBlock
from bot.plan.engine.changes import change_of, prevented
from bot.plan.engine.dependencies import triggered
from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.prior import Prior
from bot.plan.framework import Planned, plan_existing, plan_new
from bot.plan.prediction import Action, ResourceChange
from bot.plan.providers import ResourceType
from bot.plan.values import NULL, SENSITIVE, Value

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner

_NOT_GIVEN = "it hangs on a value that is not given whether this changes"


class ManagedInstance(Struct):
    """One managed instance whose type is known, its configuration evaluated."""

    planner: Planner
    module: ModuleInstance
    block: ResourceBlock
    address: Instance
    type: ResourceType
    config: Value

    def change(self, source: str, prior: Prior | None) -> ResourceChange:
        """What the plan does to it; `source` is its provider's address, `prior` what there is."""
        if prior is None:
            planned = plan_new(self.type, self.config, str(self.address))
            change = self._made(source, Action.CREATE, None, planned)
        else:
            change = self._existing(source, prior)
        if change.after is not None:
            change = replace(change, after=_schema_marks(self.type)(change.after))
        return change

    def _existing(self, source: str, prior: Prior) -> ResourceChange:
        config = ignoring(self.block, self.config, prior.value)
        bare, _ = config.unmarked_deep()
        planned = plan_existing(self.type, prior.value, bare, str(self.address))
        reason = self._replacing(prior, planned)
        if reason:
            anew = plan_new(self.type, config, str(self.address))
            again = Planned(anew.after, True, planned.replace)
            return replace(self._made(source, self._replacement(), prior, again), reason=reason)
        if planned.changed is False:
            after = _remarked(prior.value, self.config)
            return self._made(source, Action.NO_OP, prior, Planned(after, False))
        after = _remarked(planned.after, self.config)
        made = self._made(source, Action.UPDATE, prior, Planned(after, planned.changed))
        return replace(made, uncertain=made.uncertain or planned.doubt)

    def _replacing(self, prior: Prior, planned: Planned) -> str:
        if prior.tainted:
            return "replace_because_tainted"
        if planned.replace:
            return "replace_because_cannot_update"
        if triggered(self.planner, self.module, self.block, self.address):
            return "replace_by_triggers"
        return ""

    def _replacement(self) -> Action:
        wanted = self.planner.is_created_first(self.module, self.block)
        return Action.CREATE_DELETE if wanted else Action.DELETE_CREATE

    def _made(
        self, source: str, action: Action, prior: Prior | None, planned: Planned
    ) -> ResourceChange:
        if self.block.lifecycle.prevent_destroy is not None and action.destroys:
            self.planner.say([prevented(str(self.address), self.block)])
        return change_of(
            self.address,
            source,
            action,
            before=prior.value if prior is not None else None,
            after=planned.after,
            replace_paths=planned.replace,
            previous_address=(prior.previous or None) if prior is not None else None,
            declared=self.block.span.range,
            uncertain=_NOT_GIVEN if planned.changed is None else "",
        )


def ignoring(block: ResourceBlock, config: Value, prior: Value) -> Value:
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


def _schema_marks(type_: ResourceType) -> Callable[[Value], Value]:
    """A function that marks what the schema calls sensitive."""
    names = [name for name, rule in type_.attributes.items() if rule.sensitive]

    def marked(value: Value) -> Value:
        if not names or not isinstance(value.raw, dict):
            return value
        made = {n: v.with_marks(SENSITIVE) if n in names else v for n, v in value.raw.items()}
        return Value(value.type, made, value.marks)

    return marked


__all__ = ["ManagedInstance", "ignoring"]
