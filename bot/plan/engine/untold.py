"""An instance whose schema nobody told: what can be said of it, and what cannot.

Beside `instance` in `bot.plan.engine`. Without rules, a change is an update or a replacement, and
that is said; with a provider's loose rules (by name of attribute) it is one or the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from bot.plan.address import Instance
from bot.plan.configuration import ResourceBlock
from bot.plan.engine.changes import change_of
from bot.plan.engine.instance import ignoring
from bot.plan.engine.prior import Prior
from bot.plan.framework import differs
from bot.plan.path_order import path_order
from bot.plan.prediction import Action, ResourceChange
from bot.plan.providers import Loose
from bot.plan.syntax.nodes import Attr
from bot.plan.values import (
    DYNAMIC,
    NULL,
    SENSITIVE,
    Origin,
    Unknown,
    Value,
    object_of,
    opaque,
    to_json,
    unknown,
)


@dataclass(frozen=True, slots=True)
class Untold:
    """One instance; `first` says whether a replacement creates before it destroys."""

    block: ResourceBlock
    address: Instance
    source: str
    rules: Loose | None
    first: bool
    triggered: bool

    def change(self, config: Value, prior: Prior | None) -> ResourceChange:
        """Certain where it is new or unchanged, or where there are rules."""
        config = self._marked(config)
        given = config.raw if isinstance(config.raw, dict) else {}
        made = change_of(self.address, self.source, Action.CREATE, declared=self.block.span.range)
        anew = object_of({"id": later(self.address, "id"), **given})
        if prior is None:
            return replace(made, after=anew)
        made = replace(made, before=prior.value, previous_address=prior.previous or None)
        old = prior.value.raw if isinstance(prior.value.raw, dict) else {}
        now, _ = ignoring(self.block, config, prior.value).unmarked_deep()
        changed = self._changed(old, now.raw if isinstance(now.raw, dict) else {})
        forced = [name for name in changed if self.rules and name in self.rules.replace]
        reason = self._reason(prior, forced)
        if reason:
            action = Action.CREATE_DELETE if self.first else Action.DELETE_CREATE
            paths = tuple((name,) for name in sorted(forced, key=path_order))
            return replace(made, action=action, reason=reason, after=anew, replace_paths=paths)
        if not changed:
            return replace(made, action=Action.NO_OP, after=prior.value)
        after = object_of({**{name: self._kept(name, each) for name, each in old.items()}, **given})
        return replace(made, action=Action.UPDATE, after=after, uncertain=self._doubt(changed))

    def _marked(self, config: Value) -> Value:
        if self.rules is None or not isinstance(config.raw, dict):
            return config
        secret = self.rules.sensitive
        return object_of(
            {n: v.with_marks(SENSITIVE) if n in secret else v for n, v in config.raw.items()}
        )

    def _changed(self, old: dict[str, Value], now: dict[str, Value]) -> list[str]:
        texts = self.rules.json if self.rules is not None else frozenset()
        return [
            name
            for name, value in now.items()
            if _loosely_differs(old.get(name), value, as_json=name in texts)
        ]

    def _reason(self, prior: Prior, forced: list[str]) -> str:
        if prior.tainted:
            return "replace_because_tainted"
        if forced:
            return "replace_because_cannot_update"
        return "replace_by_triggers" if self.triggered else ""

    def _kept(self, name: str, value: Value) -> Value:
        """What is not configured, after an update."""
        if self.rules is None:
            return opaque(DYNAMIC, f"{self.address}.{name}, after an update")
        return value if name in self.rules.keeps else later(self.address, name)

    def _doubt(self, changed: list[str]) -> str:
        if self.rules is not None:
            return ""
        listed = ", ".join(sorted(changed))
        return f"update, or replacement ({listed}): the rules of {self.source} are not known"


def later(address: Instance, name: str) -> Value:
    """An attribute that the apply tells."""
    return unknown(origins=[Origin(str(address), name)])


def beyond(change: ResourceChange, step: object, no_state: bool) -> Value | None:
    """An attribute that an object does not show, for nobody told its schema; None where it does."""
    raw = change.after.raw if change.after is not None else None
    name = step.name if isinstance(step, Attr) else ""
    if not name or not isinstance(raw, dict) or name in raw:
        return None
    if (change.action is Action.CREATE and not no_state) or change.action.replaces:
        return unknown(origins=[Origin(change.address, name)])
    if change.action is Action.CREATE and change.before is None and no_state:
        return opaque(DYNAMIC, f"applied:{change.address}.{name}")
    if change.action is Action.NO_OP:
        return opaque(DYNAMIC, f"applied:{change.address}.{name}") if no_state else None
    return opaque(DYNAMIC, f"{change.address}.{name}, after an update")


def _loosely_differs(old: Value | None, new: Value, *, as_json: bool) -> bool:
    """Compared by content: a list and a tuple of the same are the same without a schema."""
    before = old if old is not None else NULL
    if before.is_null and new.raw in (None, (), {}):
        return False
    if isinstance(new.raw, Unknown) or not (before.is_wholly_known and new.is_wholly_known):
        return differs(before, new) is not False
    if as_json and isinstance(before.raw, str) and isinstance(new.raw, str):
        try:
            return bool(json.loads(before.raw) != json.loads(new.raw))
        except ValueError:
            return before.raw != new.raw
    return _plain(to_json(before)) != _plain(to_json(new))


def _plain(document: object) -> object:
    """JSON without what a state spells otherwise: nulls in objects, numbers and texts alike."""
    if isinstance(document, dict):
        return {key: _plain(item) for key, item in document.items() if item is not None}
    if isinstance(document, list):
        return [_plain(item) for item in document]
    if isinstance(document, bool):
        return "true" if document else "false"
    return document if document is None else str(document)
