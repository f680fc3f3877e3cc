"""An instance of a provider whose rules nobody told: what can be said of it, and what cannot.

Beside `instance` in `bot.plan.engine`. A change is an update or a replacement, and that is said;
what a read brings, and what a provider fills in, is not known either.
"""

from __future__ import annotations

from dataclasses import replace

from bot.plan.address import Instance
from bot.plan.configuration import ResourceBlock
from bot.plan.engine.changes import change_of
from bot.plan.engine.instance import ignoring
from bot.plan.engine.prior import Prior
from bot.plan.framework import differs
from bot.plan.prediction import Action, ResourceChange
from bot.plan.values import NULL, Origin, Value, object_of, to_json, unknown


def untold_change(
    block: ResourceBlock, address: Instance, config: Value, source: str, prior: Prior | None
) -> ResourceChange:
    """The change of an instance without facts: certain only where it is new or unchanged."""
    given = config.raw if isinstance(config.raw, dict) else {}
    made = change_of(address, source, Action.CREATE, declared=block.span.range)
    anew = object_of({**given, "id": unknown(origins=[Origin(str(address), "id")])})
    if prior is None:
        return replace(made, after=anew)
    made = replace(made, before=prior.value, previous_address=prior.previous or None)
    if prior.tainted:
        action, reason = Action.DELETE_CREATE, "replace_because_tainted"
        return replace(made, action=action, reason=reason, after=anew)
    old = prior.value.raw if isinstance(prior.value.raw, dict) else {}
    bare, _ = ignoring(block, config, prior.value).unmarked_deep()
    now = bare.raw if isinstance(bare.raw, dict) else {}
    changed = [name for name, value in now.items() if _loosely_differs(old.get(name), value)]
    if not changed:
        return replace(made, action=Action.NO_OP, after=prior.value)
    why = (
        f"update, or replacement, or nothing ({', '.join(sorted(changed))} differ): the rules of"
        f" {source} are not known"
    )
    after = object_of({**old, **now})
    return replace(made, action=Action.UPDATE, after=after, uncertain=why)


def _loosely_differs(old: Value | None, new: Value) -> bool:
    """Compared by content: a list and a tuple of the same are the same without a schema."""
    before = old if old is not None else NULL
    if before.is_null and new.raw in (None, (), {}):
        return False
    if before.is_wholly_known and new.is_wholly_known:
        return _plain(to_json(before)) != _plain(to_json(new))
    return differs(before, new) is not False


def _plain(document: object) -> object:
    """JSON without what a state spells otherwise: nulls in objects, numbers and texts alike."""
    if isinstance(document, dict):
        return {key: _plain(item) for key, item in document.items() if item is not None}
    if isinstance(document, list):
        return [_plain(item) for item in document]
    return document if document is None or isinstance(document, bool) else str(document)
