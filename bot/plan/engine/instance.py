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
from bot.plan.values.marks import remarked, sensitive_paths

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner

TRIGGERED = "replace_by_triggers"
MAY_BE_TRIGGERED = "what replace_triggered_by names may change, or not"
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
        fired = triggered(self.planner, self.module, self.block, self.address)
        if prior is None:
            planned = plan_new(self.type, self.config, str(self.address))
            change = self._made(source, Action.CREATE, None, planned)
        else:
            change = self._existing(source, prior, fired)
        if fired:
            change = replace(change, reason=TRIGGERED)
        if change.after is not None:
            change = replace(change, after=_schema_marks(self.type)(change.after))
        return change

    def _existing(self, source: str, prior: Prior, fired: bool | None) -> ResourceChange:
        config = ignoring(self.block, self.config, prior.value, self.type)
        bare, _ = config.unmarked_deep()
        was, _ = prior.value.unmarked_deep()
        planned = plan_existing(self.type, was, bare, str(self.address))
        reason = _replacing(prior, planned)
        if reason or fired:
            anew = plan_new(self.type, self.config.unmarked_deep()[0], str(self.address))
            paths = () if prior.tainted else planned.replace
            again = Planned(remarked(anew.after, config), True, paths)
            return replace(self._made(source, self._replacement(), prior, again), reason=reason)
        after = remarked(planned.after, config)
        stays = planned.changed is False and self._as_secret(prior.value, after)
        action = Action.NO_OP if stays else Action.UPDATE
        made = self._made(source, action, prior, Planned(after, planned.changed))
        doubt = MAY_BE_TRIGGERED if fired is None else planned.doubt
        return replace(made, uncertain=made.uncertain or doubt)

    def _as_secret(self, before: Value, after: Value) -> bool:
        """Whether the same parts are sensitive: else the tool plans an update of equal values."""
        marked = _schema_marks(self.type)
        return sensitive_paths(marked(before)) == sensitive_paths(marked(after))

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


def _replacing(prior: Prior, planned: Planned) -> str:
    if prior.tainted:
        return "replace_because_tainted"
    return "replace_because_cannot_update" if planned.replace else ""


def ignoring(
    block: ResourceBlock, config: Value, prior: Value, type_: ResourceType | None = None
) -> Value:
    """`ignore_changes`: what is named there is as it was."""
    lifecycle = block.lifecycle
    if not isinstance(config.raw, dict) or not isinstance(prior.raw, dict):
        return config
    if lifecycle.ignore_all:
        rules = type_.attributes if type_ is not None else {}
        kept = {
            name: value
            if name in rules and rules[name].only_computed
            else prior.raw.get(name, value)
            for name, value in config.raw.items()
        }
        return Value(config.type, kept)
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
