"""Data sources: read while planning, or by the apply; what they answer, as far as it can be told.

Beside `planner` in `bot.plan.engine`. Nobody is asked: an answer is the state's, where the same
was asked then, or unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.plan.address import Instance
from bot.plan.configuration import ResourceBlock
from bot.plan.engine.changes import change_of
from bot.plan.engine.dependencies import pending
from bot.plan.engine.modules import ModuleInstance
from bot.plan.engine.prior import Prior
from bot.plan.prediction import Action, ResourceChange
from bot.plan.providers import ResourceType
from bot.plan.values import (
    DYNAMIC,
    Origin,
    Value,
    all_opaque,
    compare,
    identity,
    null,
    opaque,
    unknown,
)

if TYPE_CHECKING:
    from bot.plan.engine.planner import Planner


_NOW_OR_LATER = "it is read by the apply if what it waits for changes, which is not certain"


class DataInstance(Struct):
    """One instance of a data source, its configuration evaluated."""

    planner: Planner
    module: ModuleInstance
    block: ResourceBlock
    address: Instance
    type: ResourceType | None
    config: Value

    def change(self, source: str) -> ResourceChange:
        """`READ` where the apply reads it, with the reason; else `NO_OP`."""
        waits = _settled(self.config) and self._waits()
        reason = self._deferred(waits)
        prior = self.planner.facts.priors.get(str(self.address))
        return change_of(
            self.address,
            source,
            Action.READ if reason else Action.NO_OP,
            before=prior.value if prior else None,
            after=self._late() if reason else self._answer(prior, doubtful=waits is None),
            reason=reason,
            declared=self.block.span.range,
            uncertain=_NOW_OR_LATER if waits is None else "",
        )

    def _waits(self) -> bool | None:
        if self.planner.facts.as_applied:
            return False
        return pending(self.planner, self.module, self.block)

    def _deferred(self, waits: bool | None) -> str:
        if not _settled(self.config):
            return "read_because_config_unknown"
        return "read_because_dependency_pending" if waits else ""

    def _late(self) -> Value:
        """What the apply will read."""
        if self.type is None:
            return unknown(DYNAMIC, [Origin(str(self.address), "", "read by the apply")])
        given = self.config.raw if isinstance(self.config.raw, dict) else {}
        made = {
            name: unknown(rule.type, [Origin(str(self.address), name)])
            if (rule := self.type.attributes[name]).computed and value.is_null
            else value
            for name, value in given.items()
        }
        return Value(self.config.type, made)

    def _answer(self, prior: Prior | None, *, doubtful: bool) -> Value:
        """What the provider answers now: as before where the same is asked, else one constant."""
        given = self.config.raw if isinstance(self.config.raw, dict) else {}
        old = prior.value.raw if prior is not None and isinstance(prior.value.raw, dict) else {}
        if not doubtful and prior is not None and old and _same_question(given, old):
            self.planner.assume(f"{self.address} answers as it did")
            return prior.value
        if not doubtful and self.type is not None and self.type.answers is not None:
            told = self.type.answers(self.config)
            if told is not None:
                return told
        self.planner.assume(f"what {self.address} answers is not known")
        asked = f"{self.address.resource.type}({identity(self.config.unmarked_deep()[0])})"
        if doubtful:
            asked += ", now or later"
        if self.type is None:
            return opaque(DYNAMIC, asked)
        made = {
            name: opaque(rule.type, f"{asked}.{name}")
            if (rule := self.type.attributes[name]).computed and value.is_null
            else value
            for name, value in given.items()
        }
        return Value(self.config.type, made)


def _same_question(given: dict[str, Value], old: dict[str, Value]) -> bool:
    return all(
        compare(old.get(name, null(value.type)), value) is True
        for name, value in given.items()
        if not value.is_null
    )


def _settled(config: Value) -> bool:
    """Whether nothing in it waits for the apply (constants that were not given are settled)."""
    return config.is_wholly_known or all_opaque(config)
