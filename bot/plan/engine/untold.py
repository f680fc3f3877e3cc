"""An instance whose schema nobody told: what can be said of it, and what cannot.

Beside `instance` in `bot.plan.engine`. Without rules, a change is an update or a replacement, and
that is said; with a provider's loose rules (by name of attribute) it is one or the other.
"""

from __future__ import annotations

import json

from msgspec import Struct
from msgspec.structs import replace

from bot.plan.address import Instance
from bot.plan.configuration import ResourceBlock
from bot.plan.engine.changes import change_of
from bot.plan.engine.instance import MAY_BE_TRIGGERED, TRIGGERED, ignoring
from bot.plan.engine.prior import Prior
from bot.plan.framework import differs
from bot.plan.path_order import path_order
from bot.plan.prediction import Action, ResourceChange
from bot.plan.providers import Loose
from bot.plan.syntax.nodes import Body
from bot.plan.values import (
    DYNAMIC,
    NULL,
    SENSITIVE,
    UNKNOWN,
    Origin,
    TupleType,
    Unknown,
    Value,
    object_of,
    opaque,
    to_json,
    unknown,
)
from bot.plan.values.marks import sensitive_paths


class Untold(Struct, frozen=True):
    """One instance; `first` says whether a replacement creates before it destroys, `as_given` that
    what there is is a configuration, as if applied.
    """

    block: ResourceBlock
    address: Instance
    source: str
    rules: Loose | None
    first: bool
    triggered: bool | None
    as_given: bool = False

    def change(self, config: Value, prior: Prior | None) -> ResourceChange:
        """Certain where it is new or unchanged, or where there are rules."""
        config = self._marked(config)
        given = config.raw if isinstance(config.raw, dict) else {}
        made = change_of(self.address, self.source, Action.CREATE, declared=self.block.span.range)
        anew = object_of({"id": later(self.address, "id"), **given})
        if prior is None:
            return replace(made, after=anew, reason=TRIGGERED if self.triggered else "")
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
        gone = self._left_out(old, given)
        if not changed and gone:
            doubt = f"update, replacement or nothing ({', '.join(gone)} left out)"
            doubt += f": the rules of {self.source} are not known"
            return replace(made, action=Action.UPDATE, after=prior.value, uncertain=doubt)
        if not changed:
            doubt = self._secrecy(prior.value, config) or self._trigger_doubt()
            return replace(made, action=Action.NO_OP, after=prior.value, uncertain=doubt)
        after = object_of({**{name: self._kept(name, each) for name, each in old.items()}, **given})
        doubt = self._doubt(changed) or self._trigger_doubt()
        return replace(made, action=Action.UPDATE, after=after, uncertain=doubt)

    def _trigger_doubt(self) -> str:
        return MAY_BE_TRIGGERED if self.triggered is None else ""

    def _secrecy(self, before: Value, config: Value) -> str:
        """What becomes sensitive is an update, unless the provider always has it so."""
        added = sensitive_paths(config) - sensitive_paths(before)
        always = self.rules.sensitive if self.rules is not None else frozenset[str]()
        names = sorted({str(path[0]) for path in added if path} - always)
        return f"update or nothing: {', '.join(names)} became sensitive" if names else ""

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

    def _left_out(self, old: dict[str, Value], given: dict[str, Value]) -> list[str]:
        """What was configured and is no more: computed, it stays as it is."""
        lifecycle = self.block.lifecycle
        if self.rules is not None or not self.as_given or lifecycle.ignore_all:
            return []
        ignored = {path[0] for path in lifecycle.ignore} | {"id"}
        return sorted(
            name
            for name, value in old.items()
            if name not in given and name not in ignored and not _nothing(value)
        )

    def _reason(self, prior: Prior, forced: list[str]) -> str:
        if self.triggered:
            return TRIGGERED
        if prior.tainted:
            return "replace_because_tainted"
        return "replace_because_cannot_update" if forced else ""

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


def in_part(change: ResourceChange, block: ResourceBlock, no_state: bool) -> Value:
    """A planned object as expressions see it: what is configured is told, and there is more.

    What a state holds of it and the plan leaves is whole.
    """
    after = change.after if change.after is not None else UNKNOWN
    if not isinstance(after.raw, dict):
        return after
    origin = Origin(change.address)
    if (change.action is Action.CREATE and not no_state) or change.action.replaces:
        return _part(after, "", origin, _repeated(block.body))
    if change.action is Action.NO_OP and not no_state:
        return after
    if change.action is Action.UPDATE:
        name = f"{change.address}, after an update"
    else:
        name = f"applied:{change.address}"
    return _part(after, name, Origin(name, reason=_NOT_TOLD), _repeated(block.body))


_NOT_TOLD = "its value is not given"


def _part(whole: Value, name: str, origin: Origin, blocks: frozenset[str]) -> Value:
    """An object told in part; blocks in it are such objects, too, for the provider adds to them."""
    if not isinstance(whole.raw, dict):
        return whole
    parts = []
    for key, item in whole.raw.items():
        if item.is_null or (key in blocks and item.raw == ()):
            continue  # the provider may tell more of what the configuration leaves out
        if key in blocks and isinstance(item.raw, tuple):
            at = f"{name}.{key}" if name else ""
            items = [
                _part(each, f"{at}[{i}]" if at else "", origin, blocks)
                for i, each in enumerate(item.raw)
            ]
            item = Value(TupleType(tuple(each.type for each in items)), tuple(items), item.marks)
        parts.append((key, item))
    raw = Unknown(frozenset({origin}), not_null=True, opaque=name, parts=tuple(parts))
    return Value(DYNAMIC, raw, whole.marks)


def _repeated(body: Body) -> frozenset[str]:
    """The names of a body's blocks, at every depth."""
    names = {
        block.labels[0] if block.type == "dynamic" and block.labels else block.type
        for block in body.blocks
    }
    return frozenset(names).union(*(_repeated(block.body) for block in body.blocks))


def _nothing(value: Value) -> bool:
    return value.raw is None or value.raw == () or value.raw == {}


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
